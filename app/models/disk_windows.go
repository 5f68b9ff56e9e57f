package models

import (
	"os"

	"golang.org/x/sys/windows"
)

// FreeSpace is how many bytes this person may still write below dir.
func FreeSpace(dir string) (int64, error) {
	p, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(p, &free, nil, nil)
	return int64(free), err
}

// claim marks f as being written by this process, for as long as it is open. False: another process has it.
func claim(f *os.File) (bool, error) {
	const all = ^uint32(0)
	flags := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY)
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 0, all, &windows.Overlapped{OffsetHigh: 1 << 30})
	if err == windows.ERROR_LOCK_VIOLATION {
		return false, nil
	}
	return err == nil, err
}

// syncDir does nothing: Windows keeps the names of a folder by itself.
func syncDir(*os.Root) error { return nil }
