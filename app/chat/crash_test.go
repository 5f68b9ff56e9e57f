//go:build unix

package chat

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"croft/storage"
)

const (
	crashDir = "CROFT_TEST_CRASH" // tells the child where to write
	fullDir  = "CROFT_TEST_FULL"
)

// TestKilledWriter is the child of TestNothingIsLostByKill9: it writes without end, and says on
// standard output what was acknowledged ("sent N") and how much of its reply is committed ("saved BYTES").
func TestKilledWriter(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Log("does nothing by itself: TestNothingIsLostByKill9 starts it in a process of its own")
		return
	}
	model := saying(strings.Split(strings.Repeat("endless ", 1<<16), " ")...)
	model.pause = time.Millisecond
	b := open(t, dir, model)
	id := b.create(t)
	for n := 0; ; n++ {
		b.send(t, id, fmt.Sprintf("message %d", n))
		fmt.Println("sent", n)
		for i, rounds := 0, rand.IntN(12); i < rounds; i++ {
			time.Sleep(saveTime / 2)
			branch, err := b.store.Branch(t.Context(), int64(id))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println("saved", len(branch[len(branch)-1].Text))
		}
		b.Stop(id)
		b.settled(t, id)
	}
}

func TestNothingIsLostByKill9(t *testing.T) {
	kills := 30
	switch {
	case os.Getenv("CROFT_SOAK") == "1":
		kills = 1000
	case testing.Short():
		kills = 5
	}
	var mu sync.Mutex
	var total survived
	t.Run("writers", func(t *testing.T) {
		for i := range writers {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				for range (kills + writers - 1) / writers {
					s := checkSurvived(t, dir, killWriter(t, dir, time.Duration(rand.IntN(3500))*time.Millisecond))
					mu.Lock()
					total.add(s)
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%+v", total)
	if total.Acknowledged == 0 || total.Interrupted == 0 || kills >= 30 && total.BytesKept == 0 {
		t.Error("the kills met nothing that was being written")
	}
}

// writers are killed at the same time, each with a folder of its own.
const writers = 5

// survived counts what was there after kills.
type survived struct{ Kills, Acknowledged, Lost, Interrupted, BytesKept int }

func (s *survived) add(o survived) {
	s.Kills += o.Kills
	s.Acknowledged += o.Acknowledged
	s.Lost += o.Lost
	s.Interrupted += o.Interrupted
	s.BytesKept += o.BytesKept
}

// written is what a killed writer had said.
type written struct {
	sent  int // messages acknowledged
	saved int // bytes of the reply to the last of them
}

func killWriter(t *testing.T, dir string, after time.Duration) written {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run", "^TestKilledWriter$")
	c.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	var w written
	if err := c.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.read(t, out)
	if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the writer ended by itself: %v", err)
	}
	return w
}

func (w *written) read(t *testing.T, out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 2 && words[0] == "sent":
			w.sent, w.saved = w.sent+1, 0
		case len(words) == 2 && words[0] == "saved":
			bytes, err := strconv.Atoi(words[1])
			if err != nil {
				t.Fatal(err)
			}
			w.saved = bytes
		}
	}
}

// checkSurvived opens what a killed writer left and looks at its chat, the newest.
func checkSurvived(t *testing.T, dir string, w written) survived {
	t.Helper()
	b := open(t, dir, saying())
	defer b.close()
	if rebuilt, err := b.store.Check(t.Context()); err != nil || len(rebuilt) > 0 {
		t.Errorf("check: rebuilt %v, %v", rebuilt, err)
	}
	if w.sent == 0 {
		return survived{Kills: 1}
	}
	list, err := b.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	newest := slices.MaxFunc(list, func(a, b Summary) int { return int(a.ID - b.ID) })
	tr := b.load(t, newest.ID)
	s := survived{Kills: 1, Acknowledged: w.sent, Lost: max(w.sent-len(tr.Messages)/2, 0), BytesKept: w.saved}
	if s.Lost > 0 {
		t.Errorf("%d of %d acknowledged messages are lost", s.Lost, w.sent)
	}
	for i, m := range tr.Messages {
		switch {
		case m.Role == User && m.Text != fmt.Sprintf("message %d", i/2):
			t.Errorf("message %d reads %q", i, m.Text)
		case m.State == Interrupted:
			s.Interrupted++
		case m.State == Waiting || m.State == Writing:
			t.Errorf("message %d is still %s", i, m.State)
		}
	}
	// A message that was saved but not yet acknowledged may have come after.
	if len(tr.Messages) == 2*w.sent && len(last(tr).Text) < w.saved {
		t.Errorf("%d bytes of the last reply are there, want %d", len(last(tr).Text), w.saved)
	}
	return s
}

// TestFullDisk runs in a child of its own on a disk with little room. The reply that no longer fits
// stays readable and says why it is not saved; it is saved when there is room again.
func TestFullDisk(t *testing.T) {
	dir := os.Getenv(fullDir)
	if dir == "" {
		onSmallDisk(t)
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	long := strings.Repeat("a long reply that will not fit ", 20_000)
	model := saying(long)
	model.gate = make(chan struct{})
	b := open(t, dir, model)
	id := b.create(t)
	b.send(t, id, "my words")
	model.gate <- struct{}{}
	tr := b.settled(t, id)
	m := last(tr)
	if m.State != Failed || !strings.Contains(m.Error.Error(), "disk") {
		t.Errorf("state %s, error %v; want a full disk", m.State, m.Error)
	}
	if m.Text != strings.TrimSpace(long) || tr.Messages[0].Text != "my words" {
		t.Errorf("%d bytes of the reply are left of %d", len(m.Text), len(long))
	}
	b.close()
	b = open(t, dir, saying("short"))
	tr = b.load(t, id)
	if tr.Messages[0].Text != "my words" || last(tr).State != Interrupted {
		t.Errorf("after a restart %+v", tr.Messages)
	}
	fill(t, b, id)
}

// fill sends until the disk is full: what was acknowledged must be there.
func fill(t *testing.T, b *bench, id ID) {
	t.Helper()
	sent := 0
	var err error
	for err == nil && sent < 1000 {
		err = b.Send(t.Context(), id, strings.Repeat("fill ", 2000))
		if err == nil {
			sent++
			b.settled(t, id)
		}
	}
	if !errors.Is(err, storage.ErrFull) {
		t.Fatalf("after %d messages: %v, want ErrFull", sent, err)
	}
	if got := (len(b.load(t, id).Messages) - 2) / 2; got != sent {
		t.Errorf("%d messages are there, %d were acknowledged", got, sent)
	}
}

func onSmallDisk(t *testing.T) {
	dir := t.TempDir()
	limit := ""
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", dir).Run(); err == nil {
		t.Cleanup(func() {
			if err := exec.Command("umount", dir).Run(); err != nil {
				t.Error("umount:", err)
			}
		})
	} else {
		t.Log("no tmpfs without root: a limit on the file size instead")
		limit = "ulimit -f 600 && "
	}
	c := exec.Command("sh", "-c", limit+`exec "$0" -test.run "^TestFullDisk$" -test.v`, os.Args[0])
	c.Env = append(os.Environ(), fullDir+"="+filepath.Join(dir, "home"))
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}
