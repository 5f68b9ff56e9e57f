// Package trust speaks with exactly the devices that are mine, and tells which of them is speaking.
//
// Both ends show one self-signed Ed25519 certificate in TLS 1.3, and each checks the other's key in this very handshake:
// the client expects the one device it dials, the server any device that is known. Nothing else is asked of a certificate;
// there are no authorities, names or dates. Sessions are never resumed, since a resumption would not ask again. Above it is
// HTTP/2 and nothing else (ALPN h2).
//
// A connection can outlive the trust in who made it. So the server asks again whether a device is known before each
// request, and [Host.Drop] cuts the connections of one that was removed.
//
// What a device may use of this one is bounded: headers of 16 KiB, bodies of 8 MiB, 16 requests at once on a connection, 8
// connections, 30 s in which nothing of an answer or of a body moves. Before it has shown a key it gets 5 s, and a place
// among 32 handshakes of which one address may hold 16.
package trust
