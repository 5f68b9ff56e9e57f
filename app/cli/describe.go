package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"croft/app/health"
	"croft/app/models"
)

// described is what inspect says of a file as JSON.
type described struct {
	Name               string         `json:"name"`
	Family             string         `json:"family"`
	Quant              string         `json:"quant"`
	SizeBytes          int64          `json:"size_bytes"`
	Parameters         int64          `json:"parameters"`
	Layers             int            `json:"layers"`
	Vocabulary         int            `json:"vocabulary"`
	ContextMax         int            `json:"context_max"`
	CacheBytesPerToken int64          `json:"cache_bytes_per_token"`
	Types              map[string]int `json:"types"`
	Tokenizer          string         `json:"tokenizer"`
	Template           traits         `json:"template"`
	Embedding          bool           `json:"embedding"`
	Memory             []memoryAt     `json:"memory"`
	Problem            string         `json:"problem"` // why it does not run here, "" when it does
}

// traits are what a chat template can do.
type traits struct {
	Present bool `json:"present"`
	System  bool `json:"system"`
	Tools   bool `json:"tools"`
	Thinks  bool `json:"thinks"`
}

// memoryAt is the memory that a context takes, weights and work space included.
type memoryAt struct {
	Context int   `json:"context"`
	Bytes   int64 `json:"bytes"`
}

// contexts are those that people meet, in tokens; the model's own is added.
var contexts = []int{4096, 16384, 65536}

func (c *commands) describe(file string, asJSON bool) error {
	info, err := models.Inspect(file)
	if err != nil && info.Family == "" {
		return err
	}
	d := descriptionOf(info)
	d.Problem = health.Of(err).Sentence
	if asJSON {
		err = errors.Join(err, writeJSON(c.out, d))
	} else {
		d.write(c.out)
	}
	return err
}

func descriptionOf(info models.Info) described {
	d := described{
		Name: info.Name, Family: info.Family, Quant: info.Quant, SizeBytes: info.SizeBytes, Parameters: info.Parameters,
		Layers: info.Layers, Vocabulary: info.Vocabulary, ContextMax: info.ContextMax,
		CacheBytesPerToken: info.CacheBytesPerToken, Types: info.Types, Tokenizer: info.Tokenizer, Embedding: info.Embedding,
		Memory: []memoryAt{},
	}
	if can, err := models.TraitsOf(info.Template); err == nil && info.Template != "" {
		d.Template = traits{Present: true, System: can.System, Tools: can.Tools, Thinks: can.Thinking != ""}
	}
	if info.CacheBytesPerToken == 0 {
		return d // Without it there is nothing to predict.
	}
	for _, n := range append(slices.Clone(contexts), info.ContextMax) {
		if n <= info.ContextMax && n > 0 && !slices.ContainsFunc(d.Memory, func(m memoryAt) bool { return m.Context == n }) {
			d.Memory = append(d.Memory, memoryAt{n, info.Needs(n)})
		}
	}
	return d
}

func (d described) write(out *screen) {
	line := func(name, format string, args ...any) { out.linef("%-12s%s", name, fmt.Sprintf(format, args...)) }
	line("name", "%s", d.Name)
	line("family", "%s", d.Family)
	if d.Parameters > 0 {
		line("size", "%s, %s parameters, %s", models.Bytes(d.SizeBytes), models.Count(int(d.Parameters)), d.Quant)
		line("layers", "%d", d.Layers)
		line("weights", "%s", strings.Join(typeCounts(d.Types), ", "))
	} else {
		line("size", "%s, a vocabulary alone, without weights", models.Bytes(d.SizeBytes))
	}
	line("tokenizer", "%s, %s tokens", d.Tokenizer, models.Count(d.Vocabulary))
	line("template", "%s", d.Template)
	if d.CacheBytesPerToken > 0 {
		line("context", "%s tokens, %s each", models.Count(d.ContextMax), models.Bytes(d.CacheBytesPerToken))
	}
	for i, m := range d.Memory {
		name := "memory"
		if i > 0 {
			name = ""
		}
		line(name, "%s with %s tokens", models.Bytes(m.Bytes), models.Count(m.Context))
	}
	if d.Embedding {
		line("use", "makes vectors for search, no text")
	}
}

func typeCounts(types map[string]int) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(types)) {
		list = append(list, fmt.Sprintf("%s in %d tensors", name, types[name]))
	}
	return list
}

func (t traits) String() string {
	if !t.Present {
		return "none, so ChatML is used"
	}
	parts := []string{"yes"}
	for _, p := range []struct {
		has  bool
		text string
	}{{t.System, "takes a system prompt"}, {t.Tools, "takes tools"}, {t.Thinks, "can think"}} {
		if p.has {
			parts = append(parts, p.text)
		}
	}
	return strings.Join(parts, ", ")
}
