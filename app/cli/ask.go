package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"croft/app/chat"
	"croft/app/models"
)

// askFlags are the flags of ask.
type askFlags struct {
	model, system, device string

	json, raw, noThink bool

	temperature, topP, minP float64

	topK, max int
	seed      uint64
}

// ask writes one answer.
func (c *commands) ask() *cobra.Command {
	f := &askFlags{}
	cmd := &cobra.Command{
		Use:     "ask [TEXT]",
		Short:   "ask one question; the answer goes to standard output",
		GroupID: groupTalk,
		Args:    cobra.ArbitraryArgs,
		Long: "What is piped into it is put after TEXT. The answer alone goes to standard output, statistics to standard error.\n" +
			"Ctrl-C ends the answer, keeps what was written, and exits with 130.",
		Example: "  croft ask \"Why is the sky blue?\"\n  croft ask \"Sum this up.\" < letter.txt\n  croft ask --json --seed 7 --temperature 0 \"Name a fruit.\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := c.question(cmd, f, args)
			if err != nil {
				return err
			}
			return interruptible(cmd.Context(), func(ctx context.Context) error {
				return c.withOthers(ctx, f.device, func(p *Parts, device string) error {
					q.Device = device
					return c.answer(ctx, p, f, q)
				})
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.model, "model", "m", "", "ask `MODEL`: a name, the beginning of an id, or a file")
	deviceFlag(cmd, &f.device)
	flags.StringVarP(&f.system, "system", "s", "", "tell the model `TEXT` first")
	flags.BoolVar(&f.json, "json", false, "print one JSON document")
	flags.BoolVar(&f.raw, "raw", false, "send the text as it is, without the model's template")
	flags.BoolVar(&f.noThink, "no-think", false, "do not let the model think first")
	flags.Float64Var(&f.temperature, "temperature", 0.7, "how freely to choose words: `T` from 0 to 2; the model may advise another")
	flags.Float64Var(&f.topP, "top-p", 0.95, "choose among the likeliest words that sum up to `P`")
	flags.Float64Var(&f.minP, "min-p", 0.05, "leave out words less likely than `P` times the likeliest")
	flags.IntVar(&f.topK, "top-k", 40, "choose among the `K` likeliest words")
	flags.Uint64Var(&f.seed, "seed", 0, "the same `SEED` gives the same answer")
	flags.IntVar(&f.max, "max", 0, "write at most `N` tokens")
	c.engineFlags(cmd)
	return cmd
}

// question checks the flags and joins the text.
func (c *commands) question(cmd *cobra.Command, f *askFlags, args []string) (chat.Question, error) {
	if err := c.checkEngineFlags(cmd); err != nil {
		return chat.Question{}, err
	}
	switch {
	case f.max < 0:
		return chat.Question{}, wrongUse(cmd, "--max is a number of tokens")
	case f.temperature < 0:
		return chat.Question{}, wrongUse(cmd, "--temperature cannot be below 0")
	case f.raw && (f.system != "" || f.noThink):
		return chat.Question{}, wrongUse(cmd, "--raw sends the text alone, without --system and --no-think")
	}
	text, err := c.questionText(strings.Join(args, " "))
	if err != nil {
		return chat.Question{}, err
	}
	if strings.TrimSpace(text) == "" {
		return chat.Question{}, wrongUse(cmd, "say what to ask, as in croft ask \"Why is the sky blue?\"")
	}
	q := chat.Question{Text: text, Raw: f.raw}
	q.Model, q.System, q.ReplyMax = f.model, f.system, &f.max
	q.Temperature, q.TopP, q.MinP = chosen(cmd, "temperature", &f.temperature), chosen(cmd, "top-p", &f.topP), chosen(cmd, "min-p", &f.minP)
	q.TopK, q.Seed = chosen(cmd, "top-k", &f.topK), chosen(cmd, "seed", &f.seed)
	if f.noThink {
		thinking := false
		q.Thinking = &thinking
	}
	return q, nil
}

// chosen is a flag's value where the person gave one.
func chosen[T any](cmd *cobra.Command, flag string, value *T) *T {
	if cmd.Flags().Changed(flag) {
		return value
	}
	return nil
}

// questionText joins the arguments and what is piped in.
func (c *commands) questionText(text string) (string, error) {
	if !piped(c.in) {
		return text, nil
	}
	c.err.status("Reading standard input")
	b, err := readBounded(c.in)
	c.err.clear()
	if err != nil {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	if text == "" || len(b) == 0 {
		return text + string(b), nil
	}
	return text + "\n\n" + string(b), nil
}

// piped tells whether x is anything but a terminal or another device.
func piped(x any) bool {
	f, ok := x.(*os.File)
	if !ok {
		return x != nil
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice == 0
}

// askReport is what ask --json prints.
type askReport struct {
	Text            string  `json:"text"`
	Model           string  `json:"model"`
	TokensPrompt    int     `json:"tokens_prompt"`
	TokensReply     int     `json:"tokens_reply"`
	TTFTMS          float64 `json:"ttft_ms"`
	TokensPerSecond float64 `json:"tokens_per_second"`
	FinishReason    string  `json:"finish_reason"`
	Device          string  `json:"device"`
	Why             string  `json:"why"` // why there, "" where there was nothing to choose
}

func (c *commands) answer(ctx context.Context, p *Parts, f *askFlags, q chat.Question) error {
	report := askReport{FinishReason: "cancelled"}
	err := c.stream(ctx, p, q, f.json, &report)
	c.err.clear()
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if f.json {
		return errors.Join(writeJSON(c.out, report), err)
	}
	c.account(report)
	return err
}

// stream writes the answer as it comes, and gathers what is to be reported.
func (c *commands) stream(ctx context.Context, p *Parts, q chat.Question, quiet bool, report *askReport) error {
	var text strings.Builder
	for a, err := range p.Chat.Ask(ctx, q, c.err.loadingThen("Reading")) {
		if err != nil {
			report.Text = text.String()
			return errors.Join(err, c.endLine(quiet, report.Text))
		}
		if text.Len() == 0 && a.Text != "" {
			c.err.clear()
		} else if a.Thinking != "" {
			c.err.status("Thinking")
		}
		text.WriteString(a.Text)
		if !quiet {
			if err := c.out.text(a.Text); err != nil {
				return fmt.Errorf("write the answer: %w", err)
			}
		}
		report.Model, report.Device = a.Model, a.Device
		report.TokensReply++
		if r := a.Stats; r != nil {
			report.TokensPrompt, report.TokensReply = r.PromptTokens, r.ReplyTokens
			report.TTFTMS, report.TokensPerSecond = float64(r.FirstToken.Microseconds())/1000, r.TokensPerSecond
			report.FinishReason, report.Why = r.Reason, r.Why
		}
	}
	report.Text = text.String()
	return c.endLine(quiet, report.Text)
}

// endLine ends the last line of an answer that did not.
func (c *commands) endLine(quiet bool, text string) error {
	if quiet || text == "" || strings.HasSuffix(text, "\n") {
		return nil
	}
	return c.out.text("\n")
}

// account writes the statistics.
func (c *commands) account(r askReport) {
	switch r.FinishReason {
	case "cancelled":
		c.err.linef("Stopped.")
		return
	case "context":
		c.err.linef("The context is full, so the answer ends here.")
	}
	if r.Why != "" {
		fmt.Fprintln(c.err, c.err.dim(printable(r.Why)))
	}
	fmt.Fprintln(c.err, c.err.dim(fmt.Sprintf("%s: %s tokens read, %s written, first after %.2f s, %.1f tokens/s",
		printable(nameAt(r)), models.Count(r.TokensPrompt), models.Count(r.TokensReply), r.TTFTMS/1000, r.TokensPerSecond)))
}

// nameAt is the model, and where it ran when there was a choice.
func nameAt(r askReport) string {
	if r.Why == "" {
		return r.Model
	}
	return r.Model + " on " + inSentence(r.Device)
}
