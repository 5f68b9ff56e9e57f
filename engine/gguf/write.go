package gguf

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"reflect"
)

// KV is one metadata entry to write. Value is a bool, a string, a Go number of fixed size
// (uint8 … int64, float32, float64), a slice of one of these, or a Value of another file.
type KV struct {
	Key   string
	Value any
}

// Write writes a file of version 3 with an alignment of 32 bytes. It refuses whatever Parse would refuse.
func Write(w io.Writer, meta []KV, tensors []Tensor) error {
	for _, t := range tensors {
		if err := t.writable(); err != nil {
			return err
		}
		if size, _ := t.size(); size != len(t.Data) {
			return fmt.Errorf("tensor %q: %d bytes of data, %d needed", t.Name, len(t.Data), size)
		}
	}
	return Stream(w, meta, tensors, func(w io.Writer, i int) error {
		_, err := w.Write(tensors[i].Data)
		return err
	})
}

// Stream is Write for data that need not be in memory: the tensors' own Data is not looked at. For each of them in
// turn, data writes to w what belongs to tensor i, exactly the bytes that its type and dimensions need.
func Stream(w io.Writer, meta []KV, tensors []Tensor, data func(w io.Writer, i int) error) error {
	header, err := appendHeader(meta, tensors)
	if err != nil {
		return err
	}
	if err := checkHeader(header, len(tensors)); err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.Write(header); err != nil {
		return err
	}
	for i, t := range tensors {
		if err := t.stream(out, func(w io.Writer) error { return data(w, i) }); err != nil {
			return err
		}
	}
	return out.Flush()
}

// appendHeader returns all that comes before the tensors' data, padding included.
func appendHeader(meta []KV, tensors []Tensor) ([]byte, error) {
	b := []byte("GGUF")
	b = binary.LittleEndian.AppendUint32(b, 3)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(tensors)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(meta)))
	var err error
	for _, kv := range meta {
		b = appendString(b, kv.Key)
		if b, err = appendValue(b, kv.Value); err != nil {
			return nil, fmt.Errorf("write %q: %w", kv.Key, err)
		}
	}
	if b, err = appendTensors(b, tensors); err != nil {
		return nil, err
	}
	return pad(b), nil
}

// appendTensors appends the table of tensors.
func appendTensors(b []byte, tensors []Tensor) ([]byte, error) {
	offset := 0
	for _, t := range tensors {
		if err := t.writable(); err != nil {
			return nil, err
		}
		b = appendString(b, t.Name)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(t.Dims)))
		for _, d := range t.Dims {
			b = binary.LittleEndian.AppendUint64(b, uint64(d))
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(t.Type))
		b = binary.LittleEndian.AppendUint64(b, uint64(offset))
		size, _ := t.size()
		offset += size + padding(size)
	}
	return b, nil
}

func (t Tensor) writable() error {
	if len(t.Name) > nameBytesMax {
		return fmt.Errorf("tensor %q: the name is longer than %d bytes", t.Name, nameBytesMax)
	}
	if len(t.Dims) == 0 || len(t.Dims) > dimsMax {
		return fmt.Errorf("tensor %q: %d dimensions", t.Name, len(t.Dims))
	}
	for _, d := range t.Dims {
		if d <= 0 {
			return fmt.Errorf("tensor %q: a dimension of %d", t.Name, d)
		}
	}
	return t.check()
}

// stream lets data write the tensor's bytes, sees that they are as many as the table says, and pads them.
func (t Tensor) stream(out io.Writer, data func(io.Writer) error) error {
	counted := &counter{w: out}
	if err := data(counted); err != nil {
		return err
	}
	size, _ := t.size()
	if counted.n != size {
		return fmt.Errorf("tensor %q: %d bytes of data, %d needed", t.Name, counted.n, size)
	}
	_, err := out.Write(make([]byte, padding(size)))
	return err
}

// counter counts the bytes that go through it.
type counter struct {
	w io.Writer
	n int
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += n
	return n, err
}

func checkHeader(header []byte, tensors int) error {
	r, f := &reader{b: header}, &File{data: header}
	n, err := r.header(f)
	if err != nil {
		return err
	}
	if err := r.metadata(f, n.keys); err != nil {
		return err
	}
	if alignment, err := f.alignment(); err != nil || alignment != alignmentDefault {
		return fmt.Errorf("files are written with an alignment of %d", alignmentDefault)
	}
	names := make(map[string]bool, tensors)
	var dims []int
	for range tensors {
		t, _, err := r.tensor(&dims)
		if err != nil {
			return err
		}
		if names[t.Name] {
			return fmt.Errorf("the tensor %q is there twice", t.Name)
		}
		names[t.Name] = true
	}
	return nil
}

func padding(n int) int { return -n & (alignmentDefault - 1) }

func pad(b []byte) []byte { return append(b, make([]byte, padding(len(b)))...) }

func appendString(b []byte, s string) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(len(s)))
	return append(b, s...)
}

func appendValue(b []byte, value any) ([]byte, error) {
	if v, ok := value.(Value); ok {
		return append(appendType(b, v.Type, v.n), v.data...), nil
	}
	v := reflect.ValueOf(value)
	n, elem := -1, reflect.TypeOf(value)
	if elem != nil && elem.Kind() == reflect.Slice {
		n, elem = v.Len(), elem.Elem()
	}
	t, ok := typeOf(elem)
	if !ok {
		return nil, fmt.Errorf("a %T is no metadata value", value)
	}
	b = appendType(b, t, n)
	if t != TypeString {
		return binary.Append(b, binary.LittleEndian, value)
	}
	if n < 0 {
		return appendString(b, v.String()), nil
	}
	for i := range n {
		b = appendString(b, v.Index(i).String())
	}
	return b, nil
}

func appendType(b []byte, t ValueType, n int) []byte {
	if n < 0 {
		return binary.LittleEndian.AppendUint32(b, uint32(t))
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(TypeArray))
	b = binary.LittleEndian.AppendUint32(b, uint32(t))
	return binary.LittleEndian.AppendUint64(b, uint64(n))
}

var kinds = map[reflect.Kind]ValueType{
	reflect.Uint8: TypeUint8, reflect.Uint16: TypeUint16, reflect.Uint32: TypeUint32, reflect.Uint64: TypeUint64,
	reflect.Int8: TypeInt8, reflect.Int16: TypeInt16, reflect.Int32: TypeInt32, reflect.Int64: TypeInt64,
	reflect.Float32: TypeFloat32, reflect.Float64: TypeFloat64, reflect.Bool: TypeBool, reflect.String: TypeString,
}

func typeOf(t reflect.Type) (ValueType, bool) {
	if t == nil {
		return 0, false
	}
	k, ok := kinds[t.Kind()]
	return k, ok
}
