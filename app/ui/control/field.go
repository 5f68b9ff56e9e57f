package control

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/look"
)

// Field is where a person types. It hears of Escape, and of the other keys before the text does.
type Field struct {
	widget.Entry
	OnKey   func(*fyne.KeyEvent) bool // true: the key is used up
	OnFocus func(bool)
	OnPaste func(text string) bool // true: the text was taken elsewhere
	ring    func(bool)
	icon    string
	shift   bool
}

var _ desktop.Keyable = (*Field)(nil)

// NewField returns a field of one line.
func NewField(placeholder string) *Field {
	f := &Field{}
	f.PlaceHolder = placeholder
	f.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	f.ExtendBaseWidget(f)
	return f
}

// NewSearch returns a field with a looking glass.
func NewSearch(placeholder string) *Field {
	f := NewField(placeholder)
	f.icon = "search"
	return f
}

// Refresh draws the icon in the colour of the theme in use.
func (f *Field) Refresh() {
	if f.icon != "" {
		f.Icon = look.Icon(f.icon, look.Soft)
	}
	f.Entry.Refresh()
}

// CreateRenderer makes the field a widget.
func (f *Field) CreateRenderer() fyne.WidgetRenderer {
	if f.icon != "" {
		f.Icon = look.Icon(f.icon, look.Soft)
	}
	return f.Entry.CreateRenderer()
}

// NewArea returns a field of several lines that wraps.
func NewArea(placeholder string, rows int) *Field {
	f := &Field{}
	f.PlaceHolder, f.MultiLine, f.Wrapping = placeholder, true, fyne.TextWrapWord
	f.ExtendBaseWidget(f)
	f.SetMinRowsVisible(rows)
	return f
}

// KeyDown notices Shift.
func (f *Field) KeyDown(e *fyne.KeyEvent) {
	f.shift = f.shift || isShift(e)
	f.Entry.KeyDown(e)
}

// KeyUp notices Shift.
func (f *Field) KeyUp(e *fyne.KeyEvent) {
	if isShift(e) {
		f.shift = false
	}
	f.Entry.KeyUp(e)
}

func isShift(e *fyne.KeyEvent) bool {
	return e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight
}

// Shift tells whether the Shift key is held.
func (f *Field) Shift() bool { return f.shift }

// AcceptsTab is false: Tab goes to the next thing on the page.
func (f *Field) AcceptsTab() bool { return false }

// TypedKey asks OnKey first, and passes Escape on to the window.
func (f *Field) TypedKey(e *fyne.KeyEvent) {
	if f.OnKey != nil && f.OnKey(e) {
		return
	}
	switch e.Name {
	case fyne.KeyEscape, fyne.KeyPageUp, fyne.KeyPageDown:
		passKey(e)
		return
	}
	f.Entry.TypedKey(e)
}

// TypedShortcut lets the window's own shortcuts through.
func (f *Field) TypedShortcut(s fyne.Shortcut) {
	if c, ok := s.(*desktop.CustomShortcut); ok {
		if w := fyne.CurrentApp().Driver().CanvasForObject(f); w != nil {
			if h, ok := w.(fyne.Shortcutable); ok {
				h.TypedShortcut(c)
			}
		}
		return
	}
	if p, ok := s.(*fyne.ShortcutPaste); ok && f.OnPaste != nil && f.OnPaste(p.Clipboard.Content()) {
		return
	}
	f.Entry.TypedShortcut(s)
}

// FocusGained tells OnFocus.
func (f *Field) FocusGained() {
	f.Entry.FocusGained()
	if f.ring != nil {
		f.ring(true)
	}
	if f.OnFocus != nil {
		f.OnFocus(true)
	}
}

// FocusLost tells OnFocus.
func (f *Field) FocusLost() {
	f.shift = false
	f.Entry.FocusLost()
	if f.ring != nil {
		f.ring(false)
	}
	if f.OnFocus != nil {
		f.OnFocus(false)
	}
}

// MinSize keeps room for a finger.
func (f *Field) MinSize() fyne.Size {
	m := f.Entry.MinSize()
	return fyne.NewSize(max(m.Width, 60), max(m.Height, look.Target()))
}

// bare is the theme of a field inside a card that already has a ground and a border.
type bare struct{}

// Color hides the field's own border. The toolkit draws the border of a focused field in the primary colour of
// the field's theme, and its blinking caret in that of the program's; without animations both come from here.
func (bare) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch n {
	case theme.ColorNameInputBackground, theme.ColorNameInputBorder:
		return color.Transparent
	case theme.ColorNamePrimary:
		if fyne.CurrentApp().Settings().ShowAnimations() {
			return color.Transparent
		}
	}
	return inUse().Color(n, v)
}

func (bare) Font(s fyne.TextStyle) fyne.Resource     { return inUse().Font(s) }
func (bare) Icon(n fyne.ThemeIconName) fyne.Resource { return inUse().Icon(n) }

// Size makes the caret, which is as wide as the border, easier to see.
func (bare) Size(n fyne.ThemeSizeName) float32 {
	if n == theme.SizeNameInputBorder {
		return 1.5
	}
	return inUse().Size(n)
}

func inUse() fyne.Theme { return fyne.CurrentApp().Settings().Theme() }

// Boxed shows a field on a card of its own. The toolkit's own border is drawn with a dark fringe.
func Boxed(f *Field) *box.Surface {
	s := box.NewCard(box.Insets{}, Bare(f))
	s.Radius = look.RadiusRow
	f.ring = func(on bool) {
		s.Stroke = look.Line
		if on {
			s.Stroke = look.Accent
		}
		s.Refresh()
	}
	return s
}

// Bare shows a field without ground and border.
func Bare(f *Field) fyne.CanvasObject { return container.NewThemeOverride(f, bare{}) }
