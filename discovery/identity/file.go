package identity

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

const (
	fileName     = "device.key"
	fileBytesMax = 1 << 10
	blockType    = "CROFT DEVICE KEY"
	blockDevice  = "Device"
)

// What can be wrong with a key that is there. It is never replaced: that would make this device a stranger to all others.
var (
	ErrDamaged = errors.New("is damaged: restore it from a backup, or remove it and add this device to the others again")
	ErrExposed = errors.New("can be read by other accounts of this device: if nobody has, make it yours alone (chmod 600), " +
		"else remove it and add this device to the others again")
)

// FileError says which key file could not be used, and why.
type FileError struct {
	Path string
	Err  error // often ErrDamaged or ErrExposed
}

func (e *FileError) Error() string { return fmt.Sprintf("the device's key %q: %v", e.Path, e.Err) }

func (e *FileError) Unwrap() error { return e.Err }

// Open reads the key in the folder, or makes one where none is. A key that cannot be used is a *FileError.
func Open(dir string) (*Private, error) {
	path := filepath.Join(dir, fileName)
	p, err := open(path)
	if errors.Is(err, fs.ErrNotExist) {
		// Read again what is there now: another process may have been quicker.
		if err = create(path); err == nil {
			p, err = open(path)
		}
	}
	if err != nil {
		return nil, &FileError{Path: path, Err: err}
	}
	return p, nil
}

func open(path string) (*Private, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	return parse(text)
}

func read(path string) ([]byte, error) {
	st, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !st.Mode().IsRegular(), st.Size() > fileBytesMax:
		return nil, ErrDamaged
	case runtime.GOOS != "windows" && st.Mode().Perm()&0o077 != 0: // Windows has no such bits; the home folder's list protects it
		return nil, ErrExposed
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, fileBytesMax+1))
}

// parse accepts exactly what format wrote.
func parse(text []byte) (*Private, error) {
	block, _ := pem.Decode(text)
	if block == nil || len(block.Bytes) != ed25519.SeedSize {
		return nil, ErrDamaged
	}
	p, err := newPrivate(block.Bytes)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(format(p), text) {
		return nil, ErrDamaged
	}
	return p, nil
}

func format(p *Private) []byte {
	return pem.EncodeToMemory(&pem.Block{
		Type:    blockType,
		Headers: map[string]string{blockDevice: p.id.String()},
		Bytes:   p.key.Seed(),
	})
}

// create makes a key that is on the disk, whole, before it has its name; a key that is there by then stays.
func create(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed) // never fails
	p, err := newPrivate(seed)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "."+fileName+"-") // 0600, O_EXCL
	if err != nil {
		return err
	}
	err = write(f, format(p))
	if err == nil {
		err = place(f.Name(), path)
	}
	if left := os.Remove(f.Name()); err == nil && !errors.Is(left, fs.ErrNotExist) {
		err = left
	}
	if err != nil {
		return err
	}
	return syncDir(dir)
}

func write(f *os.File, text []byte) error {
	_, err := f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// place gives a file its name unless somebody has it. A link cannot replace what is there; where links are not allowed,
// as on Android and FAT, the file is renamed, which could only replace a key made by another process in this very moment.
func place(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(from, to)
}

// syncDir makes the name last. Windows cannot and need not.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
