package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"croft/app/health"
	"croft/app/models"
)

// finding is one line of the doctor's report.
type finding struct {
	What  string `json:"what"`
	OK    bool   `json:"ok"`
	Found string `json:"found"`
	Next  string `json:"next"` // what to do; "" when all is well
}

// doctor looks for causes of trouble.
func (c *commands) doctor() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use: "doctor", Short: "look for problems and say what to do", GroupID: groupCheck, Args: noArguments,
		Long: "Looks at the data folder, the disk, the database, memory, processor, models and display, and why other devices\n" +
			"are not found or not reached. The exit code is 1 when there is a problem.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return interruptible(cmd.Context(), func(ctx context.Context) error { return c.examine(ctx, asJSON) })
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func (c *commands) examine(ctx context.Context, asJSON bool) error {
	home, err := homeDir(c.setup.Home, os.Getenv)
	if err != nil {
		return err
	}
	all := append(homeFindings(home), processorFinding(), displayFinding())
	all = append(all, c.partsFindings(ctx, home)...)
	if err := ctx.Err(); err != nil {
		return err
	}
	ill := false
	for _, f := range all {
		ill = ill || !f.OK
	}
	if asJSON {
		err = writeJSON(c.out, struct {
			OK       bool      `json:"ok"`
			Findings []finding `json:"findings"`
		}{!ill, all})
	} else {
		c.writeFindings(all)
	}
	if ill && err == nil {
		err = errSaid
	}
	return err
}

func (c *commands) writeFindings(all []finding) {
	for _, f := range all {
		state := "ok"
		if !f.OK {
			state = "problem"
		}
		c.out.linef("%-8s %-10s %s", state, f.What, strings.TrimSpace(f.Found+" "+f.Next))
	}
}

// ill explains an error as a finding.
func ill(what string, err error) finding {
	p := health.Of(err)
	return finding{What: what, Found: p.Sentence, Next: p.Next}
}

// homeFindings look at the data folder without making it.
func homeFindings(home string) []finding {
	st, err := os.Stat(home)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []finding{{What: "home", OK: true, Found: home + " is made when the first chat or model is kept."}}
	case err != nil:
		return []finding{ill("home", err)}
	case !st.IsDir():
		return []finding{{What: "home", Found: home + " is not a folder.", Next: "Choose another one with --home."}}
	}
	return []finding{permissions(home, st), space(home)}
}

func permissions(home string, st fs.FileInfo) finding {
	f := finding{What: "home", OK: true, Found: home}
	if open := st.Mode().Perm() & 0o077; open != 0 && runtime.GOOS != "windows" {
		f.OK, f.Found = false, fmt.Sprintf("Other people on this device can look into %s.", home)
		f.Next = "Run chmod 700 on it."
	}
	probe, err := os.CreateTemp(home, ".doctor-")
	if err != nil {
		return ill("home", err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return ill("home", err)
	}
	return f
}

// spaceLeast is how little free disk space is a problem, in bytes.
const spaceLeast = 1 << 30

func space(home string) finding {
	free, err := models.FreeSpace(home)
	if err != nil {
		return ill("disk", err)
	}
	f := finding{What: "disk", OK: free >= spaceLeast, Found: models.Bytes(free) + " free."}
	if !f.OK {
		f.Next = "Free some space, so that chats can be saved and models added."
	}
	return f
}

func processorFinding() finding {
	best, all := models.Kernels()
	f := finding{What: "processor", OK: true}
	f.Found = fmt.Sprintf("%s, %d logical cores, kernels %s (of %s).", runtime.GOARCH, runtime.NumCPU(), best, strings.Join(all, ", "))
	if best == "reference" {
		f.OK, f.Next = false, "This processor has none of the instructions that make Croft fast; it works, slowly."
	}
	return f
}

func displayFinding() finding {
	if hasDisplay(runtime.GOOS, os.Getenv) {
		return finding{What: "display", OK: true, Found: "There is one, so croft opens a window."}
	}
	return finding{What: "display", OK: true, Found: "There is none, so croft chats in the terminal."}
}

// partsFindings open the home folder, where there is one.
func (c *commands) partsFindings(ctx context.Context, home string) []finding {
	if _, err := os.Stat(home); err != nil {
		return nil
	}
	var all []finding
	c.setup.Calls = true
	err := c.withParts(ctx, func(p *Parts) error {
		all = append(all, databaseFinding(ctx, p), memoryFinding(p))
		all = append(all, modelFindings(ctx, p)...)
		if err := p.Models.StarterProblem(); err != nil {
			all = append(all, ill("starter", err))
		}
		all = append(all, c.deviceFindings(ctx, p)...)
		return nil
	})
	if err != nil {
		all = append(all, ill("database", err))
	}
	return all
}

func databaseFinding(ctx context.Context, p *Parts) finding {
	if err := p.Check(ctx); err != nil {
		return ill("database", err)
	}
	return finding{What: "database", OK: true, Found: "Every page was read and is sound."}
}

func memoryFinding(p *Parts) finding {
	m := p.Models.Memory()
	return finding{What: "memory", OK: true, Found: fmt.Sprintf("%s, %s free; models up to %s fit.",
		models.Bytes(m.Total), models.Bytes(m.Free), models.Bytes(m.ModelMax))}
}

func modelFindings(ctx context.Context, p *Parts) []finding {
	list, err := p.Models.List(ctx)
	switch {
	case err != nil:
		return []finding{ill("models", err)}
	case len(list) == 0:
		return []finding{{What: "models", OK: true, Found: noModelYet}}
	}
	all := make([]finding, len(list))
	for i, m := range list {
		name := strings.TrimSpace(m.Name + " " + m.Quant)
		all[i] = finding{What: "model", OK: m.Problem == "", Found: strings.TrimSpace(name + ": " + firstText(m.Problem, firstText(m.Why, "fits.")))}
		if m.Problem != "" {
			all[i].Next = "Run croft models check, or remove it with croft models rm."
		}
	}
	return all
}
