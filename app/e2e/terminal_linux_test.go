package e2e

import (
	"context"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// terminal runs croft in a terminal, as a person sees it.
func (h *host) terminal(args ...string) *process {
	h.lab.t.Helper()
	master, slave, err := openTerminal()
	if err != nil {
		h.lab.t.Fatal(err)
	}
	h.lab.t.Cleanup(func() { master.Close() })
	p := &process{t: h.lab.t, host: h, cmd: h.command(context.Background(), args...), done: make(chan struct{}), keys: master}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = slave, slave, slave
	if err := p.cmd.Start(); err != nil {
		h.lab.t.Fatal(err)
	}
	slave.Close()
	go func() { _, _ = io.Copy(p, master) }() // ends with an error when the last one closes the terminal
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	h.lab.t.Cleanup(p.kill)
	return p
}

// types is what a person types.
func (p *process) types(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.keys, text); err != nil {
		p.t.Fatal(err)
	}
}

func openTerminal() (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		return nil, nil, err
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		return nil, nil, err
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	return master, slave, err
}
