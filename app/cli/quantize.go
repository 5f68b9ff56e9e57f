package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"croft/app/models"
)

func (c *commands) modelsQuantize() *cobra.Command {
	types := models.QuantizeTypes()
	quant, asJSON := types[0], false
	cmd := &cobra.Command{
		Use: "quantize IN OUT", Short: "make a smaller file of a model",
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) < 2:
				return wrongUse(cmd, "%s needs a GGUF file and the name of the new file", cmd.CommandPath())
			case len(args) > 2:
				return wrongUse(cmd, "%s takes two files only, so %q is too much", cmd.CommandPath(), args[2])
			}
			return nil
		},
		Long: "Writes the model IN, a GGUF file with weights in F32, F16 or BF16, to the new file OUT with weights of\n" +
			"fewer bits. Q4_K_M is the usual choice, Q8_0 the nearest to the original, Q4_0 the fastest. Vectors stay\n" +
			"as they are; rows that do not fit the type get Q8_0 or F16. A file that is there already is not replaced.",
		Example: "  croft models quantize Qwen3-0.6B-BF16.gguf Qwen3-0.6B-Q4_K_M.gguf\n" +
			"  croft models add --link Qwen3-0.6B-Q4_K_M.gguf",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := models.CheckQuantizeType(quant); err != nil {
				return wrongUse(cmd, "%v", err)
			}
			return interruptible(cmd.Context(), func(ctx context.Context) error { return c.quantize(ctx, args[0], args[1], quant, asJSON) })
		},
	}
	cmd.Flags().StringVar(&quant, "type", quant, fmt.Sprintf("make a file of `TYPE` %s (else %s)", strings.Join(types, ", "), quant))
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func (c *commands) quantize(ctx context.Context, in, out, quant string, asJSON bool) error {
	path, err := c.fileOrModel(ctx, in)
	if err != nil {
		return err
	}
	q, err := models.Quantize(ctx, path, out, quant, c.err.progress("Quantizing"))
	c.err.clear()
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(c.out, q)
	}
	c.out.linef("Wrote %s (%s, %s instead of %s, in %.1f s, %.0f MB/s).", q.Path, q.Type, models.Bytes(q.SizeBytes),
		models.Bytes(q.SourceBytes), q.Seconds, float64(q.SourceBytes)/1e6/q.Seconds)
	return nil
}
