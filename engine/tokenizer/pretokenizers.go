package tokenizer

import (
	"strings"
	"unicode"
)

// preTokenizer says how a byte-level BPE splits a text into words before it merges.
type preTokenizer struct {
	rules        []rule
	ignoreMerges bool // a word that is a token stays one, whatever the merges say
	addBOS       bool
	keepSpaces   bool // Decode leaves the spaces before punctuation
}

func (p preTokenizer) split(s string, emit func(word string)) { split(p.rules, s, emit) }

// The patterns, after the names that GGUF files and llama.cpp use for them.
var (
	digit      = matching(func(s string) int { return run(s, number, 1) })
	digits     = matching(func(s string) int { return run(s, number, 0) })
	digitsTo3  = matching(func(s string) int { return run(s, number, 3) })
	digits3    = matching(threeDigits)
	lineEnd    = matching(func(s string) int { return oneOf(s, "\r\n") })
	llama3     = modern{digits: 3, after: "\r\n"}.rule()
	qwen2      = modern{digits: 1, after: "\r\n"}.rule()
	qwen35     = modern{digits: 1, after: "\r\n", letter: alpha | mark}.rule()
	anyDigits  = modern{after: "\r\n"}.rule()
	seedCoder  = modern{digits: 1}.rule()
	gpt4o      = modern{word: cased, digits: 3, after: "\r\n/", endings: attached}.rule()
	tekken     = modern{word: cased, digits: 1, after: "\r\n/", endings: unheeded}.rule()
	notStopped = matching(unstopped)
)

var (
	likeGPT2      = preTokenizer{rules: []rule{gpt2}}
	likeStarCoder = preTokenizer{rules: []rule{digit, gpt2}}
	likeLlama3    = preTokenizer{rules: []rule{llama3}, ignoreMerges: true, addBOS: true}
	likeQwen2     = preTokenizer{rules: []rule{qwen2}, keepSpaces: true}
	likeGPT4o     = preTokenizer{rules: []rule{gpt4o}, keepSpaces: true}
	likeDeepSeek3 = preTokenizer{rules: []rule{digitsTo3, matching(while(isHanOrKana)), matching(deepSeek3)}, keepSpaces: true}
)

// keeping is the same pre-tokenizer for a model whose decoder leaves spaces alone.
func keeping(p preTokenizer) preTokenizer {
	p.keepSpaces = true
	return p
}

// preTokenizers maps the values of tokenizer.ggml.pre. Names share an entry only where llama.cpp treats them alike.
var preTokenizers = map[string]preTokenizer{
	"default": {rules: []rule{matching(punctuationOr("$+<=>^~|")), gpt2, digits, digits3}},
	"falcon":  {rules: []rule{matching(punctuationOr("$+<=>^~|`")), gpt2, digits3}},

	"gpt-2": likeGPT2, "phi-2": likeGPT2, "mpt": likeGPT2, "olmo": likeGPT2, "jais": likeGPT2,
	"jina-es": likeGPT2, "jina-de": likeGPT2, "jina-v2-es": likeGPT2, "jina-v2-de": likeGPT2,
	"jina-v1-en": likeGPT2, "jina-v2-code": likeGPT2, "roberta-bpe": likeGPT2,
	"gigachat": likeGPT2, "a.x-4.0": likeGPT2, "mellum": likeGPT2, "modern-bert": likeGPT2, "exaone4": likeGPT2,
	"trillion": keeping(likeGPT2), "granite-docling": keeping(likeGPT2),

	"starcoder": likeStarCoder, "refact": likeStarCoder, "codeshell": likeStarCoder, "exaone": likeStarCoder,
	"minerva-7b": likeStarCoder, "mellum2": likeStarCoder,
	"command-r": keeping(likeStarCoder), "smollm": keeping(likeStarCoder),

	"llama-bpe": likeLlama3, "llama3": likeLlama3, "llama-v3": likeLlama3, "falcon3": likeLlama3,
	"falcon-h1": likeLlama3, "pixtral": likeLlama3, "midm-2.0": likeLlama3, "lfm2": likeLlama3,
	"smaug-bpe": {rules: []rule{llama3}}, "dbrx": {rules: []rule{llama3}},
	"glm4": {rules: []rule{llama3}}, "chatglm-bpe": {rules: []rule{llama3}},

	"qwen2": likeQwen2, "deepseek-r1-qwen": likeQwen2, "kormo": likeQwen2, "f2llmv2": likeQwen2, "hunyuan": likeQwen2,
	"grok-2": likeQwen2, "solar-open": likeQwen2, "bailingmoe": likeQwen2, "bailingmoe2": likeQwen2, "llada-moe": likeQwen2,
	"stablelm2": {rules: []rule{qwen2}}, "megrez": {rules: []rule{qwen2}},
	"qwen35":     {rules: []rule{qwen35}, keepSpaces: true},
	"seed-coder": {rules: []rule{seedCoder}, keepSpaces: true},

	"gpt-4o": likeGPT4o, "llama4": likeGPT4o, "kanana2": likeGPT4o, "minimax-m2": likeGPT4o,
	"tekken": {rules: []rule{tekken}, ignoreMerges: true, addBOS: true, keepSpaces: true},

	"poro-chat": {rules: []rule{notStopped}, keepSpaces: true}, "viking": {rules: []rule{notStopped, digit}, keepSpaces: true},
	"bloom": {rules: []rule{notStopped}}, "gpt3-finnish": {rules: []rule{notStopped}},

	"minicpm5": {rules: []rule{digitsTo3, anyDigits}, ignoreMerges: true},

	"deepseek-v3": likeDeepSeek3, "hunyuan-dense": likeDeepSeek3, "joyai-llm": likeDeepSeek3,
	"deepseek-coder": {rules: []rule{
		lineEnd, matching(afterSpace(isLetter)), matching(afterSpace(unicode.IsPunct)), matching(while(isDeepSeekHan)), digit,
	}, keepSpaces: true},
	"deepseek-llm": {rules: []rule{
		lineEnd, matching(afterSpace(isCasedLetter)), matching(afterSpace(isDeepSeekPunct)), trailingSpace,
		matching(while(isDeepSeekHan)), digits,
	}, keepSpaces: true},
}

func oneOf(s, set string) int {
	for i := range len(set) {
		if s[0] == set[i] {
			return 1
		}
	}
	return 0
}

// threeDigits is [0-9][0-9][0-9] .
func threeDigits(s string) int {
	for i := range 3 {
		if i >= len(s) || s[i] < '0' || s[i] > '9' {
			return 0
		}
	}
	return 3
}

// while is the length of the characters of a kind.
func while(of func(rune) bool) func(string) int {
	return func(s string) int {
		at := 0
		for at < len(s) {
			r, n := decode(s[at:])
			if !of(r) {
				break
			}
			at += n
		}
		return at
	}
}

// afterSpace is the same with a white space before it, if there is one.
func afterSpace(of func(rune) bool) func(string) int {
	letters := while(of)
	return func(s string) int {
		lead := run(s, space, 1)
		if n := letters(s[lead:]); n > 0 {
			return lead + n
		}
		return letters(s)
	}
}

// punctuationOr is [\p{P}…]+ with further characters.
func punctuationOr(more string) func(string) int {
	return while(func(r rune) bool {
		if classOf(r) == punct {
			return true
		}
		for _, m := range more {
			if r == m {
				return true
			}
		}
		return false
	})
}

// trailingSpace is the rule of \s+$ .
func trailingSpace(s string) int {
	trimmed := strings.TrimRightFunc(s, func(r rune) bool { return classOf(r) == space })
	if trimmed == "" {
		return len(s)
	}
	return len(trimmed)
}

// unstopped is  ?[^(\s|.,!?…。，、।۔،)]+ .
func unstopped(s string) int {
	lead := 0
	if s[0] == ' ' {
		lead = 1
	}
	n := while(func(r rune) bool {
		switch r {
		case '(', '|', '.', ',', '!', '?', '…', '。', '，', '、', '।', '۔', '،', ')':
			return false
		}
		return classOf(r) != space
	})(s[lead:])
	if n == 0 {
		return 0
	}
	return lead + n
}
