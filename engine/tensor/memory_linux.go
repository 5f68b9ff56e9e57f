package tensor

import "golang.org/x/sys/unix"

// adviseLargePages is a wish: a kernel without large pages refuses it, and everything works with small ones.
func adviseLargePages(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }
