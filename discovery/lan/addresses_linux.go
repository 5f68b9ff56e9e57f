package lan

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// byAddress lists the interfaces that have an address. It asks the kernel for addresses alone, on a socket that is not
// bound: that is all that Android lets an app do since version 11, and less than package net asks for. Names and flags
// come by ioctl, netdevice(7).
func byAddress() ([]Interface, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd) //nolint:errcheck // nothing was written
	found, err := dumpAddresses(fd)
	if err != nil {
		return nil, err
	}
	ask, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer unix.Close(ask) //nolint:errcheck // nothing was written
	var out []Interface
	for _, i := range found {
		if named, ok := describe(ask, i); ok {
			out = append(out, named)
		}
	}
	return out, nil
}

// dumpAddresses returns the interfaces with only their index and prefixes, in the kernel's order; rtnetlink(7).
func dumpAddresses(fd int) (found []Interface, err error) {
	request := struct {
		head    unix.NlMsghdr
		address unix.IfAddrmsg
	}{head: unix.NlMsghdr{Type: unix.RTM_GETADDR, Flags: unix.NLM_F_REQUEST | unix.NLM_F_DUMP}}
	request.head.Len = uint32(unsafe.Sizeof(request))
	b := unsafe.Slice((*byte)(unsafe.Pointer(&request)), request.head.Len)
	if err := unix.Sendto(fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, os.NewSyscallError("sendto", err)
	}
	buffer := make([]byte, 64<<10)
	for {
		n, from, err := unix.Recvfrom(fd, buffer, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, os.NewSyscallError("recvfrom", err)
		}
		if kernel, ok := from.(*unix.SockaddrNetlink); !ok || kernel.Pid != 0 {
			continue // another program may write to this socket
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:n])
		if err != nil {
			return nil, fmt.Errorf("read the kernel's answer: %w", err)
		}
		for _, m := range messages {
			switch m.Header.Type {
			case unix.NLMSG_DONE:
				return found, nil
			case unix.NLMSG_ERROR:
				return nil, fmt.Errorf("the kernel lists no addresses: %w", problemOf(m.Data))
			case unix.RTM_NEWADDR:
				found = withPrefix(found, m)
			}
		}
	}
}

func problemOf(data []byte) error {
	if len(data) < 4 {
		return unix.EBADMSG
	}
	return syscall.Errno(-*(*int32)(unsafe.Pointer(&data[0])))
}

// withPrefix adds the address of a message to its interface.
func withPrefix(found []Interface, m syscall.NetlinkMessage) []Interface {
	if len(m.Data) < unix.SizeofIfAddrmsg {
		return found
	}
	about := (*unix.IfAddrmsg)(unsafe.Pointer(&m.Data[0]))
	// An attribute that ends short of its alignment makes package syscall panic.
	m.Data = append(slices.Clip(m.Data), make([]byte, -len(m.Data)&(unix.RTA_ALIGNTO-1))...)
	attributes, err := syscall.ParseNetlinkRouteAttr(&m)
	if err != nil {
		return found
	}
	var own, address netip.Addr
	for _, a := range attributes {
		switch a.Attr.Type {
		case unix.IFA_LOCAL: // where IFA_ADDRESS is the other end
			own, _ = netip.AddrFromSlice(a.Value)
		case unix.IFA_ADDRESS:
			address, _ = netip.AddrFromSlice(a.Value)
		}
	}
	if !own.IsValid() {
		own = address
	}
	if !own.IsValid() || own.IsLoopback() {
		return found
	}
	p := netip.PrefixFrom(own, int(about.Prefixlen))
	for i := range found {
		if found[i].Index == int(about.Index) {
			found[i].Prefixes = append(found[i].Prefixes, p)
			return found
		}
	}
	return append(found, Interface{Index: int(about.Index), Prefixes: []netip.Prefix{p}})
}

// describe adds the name and what the flags say; false when the interface went away.
func describe(fd int, i Interface) (Interface, bool) {
	r, err := unix.NewIfreq("")
	if err != nil {
		return i, false
	}
	r.SetUint32(uint32(i.Index))
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFNAME, r); err != nil {
		return i, false
	}
	i.Name = r.Name()
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, r); err != nil {
		return i, false
	}
	flags := r.Uint16()
	i.Up = flags&unix.IFF_UP != 0 && flags&unix.IFF_RUNNING != 0
	i.Multicast = flags&unix.IFF_MULTICAST != 0
	i.PointToPoint = flags&unix.IFF_POINTOPOINT != 0 || flags&unix.IFF_BROADCAST == 0
	return i, flags&unix.IFF_LOOPBACK == 0
}
