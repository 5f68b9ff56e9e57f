package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sort is what a case examines.
type sort int

const (
	generated sort = iota // notes with names and wordings that no training has
	written               // notes and questions written by hand
	facts                 // questions about Croft, written by hand
	others                // requests that the starter must decline
)

// testCase is a prompt, the replies that are right, and the one that came.
type testCase struct {
	sort     sort
	passages int      // of notes
	sources  []string // the numbers of the notes that answer; none: the notes don't say
	prompt   string
	right    []string
	reply    string
}

const (
	none    = "Your notes don't say."
	limitID = "limit"
)

// noteSet is a line of notes.jsonl and of generated.jsonl.
type noteSet struct {
	Notes     []string   `json:"notes"`
	Questions []question `json:"questions"`
}

type question struct {
	Q    string     `json:"q"`
	A    []string   `json:"a"`    // the words that each note answers with
	From []int      `json:"from"` // the notes, from 1
	Or   [][]string `json:"or"`   // other words that are as right
}

func readCases(folder string) ([]*testCase, error) {
	answers := map[string]string{}
	err := readTable(filepath.Join(folder, "facts.tsv"), 3, func(row []string) error {
		answers[row[0]] = row[2]
		return nil
	})
	if err != nil {
		return nil, err
	}
	var cases []*testCase
	err = readTable(filepath.Join(folder, "eval", "questions.tsv"), 2, func(row []string) error {
		if answers[row[0]] == "" {
			return fmt.Errorf("there is no fact %q", row[0])
		}
		cases = append(cases, &testCase{sort: facts, prompt: row[1], right: []string{answers[row[0]]}})
		return nil
	})
	if err != nil {
		return nil, err
	}
	requests, err := os.ReadFile(filepath.Join(folder, "eval", "other.txt"))
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(requests)) {
		cases = append(cases, &testCase{sort: others, prompt: strings.TrimSpace(line), right: []string{answers[limitID]}})
	}
	return readNotes(folder, cases)
}

// readTable calls each for every line but the first of a file of tab-separated values.
func readTable(path string, columns int, each func(row []string) error) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")[1:] {
		row := strings.Split(line, "\t")
		if len(row) != columns {
			return fmt.Errorf("%s, line %d: %d columns, not %d", path, i+2, len(row), columns)
		}
		if err := each(row); err != nil {
			return fmt.Errorf("%s, line %d: %w", path, i+2, err)
		}
	}
	return nil
}

func readNotes(folder string, cases []*testCase) ([]*testCase, error) {
	for name, sort := range map[string]sort{"generated.jsonl": generated, "notes.jsonl": written} {
		b, err := os.ReadFile(filepath.Join(folder, "eval", name))
		if err != nil {
			return nil, err
		}
		for line := range bytes.Lines(b) {
			var set noteSet
			if err := json.Unmarshal(line, &set); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			for _, q := range set.Questions {
				for _, n := range sizes(sort, set, q) {
					cases = append(cases, set.take(n, q).testCase(sort, q))
				}
			}
		}
	}
	return cases, nil
}

// sizes are the numbers of passages that a question is asked with: of the sets written by hand 1, 3 and 6.
func sizes(s sort, set noteSet, q question) []int {
	if s == generated {
		return []int{len(set.Notes)}
	}
	if len(q.From) > 1 {
		return []int{3, 6}
	}
	return []int{1, 3, 6}
}

// passages are the notes shown, and where the notes of the set are among them.
type passages struct {
	texts []string
	place map[int]int // from the number in the set to the number shown
}

// take shows n notes: those that the question needs, and others by chance, the same each time.
func (s noteSet) take(n int, q question) passages {
	chosen := slices.Clone(q.From)
	turn := int(crc32.ChecksumIEEE([]byte(q.Q))) & 0xffff
	for i := 0; len(chosen) < n; i++ {
		if other := (turn+i)%len(s.Notes) + 1; !slices.Contains(chosen, other) {
			chosen = append(chosen, other)
		}
	}
	slices.Sort(chosen)
	p := passages{place: map[int]int{}}
	for _, number := range chosen {
		p.texts = append(p.texts, s.Notes[number-1])
		p.place[number] = len(p.texts)
	}
	return p
}

func (p passages) testCase(s sort, q question) *testCase {
	c := &testCase{sort: s, passages: len(p.texts), right: []string{none}}
	var prompt strings.Builder
	for i, text := range p.texts {
		fmt.Fprintf(&prompt, "[%d] %s\n", i+1, text)
	}
	c.prompt = prompt.String() + "\n" + q.Q
	for _, number := range q.From {
		c.sources = append(c.sources, fmt.Sprint(p.place[number]))
	}
	if len(q.From) > 0 {
		c.right = nil
		for _, words := range append([][]string{q.A}, q.Or...) {
			c.right = append(c.right, cited(words, c.sources))
		}
	}
	return c
}

// cited writes words as the starter does: A [1], B [2] and C [4].
func cited(words, sources []string) string {
	var s strings.Builder
	for i, w := range words {
		switch {
		case i > 0 && i == len(words)-1:
			s.WriteString(" and ")
		case i > 0:
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "%s [%s]", w, sources[i])
	}
	return s.String()
}
