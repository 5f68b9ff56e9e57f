package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// inspectFlags say what to look at.
type inspectFlags struct {
	tokenize, detokenize, render, template, logits, generate, embed string

	n    int
	json bool
}

// inspect opens a model file, and the engine, to anyone who wants to check it.
func (c *commands) inspect() *cobra.Command {
	f := &inspectFlags{}
	cmd := &cobra.Command{
		Use:     "inspect [FILE]",
		Short:   "say what a model file is, and check the engine with it",
		GroupID: groupCheck,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return wrongUse(cmd, "%s looks at one file, so %q is too much", cmd.CommandPath(), args[1])
			}
			return nil
		},
		Long:    inspectLong,
		Example: "  croft inspect model.gguf --generate 1,2,3 -n 32 --kernels reference\n  croft inspect --template T.jinja --render conversation.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			run, err := c.chooseInspection(cmd, f, args)
			if err != nil {
				return err
			}
			return interruptible(cmd.Context(), run)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.tokenize, "tokenize", "", "turn the texts of `CASES.json` into ids")
	flags.StringVar(&f.detokenize, "detokenize", "", "turn the ids of `IDS.json` into texts")
	flags.StringVar(&f.render, "render", "", "make a prompt of `CONVERSATION.json`")
	flags.StringVar(&f.template, "template", "", "render with `T.jinja` and not with the file's own template")
	flags.StringVar(&f.logits, "logits", "", "print the logits after `IDS`, as in 1,2,3")
	flags.StringVar(&f.generate, "generate", "", "continue `IDS` greedily")
	flags.IntVarP(&f.n, "number", "n", 32, "continue by `N` tokens")
	flags.StringVar(&f.embed, "embed", "", "turn the texts of `TEXTS.json` into vectors")
	flags.BoolVar(&f.json, "json", false, "say what the file is as one JSON document")
	c.engineFlags(cmd)
	return cmd
}

const inspectLong = `Without a flag it prints what the file is: family, sizes, types, tokenizer, template and the memory it needs.
With one of the following flags it prints one JSON document. A JSON file may be "-" for standard input.
  --tokenize    a list of {"text" or "text_hex", "add_special", "parse_special"} gives a list of lists of ids
  --detokenize  a list of lists of ids gives a list of texts, special tokens included
  --render      {"messages", "tools", "kwargs", "bos_token", "eos_token", "now"} gives {"prompt": ...}, or
                {"error": ...} and exit code 1; bos_token and eos_token come from FILE where they are absent
  --logits      {"logits": [...]} of the whole vocabulary after the last id
  --generate    {"ids": [...], "text": ...}: exactly -n ids, the end of text does not stop it
  --embed       a list of texts gives a list of vectors, pooled and normalised as the model says
The first three need no weights, so a file with a vocabulary alone will do.`

// chooseInspection returns what the flags ask for; they must ask for one thing.
func (c *commands) chooseInspection(cmd *cobra.Command, f *inspectFlags, args []string) (func(context.Context) error, error) {
	if err := c.checkEngineFlags(cmd); err != nil {
		return nil, err
	}
	file := strings.Join(args, "")
	actions := []struct {
		flag, value string
		run         func(context.Context) error
	}{
		{"tokenize", f.tokenize, func(context.Context) error { return c.tokenize(file, f.tokenize) }},
		{"detokenize", f.detokenize, func(context.Context) error { return c.detokenize(file, f.detokenize) }},
		{"render", f.render, func(context.Context) error { return c.render(file, f.template, f.render) }},
		{"logits", f.logits, func(ctx context.Context) error { return c.logits(ctx, cmd, file, f.logits) }},
		{"generate", f.generate, func(ctx context.Context) error { return c.generate(ctx, cmd, file, f.generate, f.n) }},
		{"embed", f.embed, func(ctx context.Context) error { return c.embed(ctx, file, f.embed) }},
	}
	run, chosen := func(context.Context) error { return c.describe(file, f.json) }, ""
	for _, a := range actions {
		switch {
		case !cmd.Flags().Changed(a.flag):
		case chosen != "":
			return nil, wrongUse(cmd, "--%s and --%s cannot be asked for at once", chosen, a.flag)
		default:
			run, chosen = a.run, a.flag
		}
	}
	switch {
	case f.template != "" && chosen != "render":
		return nil, wrongUse(cmd, "--template needs --render")
	case file == "" && (chosen != "render" || f.template == ""):
		return nil, wrongUse(cmd, "%s needs a GGUF file", cmd.CommandPath())
	}
	return run, positive(cmd, "number", f.n)
}

// parseIDs reads a list like 1,2,3.
func parseIDs(cmd *cobra.Command, s string) ([]int, error) {
	var ids []int
	for field := range strings.SplitSeq(s, ",") {
		var id int
		if _, err := fmt.Sscanf(strings.TrimSpace(field), "%d", &id); err != nil || id < 0 {
			return nil, wrongUse(cmd, "ids are numbers with commas between them, as in 1,2,3")
		}
		ids = append(ids, id)
	}
	return ids, nil
}
