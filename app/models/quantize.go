package models

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"croft/app/health"
	"croft/engine/gguf"
	"croft/engine/quantize"
)

// partPrefix begins the name of a file that Quantize has not finished.
const partPrefix = ".quantize-"

// Quantized is what Quantize made.
type Quantized struct {
	Path        string  `json:"path"`
	Type        string  `json:"type"` // "Q4_K_M"
	SourceBytes int64   `json:"source_bytes"`
	SizeBytes   int64   `json:"size_bytes"`
	Seconds     float64 `json:"seconds"`
}

// QuantizeTypes are the mixtures that Quantize can make, the usual one first.
func QuantizeTypes() (names []string) {
	for _, m := range quantize.Mixtures {
		names = append(names, m.Name)
	}
	return names
}

// CheckQuantizeType tells why no file of that type can be made.
func CheckQuantizeType(name string) error {
	if _, ok := quantize.FindMixture(name); !ok {
		return fmt.Errorf("a model cannot be made %q: the types are %s", name, strings.Join(QuantizeTypes(), ", "))
	}
	return nil
}

// Quantize writes the model in the file from, whose weights are F32, F16 or BF16, to the file to in a smaller type.
// A file that is there already is never replaced. The new one appears under its name when it is whole and safe on the
// disk; until then, and when anything fails or ctx ends, there is none. progress is called now and then; it may be nil.
func Quantize(ctx context.Context, from, to, quant string, progress func(done, total int64)) (Quantized, error) {
	q := quantizer{space: FreeSpace, progress: progress}
	return q.run(ctx, from, to, quant)
}

type quantizer struct {
	space    func(dir string) (int64, error)
	progress func(done, total int64)
}

func (q quantizer) run(ctx context.Context, from, to, quant string) (Quantized, error) {
	begin := time.Now()
	mixture, ok := quantize.FindMixture(quant)
	if !ok {
		return Quantized{}, CheckQuantizeType(quant)
	}
	from, err := regularFile(from)
	if err != nil {
		return Quantized{}, err
	}
	if err := refuseByName(from); err != nil {
		return Quantized{}, err
	}
	source, err := gguf.Open(from)
	if err != nil {
		return Quantized{}, err
	}
	defer source.Close()
	plan, err := quantize.NewPlan(source, mixture)
	if err != nil {
		return Quantized{}, explainQuantize(err)
	}
	size, err := q.write(ctx, plan, to)
	if err != nil {
		return Quantized{}, explainQuantize(err)
	}
	return Quantized{Path: to, Type: mixture.Name, SourceBytes: source.Size(), SizeBytes: size, Seconds: time.Since(begin).Seconds()}, nil
}

// write makes a temporary file beside the new one, and gives it its name when it is complete.
func (q quantizer) write(ctx context.Context, plan *quantize.Plan, to string) (size int64, err error) {
	dir, name := filepath.Split(filepath.Clean(to))
	if dir == "" {
		dir = "."
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	if err := refuseExisting(root, name, to); err != nil {
		return 0, err
	}
	if free, err := q.space(dir); err == nil && free < plan.SizeBytes()+spareBytes { // Not known is no reason to refuse.
		return 0, noSpaceToQuantize(plan.SizeBytes(), free)
	}
	part := partPrefix + rand.Text()
	f, err := root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, inFolder(err, dir)
	}
	size, err = q.fill(ctx, plan, f)
	if err == nil {
		err = refuseExisting(root, name, to)
	}
	if err == nil {
		err = root.Rename(part, name)
	}
	if err == nil {
		part = name
		err = syncDir(root)
	}
	if err != nil {
		return 0, errors.Join(err, ignoreMissing(root.Remove(part)))
	}
	return size, nil
}

// inFolder names the folder where a temporary file could not be made, whose own name says nothing to a person.
func inFolder(err error, dir string) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return &fs.PathError{Op: at.Op, Path: dir, Err: at.Err}
	}
	return err
}

// fill writes the file, sees that it is safe on the disk, and closes it.
func (q quantizer) fill(ctx context.Context, plan *quantize.Plan, f *os.File) (size int64, err error) {
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := plan.Write(ctx, f, q.progress); err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, err
	}
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), ctx.Err()
}

// refuseExisting refuses a name that something has, be it a folder or a link.
func refuseExisting(root *os.Root, name, path string) error {
	_, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return refuse(fs.ErrExist, "Already there", fmt.Sprintf("There is a file or folder called %s already.", path),
		"Choose another name for the new file, or move the old one away.")
}

func noSpaceToQuantize(needs, free int64) error {
	return refuse(ErrNoSpace, "Not enough space",
		fmt.Sprintf("The new file needs %s; the disk has %s free.", Bytes(needs), Bytes(free)),
		"Free some space, name a file on another disk, or choose a smaller --type.")
}

// explainQuantize says what to do about a file that cannot be quantized.
func explainQuantize(err error) error {
	switch sentence := health.Sentence(err.Error()); {
	case errors.Is(err, quantize.ErrSource):
		return refuse(err, "Cannot be quantized", sentence, "Take the file of this model with F16, BF16 or F32 in its name.")
	case errors.Is(err, quantize.ErrWeight):
		return refuse(err, "Cannot be quantized", sentence, "The file is damaged or was made wrongly: get it again from its maker.")
	}
	return err
}
