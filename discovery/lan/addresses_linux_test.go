package lan

import (
	"cmp"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"syscall"
	"testing"
)

// Android's way of listing the interfaces finds what package net finds, on Linux where both may be asked.
func TestByAddressFindsWhatTheSystemLists(t *testing.T) {
	asked, err := byAddress()
	if err != nil {
		t.Fatal(err)
	}
	listed, err := System()
	if err != nil {
		t.Fatal(err)
	}
	listed = slices.DeleteFunc(listed, func(i Interface) bool { return len(i.Prefixes) == 0 })
	for _, list := range [][]Interface{asked, listed} {
		slices.SortFunc(list, func(a, b Interface) int { return cmp.Compare(a.Index, b.Index) })
		for _, i := range list {
			slices.SortFunc(i.Prefixes, netip.Prefix.Compare)
		}
	}
	if !reflect.DeepEqual(asked, listed) {
		t.Errorf("by address: %+v\nthe system: %+v", asked, listed)
	}
}

// The sockets are closed again, however often the interfaces are listed.
func TestByAddressKeepsNothingOpen(t *testing.T) {
	open := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("no /proc here:", err)
		}
		return len(all)
	}
	before := open()
	for range 50 {
		if _, err := byAddress(); err != nil {
			t.Fatal(err)
		}
	}
	if now := open(); now > before+5 {
		t.Errorf("%d files are open, %d were before", now, before)
	}
}

// Whatever a message says, it is read within its bounds.
func FuzzAddressMessage(f *testing.F) {
	f.Add([]byte{2, 24, 0, 0, 7, 0, 0, 0, 8, 0, 2, 0, 192, 168, 1, 20})
	f.Add([]byte{10, 64, 0, 0, 7, 0, 0, 0, 20, 0, 1, 0, 0xfd, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9})
	f.Add([]byte{2, 255, 0, 0, 7, 0, 0, 0, 8, 0, 2, 0, 192, 168, 1, 20})
	f.Add([]byte("00000000\a\x0000000"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := syscall.NetlinkMessage{Header: syscall.NlMsghdr{Type: syscall.RTM_NEWADDR, Len: uint32(len(data)) + syscall.NLMSG_HDRLEN}, Data: data}
		for _, i := range withPrefix(nil, m) {
			if len(i.Prefixes) != 1 {
				t.Errorf("%+v of one address", i)
			}
		}
		_ = problemOf(data)
	})
}
