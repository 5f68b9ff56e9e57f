package models

import (
	"bufio"
	"os"
	"path"
	"strconv"
	"strings"
)

// deviceMemory returns the memory this process can have: the kernel's MemTotal and MemAvailable, cut down to the
// limits of the control groups (version 2) it lives in.
func deviceMemory() (total, free int64) {
	return memoryUnder("/")
}

// memoryUnder reads proc and sys below root.
func memoryUnder(root string) (total, free int64) {
	info := keyed(path.Join(root, "proc/meminfo"))
	total, free = info["MemTotal:"]<<10, info["MemAvailable:"]<<10
	for dir := groupOf(root); dir != ""; dir = parentGroup(dir) {
		folder := path.Join(root, "sys/fs/cgroup", dir)
		limit, ok := number(path.Join(folder, "memory.max"))
		if !ok {
			continue
		}
		used, _ := number(path.Join(folder, "memory.current"))
		reclaimable := keyed(path.Join(folder, "memory.stat"))["inactive_file"]
		total, free = min(total, limit), min(free, max(0, limit-used+reclaimable))
	}
	return total, free
}

// groupOf is the control group of this process, as a path below the mount, "/" for the root.
func groupOf(root string) string {
	b, err := os.ReadFile(path.Join(root, "proc/self/cgroup"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if dir, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return path.Clean("/" + dir)
		}
	}
	return ""
}

func parentGroup(dir string) string {
	if dir == "/" {
		return ""
	}
	return path.Dir(dir)
}

// number reads a file that holds one number; "max" and anything else is none.
func number(file string) (int64, bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}

// keyed reads a file of "key number" lines.
func keyed(file string) map[string]int64 {
	values := map[string]int64{}
	f, err := os.Open(file)
	if err != nil {
		return values
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if fields := strings.Fields(s.Text()); len(fields) > 1 {
			if n, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
				values[fields[0]] = n
			}
		}
	}
	return values
}

// anonymousBytes is the memory of this process that no file stands behind.
func anonymousBytes() (int64, bool) {
	n, ok := keyed("/proc/self/status")["RssAnon:"]
	return n << 10, ok
}

// peakBytes is the most memory this process ever held at once.
func peakBytes() int64 { return keyed("/proc/self/status")["VmHWM:"] << 10 }
