package identity

import (
	"bytes"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestOpenMakesAKeyOnceAndKeepsIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "home")
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		again, err := Open(dir)
		if err != nil || again.ID() != p.ID() {
			t.Fatalf("opened again: %v, %v, want %v", again, err, p)
		}
	}
	other, err := Open(t.TempDir())
	if err != nil || other.ID() == p.ID() {
		t.Errorf("another folder: %v, %v", other, err)
	}
	wantAlone(t, dir)
}

// wantAlone fails unless the folder holds the key and nothing else, for this account alone.
func wantAlone(t *testing.T, dir string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 || list[0].Name() != fileName {
		t.Fatalf("the folder holds %v, %v", list, err)
	}
	st, err := list[0].Info()
	if err != nil || runtime.GOOS != "windows" && st.Mode() != 0o600 {
		t.Errorf("the key's mode is %v, %v", st.Mode(), err)
	}
}

func TestOpenAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	ids := make([]ID, 16)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			p, err := Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = p.ID()
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("one folder gave %v and %v", ids[0], id)
		}
	}
	wantAlone(t, dir)
}

func TestWhatIsThereIsNeverReplaced(t *testing.T) {
	good := format(rfcDevice(t))
	text := func(b []byte) func(string) error {
		return func(path string) error { return os.WriteFile(path, b, 0o600) }
	}
	mode := func(m fs.FileMode) func(string) error {
		return func(path string) error { return errors.Join(os.WriteFile(path, good, 0o600), os.Chmod(path, m)) }
	}
	for name, c := range map[string]struct {
		put  func(path string) error
		want error
	}{
		"empty":            {text(nil), ErrDamaged},
		"cut off":          {text(good[:len(good)-10]), ErrDamaged},
		"something before": {text(append([]byte("x"), good...)), ErrDamaged},
		"something after":  {text(append(bytes.Clone(good), good...)), ErrDamaged},
		"other key":        {text([]byte(strings.Replace(string(good), "nWGx", "nWGy", 1))), ErrDamaged},
		"huge":             {text(make([]byte, 1<<20)), ErrDamaged},
		"folder":           {func(path string) error { return os.Mkdir(path, 0o700) }, ErrDamaged},
		"dangling link":    {func(path string) error { return os.Symlink(path+"-", path) }, ErrDamaged},
		"group reads":      {mode(0o640), ErrExposed},
		"all read":         {mode(0o604), ErrExposed},
		"all write":        {mode(0o602), ErrExposed},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && (c.want == ErrExposed || name == "dangling link") {
				t.Skip("Windows has no such bits, and links only for administrators")
			}
			path := filepath.Join(t.TempDir(), fileName)
			if err := c.put(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Lstat(path)
			_, err := Open(filepath.Dir(path))
			var at *FileError
			if !errors.Is(err, c.want) || !errors.As(err, &at) || at.Path != path {
				t.Errorf("error %v, want %v at %q", err, c.want, path)
			}
			after, err := os.Lstat(path)
			if err != nil || !os.SameFile(before, after) || before.Size() != after.Size() || before.Mode() != after.Mode() {
				t.Errorf("it was %v and is %v, %v", before, after, err)
			}
		})
	}
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	good := format(rfcDevice(t))
	if p, err := parse(good); err != nil || p.ID() != rfcDevice(t).ID() {
		t.Fatalf("what was written reads %v, %v", p, err)
	}
	for bit := range 8 * len(good) {
		bad := bytes.Clone(good)
		bad[bit/8] ^= 1 << (bit % 8)
		if _, err := parse(bad); !errors.Is(err, ErrDamaged) {
			t.Errorf("bit %d flipped: %v", bit, err)
		}
	}
}

func TestAKeyThatCannotBeMadeLeavesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var at *FileError
	if _, err := Open(file); !errors.As(err, &at) {
		t.Errorf("error %v", err)
	}
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		t.Skip("a folder that may not be written exists for other accounts than root only")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v", err)
	}
}

func FuzzParse(f *testing.F) {
	good := format(rfcDevice(f))
	f.Add(good)
	f.Add(pem.EncodeToMemory(&pem.Block{Type: blockType, Bytes: make([]byte, 32)}))
	f.Add([]byte("-----BEGIN CROFT DEVICE KEY-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := parse(text)
		if err == nil && !bytes.Equal(format(p), text) {
			t.Errorf("%q was read as %v", text, p)
		}
	})
}
