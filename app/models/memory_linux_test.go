package models

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMemoryIsCutDownToControlGroups(t *testing.T) {
	meminfo := "MemTotal:        8000000 kB\nMemFree: 1 kB\nMemAvailable:    6000000 kB\n"
	for name, c := range map[string]struct {
		files       map[string]string
		total, free int64
	}{
		"no groups": {map[string]string{}, 8000000 << 10, 6000000 << 10},
		"no limit": {map[string]string{
			"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n",
		}, 8000000 << 10, 6000000 << 10},
		"a limit above": {map[string]string{
			"proc/self/cgroup": "1:name=x:/z\n0::/a/b\n", "sys/fs/cgroup/a/memory.max": "1000000000\n",
			"sys/fs/cgroup/a/memory.current": "700000000\n", "sys/fs/cgroup/a/memory.stat": "anon 5\ninactive_file 200000000\n",
		}, 1e9, 5e8},
		"used up": {map[string]string{
			"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.current": "2000\n",
		}, 1000, 0},
	} {
		root := t.TempDir()
		c.files["proc/meminfo"] = meminfo
		for path, text := range c.files {
			path = filepath.Join(root, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if total, free := memoryUnder(root); total != c.total || free != c.free {
			t.Errorf("%s: %d and %d, want %d and %d", name, total, free, c.total, c.free)
		}
	}
}

func TestThisDeviceHasMemory(t *testing.T) {
	total, free := deviceMemory()
	anonymous, known := anonymousBytes()
	if total < 64<<20 || free <= 0 || free > total || !known || anonymous <= 0 || peakBytes() < anonymous {
		t.Errorf("total %d, free %d, anonymous %d, peak %d", total, free, anonymous, peakBytes())
	}
}
