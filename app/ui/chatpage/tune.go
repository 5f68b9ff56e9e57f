package chatpage

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/chat"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// tune opens the settings of this chat. What is left empty is up to the model file, or to Croft.
func (c *conversation) tune() {
	set := c.settings()
	f := newTuneForm(set, c.canThink())
	var o *control.Overlay
	cancel := control.NewButton(lang.L("Cancel"), "", control.Plain, func() { o.Close() })
	save := control.NewButton(lang.L("Save"), "", control.Primary, func() {
		next := set
		if f.read(&next) {
			o.Close()
			c.change(func(s *chat.Settings) { *s = next })
			c.composer.tell()
		}
	})
	o = control.ShowSheet(c.page.win.Canvas(), lang.L("Chat settings"), f.view(), 520, cancel, save)
}

// tuneForm is the fields of the panel.
type tuneForm struct {
	system   *control.Field
	thinking *control.Switch
	numbers  []*number
}

// number is a field for one number that may be left empty.
type number struct {
	label, hint string
	least, most float64
	whole       bool
	field       *control.Field
	problem     *control.Words
	get         func(chat.Settings) string
	set         func(*chat.Settings, *float64)
}

func newTuneForm(s chat.Settings, canThink bool) *tuneForm {
	f := &tuneForm{system: control.NewArea(lang.L("For example: answer in short, plain sentences."), 3), numbers: numbers()}
	f.system.SetText(s.System)
	if canThink {
		f.thinking = control.NewSwitch(lang.L("Think before answering"), s.Thinking == nil || *s.Thinking, func(bool) {})
	}
	for _, n := range f.numbers {
		n.field = control.NewField(lang.L("automatic"))
		n.field.SetText(n.get(s))
		n.problem = control.NewWords("", look.TextTiny, look.Warn).Shrinking()
		n.problem.Hide()
	}
	return f
}

// numbers are the sampling settings with their bounds.
func numbers() []*number {
	return []*number{
		{
			label: lang.L("Temperature"), hint: lang.L("0 is always the likeliest word, 1 is lively"), most: 5,
			get: func(s chat.Settings) string { return decimal(s.Temperature) },
			set: func(s *chat.Settings, v *float64) { s.Temperature = v },
		},
		{
			label: lang.L("Top-p"), hint: lang.L("only words that make up this share"), most: 1,
			get: func(s chat.Settings) string { return decimal(s.TopP) },
			set: func(s *chat.Settings, v *float64) { s.TopP = v },
		},
		{
			label: lang.L("Top-k"), hint: lang.L("only so many words; 0 is no limit"), most: 100000, whole: true,
			get: func(s chat.Settings) string { return integer(s.TopK) },
			set: func(s *chat.Settings, v *float64) { s.TopK = toInt(v) },
		},
		{
			label: lang.L("Min-p"), hint: lang.L("leaves out words less likely than this share of the best"), most: 1,
			get: func(s chat.Settings) string { return decimal(s.MinP) },
			set: func(s *chat.Settings, v *float64) { s.MinP = v },
		},
		{
			label: lang.L("Repeat penalty"), hint: lang.L("1 is none; more avoids repeating"), least: 0.5, most: 3,
			get: func(s chat.Settings) string { return decimal(s.RepeatPenalty) },
			set: func(s *chat.Settings, v *float64) { s.RepeatPenalty = v },
		},
		{
			label: lang.L("Reply length"), hint: lang.L("tokens at most"), least: 1, most: 1e6, whole: true,
			get: func(s chat.Settings) string { return integer(s.ReplyMax) },
			set: func(s *chat.Settings, v *float64) { s.ReplyMax = toInt(v) },
		},
		{
			label: lang.L("Seed"), hint: lang.L("the same seed gives the same reply"), most: 1 << 53, whole: true,
			get: func(s chat.Settings) string { return seed(s.Seed) },
			set: func(s *chat.Settings, v *float64) { s.Seed = toSeed(v) },
		},
	}
}

func decimal(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

func integer(v *int) string {
	if v == nil {
		return ""
	}
	return strconv.Itoa(*v)
}

func seed(v *uint64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatUint(*v, 10)
}

func toInt(v *float64) *int {
	if v == nil {
		return nil
	}
	n := int(*v)
	return &n
}

func toSeed(v *float64) *uint64 {
	if v == nil {
		return nil
	}
	n := uint64(*v)
	return &n
}

func (f *tuneForm) view() fyne.CanvasObject {
	column := box.NewColumn(6,
		control.NewBold(lang.L("Instructions for the model"), 14), control.Boxed(f.system), box.Gap(1, 4))
	if f.thinking != nil {
		label := control.NewWords(f.thinking.Name, 14, look.Ink).Shrinking()
		column.Objects = append(column.Objects, box.NewRow(12, label, f.thinking).Growing(label), box.Gap(1, 4))
	}
	for _, n := range f.numbers {
		column.Objects = append(column.Objects, n.view())
	}
	note := prose.NewSentence(lang.L("What is left empty is chosen by the model file, or by Croft. Changes count from the next reply on."), look.TextTiny, look.Soft)
	column.Objects = append(column.Objects, box.Gap(1, 4), note)
	return column
}

func (n *number) view() fyne.CanvasObject {
	text := box.NewColumn(0, control.NewWords(n.label, 14, look.Ink), prose.NewSentence(n.hint, look.TextTiny, look.Soft), n.problem)
	field := control.Boxed(n.field)
	return box.NewRow(12, text, box.NewRow(0, wide(field, 120))).Growing(text)
}

// wide gives an object a width.
func wide(o fyne.CanvasObject, width float32) fyne.CanvasObject {
	return box.NewColumn(0, box.Gap(width, 0), o)
}

// read takes over what was entered. It returns false, and says what is wrong, when something is out of bounds.
func (f *tuneForm) read(s *chat.Settings) bool {
	s.System = strings.TrimSpace(f.system.Text)
	if f.thinking != nil && (s.Thinking != nil || !f.thinking.On) {
		on := f.thinking.On
		s.Thinking = &on
	}
	ok := true
	for _, n := range f.numbers {
		v, problem := n.value()
		n.complain(problem)
		if problem != "" {
			ok = false
			continue
		}
		n.set(s, v)
	}
	return ok
}

// value reads the field; a comma counts as a point.
func (n *number) value() (*float64, string) {
	text := strings.ReplaceAll(strings.TrimSpace(n.field.Text), ",", ".")
	if text == "" {
		return nil, ""
	}
	v, err := strconv.ParseFloat(text, 64)
	bounds := map[string]string{"Least": bound(n.least), "Most": bound(n.most)}
	switch {
	case err != nil || v != v:
		return nil, lang.L("Please enter a number")
	case v < n.least || v > n.most:
		return nil, lang.L("From {{.Least}} to {{.Most}}", bounds)
	case n.whole && v != float64(int64(v)):
		return nil, lang.L("Please enter a whole number")
	}
	return &v, ""
}

func bound(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (n *number) complain(problem string) {
	n.problem.Set(problem)
	if problem == "" {
		n.problem.Hide()
	} else {
		n.problem.Show()
	}
}
