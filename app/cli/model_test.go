package cli_test

import (
	"flag"
	"fmt"
	"os"

	"croft/engine/gguf"
	"croft/engine/tinymodel"
)

// makeModel writes a tiny model: tinymodel [-family F] [-type T] [-context N] [-layers N] [-width N] [-words N] [-seed N] [-pooling P] FILE
func makeModel() {
	o := tinymodel.Options{}
	flag.StringVar(&o.Family, "family", "llama", "")
	quant := flag.String("type", "F32", "")
	flag.IntVar(&o.Context, "context", 0, "")
	flag.IntVar(&o.Layers, "layers", 0, "")
	flag.IntVar(&o.Embd, "width", 0, "")
	flag.IntVar(&o.Vocab, "words", 0, "")
	flag.Uint64Var(&o.Seed, "seed", 0, "")
	flag.StringVar(&o.Pooling, "pooling", "", "")
	flag.Parse()
	for _, t := range []gguf.Type{gguf.F32, gguf.F16, gguf.Q4_0, gguf.Q8_0, gguf.Q4_K, gguf.Q6_K} {
		if t.String() == *quant {
			o.Type = t
		}
	}
	if err := tinymodel.Write(flag.Arg(0), o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
