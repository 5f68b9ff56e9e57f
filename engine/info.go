package engine

import (
	"fmt"
	"strings"

	"croft/engine/arch"
	"croft/engine/gguf"
	"croft/engine/sample"
	"croft/engine/template"
	"croft/engine/tokenizer"
)

// Info is what a model file says of itself, without its weights being read.
type Info struct {
	Name, Family, Quant string
	SizeBytes           int64
	Parameters          int64
	Vocabulary          int
	Layers              int
	Width               int            // of the hidden state
	ContextMax          int            // tokens the model was made for
	CacheBytesPerToken  int64          // of keys and values
	WorkBytes           int64          // besides weights and cache
	CanThink            bool           // its template has a switch for thinking
	Types               map[string]int // weight type -> tensors
	Tokenizer           string
	Template            string        // the source; "" when the file has none and ChatML is used
	Embedding           bool          // makes vectors, not text
	Advice              sample.Advice // how its maker wants words to be chosen
}

// Inspect reads a model file's header. The error of a broken or unsupported file says what is wrong in one sentence;
// the Info of a file whose family does not run here is as full as can be.
func Inspect(path string) (Info, error) {
	file, err := gguf.Open(path)
	if err != nil {
		return Info{}, err
	}
	defer file.Close()
	return describe(file)
}

func describe(f *gguf.File) (Info, error) {
	i := Info{SizeBytes: f.Size(), Types: map[string]int{}, Advice: advice(f)}
	i.Name, _ = f.String("general.name")
	i.Family, _ = f.String("general.architecture")
	i.Template, _ = f.String("tokenizer.chat_template")
	bytesOf := map[string]int{}
	for _, t := range f.Tensors() {
		i.Parameters += int64(t.Values())
		i.Types[t.Type.String()]++
		bytesOf[t.Type.String()] += len(t.Data)
	}
	i.Quant = quant(f, bytesOf)
	i.Layers, _ = f.Int(i.Family + ".block_count")
	i.Width, _ = f.Int(i.Family + ".embedding_length")
	i.ContextMax, _ = f.Int(i.Family + ".context_length")
	if err := i.describeText(f); err != nil {
		return i, err
	}
	config, err := arch.ReadConfig(f)
	if err != nil {
		return i, err
	}
	i.Embedding = config.Pooling != arch.PoolingNone
	i.CacheBytesPerToken = config.CacheBytesPerToken
	i.ContextMax = config.Context
	i.WorkBytes = config.WorkBytes(rowsMax)
	return i, nil
}

func (i *Info) describeText(f *gguf.File) error {
	tokens, err := tokenizer.New(f)
	if err != nil {
		return err
	}
	i.Vocabulary, i.Tokenizer = tokens.Vocabulary(), tokens.Kind()
	chat, err := chatTemplate(f)
	if err != nil {
		return err
	}
	i.CanThink = template.Detect(chat).Thinking != ""
	return nil
}

func chatTemplate(f *gguf.File) (*template.Template, error) {
	source, ok := f.String("tokenizer.chat_template")
	if !ok {
		source = template.ChatML
	}
	t, err := template.Parse(source)
	if err != nil {
		return nil, fmt.Errorf("the model's chat template cannot be read: %w", err)
	}
	return t, nil
}

// fileTypes are the names of general.file_type, from llama.h's enum llama_ftype.
var fileTypes = map[int]string{
	0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
	13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
	21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
	29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}

// quant is the usual name of the mixture of types: what the file says, else the type that takes most of its bytes.
func quant(f *gguf.File, bytesOf map[string]int) string {
	if n, ok := f.Int("general.file_type"); ok && fileTypes[n] != "" {
		return fileTypes[n]
	}
	most := ""
	for t, n := range bytesOf {
		if n > bytesOf[most] || n == bytesOf[most] && strings.Compare(t, most) > 0 {
			most = t
		}
	}
	return most
}

// Needs returns the bytes of memory for a conversation of n tokens.
func (i Info) Needs(n int) int64 {
	return i.SizeBytes + i.WorkBytes + int64(n)*i.CacheBytesPerToken
}
