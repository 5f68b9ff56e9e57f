package chatpage

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2/lang"

	"croft/app/chat"
	"croft/app/models"
	"croft/app/ui/control"
	"croft/app/ui/look"
)

// items lists the models that can be used, where they can run if there is a choice, and the way to the other models.
func (h *chooser) items() []control.Item {
	items := append(h.models(), h.farModels()...)
	if len(h.talk.page.others) > 0 {
		if len(items) > 0 {
			items = append([]control.Item{{Head: true, Text: lang.L("Model")}}, append(items, control.Item{Rule: true})...)
		}
		items = append(items, control.Item{Head: true, Text: lang.L("Where it runs")})
		items = append(items, h.wheres()...)
	}
	if len(items) > 0 {
		items = append(items, control.Item{Rule: true})
	}
	return append(items, control.Item{Text: lang.L("All models"), Icon: "list", Do: h.talk.page.win.ShowModels})
}

// models are those of this device.
func (h *chooser) models() (items []control.Item) {
	now, _ := h.talk.model()
	if h.talk.best() {
		items = append(items, control.Item{
			Text: lang.L("Best model"), Note: lang.L("the largest that your devices can use"), Icon: "leaf",
			Chosen: h.talk.settings().Model == "", Do: func() { h.choose(models.Model{}) },
		})
	}
	for _, m := range h.talk.page.library {
		if m.CanChat() {
			items = append(items, control.Item{Text: m.Name, Note: noteOf(m), Icon: "models", Chosen: m.ID == now.ID, Do: func() { h.choose(m) }})
		}
	}
	return items
}

// farModels are those that only other devices have.
func (h *chooser) farModels() (items []control.Item) {
	now, _ := h.talk.model()
	for _, a := range h.talk.page.farModels() {
		items = append(items, control.Item{Text: a.Name, Note: farNote(a), Icon: "devices", Chosen: a.ID == now.ID, Do: func() { h.chooseFar(a) }})
	}
	return items
}

func noteOf(m models.Model) string {
	parts := []string{m.Quant, look.Bytes(m.SizeBytes)}
	if m.MeasuredTPS > 0 {
		parts = append(parts, look.Rate(m.MeasuredTPS))
	}
	return strings.TrimPrefix(strings.Join(parts, " · "), " · ")
}

// farNote is "Q4_K_M · on Studio PC and 1 more · 38 tok/s".
func farNote(a afar) string {
	var parts []string
	if a.Quant != "" {
		parts = append(parts, a.Quant)
	}
	names := map[string]string{"Name": a.on[0].Name, "Count": strconv.Itoa(len(a.on) - 1)}
	if len(a.on) == 1 {
		parts = append(parts, lang.L("on {{.Name}}", names))
	} else {
		parts = append(parts, lang.L("on {{.Name}} and {{.Count}} more", names))
	}
	if a.TokensPerSecond > 0 {
		parts = append(parts, look.Rate(a.TokensPerSecond))
	}
	return strings.Join(parts, " · ")
}

// wheres are the places in which replies of this chat can be written.
func (h *chooser) wheres() []control.Item {
	now := h.talk.settings().Device
	items := []control.Item{
		{Text: lang.L("Automatic"), Note: lang.L("where the answer comes soonest"), Icon: "leaf", Chosen: now == "", Do: func() { h.chooseWhere("") }},
		{Text: here(), Note: lang.L("nothing is sent to another device"), Icon: "home", Chosen: now == chat.Here, Do: func() { h.chooseWhere(chat.Here) }},
	}
	for _, l := range h.talk.page.others {
		items = append(items, control.Item{Text: l.Name, Note: placeNote(l), Icon: "devices", Chosen: now == l.ID, Do: func() { h.chooseWhere(l.ID) }})
	}
	return items
}

// placeNote says what a place can run, or why it runs nothing now.
func placeNote(l Place) string {
	switch {
	case !l.Online:
		return lang.L("does not answer now; another device does then")
	case !l.Answers:
		return lang.L("it does not let this device ask it")
	case len(l.Models) == 0:
		return lang.L("no model")
	}
	m := l.Models[0]
	note := m.Name
	if len(l.Models) > 1 {
		note = lang.L("{{.Model}} and {{.Count}} more", map[string]string{"Model": note, "Count": strconv.Itoa(len(l.Models) - 1)})
	}
	if m.TokensPerSecond > 0 {
		note += " · " + look.Rate(m.TokensPerSecond)
	}
	if l.Plain {
		note += " · " + lang.L("not encrypted")
	}
	return note
}

// choose makes the chat use a model and begins to load it. A place that lacks it is not insisted on any more.
func (h *chooser) choose(m models.Model) {
	h.talk.change(func(s *chat.Settings) {
		s.Model = m.ID
		if l, ok := h.talk.page.place(s.Device); ok && m.ID != "" && !l.has(m.ID) {
			s.Device = ""
		}
	})
	h.talk.modelsChanged()
	h.warm(m)
}

// chooseFar makes the chat use a model that this device does not have.
func (h *chooser) chooseFar(a afar) {
	h.talk.change(func(s *chat.Settings) {
		s.Model = a.ID
		if l, ok := h.talk.page.place(s.Device); s.Device != "" && (!ok || !l.has(a.ID)) {
			s.Device = ""
		}
	})
	h.talk.modelsChanged()
}

// chooseWhere makes the chat run in a place. Where the present model is not, the place's own takes over.
func (h *chooser) chooseWhere(device string) {
	h.talk.change(func(s *chat.Settings) {
		s.Device = device
		l, far := h.talk.page.place(device)
		switch {
		case far && l.ready() && !l.has(s.Model):
			s.Model = l.Models[0].ID
		case device == chat.Here && !h.talk.page.owns(s.Model):
			s.Model = ""
		}
	})
	h.talk.modelsChanged()
	if m, ok := h.talk.model(); ok {
		h.warm(m)
	}
}

// owns tells whether a model is on this device.
func (p *Page) owns(model string) bool {
	for _, m := range p.library {
		if m.ID == model {
			return true
		}
	}
	return false
}
