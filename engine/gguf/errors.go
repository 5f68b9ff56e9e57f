package gguf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// What callers branch on. Every error of Open and Parse that is about the content wraps one of these,
// and its text is one sentence that says what is wrong.
var (
	ErrNotGGUF     = errors.New("not a GGUF file")
	ErrTruncated   = errors.New("the file is not complete")
	ErrCorrupt     = errors.New("the file is damaged")
	ErrUnsupported = errors.New("this kind of GGUF file is not supported")
	ErrSplit       = errors.New("the model is split over several files")
)

// fault is a sentence for people with a sentinel for callers.
type fault struct {
	kind     error
	sentence string
}

func (f *fault) Error() string { return f.sentence }
func (f *fault) Unwrap() error { return f.kind }

func corrupt(format string, args ...any) error {
	return &fault{ErrCorrupt, "the file is damaged: " + fmt.Sprintf(format, args...)}
}

func unsupported(format string, args ...any) error {
	return &fault{ErrUnsupported, fmt.Sprintf(format, args...)}
}

// cutInHeader is for a file that ends before its header does.
func cutInHeader(size int) error {
	return &fault{ErrTruncated, fmt.Sprintf("the file ends at %s, inside its header: it was not downloaded completely", inUnits(size))}
}

// cutInWeights is for a file whose header is whole and whose weights are not.
func cutInWeights(size, promised int) error {
	return &fault{ErrTruncated, fmt.Sprintf("the file ends at %s but its header promises %s: it was not downloaded completely", inUnits(size), inUnits(promised))}
}

// inUnits writes a size in decimal units, as file managers do.
func inUnits(n int) string {
	switch {
	case n < 1e3:
		return fmt.Sprintf("%d bytes", n)
	case n < 1e6:
		return fmt.Sprintf("%d kB", n/1e3)
	case n < 1e9:
		return fmt.Sprintf("%d MB", n/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// beginnings are the first bytes of files that people mistake for a GGUF file.
var beginnings = []struct{ prefix, what string }{
	{"PK\x03\x04", "it looks like a zip archive or a PyTorch checkpoint"},
	{"\x80\x02", "it looks like a PyTorch checkpoint"},
	{"lmgg", "it is a GGML file of 2023, a format that GGUF replaced"},
	{"fmgg", "it is a GGML file of 2023, a format that GGUF replaced"},
	{"tjgg", "it is a GGML file of 2023, a format that GGUF replaced"},
	{"algg", "it is a GGML adapter of 2023, not a model"},
	{"version https://git-lfs", "it is a Git LFS pointer, so the model itself was never downloaded"},
	{"\x1f\x8b", "it is a gzip archive: unpack it first"},
	{"\x28\xb5\x2f\xfd", "it is a zstd archive: unpack it first"},
	{"7z\xbc\xaf\x27\x1c", "it is a 7z archive: unpack it first"},
	{"Rar!", "it is a RAR archive: unpack it first"},
	{"\x89HDF", "it looks like a Keras model"},
	{"%PDF", "it is a PDF document"},
	{"SQLite format 3", "it is an SQLite database"},
	{"\x7fELF", "it is a program"},
	{"MZ", "it is a Windows program"},
}

func notGGUF(b []byte) error {
	return &fault{ErrNotGGUF, "this is not a GGUF file: " + looksLike(b)}
}

func looksLike(b []byte) string {
	if len(b) == 0 {
		return "it is empty"
	}
	for _, k := range beginnings {
		if bytes.HasPrefix(b, []byte(k.prefix)) {
			return k.what
		}
	}
	start := bytes.ToLower(bytes.TrimLeft(b[:min(len(b), 512)], "\xef\xbb\xbf \t\r\n"))
	switch {
	case bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html")):
		return "it is a web page, most likely an error message of the download site"
	case bytes.HasPrefix(start, []byte("<?xml")):
		return "it is an XML document, most likely an error message of the download site"
	case isSafetensors(b):
		return "it is a safetensors file, which has to be converted to GGUF first"
	case bytes.HasPrefix(start, []byte("{")):
		return "it is a JSON document"
	}
	return "it does not begin as one"
}

// isSafetensors knows the format by its length-prefixed JSON header.
func isSafetensors(b []byte) bool {
	return len(b) > 9 && b[8] == '{' && binary.LittleEndian.Uint64(b) < 100<<20
}

func sentenceSplit(no, parts int) string {
	return fmt.Sprintf("this is part %d of a model that is split over %d files: join them with llama-gguf-split --merge, or take a model in one file", no, parts)
}
