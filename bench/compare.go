package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"croft/bench/llamacpp"
	"croft/bench/randmodel"
)

// comparison is what is measured, and with what.
type comparison struct {
	threads, rounds int
	croft           string // program
	cache           string // folder
	libDir          string // llama.cpp; empty: there is none for this machine
}

// compare measures the named files and prints a table. The engines take turns,
// because how fast a machine is changes while it runs.
func compare(c comparison, names []string) error {
	if _, err := os.Stat(c.croft); err != nil {
		return fmt.Errorf("no program to measure, run make build first: %w", err)
	}
	libDir, err := llamacpp.Fetch(c.cache)
	if err != nil && !errors.Is(err, llamacpp.ErrPlatform) {
		return err
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "Only Croft is measured:", err)
	}
	c.libDir = libDir
	var rows []row
	for _, name := range names {
		shape, path, err := ensure(c.cache, name)
		if err != nil {
			return err
		}
		r, err := c.measure(name, shape, path)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		rows = append(rows, r)
	}
	fmt.Print(table(rows, c))
	return nil
}

// sample is one run of one engine on one file. Speeds are tokens a second.
type sample struct {
	prefill512, prefill32, decode float64
	loadMS                        float64
	peakBytes                     int64 // most memory resident at once, the mapped file included
}

func (c comparison) measure(name string, shape randmodel.Shape, path string) (row, error) {
	info, err := os.Stat(path)
	if err != nil {
		return row{}, err
	}
	r := row{name: name, memoryMax: (info.Size() + shape.KVBytes(promptLong+replyLong)) * 115 / 100}
	for i := range c.rounds {
		fmt.Fprintf(os.Stderr, "%s: round %d of %d\n", name, i+1, c.rounds)
		ours, err := c.runCroft(path)
		if err != nil {
			return row{}, err
		}
		r.ours = append(r.ours, ours)
		if c.libDir == "" {
			continue
		}
		theirs, err := c.runPeer(path)
		if err != nil {
			return row{}, err
		}
		r.theirs = append(r.theirs, theirs)
	}
	return r, nil
}

const (
	promptLong, promptShort = 512, 32 // tokens
	replyLong, replyShort   = 128, 8  // tokens
	reps                    = 3       // of each measurement in a run, which gives their median
)

func (c comparison) runCroft(path string) (sample, error) {
	long, err := c.croftBench(path, promptLong, replyLong)
	if err != nil {
		return sample{}, err
	}
	short, err := c.croftBench(path, promptShort, replyShort)
	return sample{
		prefill512: long.Prefill.Median, prefill32: short.Prefill.Median, decode: long.Decode.Median,
		loadMS: long.LoadMS, peakBytes: long.PeakBytes,
	}, err
}

// croftReport is the part of what croft bench --json prints that is used here.
type croftReport struct {
	Prefill   struct{ Median float64 } `json:"prefill_tps"`
	Decode    struct{ Median float64 } `json:"decode_tps"`
	LoadMS    float64                  `json:"load_ms"`
	PeakBytes int64                    `json:"peak_rss_bytes"`
}

func (c comparison) croftBench(path string, prompt, reply int) (r croftReport, err error) {
	cmd := exec.Command(c.croft, "bench", path, "-t", strconv.Itoa(c.threads), "-r", strconv.Itoa(reps),
		"-p", strconv.Itoa(prompt), "-n", strconv.Itoa(reply), "--json")
	return r, runJSON(cmd, &r)
}

func (c comparison) runPeer(path string) (sample, error) {
	self, err := os.Executable()
	if err != nil {
		return sample{}, err
	}
	cmd := exec.Command(self, peerCommand, c.libDir, path, strconv.Itoa(c.threads), strconv.Itoa(reps))
	cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+c.libDir)
	var r llamacpp.Result
	err = runJSON(cmd, &r)
	return sample{r.Prefill512, r.Prefill32, r.Decode, r.LoadMS, r.PeakBytes}, err
}

// runJSON runs cmd and decodes what it prints into out.
func runJSON(cmd *exec.Cmd, out any) error {
	cmd.Stderr = os.Stderr
	stdout, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", cmd.Path, err)
	}
	if err := json.Unmarshal(stdout, out); err != nil {
		return fmt.Errorf("%s: reading what it printed: %w", cmd.Path, err)
	}
	return nil
}
