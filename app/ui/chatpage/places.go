package chatpage

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/chat"
	"croft/app/models"
)

// Place is a device or a server, besides this device, on which replies can be written.
type Place struct {
	ID      string // as chat.Settings.Device has it
	Name    string
	Online  bool
	Plain   bool         // what is sent to it is not encrypted
	Answers bool         // it lets this device ask it
	Models  []PlaceModel // the one it would use first
}

// PlaceModel is a model that a place has.
type PlaceModel struct {
	ID              string // as chat.Settings.Model has it
	Name            string
	Quant           string
	SizeBytes       int64
	TokensPerSecond float64 // measured there; 0: not
	CanThink        bool
	Starter         bool // the small one that comes with Croft
}

// Places says where replies can be written besides this device.
type Places interface {
	Places(ctx context.Context) ([]Place, error)
}

// ReloadPlaces reads again where replies can be written.
func (p *Page) ReloadPlaces() {
	if p.places == nil {
		return
	}
	p.bridge.Work(func(ctx context.Context) func() {
		others, err := p.places.Places(ctx)
		return func() {
			if p.failed(err) {
				return
			}
			p.others = others
			p.talk.modelsChanged()
		}
	})
}

// Answered tells whether another place could write a reply now.
func (p *Page) Answered() bool { return slices.ContainsFunc(p.others, Place.ready) }

// ready tells whether a reply could be written there now.
func (l Place) ready() bool { return l.Online && l.Answers && len(l.Models) > 0 }

func (l Place) has(model string) bool {
	return slices.ContainsFunc(l.Models, func(m PlaceModel) bool { return m.ID == model })
}

// place returns the place that a chat chose.
func (p *Page) place(id string) (Place, bool) {
	for _, l := range p.others {
		if l.ID == id {
			return l, true
		}
	}
	return Place{}, false
}

// here is what this device is called.
func here() string {
	if fyne.CurrentDevice().IsMobile() {
		return lang.L("This phone")
	}
	return lang.L("This computer")
}

// whereName is what was chosen for where replies are written.
func (c *conversation) whereName() string {
	switch device := c.settings().Device; device {
	case "":
		return lang.L("Automatic")
	case chat.Here:
		return here()
	default:
		l, ok := c.page.place(device)
		if !ok {
			return lang.L("Removed device")
		}
		return l.Name
	}
}

// stays tells whether replies of the open chat are written on this device for sure.
func (c *conversation) stays() bool {
	return c.settings().Device == chat.Here || !c.page.Answered()
}

// afar is a model that only other places have.
type afar struct {
	PlaceModel
	on []Place
}

// model is how the rest of the page sees it.
func (a afar) model() models.Model {
	return models.Model{ID: a.ID, Name: a.Name, Quant: a.Quant, SizeBytes: a.SizeBytes, CanThink: a.CanThink, Starter: a.Starter}
}

// farModels are the models that other places would answer with and this device does not have.
func (p *Page) farModels() []afar {
	var list []afar
	for _, l := range p.others {
		if !l.ready() {
			continue
		}
		for _, m := range l.Models {
			if m.ID == "" || slices.ContainsFunc(p.library, func(h models.Model) bool { return h.ID == m.ID && h.CanChat() }) {
				continue
			}
			i := slices.IndexFunc(list, func(a afar) bool { return a.ID == m.ID })
			if i < 0 {
				i, list = len(list), append(list, afar{PlaceModel: m})
			}
			list[i].on = append(list[i].on, l)
		}
	}
	return list
}

// model returns the model of the open chat, or the default one. Where that is the starter or none and another place
// answers, the best model there does.
func (c *conversation) model() (models.Model, bool) {
	id := c.settings().Model
	standard, found := models.Model{}, false
	for _, m := range c.page.library {
		if m.ID == id && id != "" {
			return m, true
		}
		if m.Default {
			standard, found = m, true
		}
	}
	for _, a := range c.page.farModels() {
		if a.ID == id {
			return a.model(), true
		}
	}
	if id == "" && c.best() {
		return models.Model{Name: lang.L("Best model")}, true
	}
	return standard, found
}

// best tells whether a chat that names no model gets the best one of another place: this device has none but the
// starter, and a larger one is elsewhere.
func (c *conversation) best() bool {
	own := slices.ContainsFunc(c.page.library, func(m models.Model) bool { return m.Default && !m.Starter })
	larger := slices.ContainsFunc(c.page.others, func(l Place) bool {
		return l.ready() && slices.ContainsFunc(l.Models, func(m PlaceModel) bool { return !m.Starter })
	})
	return !own && larger && !c.stays()
}
