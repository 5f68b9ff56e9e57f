package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// packetsVariable makes this program count the packets that leave the host it runs on.
const packetsVariable = "CROFT_E2E_PACKETS"

func TestMain(m *testing.M) {
	var err error
	switch {
	case os.Getenv(packetsVariable) != "":
		err = countPackets()
	case os.Getenv(betweenVariable) != "":
		err = runRelay(os.Getenv(betweenVariable))
	case os.Getenv(knockVariable) != "":
		err = knockAt(os.Getenv(knockVariable))
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// counts are IP packets by where they went.
type counts struct{ Packets map[string]int }

// countPackets answers each line that it reads with the counts up to then.
func countPackets() error {
	all := uint16(unix.ETH_P_ALL)<<8 | unix.ETH_P_ALL>>8 // in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM, int(all))
	if err != nil {
		return err
	}
	var mu sync.Mutex
	seen := counts{Packets: map[string]int{}}
	go func() {
		b := make([]byte, 1<<16)
		for {
			n, from, err := unix.Recvfrom(fd, b, 0)
			if err != nil {
				return
			}
			at, ok := from.(*unix.SockaddrLinklayer)
			if to := destination(b[:n]); ok && at.Pkttype == unix.PACKET_OUTGOING && to.IsValid() && !to.IsLoopback() {
				mu.Lock()
				seen.Packets[to.String()]++
				mu.Unlock()
			}
		}
	}()
	fmt.Println("{}")
	asked := bufio.NewScanner(os.Stdin)
	for asked.Scan() {
		time.Sleep(100 * time.Millisecond) // what was sent a moment ago is seen
		mu.Lock()
		err := json.NewEncoder(os.Stdout).Encode(seen)
		mu.Unlock()
		if err != nil {
			return err
		}
	}
	return asked.Err()
}

func destination(packet []byte) netip.Addr {
	switch {
	case len(packet) >= 20 && packet[0]>>4 == 4:
		return netip.AddrFrom4([4]byte(packet[16:20]))
	case len(packet) >= 40 && packet[0]>>4 == 6:
		return netip.AddrFrom16([16]byte(packet[24:40]))
	}
	return netip.Addr{} // ARP
}

// watch counts what leaves the host from now on.
func (h *host) watch() (sent func() counts) {
	h.lab.t.Helper()
	self, err := os.Executable()
	if err != nil {
		h.lab.t.Fatal(err)
	}
	command := append(h.inside(), self)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), packetsVariable+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		h.lab.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		h.lab.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.lab.t.Fatal(err)
	}
	h.lab.t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	answers := json.NewDecoder(out)
	read := func() (c counts) {
		h.lab.t.Helper()
		if err := answers.Decode(&c); err != nil {
			h.lab.t.Fatalf("count packets: %v", err)
		}
		return c
	}
	read() // it is ready
	return func() counts {
		h.lab.t.Helper()
		fmt.Fprintln(in)
		return read()
	}
}
