package main

import (
	"slices"
	"strings"
	"testing"
)

func TestCasesOfAllSortsAreRead(t *testing.T) {
	cases, err := readCases("..")
	if err != nil {
		t.Fatal(err)
	}
	counts := map[sort]int{}
	for _, c := range cases {
		counts[c.sort]++
		if c.prompt == "" || len(c.right) == 0 || slices.Contains(c.right, "") {
			t.Fatalf("a case without a prompt or an answer: %+v", c)
		}
	}
	for s, least := range map[sort]int{generated: 600, written: 1000, facts: 150, others: 150} {
		if counts[s] < least {
			t.Errorf("%d cases of sort %d, at least %d are needed", counts[s], s, least)
		}
	}
}

func TestANoteKeepsItsPlaceAmongFewer(t *testing.T) {
	set := noteSet{Notes: []string{"a", "b", "c", "d", "e", "f"}}
	q := question{Q: "Which?", A: []string{"B", "E"}, From: []int{2, 5}, Or: [][]string{{"b", "e"}}}
	c := set.take(3, q).testCase(written, q)
	if len(c.sources) != 2 || c.passages != 3 {
		t.Fatalf("%+v", c)
	}
	for i, text := range []string{"b", "e"} {
		want := "[" + c.sources[i] + "] " + text + "\n"
		if !slices.Contains(lines(c.prompt), want) {
			t.Errorf("no line %q in %q", want, c.prompt)
		}
	}
	for _, reply := range []string{"B [" + c.sources[0] + "] and E [" + c.sources[1] + "]", "b [" + c.sources[0] + "] and e [" + c.sources[1] + "]"} {
		c.reply = reply
		if !isRight(c) || !pointsRight(c) || saysNone(c) {
			t.Errorf("%q is not right for %+v", reply, c)
		}
	}
	c.reply = "B [1] and E [1]"
	if isRight(c) || pointsRight(c) {
		t.Errorf("%q is right", c.reply)
	}
}

func lines(s string) []string { return slices.Collect(strings.Lines(s)) }

func TestScoreCounts(t *testing.T) {
	cases := []*testCase{
		{sort: facts, right: []string{"yes"}, reply: " yes\n"},
		{sort: facts, right: []string{"yes"}, reply: "no"},
		{sort: generated, passages: 1, right: []string{none}, reply: none},
		{sort: generated, passages: 1, sources: []string{"1"}, right: []string{"x [1]"}, reply: "y [1]"},
	}
	got := map[string]float64{}
	for _, f := range score(cases) {
		if *f.Cases > 0 {
			got[f.What] = *f.Reached
		}
	}
	for what, want := range map[string]float64{
		"Right answer about Croft": 50, "Says when the notes don't say": 100,
		"Right answer from one note": 0, "Points to the right note": 100,
	} {
		if got[what] != want {
			t.Errorf("%s: %v %%, want %v", what, got[what], want)
		}
	}
}
