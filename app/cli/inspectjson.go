package cli

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"croft/app/models"
)

// tokenizeCase is a text to tokenize. TextHex is for bytes that are not UTF-8.
type tokenizeCase struct {
	Text         string  `json:"text"`
	TextHex      *string `json:"text_hex"`
	AddSpecial   bool    `json:"add_special"`
	ParseSpecial bool    `json:"parse_special"`
}

func (t tokenizeCase) bytes() (string, error) {
	if t.TextHex == nil {
		return t.Text, nil
	}
	b, err := hex.DecodeString(*t.TextHex)
	return string(b), err
}

func (c *commands) tokenize(file, cases string) error {
	var list []tokenizeCase
	if err := c.readJSON(cases, &list); err != nil {
		return err
	}
	return withVocabulary(file, func(v *models.Vocabulary) error {
		all := make([][]int, len(list))
		for i, t := range list {
			text, err := t.bytes()
			if err != nil {
				return fmt.Errorf("text_hex of case %d: %w", i, err)
			}
			all[i] = nonNil(v.Tokenize(text, t.AddSpecial, t.ParseSpecial))
		}
		return writeJSON(c.out, all)
	})
}

func (c *commands) detokenize(file, ids string) error {
	var lists [][]int
	if err := c.readJSON(ids, &lists); err != nil {
		return err
	}
	return withVocabulary(file, func(v *models.Vocabulary) error {
		texts := make([]string, len(lists))
		for i, list := range lists {
			var err error
			if texts[i], err = v.Detokenize(list); err != nil {
				return err
			}
		}
		return writeJSON(c.out, texts)
	})
}

func withVocabulary(file string, f func(*models.Vocabulary) error) error {
	v, err := models.OpenVocabulary(file)
	if err != nil {
		return err
	}
	return errors.Join(f(v), v.Close())
}

// conversation is the input of --render. An absent token is taken from the model; null is none.
type conversation struct {
	Messages json.RawMessage `json:"messages"`
	Tools    json.RawMessage `json:"tools"`
	Kwargs   json.RawMessage `json:"kwargs"`
	BOS      json.RawMessage `json:"bos_token"`
	EOS      json.RawMessage `json:"eos_token"`
	Now      string          `json:"now"`
}

func (c *commands) render(file, template, input string) error {
	var in conversation
	if err := c.readJSON(input, &in); err != nil {
		return err
	}
	source, bos, eos, err := c.templateOf(file, template)
	if err != nil {
		return err
	}
	conversation, err := in.complete(bos, eos)
	if err != nil {
		return err
	}
	prompt, err := models.Render(source, conversation)
	if err != nil {
		return errors.Join(writeJSON(c.out, map[string]string{"error": err.Error()}), errSaid)
	}
	return writeJSON(c.out, map[string]string{"prompt": prompt})
}

// templateOf reads the template and the special tokens that file and template give.
func (c *commands) templateOf(file, template string) (source string, bos, eos *string, err error) {
	if template != "" {
		b, err := c.readInput(template)
		if err != nil {
			return "", nil, nil, err
		}
		source = string(b)
	}
	if file == "" {
		return source, nil, nil, nil
	}
	err = withVocabulary(file, func(v *models.Vocabulary) error {
		bos, eos = v.BOS(), v.EOS()
		if template == "" {
			source = v.Template()
		}
		if source == "" {
			return errors.New("this file has no chat template; give one with --template")
		}
		return nil
	})
	return source, bos, eos, err
}

func (in conversation) complete(bos, eos *string) (models.Conversation, error) {
	out := models.Conversation{Messages: in.Messages, Tools: in.Tools, Kwargs: in.Kwargs, BOS: bos, EOS: eos}
	for _, t := range []struct {
		raw json.RawMessage
		to  **string
	}{{in.BOS, &out.BOS}, {in.EOS, &out.EOS}} {
		if t.raw == nil {
			continue
		}
		*t.to = nil
		if err := json.Unmarshal(t.raw, t.to); err != nil {
			return out, fmt.Errorf("bos_token and eos_token: %w", err)
		}
	}
	if in.Now == "" {
		return out, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if now, err := time.Parse(layout, in.Now); err == nil {
			out.Now = now
			return out, nil
		}
	}
	return out, fmt.Errorf("now: %q is no time like 2026-03-14T15:09:26", in.Now)
}

func (c *commands) logits(ctx context.Context, cmd *cobra.Command, file, list string) error {
	ids, err := parseIDs(cmd, list)
	if err != nil {
		return err
	}
	return c.withProbe(file, len(ids)+1, func(p *models.Probe) error {
		scores, err := p.Logits(ctx, ids)
		if err != nil {
			return err
		}
		return writeJSON(c.out, map[string][]float32{"logits": scores})
	})
}

func (c *commands) generate(ctx context.Context, cmd *cobra.Command, file, list string, n int) error {
	ids, err := parseIDs(cmd, list)
	if err != nil {
		return err
	}
	return c.withProbe(file, len(ids)+n+1, func(p *models.Probe) error {
		reply, text, err := p.Greedy(ctx, ids, n)
		if err != nil {
			return err
		}
		return writeJSON(c.out, struct {
			IDs  []int  `json:"ids"`
			Text string `json:"text"`
		}{reply, text})
	})
}

func (c *commands) embed(ctx context.Context, file, input string) error {
	var texts []string
	if err := c.readJSON(input, &texts); err != nil {
		return err
	}
	return c.withProbe(file, 0, func(p *models.Probe) error {
		vectors, err := p.Embed(ctx, texts)
		if err != nil {
			return err
		}
		return writeJSON(c.out, nonNil(vectors))
	})
}

func (c *commands) withProbe(file string, tokens int, f func(*models.Probe) error) error {
	p, err := models.OpenProbe(file, tokens, c.setup.Threads, c.setup.Kernels)
	if err != nil {
		return err
	}
	return errors.Join(f(p), p.Close())
}
