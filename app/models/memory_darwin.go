package models

import "golang.org/x/sys/unix"

// deviceMemory returns the memory of the device and the part that is free or can be made free at once.
func deviceMemory() (total, free int64) {
	size, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0, 0
	}
	var pages int64
	for _, name := range []string{"vm.page_free_count", "vm.page_purgeable_count", "vm.page_pageable_external_count"} {
		n, err := unix.SysctlUint32(name)
		if err == nil {
			pages += int64(n)
		}
	}
	return int64(size), min(int64(size), pages*int64(unix.Getpagesize()))
}

// anonymousBytes is not told apart here.
func anonymousBytes() (int64, bool) { return 0, false }

// peakBytes is the most memory this process ever held at once.
func peakBytes() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Maxrss
}
