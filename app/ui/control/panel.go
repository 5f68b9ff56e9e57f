package control

import (
	"fyne.io/fyne/v2"

	"croft/app/ui/box"
	"croft/app/ui/look"
)

// Panel is a card in the middle of the window whose content changes while it is open. Content that is too high
// scrolls.
type Panel struct {
	*Overlay
	body fyne.CanvasObject
	page *box.Page
}

// ShowPanel opens a panel; on a narrow window it is as wide as there is room.
func ShowPanel(c fyne.Canvas, width float32, body fyne.CanvasObject) *Panel {
	p := &Panel{body: body, page: box.NewPage(body)}
	card := box.NewSurface(look.Card, p.page)
	card.Radius, card.Raised = look.RadiusDialog, true
	p.Overlay = newOverlay(c, true, newStill(card))
	p.where = func(window fyne.Size) (fyne.Position, fyne.Size) {
		w := min(width, window.Width-2*edge)
		h := min(box.HeightFor(p.body, w), window.Height-4*edge)
		return fyne.NewPos((window.Width-w)/2, max(edge, (window.Height-h)/2)), fyne.NewSize(w, h)
	}
	p.open()
	return p
}

// Show replaces the content.
func (p *Panel) Show(body fyne.CanvasObject) {
	p.body = body
	p.page.Set(body)
	p.Refresh()
}
