package cli

import (
	"context"

	"github.com/spf13/cobra"

	"croft/app/models"
)

// bench measures a model.
func (c *commands) bench() *cobra.Command {
	t := models.Trial{}
	asJSON, model := false, ""
	cmd := &cobra.Command{
		Use:     "bench [FILE]",
		Short:   "measure how fast a model runs here",
		GroupID: groupCheck,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return wrongUse(cmd, "%s measures one file, so %q is too much", cmd.CommandPath(), args[1])
			}
			return nil
		},
		Long: "Reads a prompt of -p tokens at once (prefill) and writes -n tokens one after another (decode), each time\n" +
			"from an empty context, -r times. FILE is a GGUF file or a model of the library; without it the default\n" +
			"model is measured. Peak memory is that of the whole process beside what the memory's speed is measured on.",
		Example: "  croft bench Qwen3-0.6B-Q4_0.gguf -t 2 -p 512 -n 128 --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.checkTrial(cmd, t); err != nil {
				return err
			}
			if len(args) == 1 {
				model = args[0]
			}
			t.Threads, t.Kernels = c.setup.Threads, c.setup.Kernels
			return interruptible(cmd.Context(), func(ctx context.Context) error { return c.runBench(ctx, model, t, asJSON) })
		},
	}
	cmd.Flags().IntVarP(&t.Prompt, "prompt", "p", 512, "read `N` tokens at once")
	cmd.Flags().IntVarP(&t.Reply, "reply", "n", 128, "write `N` tokens")
	cmd.Flags().IntVarP(&t.Reps, "reps", "r", 3, "measure `N` times")
	cmd.Flags().StringVarP(&model, "model", "m", "", "measure `MODEL` of the library")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	c.engineFlags(cmd)
	return cmd
}

func (c *commands) checkTrial(cmd *cobra.Command, t models.Trial) error {
	for _, n := range []struct {
		flag  string
		value int
	}{{"prompt", t.Prompt}, {"reply", t.Reply}, {"reps", t.Reps}} {
		if err := positive(cmd, n.flag, n.value); err != nil {
			return err
		}
	}
	return c.checkEngineFlags(cmd)
}

func (c *commands) runBench(ctx context.Context, model string, t models.Trial, asJSON bool) error {
	path, err := c.fileOrModel(ctx, model)
	if err != nil {
		return err
	}
	c.err.status("Loading")
	s, err := models.Bench(ctx, path, t, func(done, total int) { c.err.status("Measured %d of %d", done, total) })
	c.err.clear()
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(c.out, s)
	}
	c.out.linef("prefill %-5d %8.1f tokens/s   (%.1f to %.1f)", t.Prompt, s.Prefill.Median, s.Prefill.Min, s.Prefill.Max)
	c.out.linef("decode  %-5d %8.1f tokens/s   (%.1f to %.1f)", t.Reply, s.Decode.Median, s.Decode.Min, s.Decode.Max)
	c.out.linef("load          %8.0f ms", s.LoadMS)
	c.out.linef("first token   %8.0f ms         (after a prompt of %d tokens)", s.TTFTMS, t.Prompt)
	c.out.linef("peak memory   %11s", models.Bytes(s.PeakRSSBytes))
	c.out.linef("read a token  %11s      (%.0f %% of the %.1f GB/s that plain reading gets)",
		models.Bytes(s.BytesPerToken), s.BandwidthShare*100, s.BandwidthGBps)
	c.out.linef("threads       %8d, kernels %s", s.Threads, s.Kernels)
	return nil
}
