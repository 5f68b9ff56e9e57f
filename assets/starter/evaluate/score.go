package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"croft/assets"
)

// rule is how a figure comes about: which cases count, and which of them are right.
type rule struct {
	what  string
	goal  float64
	among func(c *testCase) bool
	holds func(c *testCase) bool
}

func rules() []rule {
	var list []rule
	for _, kind := range []struct {
		sort   sort
		suffix string
	}{{generated, ""}, {written, ", written by hand"}} {
		reading := func(c *testCase) bool { return c.sort == kind.sort }
		answered := func(c *testCase) bool { return reading(c) && len(c.sources) > 0 }
		for i, what := range []string{"one note", "three notes", "six notes"} {
			n := []int{1, 3, 6}[i]
			list = append(list, rule{"Right answer from " + what + kind.suffix, 95, func(c *testCase) bool { return answered(c) && c.passages == n }, isRight})
		}
		list = append(list,
			rule{"Points to the right note" + kind.suffix, 98, func(c *testCase) bool { return answered(c) && !saysNone(c) }, pointsRight},
			rule{"Says when the notes don't say" + kind.suffix, 95, func(c *testCase) bool { return reading(c) && len(c.sources) == 0 }, saysNone},
			rule{"Answers when the notes do say" + kind.suffix, 95, answered, func(c *testCase) bool { return !saysNone(c) }},
		)
	}
	return append(list,
		rule{"Right answer about Croft", 95, func(c *testCase) bool { return c.sort == facts }, isRight},
		rule{"Says so when it cannot help", 95, func(c *testCase) bool { return c.sort == others }, isRight},
	)
}

func isRight(c *testCase) bool { return slices.Contains(c.right, strings.TrimSpace(c.reply)) }

func saysNone(c *testCase) bool { return strings.TrimSpace(c.reply) == none }

var citation = regexp.MustCompile(`\[(\d+)\]`)

func pointsRight(c *testCase) bool {
	var numbers []string
	for _, m := range citation.FindAllStringSubmatch(c.reply, -1) {
		numbers = append(numbers, m[1])
	}
	return slices.Equal(numbers, c.sources)
}

func score(cases []*testCase) []assets.Figure {
	var list []assets.Figure
	for _, r := range rules() {
		total, right := 0, 0
		for _, c := range cases {
			if !r.among(c) {
				continue
			}
			total++
			if r.holds(c) {
				right++
			}
		}
		share := float64(right*1000/max(total, 1)) / 10
		list = append(list, assets.Figure{What: r.what, Goal: r.goal, Reached: &share, Cases: &total})
	}
	return list
}

// showWrong prints the wrong replies to generated cases, which are made by rules: seeing them tunes nothing.
func showWrong(cases []*testCase) {
	for _, c := range cases {
		if c.sort == generated && !isRight(c) {
			fmt.Printf("\n%s\n  said  %s\n  right %s\n", c.prompt, c.reply, c.right[0])
		}
	}
}
