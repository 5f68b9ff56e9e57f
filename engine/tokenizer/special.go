package tokenizer

import (
	"slices"
	"strings"

	"croft/engine/gguf"
)

// token is an id that may be missing.
type token struct {
	id    int
	known bool
}

func (t token) get() (int, bool) { return t.id, t.known }
func (t token) is(id int) bool   { return t.known && t.id == id }

func (t token) append(ids []int) []int {
	if !t.known {
		return ids
	}
	return append(ids, t.id)
}

// specials are the ids with a meaning of their own.
type specials struct {
	bos, eos, eot, sep, unknown token
	ends                        []int // a reply is finished with any of these
}

// defaults are the ids that a file may leave unsaid, by the kind of its tokenizer.
var defaults = map[string]specials{
	"llama": {bos: token{1, true}, eos: token{2, true}, unknown: token{0, true}},
	"bert":  {bos: token{101, true}, sep: token{102, true}, unknown: token{100, true}},
}

func newSpecials(f *gguf.File, model string, words *vocabulary) specials {
	s := defaults[model]
	for _, k := range []struct {
		key string
		id  *token
	}{
		{"cls_token_id", &s.bos},
		{"bos_token_id", &s.bos},
		{"eos_token_id", &s.eos},
		{"eot_token_id", &s.eot},
		{"seperator_token_id", &s.sep}, // spelled so in the format
		{"unknown_token_id", &s.unknown},
	} {
		if k.id.known && !words.has(k.id.id) {
			*k.id = token{}
		}
		if id, ok := f.Int("tokenizer.ggml." + k.key); ok && words.has(id) {
			*k.id = token{id, true}
		}
	}
	return s
}

// Texts that mark the end of a turn or of a text, whatever type a file gives them.
var (
	turnEnds = []string{
		"<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>",
		"<EOT>", "_<EOT>", "[EOT]", "<｜end▁of▁sentence｜>", "<end_of_utterance>",
	}
	otherEnds = []string{
		"<|eom_id|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "[EOS]", "<eos>", "<turn|>", "<|tool_response>", "[e~[",
	}
	// Models for code write these where a file ends.
	fileEnds = []string{
		"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>",
		"<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>",
		"<|file_sep|>",
	}
	// Further texts that are control tokens, though some files call them plain text.
	fillIns = []string{
		"<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>",
		"<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>",
		"<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>",
	}
	// gpt-oss marks the parts of a reply with these, so they have to be seen.
	visible = []string{"<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"}
)

// findEnds collects the ids that end a reply, as llama.cpp does: those the file names and those with a known text.
// "</s>" counts only where the file calls it a control token: in some vocabularies it is plain text, as in HTML.
func (s *specials) findEnds(f *gguf.File, words *vocabulary) {
	for _, text := range slices.Concat(turnEnds, otherEnds, fileEnds) {
		if id, ok := words.findString(text); ok {
			words.attrs[id] |= control
			s.ends = append(s.ends, id)
		}
	}
	for _, text := range turnEnds {
		if id, ok := words.findString(text); ok && !s.eot.known {
			s.eot = token{id, true}
		}
	}
	if id, ok := words.findString("</s>"); ok && words.attrs[id]&control != 0 {
		s.ends = append(s.ends, id)
	}
	for _, key := range []string{"eom_token_id", "fim_pad_token_id", "fim_rep_token_id", "fim_sep_token_id"} {
		if id, ok := f.Int("tokenizer.ggml." + key); ok && words.has(id) {
			s.ends = append(s.ends, id)
		}
	}
	s.ends = s.eot.append(s.eos.append(s.ends))
	for _, text := range fillIns {
		if id, ok := words.findString(text); ok {
			words.attrs[id] |= control
		}
	}
	s.exceptions(words)
	slices.Sort(s.ends)
	s.ends = slices.Compact(s.ends)
}

// exceptions are texts that end a reply in one family and go on within it in another.
func (s *specials) exceptions(words *vocabulary) {
	for _, text := range visible {
		if id, ok := words.findString(text); ok {
			words.attrs[id] = userDefined
		}
	}
	ends := func(text string) (int, bool) {
		id, ok := words.findString(text)
		return id, ok && slices.Contains(s.ends, id)
	}
	_, returns := ends("<|return|>")
	_, call := ends("<|call|>")
	_, calls := ends("<|calls|>")
	_, flush := ends("<|flush|>")
	if end, ok := ends("<|end|>"); ok && (returns || flush) && (call || calls) {
		words.attrs[end] = userDefined
		s.ends = slices.DeleteFunc(s.ends, func(id int) bool { return id == end })
	}
	_, gemma := ends("<|tool_response>")
	if id, ok := ends("</s>"); ok && gemma {
		words.attrs[id] = normal
		s.ends = slices.DeleteFunc(s.ends, func(e int) bool { return e == id })
	}
}

// setStrips marks the tokens that swallow the white space beside them. Files do not say which do;
// the families are known by name.
func setStrips(f *gguf.File, words *vocabulary, special []int) {
	name, _ := f.String("general.name")
	name = strings.ToLower(name)
	if strings.Contains(name, "phi-3") || strings.Contains(name, "phi3") {
		for _, id := range special {
			words.attrs[id] |= stripRight
		}
		for _, text := range []string{"<unk>", "<s>", "<|endoftext|>"} {
			if id, ok := words.findString(text); ok {
				words.attrs[id] &^= stripRight
			}
		}
		return
	}
	pre, _ := f.String("tokenizer.ggml.pre")
	family, _ := f.String("general.architecture")
	mask := ""
	switch {
	case strings.HasPrefix(pre, "jina-v2-") && pre != "jina-v2-en", family == "nomic-bert-moe", family == "jina-bert-v3":
		mask = "<mask>"
	case strings.Contains(name, "modern-bert"):
		mask = "[MASK]"
	}
	if id, ok := words.findString(mask); ok {
		words.attrs[id] |= stripLeft
	}
}
