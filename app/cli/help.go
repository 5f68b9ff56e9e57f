package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// about is the end of croft help.
const about = `
Data
  Chats, settings and copies of models lie in one folder: --home, else CROFT_HOME, else
  ~/.local/share/croft (Linux), ~/Library/Application Support/Croft (macOS) or
  %AppData%\Croft (Windows). Nothing is sent anywhere but to devices and servers that you
  added, on your own network; croft ledger lists every connection.

Exit codes
  0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C. Errors go to stderr and say what to do next.

Examples
  croft models add Qwen3-0.6B-Q4_K_M.gguf
  croft ask "Why is the sky blue?"
  git diff | croft ask "Write a commit message for this."
  croft chat --continue
  croft pair
  croft ask --device "Studio PC" "Why is the sky blue?"
`

// writeHelp shows how cmd is used, laid out like a manual page.
func writeHelp(out *screen, cmd *cobra.Command) {
	fmt.Fprintf(out, "%s: %s\n\n", cmd.CommandPath(), cmd.Short)
	fmt.Fprintf(out, "%s\n", out.bold("Usage"))
	if cmd.Runnable() {
		fmt.Fprintf(out, "  %s\n", usageLine(cmd))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(out, "  %s COMMAND [FLAGS]\n", cmd.CommandPath())
	}
	if cmd.Long != "" {
		fmt.Fprintf(out, "\n%s\n", strings.TrimSpace(cmd.Long))
	}
	writeCommands(out, cmd)
	writeFlags(out, "Flags", cmd.LocalFlags())
	if cmd.HasParent() {
		writeFlags(out, "Flags of all commands", cmd.InheritedFlags())
	} else {
		fmt.Fprint(out, about)
	}
	if cmd.Example != "" {
		fmt.Fprintf(out, "\n%s\n%s\n", out.bold("Examples"), cmd.Example)
	}
}

func usageLine(cmd *cobra.Command) string {
	line := cmd.UseLine()
	if !cmd.HasParent() {
		line = "croft                     open the window; without a display, chat in the terminal"
	}
	return strings.Replace(line, "[flags]", "[FLAGS]", 1)
}

// writeCommands lists the commands below cmd, group by group, those of no group last.
func writeCommands(out *screen, cmd *cobra.Command) {
	groups := append(cmd.Groups(), &cobra.Group{Title: "More"})
	if len(groups) == 1 {
		groups[0].Title = "Commands"
	}
	for _, g := range groups {
		var lines []string
		for _, sub := range cmd.Commands() {
			if sub.GroupID == g.ID && (sub.IsAvailableCommand() || sub.Name() == "help") {
				lines = append(lines, fmt.Sprintf("  %-12s %s\n", sub.Name(), lowerFirst(sub.Short)))
			}
		}
		if len(lines) > 0 {
			fmt.Fprintf(out, "\n%s\n%s", out.bold(g.Title), strings.Join(lines, ""))
		}
	}
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// writeFlags lists flags, each with the form of its value.
func writeFlags(out *screen, title string, flags *pflag.FlagSet) {
	var names, usages []string
	width := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "    --" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", --" + f.Name
		}
		if f.NoOptDefVal == "" && value != "" {
			name += " " + value
		}
		names, usages, width = append(names, name), append(usages, usage), max(width, len(name))
	})
	if len(names) > 0 {
		fmt.Fprintf(out, "\n%s\n", out.bold(title))
	}
	for i, name := range names {
		fmt.Fprintf(out, "  %-*s  %s\n", width, name, usages[i])
	}
}
