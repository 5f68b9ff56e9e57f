package chatpage

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// empty is what stands in a chat before its first message. The starter is introduced, with questions to begin with.
type empty struct {
	view    *box.Column
	more    *box.Column // what the starter can be asked, where there is room
	starter bool        // it answers
	stays   bool        // replies are written on this device for sure
}

func newEmpty(c *conversation) *empty {
	e := &empty{view: box.NewColumn(10), stays: true, more: newQuestions(c)}
	e.view.Middle, e.view.Max = true, 520
	e.more.Hide()
	e.build()
	return e
}

func (e *empty) build() {
	leaf := control.NewIcon("mark", 52, look.Accent)
	title := prose.NewSheet([]prose.Para{{
		Spans: []prose.Span{{Text: lang.L("What is on your mind?"), Style: prose.Bold}}, Points: look.TextTitle, Align: fyne.TextAlignCenter,
	}})
	note := prose.NewSentence(noteFor(e.starter, e.stays), look.TextBody, look.Soft).Centred()
	e.view.Objects = []fyne.CanvasObject{container.NewCenter(leaf), title, note, e.more}
	e.view.Refresh()
}

func noteFor(starter, stays bool) string {
	switch {
	case !stays:
		return lang.L("The model runs on a device of yours. What you write stays on your devices.")
	case starter:
		return lang.L("The small starter that comes with Croft answers here. It knows Croft, and says so when something is too much for it. What you write stays here.")
	}
	return lang.L("The model runs on this device. What you write stays here.")
}

// newQuestions has a few questions that are asked by a tap, and the way to larger models.
func newQuestions(c *conversation) *box.Column {
	column := box.NewColumn(8, box.Gap(1, 4))
	for _, q := range []string{lang.L("What can you do?"), lang.L("How do I add a larger model?"), lang.L("Does anything leave this device?")} {
		ask := control.NewButton(q, "", control.Plain, func() { c.send(q) })
		ask.Round(look.RadiusRound, box.Sides(0, 16))
		column.Objects = append(column.Objects, container.NewCenter(ask))
	}
	larger := control.NewButton(lang.L("See larger models"), "", control.Quiet, c.page.win.ShowModels)
	column.Objects = append(column.Objects, container.NewCenter(larger))
	return column
}

// tell takes over whether the starter answers, and whether it is certain that this device does.
func (e *empty) tell(starter, stays bool) {
	if starter != e.starter || stays != e.stays {
		e.starter, e.stays = starter, stays
		e.build()
	}
}

// fit leaves out the questions where they would not fit below the rest.
func (e *empty) fit(width, height float32) {
	need := e.view.HeightFor(width)
	if !e.more.Visible() {
		need += e.view.Gap + e.more.HeightFor(width)
	}
	show(e.more, e.starter && need <= height)
}
