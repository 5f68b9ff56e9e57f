// Command bench writes model files with random weights and measures Croft
// beside llama.cpp on them.
package main

import (
	"fmt"
	"os"
	"croft/bench/randmodel"
)

func main() {
	dir := os.Args[1]
	for _, a := range os.Args[2:] {
		for _, mx := range []string{"q4_0","q4_k_m","q8_0"} {
			s, err := randmodel.ShapeNamed(a)
			if err != nil { panic(err) }
			m, _ := randmodel.MixNamed(mx)
			p, err := randmodel.Ensure(dir, s, m)
			fmt.Println(p, err)
		}
	}
}
