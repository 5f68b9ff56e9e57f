package models

import (
	"context"
	"errors"
	"fmt"

	"croft/engine"
	"croft/engine/gguf"
	"croft/engine/kernels"
	"croft/engine/template"
	"croft/engine/tokenizer"
)

// Info is what a model file says of itself.
type Info = engine.Info

// Conversation is what a chat template makes a prompt of.
type Conversation = template.Conversation

// Traits are what a chat template can do.
type Traits = template.Traits

// TraitsOf finds out what a chat template can do, by rendering small conversations.
func TraitsOf(source string) (Traits, error) {
	t, err := template.Parse(source)
	if err != nil {
		return Traits{}, err
	}
	return template.Detect(t), nil
}

// Inspect reads a model file's header. Of a family that does not run here it tells as much as can be told, and why not.
func Inspect(path string) (Info, error) {
	path, err := regularFile(path)
	if err != nil {
		return Info{}, err
	}
	info, err := engine.Inspect(path)
	if vocabularyOnly(info) {
		return info, nil
	}
	return info, err
}

// Vocabulary is the part of a model file that turns text into ids and back. It needs no weights.
type Vocabulary struct {
	file  *gguf.File
	words *tokenizer.Tokenizer
}

// OpenVocabulary opens a model file, or a file with a vocabulary alone. The caller closes it.
func OpenVocabulary(path string) (*Vocabulary, error) {
	path, err := regularFile(path)
	if err != nil {
		return nil, err
	}
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	words, err := tokenizer.New(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Vocabulary{f, words}, nil
}

// Close ends the use of the file.
func (v *Vocabulary) Close() error { return v.file.Close() }

// Tokenize turns text into ids.
func (v *Vocabulary) Tokenize(text string, addSpecial, parseSpecial bool) []int {
	return v.words.Encode(text, addSpecial, parseSpecial)
}

// Detokenize turns ids into text, specials included.
func (v *Vocabulary) Detokenize(ids []int) (string, error) {
	for _, id := range ids {
		if id < 0 || id >= v.words.Vocabulary() {
			return "", fmt.Errorf("there is no token %d; the vocabulary has %d", id, v.words.Vocabulary())
		}
	}
	return v.words.Decode(ids, true), nil
}

// Template is the file's own chat template; "" when it has none.
func (v *Vocabulary) Template() string {
	source, _ := v.file.String("tokenizer.chat_template")
	return source
}

// BOS is the text of the token that begins a text; nil when there is none.
func (v *Vocabulary) BOS() *string { return v.text(v.words.BOS()) }

// EOS is the text of the token that ends a text; nil when there is none.
func (v *Vocabulary) EOS() *string { return v.text(v.words.EOS()) }

func (v *Vocabulary) text(id int, ok bool) *string {
	if !ok {
		return nil
	}
	s := string(v.words.Piece(id))
	return &s
}

// Render makes a prompt of a conversation with the chat template source. When the template itself refuses the
// conversation, the error is its message, word for word.
func Render(source string, c Conversation) (string, error) {
	t, err := template.Parse(source)
	if err != nil {
		return "", err
	}
	prompt, err := t.Render(c)
	var raised *template.RaiseError
	if errors.As(err, &raised) {
		return "", raised
	}
	return prompt, err
}

// Probe is a model opened for checking the engine, outside the library.
type Probe struct{ model *engine.Model }

// OpenProbe loads a model with a context of at least tokens; 0 leaves it to the engine. The caller closes it.
func OpenProbe(path string, tokens, threads int, kernels string) (*Probe, error) {
	path, err := regularFile(path)
	if err != nil {
		return nil, err
	}
	m, err := engine.Open(path, engine.Options{Threads: threads, Kernels: kernels, ContextMax: tokens})
	if err != nil {
		return nil, err
	}
	return &Probe{m}, nil
}

// Close frees the memory.
func (p *Probe) Close() error { return p.model.Close() }

// Logits returns the scores (vocabulary) after the last of ids.
func (p *Probe) Logits(ctx context.Context, ids []int) ([]float32, error) {
	return p.model.Logits(ctx, ids)
}

// Embed returns a vector for each text, pooled and normalised as the model says.
func (p *Probe) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	return p.model.Embed(ctx, texts)
}

// Greedy continues ids by n tokens, always the most likely; end-of-text is a token like any other.
func (p *Probe) Greedy(ctx context.Context, ids []int, n int) (reply []int, text string, err error) {
	q := engine.Request{Tokens: ids, ReplyMax: n, IgnoreEnd: true}
	for piece, err := range p.model.Generate(ctx, q) {
		if err != nil {
			return nil, "", err
		}
		text += piece.Text
		reply = append(reply, piece.Token)
		if piece.Result != nil {
			reply = reply[:piece.Result.ReplyTokens] // The last piece need not carry a token.
		}
	}
	if len(reply) != n {
		return nil, "", refuse(ErrContext, "Context is too short",
			fmt.Sprintf("The context is full after %s of %s tokens.", Count(len(reply)), Count(n)), "Ask for fewer with -n.")
	}
	return reply, text, nil
}

// Kernels names the inner loops: those chosen for this processor, and all that run on it.
func Kernels() (best string, all []string) {
	for _, set := range kernels.Available() {
		all = append(all, set.String())
	}
	return kernels.Best().String(), all
}

// CheckKernels tells why the named inner loops cannot run here; "" is the best of this processor.
func CheckKernels(name string) error {
	if name == "" {
		return nil
	}
	_, err := kernels.Parse(name)
	return err
}
