package tokenizer

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"croft/engine/gguf"
)

// file writes a vocabulary of our own and reads it back.
func file(t testing.TB, meta ...gguf.KV) *gguf.File {
	t.Helper()
	var b bytes.Buffer
	if err := gguf.Write(&b, meta, nil); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func kv(key string, value any) gguf.KV { return gguf.KV{Key: "tokenizer.ggml." + key, Value: value} }

func build(t testing.TB, meta ...gguf.KV) *Tokenizer {
	t.Helper()
	tok, err := New(file(t, meta...))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// Token types as GGUF files number them.
const (
	typeNormal, typeUnknown, typeControl, typeUser, typeByte = 1, 2, 3, 4, 6
)

// byteLevel makes a tokenizer of 256 bytes, the given merges, and special tokens.
func byteLevel(t testing.TB, pre string, merges ...string) *Tokenizer {
	t.Helper()
	tok, err := New(byteLevelFile(t, pre, merges...))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func byteLevelFile(t testing.TB, pre string, merges ...string) *gguf.File {
	t.Helper()
	var tokens []string
	for b := range 256 {
		tokens = append(tokens, string(appendLetters(nil, string([]byte{byte(b)}))))
	}
	for _, m := range merges {
		tokens = append(tokens, strings.Replace(m, " ", "", 1))
	}
	types := slices.Repeat([]int32{typeNormal}, len(tokens))
	tokens = append(tokens, "<|im_start|>", "<|im_end|>", "<think>")
	types = append(types, typeControl, typeControl, typeUser)
	return file(t, kv("model", "gpt2"), kv("pre", pre), kv("tokens", tokens), kv("token_type", types), kv("merges", merges),
		kv("bos_token_id", uint32(len(tokens)-3)), kv("eos_token_id", uint32(len(tokens)-2)))
}

// pieces shows how a text is cut.
func shown(tok *Tokenizer, ids []int) string {
	var list []string
	for _, id := range ids {
		list = append(list, string(tok.Piece(id)))
	}
	return strings.Join(list, "|")
}

func TestMergesByRank(t *testing.T) {
	tok := byteLevel(t, "gpt-2", "h e", "l l", "he ll", "Ġ w", "hell o", "o w", "Ġw o", "b l")
	for text, want := range map[string]string{
		"hello":       "hello",
		"hello world": "hello| wo|r|l|d",
		"how":         "h|ow",
		"blll":        "b|ll|l", // "l l" was learnt before "b l", and the left of two equals comes first
		"":            "",
		"é":           "\xc3|\xa9",
	} {
		if got := shown(tok, tok.Encode(text, false, false)); got != want {
			t.Errorf("Encode(%q) = %s, want %s", text, got, want)
		}
	}
}

// A merge whose result is no token is still a step on the way to one.
func TestMergesThroughTextsThatAreNoTokens(t *testing.T) {
	tokens := []string{"a", "b", "c", "abc"}
	tok := build(t, kv("model", "gpt2"), kv("pre", "gpt-2"), kv("tokens", tokens), kv("merges", []string{"a b", "ab c"}))
	if got := tok.Encode("abcab", false, false); !slices.Equal(got, []int{3, 0, 1}) {
		t.Errorf("got %v", got)
	}
}

func TestSpecialTokens(t *testing.T) {
	tok := byteLevel(t, "qwen2", "h i")
	start, end, think := tok.Vocabulary()-3, tok.Vocabulary()-2, tok.Vocabulary()-1
	text := "<|im_start|>hi<think><|im_end|>"
	if got := tok.Encode(text, true, true); !slices.Equal(got, []int{start, 256, think, end}) {
		t.Errorf("with special tokens: %v", got)
	}
	typed := tok.Encode(text, false, false)
	if slices.Contains(typed, start) || slices.Contains(typed, end) || !slices.Contains(typed, think) {
		t.Errorf("as typed: %s", shown(tok, typed))
	}
	if got := tok.Decode(typed, false); got != text {
		t.Errorf("decoded: %q", got)
	}
	if got := tok.Decode([]int{start, 256, think, end, -1, 1 << 30}, false); got != "hi<think>" {
		t.Errorf("without specials: %q", got)
	}
	if got := tok.Decode([]int{start, 256, end}, true); got != "<|im_start|>hi<|im_end|>" {
		t.Errorf("with specials: %q", got)
	}
	if !tok.IsEnd(end) || tok.IsEnd(start) || tok.IsEnd(256) || tok.IsEnd(-1) {
		t.Error("the wrong tokens end a reply")
	}
	if !tok.IsSpecial(end) || tok.IsSpecial(think) || tok.IsSpecial(1<<30) {
		t.Error("the wrong tokens are special")
	}
	if id, ok := tok.EOT(); !ok || id != end {
		t.Errorf("EOT = %d, %v", id, ok)
	}
}

func TestLongestSpecialTokenFirst(t *testing.T) {
	tokens := []string{"a", "<x", "<x>", "x>y"}
	types := []int32{typeNormal, typeUser, typeUser, typeUser}
	tok := build(t, kv("model", "gpt2"), kv("pre", "gpt-2"), kv("tokens", tokens), kv("token_type", types), kv("merges", []string{}))
	if got := tok.Encode("a<x>ya<x", false, false); !slices.Equal(got, []int{0, 2, 0, 1}) {
		t.Errorf("got %v", got) // "<x>" stands before "x>y" in the file; the y is no token
	}
}

// Words as the patterns cut them. The expectations were worked out by hand from the regular expressions.
func TestPreTokenizers(t *testing.T) {
	for _, c := range []struct{ pre, text, want string }{
		{"gpt-2", "Hello, world's 123 tests!!  \n x", "Hello|,| world|'s| 123| tests|!!|  \n| x"},
		{"gpt-2", "I'LL we'll\t\ttab\u00a0é", "I|'|LL| we|'ll|\t|\t|tab|\u00a0|é"},
		{"llama-bpe", "I'LL 12345 \tfoo\n\n bar.\n", "I|'LL| |123|45| |\tfoo|\n\n| bar|.\n"},
		{"qwen2", "12 a1  b\r\n\r\n  c", "1|2| a|1| | b|\r\n\r\n| | c"},
		{"default", "a=b, 12345 x_y", "a|=|b|,| |123|45| x|_|y"},
		{"falcon", "a`b` 1234", "a|`|b|`| |123|4"},
		{"starcoder", "x 123", "x| |1|2|3"},
		{"deepseek-coder", "if x:\n\t东京 12", "if| x|:|\n|\t|东京| |1|2"},
		{"deepseek-llm", "ab, c\u3002 12  ", "ab|,| c|\u3002| |12|  "},
		{"gpt-4o", "helloWorld don't HTTPServer 1234 a/b/\n", "hello|World| don't| HTTPServer| |123|4| a|/b|/\n"},
		{"tekken", "helloWorld I'M 12", "hello|World| I|'M| |1|2"},
		{"tekken", "D'Rel", "D|'Rel"},
		{"qwen35", "नमस्ते 12", "नमस्ते| |1|2"},
		{"deepseek-v3", "a_b$x 12345 東京x\n\n(c)!\n y", "a|_b|$x| |123|45| |東京|x|\n\n|(c|)!\n| y"},
		{"minicpm5", "ab 12345", "ab| |123|45"},
		{"seed-coder", "a;\n\nb", "a|;|\n\n|b"},
		{"bloom", " a,b c", " a|,|b| c"},
	} {
		var words []string
		preTokenizers[c.pre].split(c.text, func(w string) { words = append(words, w) })
		if got := strings.Join(words, "|"); got != c.want {
			t.Errorf("%s: %q\n got %q\nwant %q", c.pre, c.text, got, c.want)
		}
	}
}

func TestUnknownPreTokenizerSaysSo(t *testing.T) {
	tok := byteLevel(t, "of-tomorrow")
	if !strings.Contains(tok.Kind(), "of-tomorrow") || !strings.Contains(tok.Kind(), "default") {
		t.Errorf("Kind = %q", tok.Kind())
	}
	if got := byteLevel(t, "qwen2").Kind(); got != "byte-level BPE (qwen2)" {
		t.Errorf("Kind = %q", got)
	}
}

// llamaLike is a small SentencePiece vocabulary.
func llamaLike(t testing.TB, more ...gguf.KV) *Tokenizer {
	t.Helper()
	tokens := []string{"<unk>", "<s>", "</s>"}
	types := []int32{typeUnknown, typeControl, typeControl}
	scores := []float32{0, 0, 0}
	for b := range 256 {
		tokens = append(tokens, "<0x"+strings.ToUpper(string("0123456789abcdef"[b>>4])+string("0123456789abcdef"[b&15]))+">")
		types, scores = append(types, typeByte), append(scores, 0)
	}
	for i, text := range []string{"▁a", "ab", "b", "a", "▁", "▁▁", "c"} {
		tokens, types, scores = append(tokens, text), append(types, typeNormal), append(scores, -float32(i))
	}
	return build(t, append(more, kv("model", "llama"), kv("tokens", tokens), kv("token_type", types), kv("scores", scores))...)
}

func TestSentencePiece(t *testing.T) {
	tok := llamaLike(t)
	for text, want := range map[string]string{
		"ab":   "<s>| a|b", // "▁a" has a better score than "ab"
		"a  c": "<s>| a|  |c",
		"é":    "<s>| |\xc3|\xa9",
		"":     "<s>",
	} {
		if got := shown(tok, tok.Encode(text, true, false)); got != want {
			t.Errorf("Encode(%q) = %q, want %q", text, got, want)
		}
		if got := tok.Decode(tok.Encode(text, false, false), true); got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	}
	bare := llamaLike(t, kv("add_space_prefix", false), kv("add_bos_token", false))
	if got := shown(bare, bare.Encode("ab", true, false)); got != "ab" {
		t.Errorf("without the space: %q", got)
	}
}

func TestWordPiece(t *testing.T) {
	tokens := []string{"[UNK]", "[CLS]", "[SEP]", "▁un", "want", "ed", "▁cafe", "▁,", "▁東", "▁京"}
	types := []int32{typeControl, typeControl, typeControl, 1, 1, 1, 1, 1, 1, 1}
	tok := build(t, kv("model", "bert"), kv("tokens", tokens), kv("token_type", types),
		kv("unknown_token_id", uint32(0)), kv("cls_token_id", uint32(1)), kv("seperator_token_id", uint32(2)))
	for text, want := range map[string][]int{
		"UNwanted,Café":   {1, 3, 4, 5, 7, 6, 2},
		"cafe\u0301":      {1, 6, 2},
		"東京":              {1, 8, 9, 2},
		"wanted":          {1, 0, 2},
		"un\x00\u200b un": {1, 3, 3, 2},
		" \t ":            {1, 2},
	} {
		if got := tok.Encode(text, true, false); !slices.Equal(got, want) {
			t.Errorf("Encode(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestStripsOfPhi3(t *testing.T) {
	name := gguf.KV{Key: "general.name", Value: "Phi-3 mini"}
	tokens := []string{"<unk>", "<s>", "</s>", "a", "▁", "<|user|>"}
	types := []int32{typeUnknown, typeControl, typeControl, typeNormal, typeNormal, typeControl}
	tok := build(t, name, kv("model", "llama"), kv("tokens", tokens), kv("token_type", types), kv("scores", make([]float32, 6)))
	if got := tok.Encode("<|user|>\n \na", false, true); !slices.Equal(got, []int{5, 4, 3}) {
		t.Errorf("got %v", got)
	}
}

func TestCleanUp(t *testing.T) {
	for text, want := range map[string]string{
		"Well , no .":         "Well, no.",
		"what ? ! yes":        "what?! yes",
		"it 's I 'm we 've":   "it's I'm we've",
		"they 're don 't 'll": "they're don 't 'll",
		"a ' b ' ' c":         "a'b'' c",
		" ? ":                 "? ",
		"":                    "",
	} {
		if got := string(cleanUp([]byte(text))); got != want {
			t.Errorf("cleanUp(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestRefuses(t *testing.T) {
	for name, meta := range map[string][]gguf.KV{
		"no tokenizer":   nil,
		"unigram":        {kv("model", "t5"), kv("tokens", []string{"a"})},
		"no tokens":      {kv("model", "gpt2")},
		"no merges":      {kv("model", "gpt2"), kv("tokens", []string{"a"})},
		"no scores":      {kv("model", "llama"), kv("tokens", []string{"a"})},
		"few types":      {kv("model", "gpt2"), kv("tokens", []string{"a", "b"}), kv("token_type", []int32{1})},
		"merges no text": {kv("model", "gpt2"), kv("tokens", []string{"a"}), kv("merges", []int32{1})},
	} {
		if _, err := New(file(t, meta...)); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A hostile vocabulary may be nonsense, but it does no harm.
func TestNonsense(t *testing.T) {
	for _, model := range []string{"gpt2", "llama", "bert"} {
		tok := build(t, kv("model", model), kv("pre", "default"), kv("tokens", []string{"", "", "a", "a", "<0xZZ>", "\xff"}),
			kv("token_type", []int32{3, 4, 99, -1, 6, 1}), kv("scores", []float32{0, 0, 0, 0, 0, 0}),
			kv("merges", []string{"", " ", "a", "a ", " a", "  ", "a a", "aa aa", "a a"}),
			kv("bos_token_id", int32(-5)), kv("eos_token_id", uint32(1<<31)), kv("eot_token_id", "x"))
		for _, text := range []string{"", "aaaa", "\xff\xfe", "日本", strings.Repeat("a", 100)} {
			ids := tok.Encode(text, true, true)
			tok.Decode(ids, true)
			tok.Decode(ids, false)
		}
	}
}

// Time grows with the length of a text, not with its square, whatever the text is.
func TestLongTexts(t *testing.T) {
	const n = 1 << 16
	tok := byteLevel(t, "deepseek-llm", "a a", "aa aa", "Ġ Ġ")
	llama := llamaLike(t)
	for _, text := range []string{
		strings.Repeat("a", n), strings.Repeat(" ", n) + "x", strings.Repeat("\n", n), strings.Repeat("<think>", n/7),
		strings.Repeat("'", n), strings.Repeat("1", n), strings.Repeat(" \n", n/2) + "x", strings.Repeat("\xff", n),
	} {
		for _, each := range []*Tokenizer{tok, llama} {
			if each.Decode(each.Encode(text, false, false), false) == "" {
				t.Errorf("nothing comes back of %q…", text[:8])
			}
		}
		for name, pre := range preTokenizers {
			total := 0
			pre.split(wellFormed(text), func(w string) { total += len(w) })
			if total != len(wellFormed(text)) {
				t.Errorf("%s loses %d bytes of %q…", name, len(text)-total, text[:8])
			}
		}
	}
}

func TestMergeLongIsMergeShort(t *testing.T) {
	b := byteLevel(t, "gpt-2", "a b", "b a", "ab a", "a a", "aa b", "ab ab", "abab a").encoder.(*bpe)
	x := uint32(1)
	for range 500 {
		var symbols []symbol
		for range 40 {
			x = x*1664525 + 1013904223
			symbols = append(symbols, b.bytes['a'+x>>31])
		}
		var ranks []uint32
		short := mergeShort(b, slices.Clone(symbols), &ranks)
		if long := mergeLong(b, slices.Clone(symbols)); !slices.Equal(short, long) {
			t.Fatalf("%v merges to %v and %v", symbols, short, long)
		}
	}
}

func TestManyGoroutines(t *testing.T) {
	tok := byteLevel(t, "qwen2", "h e", "l l", "he ll", "hell o", "Ġ hello")
	want := tok.Encode("hello hello, hell", true, true)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 200 {
				if got := tok.Encode("hello hello, hell", true, true); !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
					return
				}
			}
		})
	}
	wait.Wait()
}

// A vocabulary stays in the file: what is kept in memory beside it is some 30 bytes a token and as many a merge.
func TestMemoryOfAVocabulary(t *testing.T) {
	var merges []string
	for i := range 1 << 16 {
		left, right := letterOf[i>>8], letterOf[i&255]
		merges = append(merges, string(left.b[:left.n])+" "+string(right.b[:right.n]))
	}
	f := byteLevelFile(t, "qwen2", merges...)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	tok, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("a vocabulary of %d tokens takes %d KiB", tok.Vocabulary(), took>>10)
	}
	if got := tok.Encode("abc", false, false); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}
