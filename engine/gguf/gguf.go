// Package gguf reads and writes GGUF, the file format of quantized language models, versions 2 and 3.
//
// The format is specified in docs/gguf.md of ggml (https://github.com/ggml-org/ggml). A file is a header,
// metadata (typed keys and values), a table of tensors, padding, and the tensors' data, all little-endian.
//
// A model file comes from strangers. Nothing it says of itself is believed: each count, length, offset and
// dimension is checked against the bytes that are there before it is used, and no memory is allocated
// because a file asks for it.
package gguf

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
)

// File is an open GGUF file. Reading from several goroutines is safe; Close ends the life of every slice it gave out.
type File struct {
	Version uint32 // 2 or 3

	data    []byte
	header  int // bytes before the tensors' data
	unmap   func() error
	keys    []string
	values  map[string]Value
	tensors []Tensor
	byName  map[string]int
}

// Tensor is a named array of values in the file.
type Tensor struct {
	Name string
	Type Type
	Dims []int  // Dims[0] is the length of a row; 1 to 4 dimensions, none of them 0
	Data []byte // rows one after another, in blocks of Type
}

// Cols is the length of a row.
func (t Tensor) Cols() int { return t.Dims[0] }

// Rows is the number of rows, over all dimensions but the first.
func (t Tensor) Rows() int { return t.Values() / t.Dims[0] }

// Values is the number of values.
func (t Tensor) Values() int {
	n := 1
	for _, d := range t.Dims {
		n *= d
	}
	return n
}

// Open maps the file for reading (where the system cannot, it reads it) and checks its header.
// The file must not be shortened while it is open: a mapped page that is gone ends the process.
// The text of an error is one sentence for people; errors.Is tells the kind.
func Open(path string) (*File, error) {
	data, unmap, err := load(path)
	if err != nil {
		return nil, err
	}
	f, err := Parse(data)
	if err != nil {
		return nil, errors.Join(err, unmap())
	}
	f.unmap = unmap
	return f, nil
}

func load(path string) ([]byte, func() error, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("open model: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("open model: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, &fs.PathError{Op: "open model", Path: path, Err: errors.New("not a regular file")}
	}
	if info.Size() == 0 {
		return nil, nil, notGGUF(nil)
	}
	if int64(int(info.Size())) != info.Size() {
		return nil, nil, unsupported("the file is larger than this processor can address")
	}
	data, unmap, err := mapFile(file, int(info.Size()))
	if err != nil {
		return nil, nil, fmt.Errorf("map model into memory: %w", err)
	}
	return data, unmap, nil
}

// Close unmaps the file. No slice that came from it may be used afterwards.
func (f *File) Close() error {
	unmap := f.unmap
	if unmap == nil {
		return nil
	}
	f.unmap = nil
	return unmap()
}

// Size is the length of the file in bytes.
func (f *File) Size() int64 { return int64(len(f.data)) }

// HeaderBytes is how many bytes of the file come before the tensors' data.
func (f *File) HeaderBytes() int64 { return int64(f.header) }

// Release tells the system that the pages inside b, part of a tensor's Data, are not needed soon.
// They leave this process's memory and are read again from the file when touched.
func (f *File) Release(b []byte) {
	if f.unmap != nil {
		release(b)
	}
}

// ReleaseHeader is Release for all before the tensors' data: a vocabulary that was indexed is touched only here and there.
func (f *File) ReleaseHeader() {
	f.Release(f.data[:f.header])
}

// Tensor finds a tensor by name.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := f.byName[name]
	if !ok {
		return Tensor{}, false
	}
	return f.tensors[i], true
}

// Tensors lists the tensors in the order of the file. The caller must not change the list.
func (f *File) Tensors() []Tensor { return f.tensors }

// Keys walks over the metadata in the order of the file.
func (f *File) Keys() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for _, k := range f.keys {
			if !yield(k, f.values[k]) {
				return
			}
		}
	}
}

// Value returns a metadata value as it stands in the file.
func (f *File) Value(key string) (Value, bool) {
	v, ok := f.values[key]
	return v, ok
}

// Int returns a number of any type that is whole and fits.
func (f *File) Int(key string) (int, bool) { return f.scalar(key).Int(0) }

// Uint returns a number of any type that is whole and not negative.
func (f *File) Uint(key string) (uint64, bool) { return f.scalar(key).Uint(0) }

// Float returns a number of any type.
func (f *File) Float(key string) (float64, bool) { return f.scalar(key).Float(0) }

// Bool returns a bool.
func (f *File) Bool(key string) (value, ok bool) { return f.scalar(key).Bool(0) }

// String returns a copy of a string, at most 1 MiB.
func (f *File) String(key string) (string, bool) {
	b, ok := f.scalar(key).Bytes()
	return string(b), ok
}

// scalar returns a value that is no array; an empty array, which holds nothing, stands for a missing one.
func (f *File) scalar(key string) Value {
	v, ok := f.values[key]
	if !ok || v.IsArray() {
		return Value{}
	}
	return v
}

// Ints returns a copy of an array of whole numbers.
func (f *File) Ints(key string) ([]int, bool) {
	return elements(f, key, Value.Int)
}

// Floats returns a copy of an array of numbers.
func (f *File) Floats(key string) ([]float64, bool) {
	return elements(f, key, Value.Float)
}

func elements[T any](f *File, key string, get func(Value, int) (T, bool)) ([]T, bool) {
	v, ok := f.values[key]
	if !ok || !v.IsArray() || v.Type == TypeString {
		return nil, false
	}
	list := make([]T, v.Len())
	for i := range list {
		if list[i], ok = get(v, i); !ok {
			return nil, false
		}
	}
	return list, true
}

// Strings returns a view of an array of strings.
func (f *File) Strings(key string) (Strings, bool) {
	v, ok := f.values[key]
	if !ok || !v.IsArray() || v.Type != TypeString {
		return Strings{}, false
	}
	return newStrings(v), true
}
