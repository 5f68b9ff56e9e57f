package gguf

import "encoding/binary"

// reader takes values off the front of a file. No method reads past the end.
type reader struct {
	b  []byte
	at int
}

func (r *reader) take(n int) ([]byte, error) {
	if n < 0 || n > len(r.b)-r.at {
		return nil, cutInHeader(len(r.b))
	}
	b := r.b[r.at : r.at+n]
	r.at += n
	return b, nil
}

func (r *reader) uint32() (uint32, error) {
	b, err := r.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (r *reader) uint64() (uint64, error) {
	b, err := r.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// count reads how many of something follow. Each takes at least sizeMin bytes, so that
// a count that the rest of the file cannot hold is refused before anything is allocated.
func (r *reader) count(what string, most, sizeMin int) (int, error) {
	n, err := r.uint64()
	if err != nil {
		return 0, err
	}
	if n > uint64(most) {
		return 0, corrupt("it claims to hold %d %s", n, what)
	}
	if int(n) > (len(r.b)-r.at)/sizeMin {
		return 0, cutInHeader(len(r.b))
	}
	return int(n), nil
}

// text reads a string without copying it. of says in an error whose string it is.
func (r *reader) text(of string, most int) ([]byte, error) {
	n, err := r.uint64()
	if err != nil {
		return nil, err
	}
	if n > uint64(most) {
		return nil, corrupt("a string of %s claims to be %d bytes long", of, n)
	}
	return r.take(int(n))
}
