package prose

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"croft/app/ui/look"
)

// run is a piece of a line in one style. Offsets count bytes of the whole text.
type run struct {
	text       string
	x, width   float32
	style      Style
	link       string
	begin, end int // half open
	marker     bool
}

// line is one line of set text.
type line struct {
	y, height  float32
	para       int
	runs       []run
	begin, end int
	rtl        bool
}

// atom is the smallest piece that is placed: letters that stay together, and the spaces after them.
type atom struct {
	text   string // with its spaces
	word   int    // length of text without its spaces
	style  Style
	link   string
	begin  int
	width  float32 // of the word
	space  float32 // of the spaces
	breaks bool    // a line may end after it
	joined bool    // it goes on with a word that was too long to be measured at once
	ends   bool    // a line must end after it
}

func measure(text string, points float32, s Style) float32 {
	if text == "" {
		return 0
	}
	return fyne.MeasureText(text, points, s.text()).Width
}

// atoms cuts a paragraph that begins at the given offset.
func atoms(p *Para, begin int) []atom {
	var list []atom
	for _, s := range p.Spans {
		text := s.Text
		for len(text) > 0 {
			word, whole := cut(text, p.Code)
			a := atom{text: text[:whole], word: word, style: s.Style, link: s.Link, begin: begin}
			a.joined = len(list) > 0 && begin > 0 && list[len(list)-1].word >= atomMax && list[len(list)-1].space == 0
			a.ends = whole > word && text[whole-1] == '\n'
			a.breaks = a.ends || whole > word || breaksAfter(text[:word])
			a.width = measure(text[:word], p.size(s.Style), s.Style)
			if whole > word {
				spaces := strings.TrimRight(text[word:whole], "\n")
				a.space = measure(spaces, p.size(s.Style), s.Style)
			}
			list = append(list, a)
			begin += whole
			text = text[whole:]
		}
	}
	return list
}

// atomMax bounds what is measured at once, so that a line of 200 kB without a space stays cheap.
const atomMax = 120

// cut returns the length of the first word and of the word with the space after it.
func cut(text string, code bool) (word, whole int) {
	if code {
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			return i, i + 1
		}
		return len(text), len(text)
	}
	for word < len(text) {
		r, n := utf8.DecodeRuneInString(text[word:])
		if isSpace(r) || word >= atomMax && !unicode.Is(unicode.Mn, r) {
			break
		}
		if wide(r) && word > 0 && !closing(r) {
			break
		}
		word += n
		if wide(r) && !closingNext(text[word:]) || (r == '/' || r == '-') && word > 2 && letterNext(text[word:]) {
			break
		}
	}
	for whole = word; whole < len(text); {
		r, n := utf8.DecodeRuneInString(text[whole:])
		if !isSpace(r) {
			break
		}
		whole += n
		if r == '\n' {
			break
		}
	}
	return word, whole
}

// isSpace tells whether a line may break at r; a no-break space and a thin space hold.
func isSpace(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\u3000' }

// wide tells whether r belongs to a script that is written without spaces.
func wide(r rune) bool {
	return r >= 0x2E80 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF)
}

// closing tells whether a line must not begin with r.
func closing(r rune) bool {
	return strings.ContainsRune("、。,.!?:;)]}」』】》）！？：；，．ー…", r)
}

func closingNext(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && closing(r)
}

func letterNext(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r)
}

func breaksAfter(word string) bool {
	r, _ := utf8.DecodeLastRuneInString(word)
	return wide(r) || r == '/' || r == '-' || len(word) >= atomMax
}

// rightToLeft tells whether the first letter with a direction is Hebrew or Arabic.
func rightToLeft(text string) bool {
	for i, r := range text {
		if unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana) {
			return true
		}
		if unicode.IsLetter(r) || i > 200 {
			return false
		}
	}
	return false
}

// quoteStep is how far a quote is set in.
const quoteStep = 16

// wrap sets one paragraph to a width. The lines' y counts from 0.
func wrap(p *Para, index, begin int, width float32) []line {
	left := p.Indent + float32(p.Quote)*quoteStep
	if p.Rule {
		return []line{{height: p.lineHeight(), para: index, begin: begin, end: begin}}
	}
	w := wrapper{p: p, index: index, left: left, width: max(width-left, look.Pt(20)), rtl: rightToLeft(p.text())}
	if w.rtl {
		w.width *= joinedShare // words that are joined to a line are a little wider than alone
	}
	w.open(begin)
	list := atoms(p, begin)
	for i := 0; i < len(list); {
		n := group(list[i:])
		w.place(list[i : i+n])
		i += n
	}
	w.close()
	w.mark(width)
	return w.lines
}

// joinedShare is how much of the width right-to-left words may take, measured one by one.
const joinedShare = 0.96

// group counts the atoms that stay together on a line.
func group(list []atom) int {
	for i := range list {
		if list[i].breaks {
			return i + 1
		}
	}
	return len(list)
}

type wrapper struct {
	p           *Para
	index       int
	left, width float32
	rtl         bool
	lines       []line
	now         line
	x           float32 // where the next word goes
	ink         float32 // where the last word ends
}

func (w *wrapper) open(begin int) {
	w.now = line{para: w.index, begin: begin, end: begin, height: w.p.lineHeight(), rtl: w.rtl}
	w.x, w.ink = 0, 0
}

func (w *wrapper) close() {
	w.align()
	w.now.y = float32(len(w.lines)) * w.p.lineHeight()
	w.lines = append(w.lines, w.now)
}

// place puts atoms that belong together on this line or on the next.
func (w *wrapper) place(list []atom) {
	need := float32(0)
	for i := range list {
		need += list[i].width
		if i < len(list)-1 {
			need += list[i].space
		}
	}
	if w.x > 0 && w.x+need > w.width && !w.p.Code && !list[0].joined {
		w.close()
		w.open(list[0].begin)
	}
	for _, a := range list {
		if w.x+a.width > w.width && !w.p.Code {
			w.split(a)
		} else {
			w.put(a)
		}
		if a.ends {
			w.close()
			w.open(a.begin + len(a.text))
		}
	}
}

// put appends an atom to the line, to the last run where the style is the same.
func (w *wrapper) put(a atom) {
	text := strings.TrimRight(a.text, "\n")
	w.now.end = a.begin + len(a.text)
	if n := len(w.now.runs); n > 0 {
		last := &w.now.runs[n-1]
		if last.style == a.style && last.link == a.link {
			last.text += text
			last.end = w.now.end
			last.width = w.x + a.width - last.x
			w.x += a.width + a.space
			w.ink = last.x + last.width
			return
		}
	}
	w.now.runs = append(w.now.runs, run{text: text, x: w.x, width: a.width, style: a.style, link: a.link, begin: a.begin, end: w.now.end})
	w.ink = w.x + a.width
	w.x += a.width + a.space
}

// split breaks a word that is wider than a line between its letters.
func (w *wrapper) split(a atom) {
	size := w.p.size(a.style)
	for a.word > 0 && w.x+a.width > w.width {
		n := fitting(a.text[:a.word], size, a.style, w.width-w.x)
		if n == 0 && w.x == 0 {
			_, n = utf8.DecodeRuneInString(a.text)
		}
		if n > 0 {
			piece := a
			piece.text, piece.word, piece.space = a.text[:n], n, 0
			piece.width = measure(piece.text, size, a.style)
			w.put(piece)
			a.text, a.word, a.begin = a.text[n:], a.word-n, a.begin+n
			a.width = measure(a.text[:a.word], size, a.style)
		}
		if a.word > 0 {
			w.close()
			w.open(a.begin)
		}
	}
	w.put(a)
}

// fitting returns how many bytes of the word fit into a width.
func fitting(word string, size float32, s Style, width float32) int {
	n, used := 0, float32(0)
	for i, r := range word {
		used += measure(string(r), size, s)
		if used > width {
			return i
		}
		n = i + utf8.RuneLen(r)
	}
	return min(n, len(word))
}

// align moves the runs of a line to where they are read: indented, centred, or from the right.
func (w *wrapper) align() {
	shift := w.left
	switch {
	case w.rtl:
		w.alignRight()
		return
	case w.p.Align == fyne.TextAlignCenter:
		shift += max(0, (w.width-w.ink)/2)
	case w.p.Align == fyne.TextAlignTrailing:
		shift += max(0, w.width-w.ink)
	}
	for i := range w.now.runs {
		w.now.runs[i].x += shift
	}
}

// alignRight sets the runs from the right edge to the left. A mark of direction after the last letter keeps
// a full stop on the side where the sentence ends.
func (w *wrapper) alignRight() {
	const rightToLeftMark = "\u200f"
	at := w.left + w.width/joinedShare
	for i := range w.now.runs {
		r := &w.now.runs[i]
		r.text = strings.TrimRight(r.text, " ") + rightToLeftMark
		r.width = measure(r.text, w.p.size(r.style), r.style)
		at -= r.width
		r.x = at
		at -= measure(" ", w.p.size(r.style), r.style)
	}
}

// mark sets the list marker beside the first line.
func (w *wrapper) mark(width float32) {
	if w.p.Marker == "" {
		return
	}
	size := w.p.size(0)
	m := run{text: w.p.Marker, width: measure(w.p.Marker, size, 0), marker: true}
	m.begin, m.end = w.lines[0].begin, w.lines[0].begin
	m.x = w.left - m.width - look.Pt(8)
	if w.rtl {
		m.x = width + look.Pt(2)
	}
	w.lines[0].runs = append([]run{m}, w.lines[0].runs...)
}
