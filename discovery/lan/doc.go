// Package lan is the only door to the network: every connection of Croft is
// dialled, accepted, checked and counted here.
//
// An address may be spoken to when it is on-link, that is, inside a prefix of
// an interface of this device that is up, and private (RFC 1918, RFC 4193) or
// IPv4 link-local (RFC 3927). A private address alone is not enough: behind a
// VPN all of 10.0.0.0/8 may be somebody else's. Point-to-point interfaces, as
// VPNs and mobile networks have them, count only when the owner says so.
//
// Never used, whatever the interfaces say: global, unspecified, multicast and
// broadcast addresses, the metadata services of clouds, IPv6 link-local (its
// zone is lost on the way through mDNS) and prefixes that carry IPv4 to
// elsewhere (NAT64, 6to4, Teredo).
//
// Nothing is looked up by name, and no proxy is asked. The rule is applied
// before a socket exists, once more to the address that the socket is about to
// connect to, and every few seconds to the connections that are open.
//
// A caller from elsewhere is cut off before a byte of his is read. On Linux the
// kernel is also told to use no router for our sockets (SO_DONTROUTE), so that it
// does not even answer him; but it heeds that for IPv4 only. Over IPv6 and on
// other systems he sees that a port is there, and no more.
package lan
