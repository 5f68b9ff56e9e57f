// Package identity holds this device's key and says who is at the other end of a connection.
//
// A device is its key: an [ID] is the SHA-256 of the SubjectPublicKeyInfo (SPKI, RFC 5280 section 4.1.2.7) of its Ed25519
// public key. Names, addresses and ids that were sent identify nobody. A new installation has a new key and is a new
// device.
//
// The key is kept in the file device.key, a PEM block:
//
//	-----BEGIN CROFT DEVICE KEY-----
//	Device: the ID, 64 hex digits
//
//	the seed of RFC 8032, 32 bytes, in base64
//	-----END CROFT DEVICE KEY-----
//
// The ID is there so that a flipped bit is noticed: every 32 bytes are a valid seed, of some other device.
package identity
