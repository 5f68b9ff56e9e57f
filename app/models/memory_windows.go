package models

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// memoryStatus is MEMORYSTATUSEX of the Windows API.
type memoryStatus struct {
	length, load               uint32
	totalPhysical, available   uint64
	totalPage, availablePage   uint64
	totalVirtual, availVirtual uint64
	availExtendedVirtual       uint64
}

// processMemory is PROCESS_MEMORY_COUNTERS of the Windows API.
type processMemory struct {
	size, faults                   uint32
	peakWorkingSet, workingSet     uintptr
	peakPaged, paged               uintptr
	peakNonPaged, nonPaged         uintptr
	pagefileUsage, peakPagefileUse uintptr
}

// deviceMemory asks GlobalMemoryStatusEx.
func deviceMemory() (total, free int64) {
	s := memoryStatus{length: uint32(unsafe.Sizeof(memoryStatus{}))}
	proc := windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")
	if ok, _, _ := proc.Call(uintptr(unsafe.Pointer(&s))); ok == 0 {
		return 0, 0
	}
	return int64(s.totalPhysical), int64(s.available)
}

// anonymousBytes is not told apart here.
func anonymousBytes() (int64, bool) { return 0, false }

// peakBytes is the most memory this process ever held at once.
func peakBytes() int64 {
	m := processMemory{size: uint32(unsafe.Sizeof(processMemory{}))}
	proc := windows.NewLazySystemDLL("kernel32.dll").NewProc("K32GetProcessMemoryInfo")
	if ok, _, _ := proc.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&m)), uintptr(m.size)); ok == 0 {
		return 0
	}
	return int64(m.peakWorkingSet)
}
