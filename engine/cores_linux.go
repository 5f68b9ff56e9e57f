package engine

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// physicalCores counts the cores that do the work: of a phone's or laptop's mixture, the fast ones
// (at least three quarters of the fastest's capacity), each once however many threads it has.
func physicalCores() int {
	cpus, _ := filepath.Glob("/sys/devices/system/cpu/cpu[0-9]*")
	capacities, fastest := map[string]int{}, 0
	for _, cpu := range cpus {
		core := read(filepath.Join(cpu, "topology/thread_siblings_list"))
		if core == "" { // switched off, or nothing is told
			continue
		}
		capacity, _ := strconv.Atoi(read(filepath.Join(cpu, "cpu_capacity")))
		capacities[core] = max(capacities[core], capacity)
		fastest = max(fastest, capacity)
	}
	n := 0
	for _, capacity := range capacities {
		if 4*capacity >= 3*fastest {
			n++
		}
	}
	if n == 0 {
		return runtime.NumCPU()
	}
	return n
}

func read(path string) string {
	b, _ := os.ReadFile(path)
	return strings.TrimSpace(string(b))
}
