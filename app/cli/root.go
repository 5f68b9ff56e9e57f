package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"croft/app/models"
)

// The groups in which help shows the commands.
const (
	groupTalk    = "Talk"
	groupModels  = "Models"
	groupDevices = "My devices"
	groupCheck   = "Look and measure"
)

// root is croft itself, with all commands below it.
func (c *commands) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "croft",
		Short:         "a language model on your own device",
		Version:       c.Version,
		Args:          noArguments,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return c.window(cmd.Context()) },
	}
	root.SetVersionTemplate("croft {{.Version}}\n")
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { writeHelp(c.out, cmd) })
	root.SetHelpCommand(c.help())
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().StringVar(&c.setup.Home, "home", "", "keep all data in `DIR` (else CROFT_HOME says where)")
	root.PersistentFlags().BoolP("help", "h", false, "show how a command is used")
	for _, group := range []string{groupTalk, groupModels, groupDevices, groupCheck} {
		root.AddGroup(&cobra.Group{ID: group, Title: group})
	}
	root.AddCommand(c.chat(), c.ask(), c.models(), c.pair(), c.devices(), c.serve(), c.ledger(), c.api(),
		c.bench(), c.inspect(), c.doctor())
	root.InitDefaultCompletionCmd()
	for _, sub := range root.Commands() {
		if sub.Name() == "completion" {
			sub.Short = "write a script that completes commands in your shell"
		}
	}
	return root
}

// help shows how a command is used.
func (c *commands) help() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "show how a command is used",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return wrongUse(cmd.Root(), "there is no command %q", args[len(args)-1])
			}
			writeHelp(c.out, about)
			return nil
		},
	}
}

// noArguments is for commands that take none.
func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		return wrongUse(cmd, "there is no command %q", args[0])
	}
	return wrongUse(cmd, "%s takes no arguments, so %q is too much", cmd.CommandPath(), args[0])
}

// oneArgument is for commands that take exactly one, which what names.
func oneArgument(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return wrongUse(cmd, "%s needs %s", cmd.CommandPath(), what)
		case 1:
			return nil
		}
		return wrongUse(cmd, "%s takes %s only, so %q is too much", cmd.CommandPath(), what, args[1])
	}
}

// exactly is for commands that take n arguments, which what names.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return wrongUse(cmd, "%s needs %s", cmd.CommandPath(), what)
		case len(args) > n:
			return wrongUse(cmd, "%s takes %s only, so %q is too much", cmd.CommandPath(), what, args[n])
		}
		return nil
	}
}

// flagError makes a sentence of what the flag parser found.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return wrongUse(cmd, "%s has no flag %s", cmd.CommandPath(), dashed(unknown.GetSpecifiedName()))
	case errors.As(err, &missing):
		return wrongUse(cmd, "the flag %s needs a value", dashed(missing.GetSpecifiedName()))
	case errors.As(err, &invalid):
		return wrongUse(cmd, "the flag --%s cannot be %q", invalid.GetFlag().Name, invalid.GetValue())
	}
	return wrongUse(cmd, "%v", err)
}

func dashed(flag string) string {
	if len(flag) == 1 {
		return "-" + flag
	}
	return "--" + flag
}

// engineFlags adds the flags about how a model is run.
func (c *commands) engineFlags(cmd *cobra.Command) {
	cmd.Flags().IntVarP(&c.setup.Threads, "threads", "t", 0, "use `N` threads (else one for each physical core)")
	cmd.Flags().StringVar(&c.setup.Kernels, "kernels", "", "use the inner loops `SET`: reference, avx2, avx512 or neon")
}

// checkEngineFlags refuses what no engine can do, before anything is opened.
func (c *commands) checkEngineFlags(cmd *cobra.Command) error {
	if c.setup.Threads < 0 || c.setup.Threads > 1024 {
		return wrongUse(cmd, "--threads is a number from 1 to 1024")
	}
	if err := models.CheckKernels(c.setup.Kernels); err != nil {
		return wrongUse(cmd, "%v", err)
	}
	return nil
}

func positive(cmd *cobra.Command, flag string, n int) error {
	if n < 1 {
		return wrongUse(cmd, "%s must be at least 1", fmt.Sprintf("--%s", flag))
	}
	return nil
}
