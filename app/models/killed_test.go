//go:build unix

package models

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"croft/app/health"
)

const (
	killedDir  = "CROFT_TEST_KILLED" // tells the child where to copy to
	killedFile = "CROFT_TEST_KILLED_FILE"
	smallDisk  = "CROFT_TEST_FULL"
	smallMount = "CROFT_TEST_FULL_MOUNT" // the child may give the disk more room there
)

// TestKilledCopier is the child of TestACopyGoesOnAfterKill9: it says on standard output which chunk it asks for, and
// "done".
func TestKilledCopier(t *testing.T) {
	dir, path := os.Getenv(killedDir), os.Getenv(killedFile)
	if dir == "" {
		t.Log("does nothing by itself: TestACopyGoesOnAfterKill9 starts it in a process of its own")
		return
	}
	l := openLibrary(t, dir)
	s := newLender(t, "A", path)
	s.before = func(_ context.Context, n int) error {
		fmt.Println("ask", n)
		time.Sleep(time.Duration(20+rand.IntN(60)) * time.Millisecond)
		return nil
	}
	fmt.Println("ready")
	if _, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil); err != nil {
		t.Fatal(err)
	}
	fmt.Println("done")
}

// A copy is killed at random moments, again and again, until it is complete: it never costs more than the chunks that
// were on their way, and what comes out is the model.
func TestACopyGoesOnAfterKill9(t *testing.T) {
	kills := 24
	switch {
	case os.Getenv("CROFT_SOAK") == "1":
		kills = 1000
	case testing.Short():
		kills = 5
	}
	path := bigFile(t, "Big 1B")
	var all killed
	for all.kills < kills {
		all.add(copyThroughKills(t, path))
	}
	t.Logf("%d kills, %d of them with part of the copy there; %d copies; %d chunks fetched, %d would have done",
		all.kills, all.halfway, all.copies, all.asked, all.copies*fileChunks)
	if all.halfway < kills/4 {
		t.Error("most kills came before there was anything")
	}
}

// killed counts what kills cost.
type killed struct{ kills, halfway, copies, asked int }

func (k *killed) add(o killed) {
	k.kills += o.kills
	k.halfway += o.halfway
	k.copies += o.copies
	k.asked += o.asked
}

// copyThroughKills starts a copy and kills it until it gets to its end.
func copyThroughKills(t *testing.T, path string) (k killed) {
	t.Helper()
	dir := t.TempDir()
	for end := false; !end; {
		var asked int
		// On a busy machine a copy takes long, and would never end if each try had as little time.
		asked, end = copyOrKill(t, dir, path, time.Duration(rand.IntN(200+50*k.kills))*time.Millisecond)
		k.asked += asked
		if !end {
			k.kills++
			if parts, _ := filepath.Glob(filepath.Join(dir, "models", fetchPrefix+"*")); len(parts) > 0 && k.asked > 0 {
				k.halfway++
			}
		}
	}
	k.copies = 1
	l := openLibrary(t, dir)
	s := newLender(t, "A", path)
	m, err := l.Fetch(t.Context(), s.manifest.ID, nil, nil) // it is there: no source is needed
	if got, err := l.Manifest(t.Context(), s.manifest.ID); err != nil || !got.same(s.manifest) {
		t.Errorf("it is lent as %d chunks, %v", len(got.Chunks), err)
	}
	wantFetched(t, l, m, err, s)
	if most := fileChunks + k.kills*streams; k.asked > most {
		t.Errorf("%d chunks were fetched through %d kills, want at most %d", k.asked, k.kills, most)
	}
	return k
}

// copyOrKill runs a copy and kills it some time after it began, unless it is done by then.
func copyOrKill(t *testing.T, dir, path string, after time.Duration) (asked int, end bool) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run", "^TestKilledCopier$")
	c.Env = append(os.Environ(), killedDir+"="+dir, killedFile+"="+path)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for lines := bufio.NewScanner(io.TeeReader(out, &all)); lines.Scan(); {
		switch line := lines.Text(); {
		case line == "ready":
			time.AfterFunc(after, func() { c.Process.Kill() })
		case line == "done":
			end = true
		case strings.HasPrefix(line, "ask "):
			asked++
		}
	}
	if err := c.Wait(); err != nil && !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the copy failed by itself: %v\n%s", err, &all)
	}
	return asked, end
}

// TestACopyOnAFullDisk runs in a child of its own on a disk with little room, whose free space nobody knows. What was
// copied stays, and the copy goes on when there is room.
func TestACopyOnAFullDisk(t *testing.T) {
	dir := os.Getenv(smallDisk)
	if dir == "" {
		copyOnSmallDisk(t)
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	l := openLibrary(t, dir)
	l.space = func(string) (int64, error) { return 0, errors.New("not known") }
	s := newLender(t, "A", os.Getenv(killedFile))
	_, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil)
	full := syscall.ENOSPC
	if os.Getenv(smallMount) == "" {
		full = syscall.EFBIG
	}
	if p := health.Of(err); !errors.Is(err, full) || full == syscall.ENOSPC && p.Title != "The disk is full" {
		t.Errorf("a full disk gives %v: %+v", err, p)
	}
	kept := s.total()
	if kept < 3 || len(files(t, l)) != 1 {
		t.Errorf("%d chunks were fetched, the folder holds %v", kept, files(t, l))
	}
	moreRoom(t)
	m, err := l.Fetch(t.Context(), s.manifest.ID, []Source{s}, nil)
	wantFetched(t, l, m, err, s)
	if n := s.total(); n > fileChunks+streams {
		t.Errorf("%d chunks were fetched in all, of %d", n, fileChunks)
	}
}

func moreRoom(t *testing.T) {
	t.Helper()
	if at := os.Getenv(smallMount); at != "" {
		if out, err := exec.Command("mount", "-o", "remount,size=100m", at).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return
	}
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit)
	if limit.Cur = limit.Max; err == nil {
		err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func copyOnSmallDisk(t *testing.T) {
	dir, path := t.TempDir(), bigFile(t, "Big 1B")
	limit, at := "", dir
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", dir).Run(); err == nil {
		t.Cleanup(func() {
			if err := exec.Command("umount", dir).Run(); err != nil {
				t.Error("umount:", err)
			}
		})
	} else {
		t.Log("no tmpfs without root: a limit on the file size instead")
		limit, at = "ulimit -S -f 40000 && ", ""
	}
	c := exec.Command("sh", "-c", limit+`exec "$0" -test.run "^TestACopyOnAFullDisk$" -test.v`, os.Args[0])
	c.Env = append(os.Environ(), smallDisk+"="+filepath.Join(dir, "home"), smallMount+"="+at, killedFile+"="+path)
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}
