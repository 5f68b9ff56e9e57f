package prose

import (
	"strings"
	"testing"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"croft/app/ui/look"
)

func start(t testing.TB) fyne.App {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.Theme{Mode: look.Light})
	return a
}

// setText sets paragraphs to a width.
func setText(paras []Para, width float32) *setting {
	s := &setting{paras: paras}
	s.joinText()
	s.lay(0, width)
	return s
}

func TestNoLineIsWiderThanItsColumn(t *testing.T) {
	start(t)
	for _, text := range []string{
		"A few words that need several lines of a narrow column.",
		strings.Repeat("unbroken", 60),
		"https://example.org/a/very/long/address-with-parts/and-more?query=" + strings.Repeat("x", 80),
		strings.Repeat("東京の天気はどうですか。", 12),
		strings.Repeat("سلام عليكم ", 20),
		"", " ", "a", "\u200b\u0301",
	} {
		for _, width := range []float32{30, 90, 300} {
			s := setText(Plain(text), width)
			for i := range s.lines {
				for _, r := range s.lines[i].runs {
					if r.x < -0.5 || r.x+r.width > width+1 && utf8.RuneCountInString(strings.TrimSpace(r.text)) > 1 {
						t.Errorf("width %v: run %q from %v to %v", width, r.text, r.x, r.x+r.width)
					}
				}
			}
		}
	}
}

func TestNothingIsLostInWrapping(t *testing.T) {
	start(t)
	text := "One two three, four. " + strings.Repeat("long", 50) + " 日本語のテキスト end."
	var b strings.Builder
	for _, l := range setText(Plain(text), 120).lines {
		for _, r := range l.runs {
			b.WriteString(r.text)
		}
	}
	if b.String() != text {
		t.Errorf("set %q", b.String())
	}
}

func TestAnAppendSetsOnlyTheLastParagraph(t *testing.T) {
	start(t)
	before := Plain("first paragraph\nsecond one")
	s := setText(before, 200)
	first := s.replace(Plain("first paragraph\nsecond one goes on\nthird"), 200)
	if first != 1 {
		t.Errorf("lines from %d on were set again", first)
	}
	if whole := setText(Plain("first paragraph\nsecond one goes on\nthird"), 200); whole.height != s.height || len(whole.lines) != len(s.lines) {
		t.Errorf("%d lines, %v high; set at once %d lines, %v high", len(s.lines), s.height, len(whole.lines), whole.height)
	}
}

func TestOffsetsAndPlacesAgree(t *testing.T) {
	start(t)
	for _, text := range []string{"The quick brown fox jumps over the lazy dog", "מילים בעברית לבדיקה"} {
		s := setText(Plain(text), 150)
		for i := range s.lines {
			l := &s.lines[i]
			for at := range text[l.begin:l.end] {
				at += l.begin
				x := s.xOf(l, at)
				inside := x + 0.5
				if l.rtl {
					inside = x - 0.5
				}
				if got := s.offsetAt(inside, l.y+1); got != at && text[at] != ' ' {
					t.Errorf("%q: letter at %d stands at %v, where offset %d is found", text, at, x, got)
				}
			}
		}
	}
}

func TestSelectWordAndCopy(t *testing.T) {
	a := start(t)
	text := NewText(Plain("pick one_word here"))
	w := test.NewTempWindow(t, text)
	w.Resize(fyne.NewSize(400, 60))
	text.pick.from, text.pick.to = wordAround(text.String(), 7)
	text.pick.active = true
	text.TypedShortcut(&fyne.ShortcutCopy{Clipboard: a.Clipboard()})
	if got := a.Clipboard().Content(); got != "one_word" {
		t.Errorf("copied %q", got)
	}
	text.TypedShortcut(&fyne.ShortcutSelectAll{})
	if text.Selected() != "pick one_word here" {
		t.Errorf("selected %q", text.Selected())
	}
}

func TestOnlyWhatIsSeenIsDrawn(t *testing.T) {
	start(t)
	sheet := NewSheet(Plain(strings.Repeat("A line of text.\n", 10000)))
	sheet.ShowBetween(0, 600)
	sheet.Resize(fyne.NewSize(400, sheet.HeightFor(400)))
	letters := 0
	for _, o := range test.WidgetRenderer(sheet).Objects() {
		if _, ok := o.(*canvas.Text); ok {
			letters++
		}
	}
	if letters == 0 || letters > 60 {
		t.Errorf("%d lines are drawn of 10000", letters)
	}
}

func TestMarkdownBlocks(t *testing.T) {
	blocks := Markdown("# Title\n\nText *i* **b** `c` ~~s~~ [l](https://x.org)\n\n```go\nx := 1\n```\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n- one\n  - two\n- [x] three\n\n> quote\n\n---\n")
	if len(blocks) != 4 {
		t.Fatalf("%d blocks", len(blocks))
	}
	first := blocks[0].Paras
	if first[0].Points <= look.TextBody || first[0].Spans[0].Style != Bold {
		t.Errorf("heading %+v", first[0])
	}
	styles := Style(0)
	link := ""
	for _, s := range first[1].Spans {
		styles |= s.Style
		link += s.Link
	}
	if styles != Bold|Italic|Mono|Strike || link != "https://x.org" {
		t.Errorf("styles %b, link %q", styles, link)
	}
	if c := blocks[1].Code; c == nil || c.Language != "go" || c.Text != "x := 1\n" {
		t.Errorf("code %+v", c)
	}
	if tab := blocks[2].Table; tab == nil || tab.Columns != 2 || !tab.Right[1] || tab.Rows[0][1][0].Text != "2" {
		t.Errorf("table %+v", tab)
	}
	last := blocks[3].Paras
	if last[0].Marker != "•" || last[1].Indent <= last[0].Indent || last[2].Marker != taskDone || last[3].Quote != 1 || !last[4].Rule {
		t.Errorf("list, quote and rule %+v", last)
	}
}

func TestLinksThatMayBeOpened(t *testing.T) {
	for address, want := range map[string]string{
		"https://example.org/a?b=c": "https://example.org/a?b=c",
		"HTTP://example.org":        "http://example.org",
		"mailto:a@b.org":            "mailto:a@b.org",
		"file:///etc/passwd":        "",
		"javascript:alert(1)":       "",
		"vscode://open":             "",
		"//example.org":             "",
		"relative/path":             "",
		"https://":                  "",
		"http://[::1":               "",
	} {
		if got := safeLink(address); got != want {
			t.Errorf("%q leads to %q, want %q", address, got, want)
		}
	}
}

func TestATapOpensALink(t *testing.T) {
	start(t)
	text := NewText(Markdown("[here](https://example.org) and not here")[0].Paras)
	opened := ""
	text.OnLink = func(a string) { opened = a }
	test.NewTempWindow(t, text).Resize(fyne.NewSize(400, 60))
	text.Tapped(&fyne.PointEvent{Position: fyne.NewPos(200, 8)})
	if opened != "" {
		t.Errorf("a tap beside the link opened %q", opened)
	}
	text.Tapped(&fyne.PointEvent{Position: fyne.NewPos(8, 8)})
	if opened != "https://example.org" {
		t.Errorf("opened %q", opened)
	}
}

// FuzzMarkdown holds for any text: nothing panics, tables are as wide as they say, and the text can be set.
func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{"", "# a\n\n- b\n  - c", "|a|b|\n|-|-|\n|1|", "```\nx", "> > q", "1. x\n\n   y", "[a](b \"c\")", "<br>", "- [ ] x", "*a **b* c**", "\xff\x00"} {
		f.Add(seed)
	}
	start(f)
	f.Fuzz(func(t *testing.T, source string) {
		for _, b := range Markdown(source) {
			if b.Table != nil {
				for _, row := range b.Table.Rows {
					if len(row) > b.Table.Columns {
						t.Fatalf("a row has %d cells in %d columns", len(row), b.Table.Columns)
					}
				}
			}
			s := setText(b.Paras, 200)
			for i := range s.lines {
				if l := s.lines[i]; l.begin < 0 || l.end > len(s.text) || l.begin > l.end {
					t.Fatalf("line from %d to %d of %d", l.begin, l.end, len(s.text))
				}
			}
			s.offsetAt(50, 30)
		}
	})
}
