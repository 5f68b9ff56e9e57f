package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is the path of croft, built once for all tests.
var program = sync.OnceValues(func() (string, error) {
	if built := os.Getenv("CROFT_PROGRAM"); built != "" {
		return built, nil
	}
	dir, err := os.MkdirTemp("", "croft-e2e")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "croft")
	out, err := exec.Command("go", "build", "-o", path, "croft").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build croft: %w: %s", err, out)
	}
	return path, nil
})

// command is croft on h with the arguments, not yet started.
func (h *host) command(ctx context.Context, args ...string) *exec.Cmd {
	h.lab.t.Helper()
	croft, err := program()
	if err != nil {
		h.lab.t.Fatal(err)
	}
	whole := append(append(h.inside(), croft, "--home", h.home), args...)
	cmd := exec.CommandContext(ctx, whole[0], whole[1:]...)
	cmd.Env = append(os.Environ(), "HOME="+h.home, "DISPLAY=", "WAYLAND_DISPLAY=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// try runs croft to its end, at most a minute.
func (h *host) try(args ...string) (out string, err error) {
	h.lab.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := h.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("croft %s on %s: %w: %s", strings.Join(args, " "), h.name, errors.Join(err, ctx.Err()), stderr.String())
	}
	return stdout.String(), nil
}

// croft runs croft and fails when it does.
func (h *host) croft(args ...string) string {
	h.lab.t.Helper()
	out, err := h.try(args...)
	if err != nil {
		h.lab.t.Fatal(err)
	}
	return out
}

// process is a croft that goes on.
type process struct {
	t    *testing.T
	host *host
	cmd  *exec.Cmd
	done chan struct{}
	err  error

	keys io.Writer // of its terminal, if it has one

	mu     sync.Mutex
	out    bytes.Buffer  // both outputs
	answer bytes.Buffer  // the standard one
	gap    time.Duration // the longest time without more of it
	last   time.Time
}

// start runs croft until stop, kill or the end of the test; what it prints, on both, is kept.
func (h *host) start(args ...string) *process {
	h.lab.t.Helper()
	p := &process{t: h.lab.t, host: h, cmd: h.command(context.Background(), args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = answer{p}, p
	if err := p.cmd.Start(); err != nil {
		h.lab.t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	h.lab.t.Cleanup(func() {
		p.kill()
		if h.lab.t.Failed() {
			h.lab.t.Logf("croft %s on %s printed:\n%s", strings.Join(args, " "), h.name, p.printed())
		}
	})
	return p
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

// answer is the standard output.
type answer struct{ p *process }

func (a answer) Write(b []byte) (int, error) {
	p := a.p
	p.mu.Lock()
	now := time.Now()
	if !p.last.IsZero() {
		p.gap = max(p.gap, now.Sub(p.last))
	}
	p.last = now
	p.answer.Write(b)
	p.mu.Unlock()
	return p.Write(b)
}

// answered is what came on the standard output.
func (p *process) answered() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answer.String()
}

func (p *process) printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// kill ends it as a power cut does.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// stop ends it as its owner does, and fails unless it leaves without an error.
func (p *process) stop() {
	p.t.Helper()
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		p.t.Fatalf("croft on %s did not stop", p.host.name)
	}
	if p.err != nil {
		p.t.Errorf("croft on %s: %v", p.host.name, p.err)
	}
}

// ends waits for a process that ends by itself, and fails if it does with an error.
func (p *process) ends() {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		p.t.Fatalf("croft on %s does not end", p.host.name)
	}
	if p.err != nil {
		p.t.Errorf("croft on %s: %v", p.host.name, p.err)
	}
}

// says waits until it has printed text.
func (p *process) says(text string) {
	p.t.Helper()
	within(p.t, 15*time.Second, fmt.Sprintf("croft on %s prints %q", p.host.name, text), func() bool {
		return strings.Contains(p.printed(), text)
	})
}
