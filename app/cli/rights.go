package cli

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"croft/app/devices"
)

// right is one thing that a device may do, by the word that stands for it in commands.
type right struct {
	word, means string
	of          func(*devices.Rights) *bool
}

func allRights() []right {
	return []right{
		{"answers", "ask the models of this device", func(r *devices.Rights) *bool { return &r.Answers }},
		{"models", "copy model files from this device", func(r *devices.Rights) *bool { return &r.Models }},
	}
}

const noRights = "none"

// usualRights are what devices are added for.
var usualRights = devices.Rights{Answers: true, Models: true}

// parseRights reads words with commas between them. bad is a word that stands for nothing.
func parseRights(list string) (r devices.Rights, bad string) {
	if list = strings.ToLower(strings.TrimSpace(list)); list == noRights {
		return r, ""
	}
	all := allRights()
	words := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	if len(words) == 0 {
		return r, list
	}
	for _, word := range words {
		i := slices.IndexFunc(all, func(one right) bool { return one.word == word })
		if i < 0 {
			return devices.Rights{}, word
		}
		*all[i].of(&r) = true
	}
	return r, ""
}

// rightsOf is parseRights of what was given to cmd.
func rightsOf(cmd *cobra.Command, list string) (devices.Rights, error) {
	r, bad := parseRights(list)
	switch {
	case bad != "":
		return r, wrongUse(cmd, "%q is none of answers, models and %s", bad, noRights)
	case list == "":
		return r, wrongUse(cmd, "say what the other device may do: answers, models, or both with a comma between them, or %s", noRights)
	}
	return r, nil
}

// wordsOf is what parseRights reads.
func wordsOf(r devices.Rights) string {
	words := wordList(r)
	if len(words) == 0 {
		return noRights
	}
	return strings.Join(words, ",")
}

func wordList(r devices.Rights) []string {
	words := []string{}
	for _, one := range allRights() {
		if *one.of(&r) {
			words = append(words, one.word)
		}
	}
	return words
}

// allowing says what a device may do here when it comes.
type allowing struct {
	rights devices.Rights
	asked  bool // the person is asked instead
}

// allowFlags are about what the other device may do.
type allowFlags struct {
	allow string
	yes   bool
}

func (f *allowFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.allow, "allow", "", "do not ask what the other device may do here: `RIGHTS` are answers, models, or none")
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask, and allow answers and models")
}

// read says what was decided beforehand.
func (f *allowFlags) read(cmd *cobra.Command) (allowing, error) {
	switch {
	case cmd.Flags().Changed("allow"):
		r, err := rightsOf(cmd, f.allow)
		return allowing{rights: r}, err
	case f.yes:
		return allowing{rights: usualRights}, nil
	}
	return allowing{asked: true}, nil
}

// decide says what a device that has proved the code may do here; not ok: it shall not be added.
func (c *commands) decide(ctx context.Context, a allowing, guest *devices.Guest) (r devices.Rights, ok bool, err error) {
	if !a.asked {
		return a.rights, true, nil
	}
	c.err.linef("%s has the right code. What may it do on this device?", guest.Name)
	for _, one := range allRights() {
		c.err.linef("  %-9s%s", one.word, one.means)
	}
	for {
		typed, err := c.typed(ctx, guest.Ended(), fmt.Sprintf("Type the words with commas between them, or %s. Enter means %s; no does not add it: ",
			noRights, wordsOf(usualRights)))
		if err != nil {
			return r, false, err
		}
		r, again := understandRights(typed)
		if again == "" {
			return r.rights, r.yes, nil
		}
		c.err.linef("%s", again)
	}
}

type decision struct {
	rights devices.Rights
	yes    bool
}

// understandRights reads what a person typed; again says why that is not understood.
func understandRights(typed string) (d decision, again string) {
	switch typed = strings.ToLower(strings.TrimSpace(typed)); typed {
	case "", "y", "yes":
		return decision{usualRights, true}, ""
	case "n", "no":
		return decision{}, ""
	}
	r, bad := parseRights(typed)
	if bad != "" {
		return decision{}, fmt.Sprintf("%q is none of these words.", bad)
	}
	return decision{r, true}, ""
}

// keys delivers the lines that a person types, from one goroutine that ends with the input, or with the process.
func (c *commands) keys() <-chan string {
	c.typing.Do(func() {
		lines := make(chan string)
		c.lines = lines
		go func() {
			defer close(lines)
			for in := bufio.NewScanner(c.in); in.Scan(); {
				lines <- in.Text()
			}
		}()
	})
	return c.lines
}

// settleTyping is how long lines that were typed before a question are thrown away: they were not meant for it.
const settleTyping = 50 * time.Millisecond

// typed asks and returns what the person types. It ends early when the other side went away, with devices.ErrRefused.
func (c *commands) typed(ctx context.Context, gone <-chan struct{}, question string) (string, error) {
	keys := c.keys()
	for settled := time.After(settleTyping); settled != nil; {
		select {
		case _, more := <-keys:
			if !more {
				return "no", nil
			}
		case <-settled:
			settled = nil
		}
	}
	fmt.Fprint(c.err, question)
	select {
	case line, more := <-keys:
		if !more {
			fmt.Fprintln(c.err)
			return "no", nil // nobody is there to say yes
		}
		return line, nil
	case <-gone:
		fmt.Fprintln(c.err)
		return "", errWentAway
	case <-ctx.Done():
		fmt.Fprintln(c.err)
		return "", ctx.Err()
	}
}
