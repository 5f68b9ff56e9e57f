package prose

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"croft/app/ui/look"
)

// Text is a sheet whose text can be selected and whose links can be tapped.
type Text struct {
	Sheet
	OnLink func(address string)       // a link was tapped
	OnMenu func(at fyne.Position)     // a secondary tap, in canvas coordinates
	OnPan  func(dy float32)           // a finger moves over the text, to scroll what it stands in
	OnType func(r rune)               // a letter was typed while the text had the focus
	OnKey  func(event *fyne.KeyEvent) // a key that means nothing here
}

var (
	_ fyne.Focusable         = (*Text)(nil)
	_ fyne.Shortcutable      = (*Text)(nil)
	_ fyne.Draggable         = (*Text)(nil)
	_ fyne.Tappable          = (*Text)(nil)
	_ fyne.SecondaryTappable = (*Text)(nil)
	_ desktop.Mouseable      = (*Text)(nil)
	_ desktop.Hoverable      = (*Text)(nil)
	_ desktop.Cursorable     = (*Text)(nil)
)

// NewText returns a widget with paragraphs.
func NewText(paras []Para) *Text {
	t := &Text{}
	t.setUp(t, paras)
	return t
}

// selection is the stretch of text between where the pointer went down and where it is.
type selection struct {
	from, to int
	active   bool
	focused  bool
	onLink   bool // the pointer is over a link

	clicks int
	last   time.Time
}

func (p *selection) drop() { p.active = false }

// ends returns the offsets in order.
func (p *selection) ends() (begin, end int) {
	return min(p.from, p.to), max(p.from, p.to)
}

// Selected returns the text that is selected.
func (t *Text) Selected() string {
	begin, end := t.pick.ends()
	if !t.pick.active || begin >= end || end > len(t.set.text) {
		return ""
	}
	return t.set.text[begin:end]
}

// SelectAll selects the whole text.
func (t *Text) SelectAll() {
	t.pick.from, t.pick.to, t.pick.active = 0, len(t.set.text), true
	t.redraw()
}

// markSelection draws the ground of what is selected on the lines on screen.
func (t *Sheet) markSelection(first, last int) []fyne.CanvasObject {
	begin, end := t.pick.ends()
	if !t.pick.active || begin == end {
		return nil
	}
	var marks []fyne.CanvasObject
	for i := first; i < last; i++ {
		l := &t.set.lines[i]
		if l.end <= begin || l.begin >= end {
			continue
		}
		a, b := t.set.xOf(l, max(begin, l.begin)), t.set.xOf(l, min(end, l.end))
		marks = append(marks, bar(look.Select, min(a, b), l.y, max(a-b, b-a), l.height))
	}
	return marks
}

// MouseDown begins a selection; twice selects the word, three times the paragraph.
func (t *Text) MouseDown(e *desktop.MouseEvent) {
	t.focus()
	if e.Button != desktop.MouseButtonPrimary {
		return
	}
	at := t.set.offsetAt(e.Position.X, e.Position.Y)
	if time.Since(t.pick.last) > 400*time.Millisecond {
		t.pick.clicks = 0
	}
	t.pick.clicks++
	t.pick.last = time.Now()
	switch t.pick.clicks {
	case 1:
		t.pick.from, t.pick.to, t.pick.active = at, at, false
	case 2:
		t.pick.from, t.pick.to = wordAround(t.set.text, at)
		t.pick.active = true
	default:
		t.pick.from, t.pick.to = lineAround(t.set.text, at)
		t.pick.active = true
	}
	t.redraw()
}

// MouseUp does nothing.
func (t *Text) MouseUp(*desktop.MouseEvent) {}

// wordAround returns the word at an offset.
func wordAround(text string, at int) (begin, end int) {
	inWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_' }
	for begin = at; begin > 0; {
		r, n := utf8.DecodeLastRuneInString(text[:begin])
		if !inWord(r) {
			break
		}
		begin -= n
	}
	for end = at; end < len(text); {
		r, n := utf8.DecodeRuneInString(text[end:])
		if !inWord(r) {
			break
		}
		end += n
	}
	return begin, end
}

// lineAround returns the paragraph at an offset.
func lineAround(text string, at int) (begin, end int) {
	begin = strings.LastIndexByte(text[:at], '\n') + 1
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		return begin, at + n
	}
	return begin, len(text)
}

// Dragged extends the selection, or scrolls under a finger.
func (t *Text) Dragged(e *fyne.DragEvent) {
	if fyne.CurrentDevice().IsMobile() {
		if t.OnPan != nil {
			t.OnPan(e.Dragged.DY)
		}
		return
	}
	if !t.pick.active {
		start := e.Position.Subtract(e.Dragged)
		t.pick.from = t.set.offsetAt(start.X, start.Y)
		t.pick.active = true
	}
	t.pick.to = t.set.offsetAt(e.Position.X, e.Position.Y)
	t.redraw()
}

// DragEnd does nothing.
func (t *Text) DragEnd() {}

// Tapped opens a link.
func (t *Text) Tapped(e *fyne.PointEvent) {
	r := t.set.runAt(e.Position.X, e.Position.Y)
	if r != nil && r.link != "" && t.OnLink != nil && !t.pick.active {
		t.OnLink(r.link)
	}
}

// TappedSecondary offers to copy.
func (t *Text) TappedSecondary(e *fyne.PointEvent) {
	if t.OnMenu != nil {
		t.OnMenu(e.AbsolutePosition)
	}
}

// Copy puts the selection on the clipboard.
func (t *Text) Copy() {
	if s := t.Selected(); s != "" {
		fyne.CurrentApp().Clipboard().SetContent(s)
	}
}

// TypedShortcut copies and selects all.
func (t *Text) TypedShortcut(s fyne.Shortcut) {
	switch s.(type) {
	case *fyne.ShortcutCopy:
		t.Copy()
	case *fyne.ShortcutSelectAll:
		t.SelectAll()
	default:
		if c := t.canvas(); c != nil {
			if h, ok := c.(fyne.Shortcutable); ok {
				h.TypedShortcut(s)
			}
		}
	}
}

// MouseIn does nothing.
func (t *Text) MouseIn(*desktop.MouseEvent) {}

// MouseMoved notices links.
func (t *Text) MouseMoved(e *desktop.MouseEvent) {
	r := t.set.runAt(e.Position.X, e.Position.Y)
	t.pick.onLink = r != nil && r.link != ""
}

// MouseOut leaves the link.
func (t *Text) MouseOut() { t.pick.onLink = false }

// Cursor is a hand over links and a beam over letters.
func (t *Text) Cursor() desktop.Cursor {
	if t.pick.onLink {
		return desktop.PointerCursor
	}
	return desktop.TextCursor
}

// FocusGained does nothing.
func (t *Text) FocusGained() { t.pick.focused = true }

// FocusLost drops the selection.
func (t *Text) FocusLost() {
	t.pick.focused = false
	if t.pick.active {
		t.pick.drop()
		t.redraw()
	}
}

// TypedRune hands letters on, so that typing after selecting goes to the composer.
func (t *Text) TypedRune(r rune) {
	if t.OnType != nil {
		t.OnType(r)
	}
}

// TypedKey hands keys on.
func (t *Text) TypedKey(e *fyne.KeyEvent) {
	if t.OnKey != nil {
		t.OnKey(e)
	}
}

func (t *Text) canvas() fyne.Canvas { return fyne.CurrentApp().Driver().CanvasForObject(t) }

func (t *Text) focus() {
	if c := t.canvas(); c != nil && !fyne.CurrentDevice().IsMobile() {
		c.Focus(t)
	}
}
