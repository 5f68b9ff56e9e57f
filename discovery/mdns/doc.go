// Package mdns announces this device on the local network and hears others do
// the same. What it hears is a hint where to knock, never a reason to trust.
//
// # On the wire
//
// Multicast DNS (RFC 6762) and DNS service discovery (RFC 6763) as the zeroconf
// module speaks them, service type _croft._tcp in the domain local:
//
//	PTR  _croft._tcp.local.             -> INSTANCE._croft._tcp.local.
//	SRV  INSTANCE._croft._tcp.local.    -> HOST.local., the port
//	TXT  INSTANCE._croft._tcp.local.    -> "v=1", and "p=1" while a device is being added
//	A, AAAA  HOST.local.                -> at most 8 addresses
//
// INSTANCE and HOST are 16 random hex digits each, new at every start. No name
// of a person or a computer, no model and no key is announced. Addresses are
// private, unique local or IPv4 link-local ones. IPv6 link-local ones are left
// out, because they mean nothing without a zone and DNS does not carry it.
//
// A reader takes an answer only with such an INSTANCE, a port, a TXT with v=1
// and at least one address it may dial. Keys it does not know are ignored, and
// of a repeated key the first counts.
//
// # What an attacker on the same network can do
//
// Answers are not signed. Anyone there can announce devices that do not exist,
// repeat an INSTANCE with other addresses, or stay silent in another's name. So
// everything is bounded: 64 instances with 4 addresses each, 16 addresses read
// from one answer, 1024 answers in one round, which ends there. What was heard
// in the last three rounds is not displaced by what is new, so a flood does not
// remove a device that was there before it. It can hide one that comes later,
// and one so dense that nobody else gets through makes all expire. Who is really
// there, the pinned key of the connection decides, and a typed address or a QR
// code work without this package.
//
// # What is bent around zeroconf v1.0.0
//
// Interfaces and addresses are fixed when it starts: an Announcement looks at
// them every 10 seconds and registers anew. Its SetText races with its readers:
// SetPairing registers anew too. A query stops at the first answer, entries do
// not expire and a goodbye is not told: a Browser asks in rounds of 4 seconds
// with fresh sockets each and keeps its own table. An entry that nobody reads
// blocks it for good: every channel is read until zeroconf closes it. One
// resolver for both IPv4 and IPv6 leaks a socket where IPv6 is off: there is one
// for each. Without interfaces it takes all there are, and without addresses
// those of the interface: neither is ever left empty.
//
// Known limits: a goroutine of zeroconf that announces ends up to 4 seconds
// after Close. It writes a line to the standard log where IPv4 or IPv6 cannot be
// had, once per registration. Its socket is bound to port 5353 of every address,
// so that it also answers, with what is announced, a question that was sent to
// this device from outside the network, as far as a router lets that pass. It
// gives every instance in a message all addresses in it that fit, before we can
// count them: a message of 64 KiB was seen to take 124 MiB until the round ended.
// On Windows it sends on the system's preferred interface only.
package mdns
