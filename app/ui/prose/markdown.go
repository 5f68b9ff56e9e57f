package prose

import (
	"bytes"
	"fmt"
	"html"
	"net/url"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"croft/app/ui/look"
)

// Block is a part of a message: either paragraphs, or a listing, or a table.
type Block struct {
	Paras []Para
	Code  *Code
	Table *Table
}

// Code is program text in a block of its own.
type Code struct{ Language, Text string }

// Table is rows of cells. Head may be empty; a row may have fewer cells than Columns.
type Table struct {
	Columns int
	Head    [][]Span
	Rows    [][][]Span
	Right   []bool // columns of numbers
}

var commonmark = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList, extension.Linkify))

// Markdown reads CommonMark with tables, strikethrough, tasks and bare links.
// Pictures become links to their address: nothing is ever loaded.
func Markdown(source string) []Block {
	src := []byte(clean(source))
	b := &builder{src: src}
	b.blocks(commonmark.Parser().Parse(text.NewReader(src)), place{})
	return b.out
}

// place is where a block stands: in which lists and quotes.
type place struct {
	indent float32
	quote  int
	tight  bool
	marker string // of the next paragraph
}

type builder struct {
	src []byte
	out []Block
}

const paraGap = 11

// add appends a paragraph to the last block of paragraphs, or opens one.
func (b *builder) add(p Para) {
	if n := len(b.out); n > 0 && b.out[n-1].Paras != nil {
		b.out[n-1].Paras = append(b.out[n-1].Paras, p)
		return
	}
	p.Before = 0
	b.out = append(b.out, Block{Paras: []Para{p}})
}

func (b *builder) blocks(parent ast.Node, at place) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		b.block(n, at)
		at.marker = ""
	}
}

func (b *builder) block(n ast.Node, at place) {
	switch n := n.(type) {
	case *ast.Heading:
		b.heading(n, at)
	case *ast.List:
		b.list(n, at)
	case *ast.Blockquote:
		at.quote = min(at.quote+1, deepest)
		b.blocks(n, at)
	case *ast.FencedCodeBlock:
		b.out = append(b.out, Block{Code: &Code{string(n.Language(b.src)), b.lines(n)}})
	case *ast.CodeBlock:
		b.out = append(b.out, Block{Code: &Code{"", b.lines(n)}})
	case *ast.HTMLBlock:
		b.add(b.para(at, []Span{{Text: strings.TrimSpace(b.lines(n))}}))
	case *ast.ThematicBreak:
		b.add(Para{Rule: true, Quote: at.quote})
	case *east.Table:
		b.out = append(b.out, Block{Table: b.table(n)})
	case *ast.Paragraph, *ast.TextBlock:
		b.add(b.para(at, b.spans(n)))
	default:
		b.blocks(n, at)
	}
}

func (b *builder) para(at place, spans []Span) Para {
	p := Para{Spans: spans, Indent: at.indent, Quote: at.quote, Marker: at.marker, Before: paraGap}
	if at.tight {
		p.Before = 4
	}
	return p
}

func (b *builder) heading(n *ast.Heading, at place) {
	p := b.para(at, b.spans(n))
	for i := range p.Spans {
		p.Spans[i].Style |= Bold
	}
	p.Points, p.Before = max(look.TextBody, 22-2*float32(n.Level)), 18
	b.add(p)
}

// The markers of tasks, as they are copied; on the screen they are drawn.
const (
	taskOpen = "☐"
	taskDone = "☑"
)

// listIndent is how far the text of a list stands in. What is nested deeper than deepest stands in no further.
const (
	listIndent = 24
	deepest    = 6
)

func (b *builder) list(n *ast.List, at place) {
	number := n.Start
	nested := at.indent > 0
	at.indent = min(at.indent+listIndent, deepest*listIndent)
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		at.marker = "•"
		if n.IsOrdered() {
			at.marker = fmt.Sprintf("%d.", number)
			number++
		}
		at.tight = n.IsTight && (nested || item != n.FirstChild())
		b.item(item, at)
	}
}

// item writes a list item; only its first paragraph has the marker.
func (b *builder) item(item ast.Node, at place) {
	if item.FirstChild() == nil {
		b.add(b.para(at, []Span{{Text: ""}}))
	}
	for n := item.FirstChild(); n != nil; n = n.NextSibling() {
		if box, ok := n.FirstChild().(*east.TaskCheckBox); ok {
			at.marker = taskOpen
			if box.IsChecked {
				at.marker = taskDone
			}
		}
		b.block(n, at)
		at.marker = ""
		at.tight = true
	}
}

func (b *builder) lines(n ast.Node) string {
	var buf bytes.Buffer
	for i := range n.Lines().Len() {
		l := n.Lines().At(i)
		buf.Write(l.Value(b.src))
	}
	return buf.String()
}

func (b *builder) table(n *east.Table) *Table {
	t := &Table{Columns: len(n.Alignments)}
	for _, a := range n.Alignments {
		t.Right = append(t.Right, a == east.AlignRight)
	}
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		var cells [][]Span
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			cells = append(cells, b.spans(cell))
		}
		if _, ok := row.(*east.TableHeader); ok {
			t.Head = cells
		} else {
			t.Rows = append(t.Rows, cells)
		}
	}
	return t
}

// spans flattens the inline nodes of a block.
func (b *builder) spans(n ast.Node) []Span {
	var list []Span
	b.inline(n, 0, "", &list)
	if len(list) == 0 {
		list = []Span{{}}
	}
	return list
}

func (b *builder) inline(parent ast.Node, s Style, link string, out *[]Span) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			write(out, Span{html.UnescapeString(string(n.Value(b.src))) + breakOf(n), s, link})
		case *ast.String:
			write(out, Span{string(n.Value), s, link})
		case *ast.CodeSpan:
			b.inline(n, s|Mono, link, out)
		case *ast.Emphasis:
			b.inline(n, s|emphasis(n.Level), link, out)
		case *east.Strikethrough:
			b.inline(n, s|Strike, link, out)
		case *ast.Link:
			b.inline(n, s, safeLink(string(n.Destination)), out)
		case *ast.Image:
			b.inline(n, s, safeLink(string(n.Destination)), out)
		case *ast.AutoLink:
			write(out, Span{string(n.Label(b.src)), s, safeLink(string(n.URL(b.src)))})
		case *ast.RawHTML:
			b.rawHTML(n, s, link, out)
		default:
			b.inline(n, s, link, out)
		}
	}
}

func (b *builder) rawHTML(n *ast.RawHTML, s Style, link string, out *[]Span) {
	tag := string(n.Segments.Value(b.src))
	if strings.HasPrefix(strings.ToLower(tag), "<br") {
		tag = "\n"
	}
	write(out, Span{tag, s, link})
}

func emphasis(level int) Style {
	if level == 1 {
		return Italic
	}
	return Bold
}

func breakOf(n *ast.Text) string {
	switch {
	case n.HardLineBreak():
		return "\n"
	case n.SoftLineBreak():
		return " "
	}
	return ""
}

// write appends a span, to the last one where nothing differs but the text.
func write(out *[]Span, s Span) {
	if n := len(*out); n > 0 {
		if last := &(*out)[n-1]; last.Style == s.Style && last.Link == s.Link {
			last.Text += s.Text
			return
		}
	}
	*out = append(*out, s)
}

// safeLink returns an address that may be opened on a tap, or "": a model's text must not start programs.
func safeLink(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return ""
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		if u.Host != "" {
			return u.String()
		}
	case "mailto":
		return u.String()
	}
	return ""
}
