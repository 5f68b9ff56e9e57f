package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"croft/app/health"
	"croft/app/models"
	"croft/app/settings"
)

// models is the library of models.
func (c *commands) models() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "models",
		Short:   "list, add and remove models",
		GroupID: groupModels,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return wrongUse(cmd, "say what to do with the models: list, found, suggest, add, rm, check, default, copy or quantize")
		},
	}
	cmd.AddCommand(c.modelsList(), c.modelsFound(), c.modelsSuggest(), c.modelsAdd(), c.modelsRemove(), c.modelsCheck(), c.modelsDefault(),
		c.modelsCopy(), c.modelsQuantize())
	return cmd
}

func (c *commands) modelsList() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use: "list", Short: "list the models that are here", Args: noArguments,
		Long: "The default model has a star. A model that does not fit in memory now says why, and one for embeddings says so.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withParts(cmd.Context(), func(p *Parts) error {
				list, err := p.Models.List(cmd.Context())
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(c.out, nonNil(list))
				}
				c.remark(p, list)
				return writeModels(c.out, list)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

// noModelYet says in one sentence how to get a model.
const noModelYet = "There is no model here: run croft models add starter for the small one that comes with Croft, " +
	"croft models suggest for larger ones, or croft models found for what other programs have."

// remark says what a list of models does not.
func (c *commands) remark(p *Parts, list []models.Model) {
	starter := slices.ContainsFunc(list, func(m models.Model) bool { return m.Starter })
	switch {
	case len(list) == 0:
		c.err.linef("%s", noModelYet)
	case starter && len(list) == 1:
		c.err.linef("The starter comes with Croft and is small: croft models suggest lists larger models for this device.")
	case !starter && p.Models.HasStarter():
		c.err.linef("The starter was removed: croft models add starter brings it back.")
	}
}

func writeModels(out *screen, list []models.Model) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if len(list) > 0 {
		fmt.Fprintln(w, "  NAME\tTYPE\tSIZE\tCONTEXT\tSPEED\tFROM\tID")
	}
	for _, m := range list {
		star := " "
		if m.Default {
			star = "*"
		}
		fmt.Fprintf(w, "%s %s\t%s\t%s\t%s\t%s\t%s\t%.8s\n", star, m.Name, m.Quant, models.Bytes(m.SizeBytes),
			contextOf(m), speedOf(m), m.Source, m.ID)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, m := range list {
		if why := firstText(m.Problem, m.Why); why != "" {
			out.linef("%s %s: %s", m.Name, m.Quant, why)
		}
	}
	return nil
}

func contextOf(m models.Model) string {
	if m.Problem != "" || m.Fit == models.TooBig {
		return "-"
	}
	return models.Count(m.ContextHere)
}

func speedOf(m models.Model) string {
	if m.MeasuredTPS == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f/s", m.MeasuredTPS)
}

func firstText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (c *commands) modelsFound() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use: "found", Short: "list models that other programs have", Args: noArguments,
		Long: "Looks through the folders of LM Studio, Ollama, llama.cpp, Jan, GPT4All and Hugging Face.\n" +
			"croft models add --link FILE uses such a file where it lies.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withParts(cmd.Context(), func(p *Parts) error {
				list, err := p.Models.Found(cmd.Context())
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(c.out, nonNil(list))
				}
				if len(list) == 0 {
					c.err.linef("No models were found in the folders of other programs.")
				}
				for _, m := range list {
					c.out.linef("%s %s, %s, %s", m.Name, m.Quant, models.Bytes(m.SizeBytes), m.Source)
					c.out.linef("  %s", firstText(m.Problem, m.Path))
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func (c *commands) modelsSuggest() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use: "suggest", Short: "list larger models that suit this device", Args: noArguments,
		Long: "They are published on huggingface.co and fit into this device's memory. Croft downloads nothing by itself:\n" +
			"open the address in a browser, download the file, and run croft models add FILE.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withParts(cmd.Context(), func(p *Parts) error {
				list, err := p.Models.Suggest(cmd.Context())
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(c.out, nonNil(list))
				}
				return c.writeSuggestions(list)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func (c *commands) writeSuggestions(list []models.Suggestion) error {
	if len(list) == 0 {
		c.err.linef("No larger model that Croft knows of fits into the memory that is free.")
		return nil
	}
	for _, s := range list {
		c.out.linef("%s %s, %s, needs %s: %s", s.Name, s.Quant, models.Bytes(s.SizeBytes), models.Bytes(s.NeedsBytes), s.GoodAt)
		c.out.linef("  %s of %s", s.File, s.Address)
	}
	c.err.linef("Download one in a browser, then run croft models add FILE.")
	return nil
}

func (c *commands) modelsAdd() *cobra.Command {
	var link, copied, asJSON bool
	cmd := &cobra.Command{
		Use: "add FILE", Short: "add a GGUF file", Args: oneArgument("a GGUF file"),
		Long: "The file is copied into Croft's own folder, or with --link used where it lies.\n" +
			"A broken or unsupported file is refused before anything is copied. croft models add starter brings back\n" +
			"the small model that comes with Croft.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if link && copied {
				return wrongUse(cmd, "--copy and --link contradict each other")
			}
			return interruptible(cmd.Context(), func(ctx context.Context) error {
				return c.withParts(ctx, func(p *Parts) error { return c.add(ctx, p, args[0], link, asJSON) })
			})
		},
	}
	cmd.Flags().BoolVar(&copied, "copy", false, "copy the file (this is what happens without a flag)")
	cmd.Flags().BoolVar(&link, "link", false, "use the file where it lies")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

// starterWord stands for the starter's file, which has no path.
const starterWord = "starter"

func (c *commands) add(ctx context.Context, p *Parts, path string, link, asJSON bool) error {
	add, what := p.Models.Import, "Copying"
	switch {
	case path == starterWord && !models.IsPath(path):
		add = func(ctx context.Context, _ string, _ func(done, total int64)) (models.Model, error) {
			return p.Models.BringBack(ctx)
		}
	case link:
		add, what = p.Models.Adopt, "Reading"
	}
	m, err := add(ctx, path, c.err.progress(what))
	c.err.clear()
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(c.out, m)
	}
	c.out.linef("Added %s %s (%s, id %.8s).", m.Name, m.Quant, models.Bytes(m.SizeBytes), m.ID)
	if m.Why != "" {
		c.out.linef("%s", m.Why)
	}
	return nil
}

func (c *commands) modelsRemove() *cobra.Command {
	yes := false
	cmd := &cobra.Command{
		Use: "rm MODEL", Short: "remove a model", Args: oneArgument("a model"),
		Long: "MODEL is a name, the beginning of an id, or a path. Croft's own copy of the file is deleted;\n" +
			"a file that is used where it lies stays there.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withParts(cmd.Context(), func(p *Parts) error { return c.remove(cmd.Context(), p, args[0], yes) })
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (c *commands) remove(ctx context.Context, p *Parts, name string, yes bool) error {
	m, err := added(ctx, p, name)
	if err != nil {
		return err
	}
	if m.Owned && !yes && !c.confirmed(fmt.Sprintf("Delete %s %s (%s)?", m.Name, m.Quant, models.Bytes(m.SizeBytes))) {
		c.err.linef("Nothing was removed.")
		return errSaid
	}
	if err := p.Models.Delete(ctx, m.ID); err != nil {
		return err
	}
	if m.Owned {
		c.out.linef("Removed %s %s and its file.", m.Name, m.Quant)
	} else {
		c.out.linef("Removed %s %s; its file stays at %s.", m.Name, m.Quant, m.Path)
	}
	return nil
}

// confirmed asks a person; a script that gives no terminal has decided already.
func (c *commands) confirmed(question string) bool {
	if !isTerminal(c.in) {
		return true
	}
	fmt.Fprint(c.err, question, " [y/N] ")
	answer, _ := bufio.NewReader(c.in).ReadString('\n')
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// added resolves a name and refuses a file that is not in the library.
func added(ctx context.Context, p *Parts, name string) (models.Model, error) {
	m, err := p.Models.Resolve(ctx, name)
	if err == nil && m.ID == "" {
		err = &told{health.Problem{Sentence: "This file is not among the models: " + m.Path + ".", Next: "Add it with croft models add."}}
	}
	return m, err
}

// told is an error of a command's own, explained.
type told struct{ problem health.Problem }

func (t *told) Error() string           { return t.problem.Sentence }
func (t *told) Problem() health.Problem { return t.problem }

func (c *commands) modelsCheck() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use: "check [MODEL]", Short: "read models and compare them with what was added",
		Long: "Reads every byte of the file, or of all files, and compares its SHA-256 with the one it was added under.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return interruptible(cmd.Context(), func(ctx context.Context) error {
				return c.withParts(ctx, func(p *Parts) error { return c.check(ctx, p, args, asJSON) })
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

// verdict is the outcome of checking one model.
type verdict struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Problem string `json:"problem"`
	Next    string `json:"next"`
}

func (c *commands) check(ctx context.Context, p *Parts, names []string, asJSON bool) error {
	list, err := p.Models.List(ctx)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		list = nil
	}
	for _, name := range names {
		m, err := added(ctx, p, name)
		if err != nil {
			return err
		}
		list = append(list, m)
	}
	verdicts, bad := make([]verdict, 0, len(list)), false
	for _, m := range list {
		v, err := c.checkOne(ctx, p, m, asJSON)
		if err != nil {
			return err
		}
		verdicts, bad = append(verdicts, v), bad || !v.OK
	}
	if asJSON {
		err = writeJSON(c.out, verdicts)
	}
	if bad && err == nil {
		err = errSaid
	}
	return err
}

func (c *commands) checkOne(ctx context.Context, p *Parts, m models.Model, quiet bool) (verdict, error) {
	v := verdict{ID: m.ID, Name: strings.TrimSpace(m.Name + " " + m.Quant)}
	err := p.Models.Check(ctx, m.ID, c.err.progress("Reading "+v.Name))
	c.err.clear()
	if errors.Is(err, context.Canceled) {
		return v, err
	}
	problem := health.Of(err)
	v.OK, v.Problem, v.Next = err == nil, problem.Sentence, problem.Next
	switch {
	case quiet:
	case v.OK:
		c.out.linef("ok       %s", v.Name)
	default:
		c.out.linef("problem  %s: %s", v.Name, problem.Line())
	}
	return v, nil
}

func (c *commands) modelsDefault() *cobra.Command {
	return &cobra.Command{
		Use: "default MODEL", Short: "choose the model that is used when none is named", Args: oneArgument("a model"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withParts(cmd.Context(), func(p *Parts) error {
				m, err := added(cmd.Context(), p, args[0])
				if err == nil {
					err = m.CheckChat()
				}
				if err != nil {
					return err
				}
				err = p.Settings.Change(cmd.Context(), func(v *settings.Values) { v.DefaultModel = m.ID })
				if err == nil {
					c.out.linef("%s %s is the default now.", m.Name, m.Quant)
				}
				return err
			})
		},
	}
}

// fileOrModel finds the file to look at: a path is taken as it is, anything else is a model of the library.
func (c *commands) fileOrModel(ctx context.Context, name string) (path string, err error) {
	if models.IsPath(name) {
		return name, nil
	}
	err = c.withParts(ctx, func(p *Parts) error {
		m, err := p.Models.Resolve(ctx, name)
		path = m.Path
		return err
	})
	return path, err
}
