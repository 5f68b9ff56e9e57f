//go:build unix

package storage

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fullDir is for a test that was started again by inChild with a disk that has little room.
const fullDir = "CROFT_TEST_FULL"

// inChild runs the test again in a process whose disk is small: a tmpfs where we may mount one, else
// a limit on the size of a file.
func inChild(t *testing.T, test string) {
	t.Helper()
	dir := t.TempDir()
	limit := ""
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", dir).Run(); err == nil {
		t.Cleanup(func() {
			if err := exec.Command("umount", dir).Run(); err != nil {
				t.Error("umount:", err)
			}
		})
	} else {
		t.Log("no tmpfs without root: a limit on the file size instead")
		limit = "ulimit -f 600 && "
	}
	c := exec.Command("sh", "-c", limit+`exec "$0" -test.run "^`+test+`$" -test.v`, os.Args[0])
	c.Env = append(os.Environ(), fullDir+"="+filepath.Join(dir, "home"))
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestFullDiskLosesNothing(t *testing.T) {
	dir := os.Getenv(fullDir)
	if dir == "" {
		inChild(t, t.Name())
		return
	}
	signal.Ignore(syscall.SIGXFSZ) // a write beyond the limit is to fail, as on a full disk
	s := openDir(t, dir)
	chat := addChat(t, s, "")
	kept := 0
	var err error
	for err == nil && kept < 10_000 {
		_, err = s.Append(t.Context(), chat, 0, "", Message{Role: "user", State: "complete", Text: strings.Repeat("words to fill the disk with ", 20)})
		if err == nil {
			kept++
		}
	}
	if !errors.Is(err, ErrFull) || kept < 3 {
		t.Fatalf("after %d messages: %v, want ErrFull", kept, err)
	}
	if err := s.Close(); err != nil {
		t.Log("close:", err)
	}
	s = openDir(t, dir)
	all, err := scanAll(t.Context(), s.read, scanOne[int], `SELECT count(*) FROM messages`)
	if err != nil || all[0] != kept {
		t.Errorf("%d messages, %v; %d were acknowledged", all[0], err, kept)
	}
}

func TestReadOnlyFolder(t *testing.T) {
	if os.Getuid() == 0 {
		readOnlyMount(t)
		return
	}
	dir := t.TempDir()
	openDir(t, dir).Close()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, fileName), 0o400); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	checkReadOnly(t, dir)
}

// readOnlyMount is for root, whom no permission stops.
func readOnlyMount(t *testing.T) {
	dir := t.TempDir()
	openDir(t, filepath.Join(dir, "home")).Close()
	for _, args := range [][]string{{"--bind", dir, dir}, {"-o", "remount,ro,bind", dir}} {
		if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
			t.Skipf("root, and no mounts here: %s", out)
		}
		t.Cleanup(func() { exec.Command("umount", dir).Run() })
	}
	checkReadOnly(t, filepath.Join(dir, "home"))
	checkReadOnly(t, filepath.Join(dir, "new"))
}

func checkReadOnly(t *testing.T, dir string) {
	t.Helper()
	s, err := Open(t.Context(), dir)
	if err == nil {
		s.Close()
	}
	if !errors.Is(err, ErrReadOnly) {
		t.Errorf("%s: %v, want ErrReadOnly", filepath.Base(dir), err)
	}
}
