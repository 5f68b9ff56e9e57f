package gguf

import (
	"bytes"
	"math"
	"math/bits"
)

// Limits on what a header may hold. Real files stay far below; together they bound the memory
// that parsing takes to a few tens of MiB whatever the file says.
const (
	keysMax      = 1 << 14
	tensorsMax   = 1 << 16
	keyBytesMax  = 1 << 10
	nameBytesMax = 64
	stringMax    = 1 << 20
	elementsMax  = 1 << 24
	dimsMax      = 4
	alignmentMax = 64 << 10
)

const alignmentDefault = 32

// Parse reads the header of a file that is in memory. The result refers to b, which must not change.
func Parse(b []byte) (*File, error) {
	r := &reader{b: b}
	f := &File{data: b}
	counts, err := r.header(f)
	if err != nil {
		return nil, err
	}
	if err := r.metadata(f, counts.keys); err != nil {
		return nil, err
	}
	if err := f.refuseSplit(); err != nil {
		return nil, err
	}
	if err := r.tensors(f, counts.tensors); err != nil {
		return nil, err
	}
	return f, nil
}

type counts struct{ tensors, keys int }

func (r *reader) header(f *File) (counts, error) {
	if !bytes.HasPrefix(r.b, []byte("GGUF")) {
		if len(r.b) > 0 && len(r.b) < 4 && bytes.HasPrefix([]byte("GGUF"), r.b) {
			return counts{}, cutInHeader(len(r.b))
		}
		return counts{}, notGGUF(r.b)
	}
	r.at = 4
	version, err := r.uint32()
	if err != nil {
		return counts{}, err
	}
	if err := checkVersion(version); err != nil {
		return counts{}, err
	}
	f.Version = version
	tensors, err := r.count("tensors", tensorsMax, 32)
	if err != nil {
		return counts{}, err
	}
	keys, err := r.count("keys", keysMax, 13)
	return counts{tensors, keys}, err
}

func checkVersion(v uint32) error {
	switch {
	case v == 2 || v == 3:
		return nil
	case v == 1:
		return unsupported("this GGUF file is of version 1, which was replaced in 2023: a newer file of the same model will work")
	case v != 0 && v&0xffff == 0:
		return unsupported("this GGUF file was made for big-endian computers, and this one is little-endian")
	}
	return unsupported("this GGUF file is of version %d, and only versions 2 and 3 are known", v)
}

func (r *reader) metadata(f *File, n int) error {
	f.values = make(map[string]Value, n)
	f.keys = make([]string, 0, n)
	for range n {
		name, err := r.text("(a key)", keyBytesMax)
		if err != nil {
			return err
		}
		key := string(name)
		if _, twice := f.values[key]; twice {
			return corrupt("the key %q is there twice", key)
		}
		if f.values[key], err = r.value(key); err != nil {
			return err
		}
		f.keys = append(f.keys, key)
	}
	return nil
}

func (r *reader) value(key string) (Value, error) {
	t, err := r.valueType(key)
	if err != nil {
		return Value{}, err
	}
	if t != TypeArray {
		return r.elements(key, t, -1)
	}
	if t, err = r.valueType(key); err != nil {
		return Value{}, err
	}
	if t == TypeArray {
		return Value{}, corrupt("the value of %q is a list of lists", key)
	}
	n, err := r.count("elements of "+key, elementsMax, valueTypes[t].bytes)
	if err != nil {
		return Value{}, err
	}
	return r.elements(key, t, n)
}

func (r *reader) valueType(key string) (ValueType, error) {
	t, err := r.uint32()
	if err == nil && int(t) >= len(valueTypes) {
		err = corrupt("the value of %q has the unknown type %d", key, t)
	}
	return ValueType(t), err
}

// elements takes n values of one type off the front, or a single one when n is -1.
func (r *reader) elements(key string, t ValueType, n int) (Value, error) {
	v := Value{Type: t, n: n}
	start := r.at
	if t == TypeString {
		for range v.Len() {
			if _, err := r.text(key, stringMax); err != nil {
				return Value{}, err
			}
		}
	} else if _, err := r.take(v.Len() * valueTypes[t].bytes); err != nil {
		return Value{}, err
	}
	// The index of Strings counts with 32 bits.
	if uint64(r.at-start) >= 1<<32 {
		return Value{}, corrupt("the value of %q is larger than 4 GiB", key)
	}
	v.data = r.b[start:r.at:r.at]
	return v, nil
}

// refuseSplit refuses one part of a model that was cut into several files.
func (f *File) refuseSplit() error {
	parts, ok := f.Int("split.count")
	if !ok || parts <= 1 {
		return nil
	}
	no, _ := f.Int("split.no")
	return &fault{ErrSplit, sentenceSplit(no+1, parts)}
}

func (f *File) alignment() (int, error) {
	v, ok := f.Value("general.alignment")
	if !ok {
		return alignmentDefault, nil
	}
	n, ok := v.Int(0)
	if !ok || v.IsArray() || n <= 0 || n&(n-1) != 0 || n > alignmentMax {
		return 0, corrupt("its alignment is %v, no power of two up to %d", v, alignmentMax)
	}
	return n, nil
}

func (r *reader) tensors(f *File, n int) error {
	f.tensors = make([]Tensor, 0, n)
	f.byName = make(map[string]int, n)
	offsets := make([]int, 0, n)
	dims := make([]int, 0, n*2)
	for i := range n {
		t, offset, err := r.tensor(&dims)
		if err != nil {
			return err
		}
		if _, twice := f.byName[t.Name]; twice {
			return corrupt("the tensor %q is there twice", t.Name)
		}
		f.byName[t.Name] = i
		f.tensors = append(f.tensors, t)
		offsets = append(offsets, offset)
	}
	return r.place(f, offsets)
}

// tensor reads one entry of the table. Its dimensions go to the end of *dims.
func (r *reader) tensor(dims *[]int) (Tensor, int, error) {
	name, err := r.text("(a tensor's name)", nameBytesMax)
	if err != nil {
		return Tensor{}, 0, err
	}
	t := Tensor{Name: string(name)}
	if t.Dims, err = r.dims(t.Name, dims); err != nil {
		return Tensor{}, 0, err
	}
	id, err := r.uint32()
	if err != nil {
		return Tensor{}, 0, err
	}
	t.Type = Type(id)
	if err := t.check(); err != nil {
		return Tensor{}, 0, err
	}
	offset, err := r.uint64()
	if err != nil {
		return Tensor{}, 0, err
	}
	if offset > sizeMax {
		return Tensor{}, 0, corrupt("the tensor %q lies outside of any file", t.Name)
	}
	return t, int(offset), nil
}

func (r *reader) dims(name string, all *[]int) ([]int, error) {
	n, err := r.uint32()
	if err != nil {
		return nil, err
	}
	if n == 0 || n > dimsMax {
		return nil, corrupt("the tensor %q has %d dimensions", name, n)
	}
	start := len(*all)
	for range n {
		d, err := r.uint64()
		if err != nil {
			return nil, err
		}
		if d == 0 || d > sizeMax {
			return nil, corrupt("the tensor %q has a dimension of %d", name, d)
		}
		*all = append(*all, int(d))
	}
	return (*all)[start:len(*all):len(*all)], nil
}

// check refuses types that are not known and sizes that no file can have.
func (t Tensor) check() error {
	switch {
	case t.Type >= 31 && t.Type <= 33 || t.Type >= 36 && t.Type <= 38:
		return unsupported("the tensor %q is repacked for one kind of processor, which ended in 2024: the plain Q4_0 file of the same model will work", t.Name)
	case !t.Type.Known():
		return unsupported("the tensor %q has weights of %v, which is not known here", t.Name, t.Type)
	case t.Dims[0]%t.Type.BlockValues() != 0:
		return corrupt("the rows of the tensor %q have %d values, which is no multiple of %d as %v needs", t.Name, t.Dims[0], t.Type.BlockValues(), t.Type)
	}
	if _, ok := t.size(); !ok {
		return corrupt("the tensor %q is larger than any file", t.Name)
	}
	return nil
}

// size is the number of bytes of the tensor's data.
func (t Tensor) size() (int, bool) {
	n := 1
	for _, d := range t.Dims {
		var ok bool
		if n, ok = product(n, d); !ok {
			return 0, false
		}
	}
	return product(n/t.Type.BlockValues(), t.Type.BlockBytes())
}

// place gives each tensor its bytes, which begin at the first aligned place after the table.
func (r *reader) place(f *File, offsets []int) error {
	alignment, err := f.alignment()
	if err != nil {
		return err
	}
	begin := (r.at + alignment - 1) &^ (alignment - 1)
	f.header = min(begin, len(f.data))
	promised := 0
	for i, t := range f.tensors {
		if offsets[i]%alignment != 0 {
			return corrupt("the tensor %q is not aligned to %d bytes", t.Name, alignment)
		}
		size, _ := t.size()
		promised = max(promised, begin+offsets[i]+size)
	}
	if promised > len(r.b) {
		return cutInWeights(len(r.b), promised)
	}
	for i := range f.tensors {
		t := &f.tensors[i]
		size, _ := t.size()
		at := begin + offsets[i]
		t.Data = r.b[at : at+size : at+size]
	}
	return nil
}

// sizeMax bounds single sizes, so that the sum of a few never overflows.
const sizeMax = math.MaxInt / 4

// product multiplies two sizes. It is not ok above sizeMax.
func product(a, b int) (int, bool) {
	high, low := bits.Mul64(uint64(a), uint64(b))
	return int(low), high == 0 && low <= sizeMax
}
