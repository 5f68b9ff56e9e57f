package gguf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
)

// raw builds a file by hand, right or wrong.
type raw struct{ b []byte }

func header(version uint32, tensors, keys uint64) *raw {
	r := &raw{[]byte("GGUF")}
	return r.u32(version).u64(tensors).u64(keys)
}

func (r *raw) u32(v uint32) *raw { r.b = binary.LittleEndian.AppendUint32(r.b, v); return r }
func (r *raw) u64(v uint64) *raw { r.b = binary.LittleEndian.AppendUint64(r.b, v); return r }
func (r *raw) str(s string) *raw { r.u64(uint64(len(s))); r.b = append(r.b, s...); return r }

func (r *raw) tensor(name string, typ Type, offset uint64, dims ...uint64) *raw {
	r.str(name).u32(uint32(len(dims)))
	for _, d := range dims {
		r.u64(d)
	}
	return r.u32(uint32(typ)).u64(offset)
}

func (r *raw) zeros(n int) *raw { r.b = append(r.b, make([]byte, n)...); return r }

const str, arr, u32 = uint32(TypeString), uint32(TypeArray), uint32(TypeUint32)

var corruptFiles = []struct {
	name string
	file *raw
	want error
	says string
}{
	{"empty", &raw{}, ErrNotGGUF, "it is empty"},
	{"noise", &raw{[]byte("noise, and more of it")}, ErrNotGGUF, "does not begin"},
	{"web page", &raw{[]byte("\n<!DOCTYPE html><title>404</title>")}, ErrNotGGUF, "web page"},
	{"zip", &raw{[]byte("PK\x03\x04data")}, ErrNotGGUF, "PyTorch"},
	{"safetensors", (&raw{}).u64(40).add(`{"__metadata__":{}}`), ErrNotGGUF, "safetensors"},
	{"ggml", &raw{[]byte("tjgg\x03\x00\x00\x00")}, ErrNotGGUF, "GGML"},
	{"lfs", &raw{[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:0")}, ErrNotGGUF, "never downloaded"},
	{"json", &raw{[]byte(`{"error":"not found"}`)}, ErrNotGGUF, "JSON"},
	{"two letters", &raw{[]byte("GG")}, ErrTruncated, "2 bytes"},
	{"magic only", &raw{[]byte("GGUF")}, ErrTruncated, "inside its header"},
	{"version 1", header(1, 0, 0), ErrUnsupported, "version 1"},
	{"version 4", header(4, 0, 0), ErrUnsupported, "version 4"},
	{"big-endian", header(3<<24, 0, 0), ErrUnsupported, "big-endian"},
	{"many tensors", header(3, 1<<60, 0), ErrCorrupt, "tensors"},
	{"more tensors than bytes", header(3, 1000, 0), ErrTruncated, ""},
	{"many keys", header(3, 0, 1<<63), ErrCorrupt, "keys"},
	{"more keys than bytes", header(3, 0, 100), ErrTruncated, ""},
	{"long key", header(3, 0, 1).u64(1 << 62).zeros(20), ErrCorrupt, "a key"},
	{"cut key", header(3, 0, 1).u64(50).zeros(20), ErrTruncated, ""},
	{"key twice", header(3, 0, 2).str("a").u32(u32).u32(1).str("a").u32(u32).u32(1), ErrCorrupt, "twice"},
	{"value type", header(3, 0, 1).str("a").u32(13).u64(0), ErrCorrupt, "type 13"},
	{"cut value", header(3, 0, 1).str("aaaaaaaa").u32(uint32(TypeUint64)).u32(0), ErrTruncated, ""},
	{"string of 2^62", header(3, 0, 1).str("a").u32(str).u64(1 << 62), ErrCorrupt, "claims"},
	{"string of 2^64-1", header(3, 0, 1).str("a").u32(str).u64(1<<64 - 1), ErrCorrupt, "claims"},
	{"string of 2 MiB", header(3, 0, 1).str("a").u32(str).u64(2 << 20).zeros(2 << 20), ErrCorrupt, "claims"},
	{"list of lists", header(3, 0, 1).str("a").u32(arr).u32(arr).u64(1).zeros(20), ErrCorrupt, "lists"},
	{"list of 2^61", header(3, 0, 1).str("a").u32(arr).u32(uint32(TypeUint64)).u64(1 << 61), ErrCorrupt, "elements"},
	{"list beyond the end", header(3, 0, 1).str("a").u32(arr).u32(u32).u64(1 << 20), ErrTruncated, ""},
	{"strings beyond the end", header(3, 0, 1).str("a").u32(arr).u32(str).u64(3).str("b").zeros(12), ErrTruncated, ""},
	{"alignment 0", header(3, 0, 1).str("general.alignment").u32(u32).u32(0), ErrCorrupt, "alignment"},
	{"alignment 48", header(3, 0, 1).str("general.alignment").u32(u32).u32(48), ErrCorrupt, "alignment"},
	{"alignment 128 KiB", header(3, 0, 1).str("general.alignment").u32(u32).u32(128 << 10), ErrCorrupt, "alignment"},
	{"alignment text", header(3, 0, 1).str("general.alignment").u32(str).str("32"), ErrCorrupt, "alignment"},
	{"split", header(3, 0, 2).str("split.no").u32(u32).u32(1).str("split.count").u32(u32).u32(3), ErrSplit, "part 2 of a model that is split over 3"},
	{"no dimensions", header(3, 1, 0).tensor("a", F32, 0).zeros(64), ErrCorrupt, "0 dimensions"},
	{"five dimensions", header(3, 1, 0).tensor("a", F32, 0, 1, 1, 1, 1, 1).zeros(64), ErrCorrupt, "5 dimensions"},
	{"dimension 0", header(3, 1, 0).tensor("a", F32, 0, 8, 0).zeros(64), ErrCorrupt, "dimension of 0"},
	{"dimension 2^63", header(3, 1, 0).tensor("a", F32, 0, 1<<63).zeros(64), ErrCorrupt, "dimension"},
	{"product 2^64", header(3, 1, 0).tensor("a", F32, 0, 1<<32, 1<<32).zeros(64), ErrCorrupt, "larger than any file"},
	{"product 2^62", header(3, 1, 0).tensor("a", F32, 0, 1<<31, 1<<31).zeros(64), ErrCorrupt, "larger than any file"},
	{"half a block", header(3, 1, 0).tensor("a", Q4_K, 0, 255).zeros(999), ErrCorrupt, "multiple of 256"},
	{"unknown type", header(3, 1, 0).tensor("a", 99, 0, 32).zeros(64), ErrUnsupported, "type 99"},
	{"repacked type", header(3, 1, 0).tensor("a", 31, 0, 32).zeros(64), ErrUnsupported, "Q4_0"},
	{"long name", header(3, 1, 0).tensor(strings.Repeat("a", 65), F32, 0, 8).zeros(64), ErrCorrupt, "name"},
	{"name twice", header(3, 2, 0).tensor("a", F32, 0, 8).tensor("a", F32, 32, 8).zeros(96), ErrCorrupt, "twice"},
	{"crooked offset", header(3, 1, 0).tensor("a", F32, 4, 8).zeros(96), ErrCorrupt, "aligned"},
	{"offset 2^63", header(3, 1, 0).tensor("a", F32, 1<<63, 8).zeros(96), ErrCorrupt, "outside"},
	{"cut weights", header(3, 1, 0).tensor("a", F32, 0, 94e6).zeros(12e6), ErrTruncated, "ends at 12 MB but its header promises 376 MB"},
	{"cut table", header(3, 2, 0).tensor("a", F32, 0, 8).zeros(20), ErrTruncated, "inside its header"},
}

func (r *raw) add(s string) *raw { r.b = append(r.b, s...); return r }

func TestCorruptFiles(t *testing.T) {
	for _, c := range corruptFiles {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse(c.file.b)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if says := err.Error(); !strings.Contains(says, c.says) || strings.Contains(says, "\n") {
				t.Errorf("the sentence %q does not say %q", says, c.says)
			}
		})
	}
}

// A file cut anywhere is refused, and never as if it were something else.
func TestEveryCut(t *testing.T) {
	b := sample(t)
	for n := 1; n < len(b)-1; n++ {
		f, err := Parse(b[:n])
		if err == nil && n < len(b)-31 { // the last tensor may lack its padding
			t.Fatalf("cut at %d of %d: parsed to %d tensors", n, len(b), len(f.Tensors()))
		}
		if err != nil && !errors.Is(err, ErrTruncated) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

// use reads everything that a parsed file offers.
func use(f *File) (n int) {
	for key, v := range f.Keys() {
		n += len(v.String())
		f.Int(key)
		f.Uint(key)
		f.Float(key)
		f.Bool(key)
		f.Ints(key)
		f.Floats(key)
		if list, ok := f.Strings(key); ok {
			for i, s := range list.All() {
				n += len(s) + len(list.At(i))
			}
		}
	}
	for _, t := range f.Tensors() {
		n += t.Rows()*t.Cols() + len(t.Data)
	}
	return n
}

// Mutants of a good file neither panic nor make us allocate. CROFT_SOAK=1 tries 200,000 of them.
func TestMutants(t *testing.T) {
	count := 5_000
	if os.Getenv("CROFT_SOAK") != "" {
		count = 200_000
	}
	good := sample(t)
	random := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range count {
		b := bytes.Clone(good)
		for range 1 + random.IntN(4) {
			mutate(random, b)
		}
		if f, err := Parse(b); err == nil {
			accepted++
			use(f)
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / uint64(count); each > 1<<20 {
		t.Errorf("a mutant of %d bytes takes %d bytes of memory", len(good), each)
	}
	if accepted == 0 || accepted == count {
		t.Errorf("%d of %d mutants were accepted: they try nothing", accepted, count)
	}
}

func mutate(random *rand.Rand, b []byte) {
	at := random.IntN(len(b))
	switch random.IntN(4) {
	case 0:
		b[at] ^= 1 << random.IntN(8)
	case 1:
		b[at] = byte(random.Uint32())
	case 2:
		if at+8 <= len(b) {
			extremes := []uint64{0, 1, 1 << 31, 1<<32 - 1, 1 << 61, 1 << 62, 1<<63 - 1, 1 << 63, 1<<64 - 1}
			binary.LittleEndian.PutUint64(b[at:], extremes[random.IntN(len(extremes))])
		}
	case 3:
		copy(b[at:], b[random.IntN(len(b)):])
	}
}

// The headers that ask for most are refused or read within 64 MiB.
func TestMemoryOfHostileHeaders(t *testing.T) {
	keys := header(3, 0, keysMax)
	for i := range keysMax {
		keys.str(fmt.Sprintf("%0*d", keyBytesMax, i)).u32(uint32(TypeBool)).add("\x01")
	}
	tensors := header(3, tensorsMax, 0)
	for i := range tensorsMax {
		tensors.tensor(fmt.Sprintf("%0*d", nameBytesMax, i), I8, 0, 1, 1, 1, 1)
	}
	tensors.zeros(64)
	list := header(3, 0, 1).str("a").u32(arr).u32(str).u64(elementsMax).zeros(8 * elementsMax)
	for name, file := range map[string]*raw{"keys": keys, "tensors": tensors, "list": list} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Parse(file.b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		took := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %d MiB of header take %d MiB", name, len(file.b)>>20, took>>20)
		if took > 64<<20 {
			t.Errorf("%s: %d MiB of memory", name, took>>20)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample(f))
	for _, c := range corruptFiles {
		if len(c.file.b) < 4096 {
			f.Add(c.file.b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Parse(b)
		if err != nil {
			if file != nil || err.Error() == "" {
				t.Errorf("a refused file gives %v, %q", file, err)
			}
			return
		}
		use(file)
		for _, tensor := range file.Tensors() {
			if want, ok := tensor.size(); !ok || want != len(tensor.Data) {
				t.Errorf("%q has %d bytes, want %d", tensor.Name, len(tensor.Data), want)
			}
		}
	})
}
