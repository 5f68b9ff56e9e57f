package gguf

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sample is a small file with a value of every type.
func sample(t testing.TB) []byte {
	t.Helper()
	meta := []KV{
		{"general.architecture", "llama"},
		{"u8", uint8(200)},
		{"i8", int8(-100)},
		{"u16", uint16(60000)},
		{"i16", int16(-30000)},
		{"u32", uint32(4e9)},
		{"i32", int32(-2e9)},
		{"u64", uint64(1 << 63)},
		{"i64", int64(-1 << 62)},
		{"f32", float32(0.5)},
		{"f64", 1e-6},
		{"whole", float32(8)},
		{"yes", true},
		{"no", false},
		{"empty", ""},
		{"words", []string{"croft", "", "a ünïcode word"}},
		{"ints", []int32{1, -2, 3}},
		{"floats", []float32{0.25, -1}},
		{"bools", []bool{true, false}},
		{"none", []string{}},
	}
	tensors := []Tensor{
		{Name: "norm.weight", Type: F32, Dims: []int{3}, Data: []byte("aaaabbbbcccc")},
		{Name: "w.weight", Type: Q4_0, Dims: []int{64, 2}, Data: bytes.Repeat([]byte{7}, 2*2*18)},
		{Name: "x.weight", Type: Q4_K, Dims: []int{256, 1, 2}, Data: bytes.Repeat([]byte{9}, 2*144)},
	}
	var b bytes.Buffer
	if err := Write(&b, meta, tensors); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func parse(t testing.TB, b []byte) *File {
	t.Helper()
	f, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestNumbers(t *testing.T) {
	f := parse(t, sample(t))
	ints := map[string]int{"u8": 200, "i8": -100, "u16": 60000, "i16": -30000, "u32": 4e9, "i32": -2e9, "i64": -1 << 62, "whole": 8}
	for key, want := range ints {
		if got, ok := f.Int(key); !ok || got != want {
			t.Errorf("Int(%q) = %d, %v, want %d", key, got, ok, want)
		}
		if got, ok := f.Float(key); !ok || got != float64(want) {
			t.Errorf("Float(%q) = %v, %v, want %d", key, got, ok, want)
		}
	}
	for _, key := range []string{"u64", "f32", "f64", "yes", "empty", "words", "ints", "none", "missing"} {
		if n, ok := f.Int(key); ok {
			t.Errorf("Int(%q) = %d, though it is none", key, n)
		}
	}
	if n, ok := f.Uint("u64"); !ok || n != 1<<63 {
		t.Errorf("Uint(u64) = %d, %v", n, ok)
	}
	if n, ok := f.Uint("i8"); ok {
		t.Errorf("Uint(i8) = %d, though it is negative", n)
	}
	if x, ok := f.Float("f64"); !ok || x != 1e-6 {
		t.Errorf("Float(f64) = %v, %v", x, ok)
	}
}

func TestTextAndLists(t *testing.T) {
	f := parse(t, sample(t))
	if s, ok := f.String("general.architecture"); !ok || s != "llama" {
		t.Errorf("String = %q, %v", s, ok)
	}
	if s, ok := f.String("words"); ok {
		t.Errorf("String of a list = %q", s)
	}
	if yes, ok := f.Bool("yes"); !ok || !yes {
		t.Errorf("Bool(yes) = %v, %v", yes, ok)
	}
	words, ok := f.Strings("words")
	if !ok || words.Len() != 3 || string(words.At(0)) != "croft" || string(words.At(1)) != "" || string(words.At(2)) != "a ünïcode word" {
		t.Errorf("Strings(words) = %v, %v", words, ok)
	}
	for i, w := range words.All() {
		if !bytes.Equal(w, words.At(i)) {
			t.Errorf("All gives %q for %d, At %q", w, i, words.At(i))
		}
	}
	if ints, ok := f.Ints("ints"); !ok || !slices.Equal(ints, []int{1, -2, 3}) {
		t.Errorf("Ints = %v, %v", ints, ok)
	}
	if floats, ok := f.Floats("floats"); !ok || !slices.Equal(floats, []float64{0.25, -1}) {
		t.Errorf("Floats = %v, %v", floats, ok)
	}
	if empty, ok := f.Strings("none"); !ok || empty.Len() != 0 {
		t.Errorf("Strings(none) has %d, %v", empty.Len(), ok)
	}
}

func TestTensors(t *testing.T) {
	f := parse(t, sample(t))
	w, ok := f.Tensor("w.weight")
	if !ok || w.Type != Q4_0 || w.Cols() != 64 || w.Rows() != 2 || w.Values() != 128 || len(w.Data) != 72 || w.Data[71] != 7 {
		t.Errorf("w.weight = %+v, %v", w, ok)
	}
	x, _ := f.Tensor("x.weight")
	if x.Rows() != 2 || len(x.Data) != 288 || x.Data[0] != 9 {
		t.Errorf("x.weight = %+v", x)
	}
	if _, ok := f.Tensor("y"); ok {
		t.Error("found a tensor that is not there")
	}
	if len(f.Tensors()) != 3 || f.Version != 3 {
		t.Errorf("%d tensors, version %d", len(f.Tensors()), f.Version)
	}
}

// What was read can be written again, to the same bytes.
func TestWriteWhatWasRead(t *testing.T) {
	b := sample(t)
	f := parse(t, b)
	var meta []KV
	for key, v := range f.Keys() {
		meta = append(meta, KV{key, v})
	}
	var again bytes.Buffer
	if err := Write(&again, meta, f.Tensors()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Bytes(), b) {
		t.Error("a copy of a file differs from it")
	}
}

func TestWriteRefuses(t *testing.T) {
	block := make([]byte, 18)
	for name, c := range map[string]struct {
		meta    []KV
		tensors []Tensor
	}{
		"value":      {meta: []KV{{"a", struct{}{}}}},
		"nil":        {meta: []KV{{"a", nil}}},
		"plain int":  {meta: []KV{{"a", 1}}},
		"key twice":  {meta: []KV{{"a", true}, {"a", true}}},
		"alignment":  {meta: []KV{{"general.alignment", uint32(64)}}},
		"no dims":    {tensors: []Tensor{{Name: "a", Type: Q4_0, Data: block}}},
		"bad row":    {tensors: []Tensor{{Name: "a", Type: Q4_0, Dims: []int{31}, Data: block}}},
		"short data": {tensors: []Tensor{{Name: "a", Type: Q4_0, Dims: []int{64}, Data: block}}},
		"long name":  {tensors: []Tensor{{Name: strings.Repeat("a", 65), Type: Q4_0, Dims: []int{32}, Data: block}}},
		"name twice": {tensors: []Tensor{{"a", Q4_0, []int{32}, block}, {"a", Q4_0, []int{32}, block}}},
		"no type":    {tensors: []Tensor{{"a", 4, []int{32}, block}}},
	} {
		if err := Write(new(bytes.Buffer), c.meta, c.tensors); err == nil {
			t.Errorf("%s: written without an error", name)
		}
	}
}

func TestOpenMapsAndReleases(t *testing.T) {
	big := make([]byte, 1<<20)
	for i := range big {
		big[i] = byte(i * 7)
	}
	path := filepath.Join(t.TempDir(), "a.gguf")
	var b bytes.Buffer
	if err := Write(&b, nil, []Tensor{{"a", I8, []int{1 << 20}, big}}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := f.Tensor("a")
	for _, part := range [][]byte{a.Data, a.Data[1:], a.Data[5000:6000], a.Data[:0], nil} {
		f.Release(part)
	}
	if !bytes.Equal(a.Data, big) {
		t.Error("the data changed after it was released")
	}
	if f.Size() != int64(b.Len()) {
		t.Errorf("Size = %d, want %d", f.Size(), b.Len())
	}
	if err := errors.Join(f.Close(), f.Close()); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); err == nil {
		t.Error("opened a folder")
	}
	if _, err := Open(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(empty); !errors.Is(err, ErrNotGGUF) {
		t.Errorf("an empty file: %v", err)
	}
}

func TestTypes(t *testing.T) {
	// Bytes for 256 values, from the bits per weight that ggml states.
	for typ, want := range map[Type]int{
		F32: 1024, F16: 512, BF16: 512, Q4_0: 144, Q4_1: 160, Q5_0: 176, Q5_1: 192, Q8_0: 272,
		Q2_K: 84, Q3_K: 110, Q4_K: 144, Q5_K: 176, Q6_K: 210, Q8_K: 292,
		IQ2_XXS: 66, IQ2_XS: 74, IQ2_S: 82, IQ3_XXS: 98, IQ3_S: 110, IQ1_S: 50, IQ1_M: 56, IQ4_NL: 144, IQ4_XS: 136,
		TQ1_0: 54, TQ2_0: 66, MXFP4: 136,
	} {
		if got := typ.RowBytes(256); got != want {
			t.Errorf("%v: 256 values take %d bytes, want %d", typ, got, want)
		}
	}
	if Q4_K.String() != "Q4_K" || Type(4).String() != "type 4" || Type(4).Known() {
		t.Error("names of types are wrong")
	}
	for _, n := range []int{-256, 1, 255, 1 << 62} {
		if got := Q4_K.RowBytes(n); got != -1 {
			t.Errorf("RowBytes(%d) = %d", n, got)
		}
	}
}
