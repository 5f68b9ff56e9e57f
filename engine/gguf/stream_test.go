package gguf

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestStreamWritesWhatWriteDoes(t *testing.T) {
	meta := []KV{{"general.architecture", "llama"}, {"n", []int32{1, 2}}}
	tensors := []Tensor{
		{Name: "a", Type: F32, Dims: []int{3}, Data: bytes.Repeat([]byte{7}, 12)},
		{Name: "b", Type: Q8_0, Dims: []int{32, 2}, Data: bytes.Repeat([]byte{9}, 68)},
	}
	var want, got bytes.Buffer
	if err := Write(&want, meta, tensors); err != nil {
		t.Fatal(err)
	}
	sizesOnly := []Tensor{{Name: "a", Type: F32, Dims: []int{3}}, {Name: "b", Type: Q8_0, Dims: []int{32, 2}}}
	err := Stream(&got, meta, sizesOnly, func(w io.Writer, i int) error {
		for _, b := range tensors[i].Data { // in the smallest pieces
			if _, err := w.Write([]byte{b}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("%d bytes, want %d; %v", got.Len(), want.Len(), err)
	}
}

func TestStreamRefusesDataOfAnotherSize(t *testing.T) {
	tensors := []Tensor{{Name: "a", Type: F32, Dims: []int{3}}}
	for _, n := range []int{0, 11, 13} {
		err := Stream(io.Discard, nil, tensors, func(w io.Writer, _ int) error {
			_, err := w.Write(make([]byte, n))
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "12 needed") {
			t.Errorf("%d bytes for 12 give %v", n, err)
		}
	}
	stop := errors.New("stop")
	if err := Stream(io.Discard, nil, tensors, func(io.Writer, int) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the error of the data became %v", err)
	}
}
