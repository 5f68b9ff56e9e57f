package randmodel

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

const alignment = 32 // bytes; every tensor begins at a multiple of it

// Ensure returns the path of the file for s and m in dir, writing it when it is
// not there. The file is the same on every machine.
func Ensure(dir string, s Shape, m Mix) (string, error) {
	path := filepath.Join(dir, s.Name+"-"+m.Name+".gguf")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name()) // fails, as it should, after the rename
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := Write(w, s, m); err != nil {
		return "", fmt.Errorf("writing %s: %w", path, err)
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return path, os.Rename(f.Name(), path)
}

// Write writes the file for s and m to w.
func Write(w io.Writer, s Shape, m Mix) error {
	tensors := s.tensors(m)
	header := encodeHeader(s, m, tensors)
	if _, err := w.Write(header); err != nil {
		return err
	}
	r := rand.NewChaCha8([32]byte([]byte("croft bench: random but the same")))
	for _, t := range tensors {
		if err := writeTensor(w, t, r); err != nil {
			return fmt.Errorf("tensor %s: %w", t.name, err)
		}
	}
	return nil
}

// writeTensor writes t's rows with the spread that keeps activations at the
// size they came in: one over the root of the input's width.
func writeTensor(w io.Writer, t tensor, r *rand.ChaCha8) error {
	in, rows := t.dims[0], 1
	if len(t.dims) == 2 {
		rows = t.dims[1]
	}
	row := make([]byte, t.typ.size(in))
	for range rows {
		t.typ.fill(row, 1/math.Sqrt(float64(in)), r)
		if _, err := w.Write(row); err != nil {
			return err
		}
	}
	_, err := w.Write(make([]byte, padding(rows*len(row))))
	return err
}

func padding(n int) int { return (alignment - n%alignment) % alignment }

func encodeHeader(s Shape, m Mix, tensors []tensor) []byte {
	var meta encoder
	s.metadata(m, &meta)
	e := encoder{}
	e.bytes = append(e.bytes, "GGUF"...)
	e.uint32(3) // version
	e.uint64(uint64(len(tensors)))
	e.uint64(uint64(meta.keys))
	e.bytes = append(e.bytes, meta.bytes...)
	offset := 0
	for _, t := range tensors {
		e.string(t.name)
		e.uint32(uint32(len(t.dims)))
		elems := 1
		for _, d := range t.dims {
			e.uint64(uint64(d))
			elems *= d
		}
		e.uint32(t.typ.ggml)
		e.uint64(uint64(offset))
		size := t.typ.size(elems)
		offset += size + padding(size)
	}
	return append(e.bytes, make([]byte, padding(len(e.bytes)))...)
}

func (s Shape) metadata(m Mix, e *encoder) {
	e.putString("general.architecture", s.Arch)
	e.putString("general.name", s.Name+" with random weights")
	e.putUint32("general.file_type", m.fileType)
	e.putUint32("general.quantization_version", 2)
	a := s.Arch + "."
	e.putUint32(a+"block_count", uint32(s.nLayers))
	e.putUint32(a+"context_length", uint32(s.context))
	e.putUint32(a+"embedding_length", uint32(s.d))
	e.putUint32(a+"feed_forward_length", uint32(s.dFF))
	e.putUint32(a+"attention.head_count", uint32(s.nHeads))
	e.putUint32(a+"attention.head_count_kv", uint32(s.nKVHeads))
	e.putUint32(a+"attention.key_length", uint32(s.headDim))
	e.putUint32(a+"attention.value_length", uint32(s.headDim))
	e.putFloat32(a+"attention.layer_norm_rms_epsilon", s.rmsEps)
	e.putFloat32(a+"rope.freq_base", s.ropeBase)
	e.putUint32(a+"vocab_size", uint32(s.vocab.size))
	if s.Arch == "llama" {
		e.putUint32(a+"rope.dimension_count", uint32(s.headDim))
	}
	s.vocab.metadata(e)
}

func (v vocabulary) metadata(e *encoder) {
	texts, types, merges := v.tokens(rand.New(rand.NewPCG(1, 2)))
	e.putString("tokenizer.ggml.model", "gpt2")
	e.putString("tokenizer.ggml.pre", v.pre)
	e.putStrings("tokenizer.ggml.tokens", texts)
	e.putInt32s("tokenizer.ggml.token_type", types)
	e.putStrings("tokenizer.ggml.merges", merges)
	e.putUint32("tokenizer.ggml.bos_token_id", v.id(v.bos))
	e.putUint32("tokenizer.ggml.eos_token_id", v.id(v.eos))
	e.putBool("tokenizer.ggml.add_bos_token", v.addBOS)
	e.putString("tokenizer.chat_template", v.template)
}

// encoder builds the metadata of a GGUF file, little-endian.
type encoder struct {
	bytes []byte
	keys  int
}

// Value types of GGUF metadata.
const (
	kindUint32  = 4
	kindInt32   = 5
	kindFloat32 = 6
	kindBool    = 7
	kindString  = 8
	kindArray   = 9
)

func (e *encoder) uint32(x uint32) { e.bytes = binary.LittleEndian.AppendUint32(e.bytes, x) }
func (e *encoder) uint64(x uint64) { e.bytes = binary.LittleEndian.AppendUint64(e.bytes, x) }

func (e *encoder) string(s string) {
	e.uint64(uint64(len(s)))
	e.bytes = append(e.bytes, s...)
}

func (e *encoder) key(name string, kind uint32) {
	e.keys++
	e.string(name)
	e.uint32(kind)
}

func (e *encoder) putUint32(name string, x uint32) {
	e.key(name, kindUint32)
	e.uint32(x)
}

func (e *encoder) putFloat32(name string, x float32) {
	e.key(name, kindFloat32)
	e.uint32(math.Float32bits(x))
}

func (e *encoder) putBool(name string, x bool) {
	e.key(name, kindBool)
	b := byte(0)
	if x {
		b = 1
	}
	e.bytes = append(e.bytes, b)
}

func (e *encoder) putString(name, x string) {
	e.key(name, kindString)
	e.string(x)
}

func (e *encoder) putStrings(name string, xs []string) {
	e.key(name, kindArray)
	e.uint32(kindString)
	e.uint64(uint64(len(xs)))
	for _, x := range xs {
		e.string(x)
	}
}

func (e *encoder) putInt32s(name string, xs []int32) {
	e.key(name, kindArray)
	e.uint32(kindInt32)
	e.uint64(uint64(len(xs)))
	for _, x := range xs {
		e.uint32(uint32(x))
	}
}
