package kvcache

import "golang.org/x/sys/unix"

// adviseLargePages saves most of the cost of first touching memory. It is advice: without large pages all works too.
func adviseLargePages(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }
