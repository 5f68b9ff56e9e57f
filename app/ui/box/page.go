package box

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/look"
)

// Page scrolls content that is as wide as the page and as high as it needs.
type Page struct {
	widget.BaseWidget
	content *fitted
	scroll  *scroller
}

// fitted is content that is never wider than the page, whatever it asks for.
type fitted struct {
	widget.BaseWidget
	of fyne.CanvasObject
}

// CreateRenderer makes the content a widget.
func (f *fitted) CreateRenderer() fyne.WidgetRenderer { return renderer{f} }

// MinSize is the height at the present width.
func (f *fitted) MinSize() fyne.Size { return fyne.NewSize(1, HeightFor(f.of, f.Size().Width)) }

func (f *fitted) children() []fyne.CanvasObject { return []fyne.CanvasObject{f.of} }
func (f *fitted) arrange(s fyne.Size)           { f.of.Resize(s) }

// scroller is a scroll container whose wheel goes as far as in the lists.
type scroller struct{ container.Scroll }

func newScroller(content fyne.CanvasObject) *scroller {
	s := &scroller{}
	s.Content, s.Direction = content, container.ScrollVerticalOnly
	s.ExtendBaseWidget(s)
	return s
}

// Scrolled moves with the wheel.
func (s *scroller) Scrolled(e *fyne.ScrollEvent) {
	farther := *e
	farther.Scrolled.DY *= look.WheelStep()
	s.Scroll.Scrolled(&farther)
}

// NewPage returns a page around content.
func NewPage(content fyne.CanvasObject) *Page {
	f := &fitted{of: content}
	f.ExtendBaseWidget(f)
	p := &Page{content: f, scroll: newScroller(f)}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer makes the page a widget.
func (p *Page) CreateRenderer() fyne.WidgetRenderer { return renderer{p} }

func (p *Page) children() []fyne.CanvasObject { return []fyne.CanvasObject{p.scroll} }

// MinSize is small: the page scrolls.
func (p *Page) MinSize() fyne.Size { return fyne.NewSize(40, 40) }

// Set replaces the content and goes back to its top.
func (p *Page) Set(content fyne.CanvasObject) {
	p.content.of = content
	p.content.Resize(fyne.Size{}) // the new content has to be laid out even if the size stays
	p.scroll.Offset = fyne.Position{}
	p.Refresh()
}

// Renew replaces the content by a newer state of it and stays where it is, as far as the new one reaches.
func (p *Page) Renew(content fyne.CanvasObject) {
	at := p.scroll.Offset
	p.Set(content)
	if at.Y > 0 {
		p.scroll.ScrollToOffset(at)
	}
}

// HeightFor returns the height at which nothing needs to scroll.
func (p *Page) HeightFor(width float32) float32 { return HeightFor(p.content.of, width) }

// arrange gives the content its width first, because its height follows from it.
func (p *Page) arrange(s fyne.Size) {
	h := max(s.Height, HeightFor(p.content.of, s.Width))
	p.content.Resize(fyne.NewSize(s.Width, h))
	p.scroll.Resize(s)
	p.scroll.Refresh()
}
