package look

import (
	"image/color"
	"math"
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Mode picks light or dark.
type Mode int

// Auto follows the desktop.
const (
	Auto Mode = iota
	Light
	Dark
)

// Theme is the look of the whole window. It is a value: two equal themes look the same.
type Theme struct {
	Mode  Mode
	Scale float32 // of text; 1 is the normal size, 0 counts as 1
	Touch bool    // targets are large enough for a finger
}

var _ fyne.Theme = Theme{}

// textPoints is the size of text that Scale 1 stands for.
const textPoints = 15

var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText:               textPoints,
	theme.SizeNameCaptionText:        12,
	theme.SizeNameHeadingText:        22,
	theme.SizeNameSubHeadingText:     18,
	theme.SizeNamePadding:            4,
	theme.SizeNameInnerPadding:       9,
	theme.SizeNameLineSpacing:        5,
	theme.SizeNameInlineIcon:         18,
	theme.SizeNameScrollBar:          8,
	theme.SizeNameScrollBarSmall:     4,
	theme.SizeNameScrollBarRadius:    4,
	theme.SizeNameSeparatorThickness: 1,
	theme.SizeNameSplitThickness:     1,
	theme.SizeNameInputBorder:        1,
	theme.SizeNameInputRadius:        10,
	theme.SizeNameButtonRadius:       10,
	theme.SizeNameCardRadius:         14,
	theme.SizeNameDialogRadius:       18,
	theme.SizeNamePopupRadius:        18,
	theme.SizeNameMenuRadius:         14,
	theme.SizeNameSelectionRadius:    6,
	theme.SizeNameModalBlurRadius:    0,
}

// Color returns the light or dark value of a name; what the window has no word for is the toolkit's.
func (t Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	v = t.variant(v)
	if own, ok := toolkit[name]; ok {
		name = own
	}
	if name == theme.ColorNameShadow || name == theme.ColorNameScrollBarBackground {
		return color.Transparent
	}
	c, ok := palette[name]
	switch {
	case !ok:
		return theme.DefaultTheme().Color(name, v)
	case v == theme.VariantDark:
		return c.dark
	}
	return c.light
}

func (t Theme) variant(v fyne.ThemeVariant) fyne.ThemeVariant {
	switch t.Mode {
	case Light:
		return theme.VariantLight
	case Dark:
		return theme.VariantDark
	}
	return v
}

// Font is Noto Sans, with the desktop's fonts for scripts that it lacks.
func (t Theme) Font(s fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(s) }

// Icon gives the toolkit's own icons the hand of ours where there is one.
func (t Theme) Icon(name fyne.ThemeIconName) fyne.Resource {
	if own, ok := toolkitIcons[name]; ok {
		return Icon(own, Soft)
	}
	return theme.DefaultTheme().Icon(name)
}

// Size returns a length in density-independent pixels; text sizes grow with Scale.
func (t Theme) Size(name fyne.ThemeSizeName) float32 {
	s, ok := sizes[name]
	if !ok {
		return theme.DefaultTheme().Size(name)
	}
	switch name {
	case theme.SizeNameText, theme.SizeNameCaptionText, theme.SizeNameHeadingText,
		theme.SizeNameSubHeadingText, theme.SizeNameInlineIcon:
		return s * t.scale()
	}
	return s
}

func (t Theme) scale() float32 {
	if t.Scale <= 0 {
		return 1
	}
	return t.Scale
}

func (t Theme) target() float32 {
	s := 36 * max(1, min(t.scale(), 1.3))
	if t.Touch {
		return max(44, s)
	}
	return s
}

// Pt returns n points of text size as the person set them.
func Pt(n float32) float32 { return n * theme.Size(theme.SizeNameText) / textPoints }

// LineHeight is the height of a line of n-point text, whole pixels.
func LineHeight(n float32) float32 { return float32(math.Round(float64(Pt(n) * 1.5))) }

// Target is the least height of what is tapped.
func Target() float32 { return inUse().target() }

// Touch tells whether targets are made for fingers now.
func Touch() bool { return inUse().Touch }

func inUse() Theme {
	t, _ := fyne.CurrentApp().Settings().Theme().(Theme)
	return t
}

// WheelStep is how much farther a turn of the wheel goes than the toolkit would: its notch is less than a line of text
// on systems that do not send fine steps of their own.
func WheelStep() float32 {
	if runtime.GOOS == "darwin" || fyne.CurrentDevice().IsMobile() {
		return 1
	}
	return 3.5
}

// Wider grows with the text, but only half as fast: for what holds text and need not show all of it.
func Wider(n float32) float32 { return n * (1 + (max(1, Pt(1))-1)/2) }

// The measures of the window, in density-independent pixels.
const (
	RailWidth    = 76
	ListWidth    = 288
	TopBarHeight = 58
	ColumnMax    = 720 // no line of text is wider
	PhoneMax     = 760 // a narrower window is laid out for a phone

	RadiusRow      = 10
	RadiusCard     = 14
	RadiusComposer = 16
	RadiusDialog   = 18
	RadiusRound    = 999

	TextTitle = 22
	TextHead  = 17
	TextBody  = 15
	TextSmall = 13
	TextTiny  = 12
)
