package models

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"

	"croft/storage"
)

// The hashes of a file's chunks are kept beside the models, so that a large file is read for them once. All numbers are
// little-endian:
//
//	magic      8 bytes
//	size       int64, of the model's file
//	modified   int64, its time in nanoseconds; another one means that the file must be read again
//	chunks     32 bytes each, SHA-256
//	check      32 bytes, SHA-256 of all before

const (
	sumsPrefix = ".chunks-"
	sumsMagic  = "croftCH1"
	sumsHead   = len(sumsMagic) + 16
)

func sumsName(id string) string {
	if !idForm.MatchString(id) {
		return ".invalid"
	}
	return sumsPrefix + id
}

func sumsHeader(r storage.Model) []byte {
	b := binary.LittleEndian.AppendUint64([]byte(sumsMagic), uint64(r.SizeBytes))
	return binary.LittleEndian.AppendUint64(b, uint64(r.Modified.UnixNano()))
}

// savedSums returns the hashes that were kept; false: they are to be made.
func (l *Library) savedSums(r storage.Model) ([]string, bool) {
	f, err := l.dir.Open(sumsName(r.ID))
	if err != nil {
		return nil, false
	}
	defer f.Close()
	want := sumsHead + (chunksOf(r.SizeBytes)+1)*sha256.Size
	b, err := io.ReadAll(io.LimitReader(f, int64(want)+1))
	if err != nil || len(b) != want || string(b[:sumsHead]) != string(sumsHeader(r)) {
		return nil, false
	}
	body := b[:want-sha256.Size]
	if check := sha256.Sum256(body); string(check[:]) != string(b[len(body):]) {
		return nil, false
	}
	chunks := make([]string, 0, chunksOf(r.SizeBytes))
	for rest := body[sumsHead:]; len(rest) > 0; rest = rest[sha256.Size:] {
		chunks = append(chunks, hex.EncodeToString(rest[:sha256.Size]))
	}
	return chunks, true
}

// saveSums keeps the hashes. When that fails, they are made again the next time.
func (l *Library) saveSums(r storage.Model, chunks []string) {
	if err := l.writeSums(r, chunks); err != nil {
		l.log.Warn("the hashes of a model's chunks are not kept", "err", err)
	}
}

func (l *Library) writeSums(r storage.Model, chunks []string) error {
	b := sumsHeader(r)
	for _, sum := range chunks {
		raw, err := hex.DecodeString(sum)
		if err != nil {
			return err
		}
		b = append(b, raw...)
	}
	check := sha256.Sum256(b)
	f, part, err := l.newPart()
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, check[:]...))
	if err == nil {
		err = l.dir.Rename(part, sumsName(r.ID))
	}
	if err != nil {
		err = errors.Join(err, ignoreMissing(l.dir.Remove(part)))
	}
	return errors.Join(err, f.Close())
}

func (l *Library) removeSums(id string) error { return ignoreMissing(l.dir.Remove(sumsName(id))) }
