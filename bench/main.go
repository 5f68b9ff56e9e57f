// Command bench measures Croft beside llama.cpp on model files that it writes
// itself: true shapes, random weights.
//
//	bench [flags] [NAME…]   measure, and print one table
//	bench files [NAME…]     only write the files, and print their paths
//	bench same MODEL PROMPTS  see that both write the same words after each line of a file
//
// A NAME is a shape and a type, such as qwen3-0.6b-q4_0.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"croft/bench/llamacpp"
	"croft/bench/randmodel"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 5 && args[0] == peerCommand {
		return measurePeer(args[1], args[2], args[3], args[4])
	}
	if len(args) == 5 && args[0] == greedyCommand {
		return runGreedy(args[1], args[2], args[3], args[4])
	}
	verb := ""
	if len(args) > 0 && (args[0] == "files" || args[0] == "same") {
		verb, args = args[0], args[1:]
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	threads := flags.Int("t", 2, "threads")
	rounds := flags.Int("rounds", 3, "times that each file is measured with each engine, in turns")
	croft := flags.String("croft", "../croft", "the croft program to measure")
	cache := flags.String("cache", defaultCache(), "folder for model files and llama.cpp")
	if err := flags.Parse(args); err != nil {
		return err
	}
	names := flags.Args()
	c := comparison{threads: *threads, rounds: *rounds, croft: *croft, cache: *cache}
	switch {
	case verb == "same" && len(names) == 2:
		return sameWords(c, names[0], names[1])
	case verb == "same":
		return errors.New("same compares a MODEL on a file of PROMPTS")
	case len(names) == 0:
		names = defaultNames
	}
	if verb == "files" {
		return writeFiles(*cache, names)
	}
	return compare(c, names)
}

// defaultNames are the files of the table in README.md.
var defaultNames = []string{
	"qwen3-0.6b-q4_0", "qwen3-0.6b-q4_k_m", "qwen3-0.6b-q8_0",
	"llama-3.2-1b-q4_0", "llama-3.2-1b-q4_k_m", "llama-3.2-1b-q8_0",
}

func defaultCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "croft-bench")
}

func writeFiles(cache string, names []string) error {
	for _, name := range names {
		_, path, err := ensure(cache, name)
		if err != nil {
			return err
		}
		fmt.Println(path)
	}
	return nil
}

// ensure finds or writes the file that name stands for.
func ensure(cache, name string) (randmodel.Shape, string, error) {
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return randmodel.Shape{}, "", fmt.Errorf("%q is not a shape and a type, such as qwen3-0.6b-q4_0", name)
	}
	shape, err := randmodel.ShapeNamed(name[:i])
	if err != nil {
		return randmodel.Shape{}, "", err
	}
	mix, err := randmodel.MixNamed(name[i+1:])
	if err != nil {
		return randmodel.Shape{}, "", err
	}
	path, err := randmodel.Ensure(cache, shape, mix)
	return shape, path, err
}

// These run llama.cpp in a process of its own, so that its memory is counted
// by itself, and its libraries are found.
const (
	peerCommand   = "llama.cpp"
	greedyCommand = "llama.cpp-greedy"
)

func measurePeer(libDir, file, threads, reps string) error {
	t, err := strconv.Atoi(threads)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(reps)
	if err != nil {
		return err
	}
	r, err := llamacpp.Measure(libDir, file, t, n)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}
