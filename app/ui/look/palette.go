package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// The colours of the window. Each has a light and a dark value.
const (
	Ground   fyne.ThemeColorName = "croft.ground" // pages
	Side     fyne.ThemeColorName = "croft.side"   // rail, list, bottom bar
	Card     fyne.ThemeColorName = "croft.card"   // cards, fields, composer, dialogs
	Line     fyne.ThemeColorName = "croft.line"   // borders and tracks
	Ink      fyne.ThemeColorName = "croft.ink"    // text
	Soft     fyne.ThemeColorName = "croft.soft"   // second text, idle icons
	Accent   fyne.ThemeColorName = "croft.accent" // buttons, active icons, meters, links
	OnAccent fyne.ThemeColorName = "croft.onaccent"
	Tint     fyne.ThemeColorName = "croft.tint" // selected rows, tags
	Mine     fyne.ThemeColorName = "croft.mine" // the person's messages
	Code     fyne.ThemeColorName = "croft.code" // code blocks
	Warn     fyne.ThemeColorName = "croft.warn" // problems
	Mark     fyne.ThemeColorName = "croft.mark" // search hits
	Hover    fyne.ThemeColorName = "croft.hover"
	Ready    fyne.ThemeColorName = "croft.ready" // the dot of a loaded model
	Scrim    fyne.ThemeColorName = "croft.scrim" // behind dialogs
	Shade    fyne.ThemeColorName = "croft.shade" // shadow of menus and dialogs
	Select   fyne.ThemeColorName = "croft.select"
	None     fyne.ThemeColorName = "" // nothing is drawn
)

type pair struct{ light, dark color.NRGBA }

func hex(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

func clear(v uint32, a uint8) color.NRGBA {
	c := hex(v)
	c.A = a
	return c
}

var palette = map[fyne.ThemeColorName]pair{
	Ground:   {hex(0xFBF9F5), hex(0x1B1C1A)},
	Side:     {hex(0xF3F0E8), hex(0x151614)},
	Card:     {hex(0xFFFFFF), hex(0x232522)},
	Line:     {hex(0xE5E0D5), hex(0x33352F)},
	Ink:      {hex(0x24231F), hex(0xECE9E1)},
	Soft:     {hex(0x6E6A60), hex(0x9D998D)},
	Accent:   {hex(0x3F6B57), hex(0x8DBBA0)},
	OnAccent: {hex(0xFFFFFF), hex(0x15211A)},
	Tint:     {hex(0xE3ECE2), hex(0x27332B)},
	Mine:     {hex(0xE9EEE4), hex(0x2A332C)},
	Code:     {hex(0xF4F1EA), hex(0x141512)},
	Warn:     {hex(0xB4632C), hex(0xE0A070)},
	Mark:     {hex(0xF3E3A8), hex(0x5A5126)},
	Hover:    {clear(0x6E6A60, 0x16), clear(0xECE9E1, 0x10)},
	Ready:    {hex(0x4B8F5C), hex(0x8DBBA0)},
	Scrim:    {clear(0x24231F, 0x59), clear(0x000000, 0x80)},
	Shade:    {clear(0x24231F, 0x2A), clear(0x000000, 0x80)},
	Select:   {clear(0x3F6B57, 0x38), clear(0x8DBBA0, 0x48)},
}

// toolkit gives the toolkit's own colour names a colour of ours.
var toolkit = map[fyne.ThemeColorName]fyne.ThemeColorName{
	theme.ColorNameBackground:          Ground,
	theme.ColorNameButton:              Card,
	theme.ColorNameDisabledButton:      Side,
	theme.ColorNameDisabled:            Soft,
	theme.ColorNameError:               Warn,
	theme.ColorNameFocus:               Select,
	theme.ColorNameForeground:          Ink,
	theme.ColorNameForegroundOnError:   OnAccent,
	theme.ColorNameForegroundOnPrimary: OnAccent,
	theme.ColorNameForegroundOnSuccess: OnAccent,
	theme.ColorNameForegroundOnWarning: OnAccent,
	theme.ColorNameHeaderBackground:    Side,
	theme.ColorNameHover:               Hover,
	theme.ColorNameHyperlink:           Accent,
	theme.ColorNameInputBackground:     Card,
	theme.ColorNameInputBorder:         Line,
	theme.ColorNameInnerWindowBorder:   Side,
	theme.ColorNameMenuBackground:      Card,
	theme.ColorNameOverlayBackground:   Card,
	theme.ColorNamePlaceHolder:         Soft,
	theme.ColorNamePressed:             Tint,
	theme.ColorNamePrimary:             Accent,
	theme.ColorNameScrollBar:           Line,
	theme.ColorNameSelection:           Select,
	theme.ColorNameSeparator:           Line,
	theme.ColorNameSuccess:             Accent,
	theme.ColorNameWarning:             Warn,
}

// Color returns a colour of the theme in use.
func Color(name fyne.ThemeColorName) color.Color {
	if name == None {
		return color.Transparent
	}
	return theme.Color(name)
}
