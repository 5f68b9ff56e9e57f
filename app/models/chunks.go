package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"croft/storage"
)

// ChunkBytes is how much of a model file another device gets, and checks, at once.
const ChunkBytes = 4 << 20

// chunksMax bounds what a manifest may claim: 1 TiB.
const chunksMax = 1 << 18

// Manifest is what a device says of a model file before another one copies it.
type Manifest struct {
	ID         string // SHA-256 of the file, 64 hex digits
	Name       string
	SizeBytes  int64
	ChunkBytes int64    // of each chunk but the last
	Chunks     []string // SHA-256 of each, 64 hex digits
}

// check refuses a manifest of a file that was not asked for, or that cannot be one of any file.
func (m Manifest) check(id string) error {
	switch {
	case m.ID != id:
		return fmt.Errorf("manifest of %.8q for %.8q", m.ID, id)
	case m.ChunkBytes != ChunkBytes:
		return fmt.Errorf("manifest with chunks of %d bytes", m.ChunkBytes)
	case m.SizeBytes <= 0 || m.SizeBytes > chunksMax*ChunkBytes || len(m.Chunks) != chunksOf(m.SizeBytes):
		return fmt.Errorf("manifest with %d chunks of a file of %d bytes", len(m.Chunks), m.SizeBytes)
	case slices.ContainsFunc(m.Chunks, func(sum string) bool { return !idForm.MatchString(sum) }):
		return errors.New("manifest with a chunk that has no hash")
	}
	return nil
}

// same tells whether two manifests describe the same bytes.
func (m Manifest) same(o Manifest) bool {
	return m.SizeBytes == o.SizeBytes && slices.Equal(m.Chunks, o.Chunks)
}

// bytesOf is the length of chunk n.
func (m Manifest) bytesOf(n int) int64 { return chunkBytes(m.SizeBytes, n) }

func chunksOf(size int64) int { return int((size + ChunkBytes - 1) / ChunkBytes) }

func chunkBytes(size int64, n int) int64 { return min(ChunkBytes, size-int64(n)*ChunkBytes) }

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Manifest describes the file of a model for another device. The first time it reads the whole file, which takes a while;
// what it finds is kept. A file that is not what was added is refused.
func (l *Library) Manifest(ctx context.Context, id string) (Manifest, error) {
	r, err := l.lendable(ctx, id)
	if err != nil {
		return Manifest{}, err
	}
	chunks, err := l.sums(ctx, r)
	if err != nil {
		return Manifest{}, fmt.Errorf("lend %s: %w", r.Name, err)
	}
	return Manifest{ID: r.ID, Name: r.Name, SizeBytes: r.SizeBytes, ChunkBytes: ChunkBytes, Chunks: chunks}, nil
}

// Chunk opens chunk n of a model's file and says how long it is. The caller closes it.
func (l *Library) Chunk(ctx context.Context, id string, n int) (io.ReadCloser, int64, error) {
	r, err := l.lendable(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	if n < 0 || n >= chunksOf(r.SizeBytes) {
		return nil, 0, noChunk(r.Name, n)
	}
	f, err := l.openFile(r)
	if err != nil {
		return nil, 0, err
	}
	size := chunkBytes(r.SizeBytes, n)
	return &chunk{io.NewSectionReader(f, int64(n)*ChunkBytes, size), f}, size, nil
}

// lendable finds the record of a model whose file is as it was when it was added.
func (l *Library) lendable(ctx context.Context, id string) (storage.Model, error) {
	r, err := l.record(ctx, id)
	if err != nil {
		return storage.Model{}, err
	}
	return r, l.verify(r)
}

// openFile opens the file of a model. On Windows, too, Croft's own copies can be deleted meanwhile: os.Root sees to that.
func (l *Library) openFile(r storage.Model) (f *os.File, err error) {
	if r.Owned {
		f, err = l.dir.Open(fileName(r.ID))
	} else {
		f, err = os.Open(r.Path)
	}
	if err != nil {
		return nil, missing(l.pathOf(r), err)
	}
	return f, nil
}

// chunk is a part of an open file.
type chunk struct {
	*io.SectionReader
	file *os.File
}

func (c *chunk) Close() error { return c.file.Close() }

// writeStep is large enough that a write through TLS costs little beside its bytes.
const writeStep = 256 << 10

// WriteTo is what io.Copy calls; its own buffer would be small.
func (c *chunk) WriteTo(w io.Writer) (int64, error) {
	// Without ReadFrom and WriteTo on either side, io.CopyBuffer uses the buffer.
	return io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{c.SectionReader}, make([]byte, writeStep))
}

// sums returns the hashes of a file's chunks. One file at a time is read for that.
func (l *Library) sums(ctx context.Context, r storage.Model) ([]string, error) {
	if chunks, ok := l.savedSums(r); ok {
		return chunks, nil
	}
	select {
	case l.summing <- struct{}{}:
		defer func() { <-l.summing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if chunks, ok := l.savedSums(r); ok { // somebody else has just read it
		return chunks, nil
	}
	f, err := l.openFile(r)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	chunks, whole, err := sumChunks(ctx, f, r.SizeBytes)
	if err != nil {
		return nil, err
	}
	if whole != r.ID {
		return nil, damaged(r.Name)
	}
	l.saveSums(r, chunks)
	return chunks, nil
}

// sumChunks hashes each chunk of f, and the whole.
func sumChunks(ctx context.Context, f io.Reader, size int64) (chunks []string, whole string, err error) {
	h := sha256.New()
	buf := make([]byte, min(size, ChunkBytes))
	for n := range chunksOf(size) {
		if err := ctx.Err(); err != nil {
			return nil, "", err
		}
		b := buf[:chunkBytes(size, n)]
		if _, err := io.ReadFull(f, b); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, "", changedMeanwhile()
		} else if err != nil {
			return nil, "", err
		}
		var both sync.WaitGroup
		both.Go(func() { h.Write(b) })
		chunks = append(chunks, sumOf(b))
		both.Wait()
	}
	whole, err = finish(h, f)
	return chunks, whole, err
}
