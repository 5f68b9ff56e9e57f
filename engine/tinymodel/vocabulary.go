package tinymodel

import (
	"fmt"
	"strings"

	"croft/engine/gguf"
)

const chatML = `{%- for message in messages -%}
{{- '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\n' -}}
{%- endif -%}`

// corpus is what the merges are learned from.
const corpus = "the quick brown fox jumps over the lazy dog and then there was a little girl who liked to play in the garden " +
	"with her mother and her father one day she found a small stone near the old house and asked what it was"

// Kinds of tokens in tokenizer.ggml.token_type.
const (
	kindNormal  int32 = 1
	kindControl int32 = 3
	kindUnused  int32 = 5
)

var specials = []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>"}

// vocabulary describes a byte-level BPE tokenizer of n tokens: three special ones, the 256 bytes, merges, and fillers.
func vocabulary(n int) ([]gguf.KV, error) {
	if n < len(specials)+256 {
		return nil, fmt.Errorf("tinymodel: a vocabulary of %d does not hold every byte", n)
	}
	tokens, kinds := append([]string{}, specials...), []int32{kindControl, kindControl, kindControl}
	add := func(token string, kind int32) { tokens, kinds = append(tokens, token), append(kinds, kind) }
	for b := range 256 {
		add(letter(byte(b)), kindNormal)
	}
	merges := learn(n - len(tokens))
	for _, m := range merges {
		add(strings.Replace(m, " ", "", 1), kindNormal)
	}
	for len(tokens) < n {
		add(fmt.Sprintf("[unused%d]", len(tokens)), kindUnused)
	}
	return []gguf.KV{
		{Key: "tokenizer.ggml.model", Value: "gpt2"},
		{Key: "tokenizer.ggml.pre", Value: "gpt-2"},
		{Key: "tokenizer.ggml.tokens", Value: tokens},
		{Key: "tokenizer.ggml.token_type", Value: kinds},
		{Key: "tokenizer.ggml.merges", Value: merges},
		{Key: "tokenizer.ggml.bos_token_id", Value: uint32(0)},
		{Key: "tokenizer.ggml.eos_token_id", Value: uint32(2)},
		{Key: "tokenizer.ggml.add_bos_token", Value: false},
	}, nil
}

// letter is the character that stands for a byte in a byte-level vocabulary: itself when it is printable,
// else the next free one from U+0100 (the mapping of GPT-2's encoder).
func letter(b byte) string {
	printable := func(b int) bool { return b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae }
	if printable(int(b)) {
		return string(rune(b))
	}
	free := rune(0x100)
	for i := range int(b) {
		if !printable(i) {
			free++
		}
	}
	return string(free)
}

// learn returns at most n merges, the most frequent pair of the corpus first (ties: the smaller pair).
func learn(n int) []string {
	var words [][]string
	for _, w := range strings.Fields(corpus) { // with the space before it, as the tokenizer cuts text
		var letters []string
		for _, b := range []byte(" " + w) {
			letters = append(letters, letter(b))
		}
		words = append(words, letters)
	}
	merges := []string{}
	for len(merges) < n {
		pair, count := mostFrequent(words)
		if count == 0 {
			break
		}
		merges = append(merges, pair)
		for i, w := range words {
			words[i] = merge(w, pair)
		}
	}
	return merges
}

func mostFrequent(words [][]string) (pair string, count int) {
	counts := map[string]int{}
	for _, w := range words {
		for i := range len(w) - 1 {
			counts[w[i]+" "+w[i+1]]++
		}
	}
	for p, c := range counts {
		if c > count || c == count && p < pair {
			pair, count = p, c
		}
	}
	return pair, count
}

func merge(word []string, pair string) []string {
	var out []string
	for i := 0; i < len(word); i++ {
		if i+1 < len(word) && word[i]+" "+word[i+1] == pair {
			out = append(out, word[i]+word[i+1])
			i++
			continue
		}
		out = append(out, word[i])
	}
	return out
}
