package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"croft/bench/llamacpp"
)

// sameTokens is how many tokens are compared after each prompt.
const sameTokens = 40

// sameWords compares what Croft and llama.cpp write greedily after each prompt of a file, one on a line with \n for a
// line break. It is an error when they differ anywhere.
func sameWords(c comparison, model, promptFile string) error {
	text, err := os.ReadFile(promptFile)
	if err != nil {
		return err
	}
	libDir, err := llamacpp.Fetch(c.cache)
	if err != nil {
		return err
	}
	var prompts []string
	for line := range strings.Lines(string(text)) {
		prompts = append(prompts, strings.ReplaceAll(strings.TrimSuffix(line, "\n"), `\n`, "\n"))
	}
	ids, err := c.tokenize(model, prompts)
	if err != nil {
		return err
	}
	theirs, err := c.greedyPeer(libDir, model, ids, sameTokens)
	if err != nil {
		return err
	}
	differ := 0
	for i, prompt := range ids {
		ours, err := c.greedy(model, prompt, sameTokens)
		if err != nil {
			return err
		}
		// Croft was asked for so many, whatever they are; llama.cpp stopped where the text ends.
		if ours = ours[:min(len(ours), len(theirs[i]))]; !slices.Equal(ours, theirs[i]) {
			differ++
			fmt.Printf("after %q\n  croft     %v\n  llama.cpp %v\n", prompts[i], ours, theirs[i])
		}
	}
	fmt.Printf("%d prompts, up to %d tokens after each: %d the same\n", len(prompts), sameTokens, len(prompts)-differ)
	if differ > 0 {
		return errors.New("not the same words")
	}
	return nil
}

func (c comparison) tokenize(model string, prompts []string) (ids [][]int, err error) {
	type testCase struct {
		Text         string `json:"text"`
		ParseSpecial bool   `json:"parse_special"`
	}
	var cases []testCase
	for _, p := range prompts {
		cases = append(cases, testCase{p, true})
	}
	in, err := json.Marshal(cases)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(c.croft, "inspect", model, "--tokenize", "-")
	cmd.Stdin = bytes.NewReader(in)
	return ids, runJSON(cmd, &ids)
}

func (c comparison) greedy(model string, prompt []int, n int) ([]int, error) {
	var out struct {
		IDs []int `json:"ids"`
	}
	list := strings.Trim(strings.ReplaceAll(fmt.Sprint(prompt), " ", ","), "[]")
	err := runJSON(exec.Command(c.croft, "inspect", model, "--generate", list, "-n", strconv.Itoa(n)), &out)
	return out.IDs, err
}

// greedyPeer runs llama.cpp in a process of its own, whose linker finds its libraries.
func (c comparison) greedyPeer(libDir, model string, ids [][]int, n int) (out [][]int, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	in, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, greedyCommand, libDir, model, string(in), strconv.Itoa(n))
	cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+libDir)
	return out, runJSON(cmd, &out)
}

// runGreedy is that other process.
func runGreedy(libDir, model, prompts, n string) error {
	var ids [][]int
	if err := json.Unmarshal([]byte(prompts), &ids); err != nil {
		return err
	}
	count, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	out, err := llamacpp.Greedy(libDir, model, ids, count)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}
