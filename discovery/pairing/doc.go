// Package pairing makes two devices know each other's key: the ceremony behind
// "Add a device". One device shows a code of six digits and a QR code (the
// shower), the other types the digits or scans the picture (the joiner).
//
// The code for CPace in this package follows a published draft and reproduces
// its test vectors, but nobody outside the project has audited it.
//
// # The window
//
// The shower listens for at most 120 seconds, at a port of its own with nothing
// else behind it. One attempt is worked on at a time, others hear "busy". A code
// works once: a wrong tag burns it and a new one is shown; three burns close the
// window, and the next may open after a minute, then two, four, up to an hour. A
// joiner that sent its tag and got no valid one back counts its code as spent
// too. So whoever sits between the two has, for each code, one guess at either
// device: six in a million for a window. Fewer than three burns leave no trace,
// for each window is one that a person asked for. The secret in the picture has
// 128 bits and is made anew only after it was used. A window that closes ends the
// connections in it without a word.
//
// # The protocol, version 1
//
// TLS 1.3 over TCP, the joiner as client, ALPN "croft-pairing/1", no session
// tickets. Each side shows exactly one certificate with an Ed25519 key that is
// not the other's own; nothing else in it counts. A device's identity is the
// SHA-256 of the SPKI of this connection's key. A joiner that scanned the
// picture ends the handshake, before it sends its own certificate, unless that
// is the identity in the picture.
//
// A message is one byte of kind, two bytes of length (big-endian) and a body:
//
//	1 share   32  a group element of CPace
//	2 tag     64  HMAC-SHA512 over one's own share
//	3 scan    32  HMAC-SHA256, the joiner's
//	4 shown   32  HMAC-SHA256, the shower's
//	5 hello   3 to 66  two bytes: the port where the sender answers devices that
//	          it knows, or 0; then its name: UTF-8, one line, graphic characters
//	6 accept  1  what the receiver may do: 1 answers, 2 models, 4 notes, added
//	7 done    0
//	8 refuse  1  why: 1 wrong code, 2 busy, 3 the person said no,
//	          4 a message that makes no sense, 5 not the picture's secret
//
// Any other kind, length or order ends the connection. So does silence: five
// seconds for the handshake and the first message, five more (ten at the joiner)
// until both hellos are there, 120 until both people have answered.
//
//	joiner               shower
//	share Ya       ->                 or: scan  ->
//	               <-    share Yb
//	tag Ta         ->
//	               <-    tag Tb           <-  shown
//	hello          ->
//	               <-    hello
//	accept, refuse <->   accept, refuse       in any order
//	done           <->   done                 after both accepts
//
// A device stores the other only after it sent accept and received accept and
// done. The last done may be lost, so that one side has stored the other and is
// not stored there; that gives nothing away, and pairing again mends it.
//
// # The typed code
//
// CPACE-RISTR255-SHA512 (draft-irtf-cfrg-cpace), initiator-responder, with the
// draft's explicit key confirmation. The password is the six ASCII digits, sid
// is empty, the associated data are "joiner" and "shower", and the channel
// identifier is
//
//	lv_cat("croft pairing 1 code", exporter, SPKI of joiner, SPKI of shower)
//
// where exporter is 32 bytes of the TLS exporter with the label
// "EXPORTER-croft-pairing-1" and no context, and lv_cat is the draft's: each part
// behind its length in LEB128. A man in the middle has two connections with two
// identifiers, and what he relays fits neither. Shares that are one's own, the
// identity or no canonical encoding are refused. The joiner confirms first; the
// shower reveals its own tag only after it has checked the joiner's.
//
// # The picture
//
// Its text is "CROFT1:" and base32 (RFC 4648, no padding) of: version 1 (one
// byte), identity of the shower (32), secret (16), and one to four times: length
// of an address (4 or 16), address, port (2, big-endian). The messages scan and
// shown are
//
//	HMAC-SHA256(secret, lv_cat(label, exporter, SPKI of joiner, SPKI of shower))
//
// with the labels "croft pairing 1 scan" and "croft pairing 1 shown".
package pairing
