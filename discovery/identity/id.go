package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// ID names a device by its key.
type ID [sha256.Size]byte

// Of returns the ID of the device with that public key, which is given as SPKI.
func Of(spki []byte) ID { return sha256.Sum256(spki) }

// ParseID reads what String wrote, and nothing else: one device has one spelling.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) == hex.EncodedLen(len(id)) {
		if _, err := hex.Decode(id[:], []byte(s)); err == nil && id.String() == s {
			return id, nil
		}
	}
	return ID{}, fmt.Errorf("%.70q names no device: 64 hex digits (0-9, a-f) do", s)
}

// String returns 64 hex digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Short returns the first 8 hex digits, for logs; it is not enough to trust a device by.
func (id ID) Short() string { return hex.EncodeToString(id[:4]) }

// MarshalText returns what String does.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText wrote. After an error id is as it was.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err == nil {
		*id = parsed
	}
	return err
}
