// Package prose sets text: paragraphs of styled spans, wrapped to a width, of which only what is on screen is drawn.
// Its text can be selected and copied, and its links are opened only when they are tapped.
package prose

import (
	"strings"

	"fyne.io/fyne/v2"

	"croft/app/ui/look"
)

// Style is how a span is written. The bits may be combined.
type Style uint8

// The styles.
const (
	Bold Style = 1 << iota
	Italic
	Mono
	Strike
	Marked // on the ground of a search hit
)

func (s Style) text() fyne.TextStyle {
	return fyne.TextStyle{Bold: s&Bold != 0, Italic: s&Italic != 0, Monospace: s&Mono != 0, Strikethrough: s&Strike != 0}
}

// Span is a piece of a paragraph in one style.
type Span struct {
	Text  string
	Style Style
	Link  string // where a tap leads; "" nowhere
}

// Para is a paragraph. "\n" in a span is a line break.
type Para struct {
	Spans   []Span
	Points  float32             // 0 is body text
	Ink     fyne.ThemeColorName // "" is ink
	Before  float32             // distance to the paragraph above
	Indent  float32             // of all lines
	Marker  string              // stands left of the first line, inside the indent: "•", "3."
	Quote   int                 // how many quotes it stands in
	Rule    bool                // a horizontal line and no text
	Code    bool                // lines are never broken
	Listing bool                // program text in a block of its own, not inside a sentence
	Align   fyne.TextAlign
}

func (p *Para) points() float32 {
	if p.Points == 0 {
		return look.TextBody
	}
	return p.Points
}

func (p *Para) ink() fyne.ThemeColorName {
	if p.Ink == "" {
		return look.Ink
	}
	return p.Ink
}

// size is the size of a style inside this paragraph; typewriter letters run large.
func (p *Para) size(s Style) float32 {
	if s&Mono != 0 {
		return look.Pt(p.points() * 0.9)
	}
	return look.Pt(p.points())
}

func (p *Para) lineHeight() float32 {
	if p.Listing {
		return look.LineHeight(p.points() * 0.98)
	}
	return look.LineHeight(p.points())
}

// text joins the spans.
func (p *Para) text() string {
	if len(p.Spans) == 1 {
		return p.Spans[0].Text
	}
	var b strings.Builder
	for _, s := range p.Spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Plain turns text into one paragraph a line, as it stands, without Markdown.
func Plain(text string) []Para {
	lines := strings.Split(clean(text), "\n")
	paras := make([]Para, len(lines))
	for i, l := range lines {
		paras[i] = Para{Spans: []Span{{Text: l}}}
	}
	return paras
}

// clean makes text that can be set of any bytes.
func clean(text string) string { return tidy.Replace(strings.ToValidUTF8(text, "\uFFFD")) }

// tidy takes out what has no width of its own on the screen.
var tidy = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", "    ", "\x00", "")

// listingPoints is the size of program text in a block of its own.
const listingPoints = 14

// Listing turns program text into one paragraph that keeps its spaces.
func Listing(text string, wrap bool) []Para {
	lines := strings.Split(strings.TrimRight(clean(text), "\n"), "\n")
	paras := make([]Para, len(lines))
	for i, l := range lines {
		paras[i] = Para{Spans: []Span{{Text: l, Style: Mono}}, Points: listingPoints, Code: !wrap, Listing: true}
	}
	return paras
}
