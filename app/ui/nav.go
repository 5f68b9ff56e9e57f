package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
)

// nav is the rail of a wide window, or the bar at the bottom of a phone.
type nav struct {
	widget.BaseWidget
	view  fyne.CanvasObject
	items []*navItem
}

// navItem is a page in the navigation: an icon over a word.
type navItem struct {
	page  pageName
	tile  *control.Tile
	icon  *control.Icon
	words *control.Words
}

func newNavItem(s *shell, p pageName, icon, text string, width, height float32) *navItem {
	i := &navItem{page: p, icon: control.NewIcon(icon, 22, look.Soft), words: control.NewWords(text, look.TextTiny, look.Soft)}
	i.words.Centre = true
	column := box.NewColumn(3, box.Gap(width, 0), container.NewCenter(i.icon), i.words)
	column.Middle = true
	i.tile = control.NewTile(text, column, func() { s.turnTo(p) }).Round(look.RadiusRow, box.Sides((height-46)/2, 0))
	return i
}

func (i *navItem) choose(on bool) {
	fill, ink := look.None, look.Soft
	if on {
		fill, ink = look.Tint, look.Accent
	}
	i.icon.Set(i.icon.Name, ink)
	i.words.SetInk(ink)
	i.tile.Paint(fill, look.None)
}

func (n *nav) choose(p pageName) {
	for _, i := range n.items {
		i.choose(i.page == p)
	}
}

// CreateRenderer makes the navigation a widget.
func (n *nav) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(n.view) }

func makeItems(s *shell, width, height float32) []*navItem {
	items := []*navItem{newNavItem(s, pageChat, "chat", lang.L("Chat"), width, height)}
	if s.win.devices != nil {
		items = append(items, newNavItem(s, pageDevices, "devices", lang.L("Devices"), width, height))
	}
	return append(items,
		newNavItem(s, pageModels, "models", lang.L("Models"), width, height),
		newNavItem(s, pageSettings, "settings", lang.L("Settings"), width, height))
}

// newRail puts the leaf at the top, the pages below it, and the settings at the bottom.
func newRail(s *shell) *nav {
	n := &nav{items: makeItems(s, 60, 54)}
	leaf := container.NewCenter(control.NewIcon("leaf", 27, look.Accent))
	top := box.NewColumn(4, box.Gap(1, 12), leaf, box.Gap(1, 16))
	last := len(n.items) - 1
	for _, i := range n.items[:last] {
		top.Objects = append(top.Objects, i.tile)
	}
	bottom := box.NewColumn(0, n.items[last].tile, box.Gap(1, 12))
	n.view = container.New(layout.NewCustomPaddedLayout(0, 0, 8, 8), container.NewBorder(top, bottom, nil, nil))
	n.ExtendBaseWidget(n)
	n.choose(s.page)
	return n
}

// newTabs puts the pages side by side.
func newTabs(s *shell) *nav {
	n := &nav{items: makeItems(s, 60, 54)}
	tiles := container.NewGridWithColumns(len(n.items))
	for _, i := range n.items {
		tiles.Add(container.New(layout.NewCustomPaddedLayout(5, 5, 8, 8), i.tile))
	}
	n.view = tiles
	n.ExtendBaseWidget(n)
	n.choose(s.page)
	return n
}
