package chatpage

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"croft/app/ui/box"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// table shows rows and columns; a table that is too wide shares the width and wraps.
type table struct {
	widget.BaseWidget
	card  *box.Surface
	cells [][]*prose.Text // by row; the head is the first
	lines []fyne.CanvasObject
	head  *box.Surface
	wants []float32 // width of each column if nothing wrapped
	grid  tableGrid
}

type tableGrid struct {
	width   float32
	columns []float32
	rows    []float32
}

const (
	cellPadX = 12
	cellPadY = 6
)

func newTable(t *turn, data *prose.Table) *table {
	w := &table{wants: make([]float32, data.Columns)}
	if data.Head != nil {
		w.addRow(t, data, data.Head, true)
		w.head = box.NewSurface(look.Side, nil)
		w.head.Radius = look.RadiusRow
	}
	for _, r := range data.Rows {
		w.addRow(t, data, r, false)
	}
	w.card = box.NewCard(box.Insets{}, nil)
	w.card.Radius = look.RadiusRow
	w.ExtendBaseWidget(w)
	return w
}

func (w *table) addRow(t *turn, data *prose.Table, cells [][]prose.Span, head bool) {
	var row []*prose.Text
	for i := range data.Columns {
		var spans []prose.Span
		if i < len(cells) {
			spans = cells[i]
		}
		if head {
			for j := range spans {
				spans[j].Style |= prose.Bold
			}
		}
		p := prose.Para{Spans: spans, Points: 14}
		if data.Right[i] {
			p.Align = fyne.TextAlignTrailing
		}
		text := t.text([]prose.Para{p})
		w.wants[i] = max(w.wants[i], naturalOf(spans))
		row = append(row, text)
	}
	if len(w.cells) > 0 {
		w.lines = append(w.lines, box.Rule())
	}
	w.cells = append(w.cells, row)
}

// naturalOf is the width of a cell whose text does not wrap.
func naturalOf(spans []prose.Span) float32 {
	return prose.NewSheet([]prose.Para{{Spans: spans, Points: 14}}).Natural(columnWant)
}

// columnWant is the most width that one column asks for.
const columnWant = 420

// lay shares a width between the columns and returns the height.
func (w *table) lay(width float32) float32 {
	if w.grid.width != width {
		w.grid = tableGrid{width: width, columns: share(w.wants, width-2*cellPadX*float32(len(w.wants)))}
		for _, row := range w.cells {
			h := float32(0)
			for i, c := range row {
				h = max(h, c.HeightFor(w.grid.columns[i]))
			}
			w.grid.rows = append(w.grid.rows, h+2*cellPadY)
		}
	}
	total := float32(0)
	for _, h := range w.grid.rows {
		total += h
	}
	return total
}

// share gives every column what it wants, or less of it to the wide ones.
func share(wants []float32, have float32) []float32 {
	got := make([]float32, len(wants))
	left, open := have, len(wants)
	for open > 0 {
		fair, settled := left/float32(open), false
		for i, want := range wants {
			if got[i] == 0 && want <= fair {
				got[i], settled = max(want, 1), true
				left -= got[i]
				open--
			}
		}
		if !settled {
			for i := range got {
				if got[i] == 0 {
					got[i] = max(24, fair)
				}
			}
			break
		}
	}
	return got
}

// width is what the columns take together.
func (w *table) used() float32 {
	total := float32(0)
	for _, c := range w.grid.columns {
		total += c + 2*cellPadX
	}
	return total
}

// HeightFor returns the height at a width.
func (w *table) HeightFor(width float32) float32 { return w.lay(width) }

// CreateRenderer makes the table a widget.
func (w *table) CreateRenderer() fyne.WidgetRenderer { return tableRenderer{w} }

type tableRenderer struct{ w *table }

func (r tableRenderer) Destroy()           {}
func (r tableRenderer) MinSize() fyne.Size { return fyne.NewSize(60, 20) }

func (r tableRenderer) Refresh() {
	r.w.grid.width = 0
	r.Layout(r.w.Size())
}

func (r tableRenderer) Objects() []fyne.CanvasObject {
	objects := []fyne.CanvasObject{r.w.card}
	if r.w.head != nil {
		objects = append(objects, r.w.head)
	}
	objects = append(objects, r.w.lines...)
	for _, row := range r.w.cells {
		for _, c := range row {
			objects = append(objects, c)
		}
	}
	return objects
}

func (r tableRenderer) Layout(s fyne.Size) {
	w := r.w
	w.lay(s.Width)
	width := min(w.used(), s.Width)
	w.card.Resize(fyne.NewSize(width, s.Height))
	if w.head != nil {
		w.head.Move(fyne.NewPos(1, 1))
		w.head.Resize(fyne.NewSize(width-2, w.grid.rows[0]-1))
	}
	y := float32(0)
	for i, row := range w.cells {
		if i > 0 {
			w.lines[i-1].Move(fyne.NewPos(1, y))
			w.lines[i-1].Resize(fyne.NewSize(width-2, 1))
		}
		x := float32(cellPadX)
		for j, c := range row {
			c.Move(fyne.NewPos(x, y+cellPadY))
			c.Resize(fyne.NewSize(w.grid.columns[j], w.grid.rows[i]-2*cellPadY))
			x += w.grid.columns[j] + 2*cellPadX
		}
		y += w.grid.rows[i]
	}
}
