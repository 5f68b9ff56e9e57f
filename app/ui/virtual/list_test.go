package virtual

import (
	"math/rand/v2"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"croft/app/ui/box"
	"croft/app/ui/look"
)

// rows is a source whose guesses are wrong.
type rows struct {
	heights []float32
	made    int
}

func (r *rows) Len() int                   { return len(r.heights) }
func (r *rows) Key(i int) any              { return i }
func (r *rows) Guess(int, float32) float32 { return 33 }
func (r *rows) Make(i int) Row             { r.made++; return box.NewColumn(0, box.Gap(10, r.heights[i])) }

func newRows(n int, height func(i int) float32) *rows {
	r := &rows{heights: make([]float32, n)}
	for i := range r.heights {
		r.heights[i] = height(i)
	}
	return r
}

func open(t *testing.T, r *rows, sticks bool) *List {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.Theme{})
	l := NewList(r)
	l.Sticks, l.Gap = sticks, 5
	l.Pad = box.Insets{Top: 10, Bottom: 7}
	w := test.NewTempWindow(t, l)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(300, 500))
	return l
}

// placed returns where the rows on screen begin and end, and checks that they touch.
func placed(t *testing.T, l *List) (top, bottom float32) {
	t.Helper()
	for i, o := range l.content.rows {
		y := o.Position().Y
		if i == 0 {
			top = y
		} else if abs(y-bottom-l.Gap) > 0.01 {
			t.Fatalf("row %d begins at %v, the one above ends at %v", i, y, bottom)
		}
		bottom = y + o.Size().Height
	}
	return top, bottom
}

func TestOpensAtTheEndAndMakesOnlyWhatIsSeen(t *testing.T) {
	r := newRows(100000, func(i int) float32 { return float32(20 + i%70) })
	l := open(t, r, true)
	l.Reset(true)
	if _, bottom := placed(t, l); bottom != 500-7 {
		t.Errorf("the last row ends at %v", bottom)
	}
	if r.made > 60 {
		t.Errorf("%d rows were made", r.made)
	}
	if !l.AtEnd() {
		t.Error("it is at the end and does not know")
	}
}

func TestScrollingNeverJumpsOrLeavesHoles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	r := newRows(400, func(int) float32 { return 5 + 200*random.Float32() })
	l := open(t, r, true)
	l.Reset(true)
	for range 2000 {
		before := map[fyne.CanvasObject]float32{}
		for _, o := range l.content.rows {
			before[o] = o.Position().Y
		}
		dy := 600 * (random.Float32() - 0.48)
		l.By(dy)
		top, bottom := placed(t, l)
		if top > l.Pad.Top+0.01 || bottom < 500-l.Pad.Bottom-0.01 {
			t.Fatalf("a hole: rows from %v to %v", top, bottom)
		}
		free := l.anchor.index > 0 && !l.AtEnd()
		for _, o := range l.content.rows {
			if y, ok := before[o]; ok && free && abs(o.Position().Y-y-dy) > 0.6 && bottom > 500 {
				t.Fatalf("a row moved by %v instead of %v", o.Position().Y-y, dy)
			}
		}
	}
}

func abs(v float32) float32 { return max(v, -v) }

func TestGrowingRowStaysInViewOnlyAtTheEnd(t *testing.T) {
	r := newRows(50, func(int) float32 { return 100 })
	l := open(t, r, true)
	l.Reset(true)
	grow := func() {
		r.heights[49] += 300
		l.Drop(49)
		l.Grown(49)
	}
	grow()
	if _, bottom := placed(t, l); bottom != 493 {
		t.Errorf("at the end, the last row ends at %v", bottom)
	}
	l.By(250)
	if l.AtEnd() {
		t.Fatal("still at the end after scrolling up")
	}
	top, _ := placed(t, l)
	grow()
	if after, _ := placed(t, l); after != top {
		t.Errorf("what is read moved from %v to %v", top, after)
	}
	l.ToEnd()
	if !l.AtEnd() {
		t.Error("did not come back to the end")
	}
}

func TestShortContentStandsAtTheTop(t *testing.T) {
	l := open(t, newRows(2, func(int) float32 { return 40 }), true)
	l.Reset(true)
	if top, _ := placed(t, l); top != l.Pad.Top {
		t.Errorf("the first row begins at %v", top)
	}
	l.By(-100)
	l.By(100)
	if top, _ := placed(t, l); top != l.Pad.Top {
		t.Errorf("the first row begins at %v after scrolling", top)
	}
}

func TestRowsComeAndGo(t *testing.T) {
	r := newRows(30, func(int) float32 { return 60 })
	l := open(t, r, false)
	l.Reset(false)
	l.To(20)
	for _, n := range []int{30, 5, 0, 1, 40} {
		r.heights = newRows(n, func(int) float32 { return 60 }).heights
		l.Reload()
		if got := len(l.content.rows); (got == 0) != (n == 0) {
			t.Errorf("%d rows of %d on screen", got, n)
		}
	}
}

func TestScrollBarReachesBothEnds(t *testing.T) {
	l := open(t, newRows(300, func(i int) float32 { return float32(30 + i%9) }), true)
	l.Reset(true)
	l.toExtent(0)
	if top, _ := placed(t, l); top != l.Pad.Top {
		t.Errorf("at the top, the first row begins at %v", top)
	}
	_, total := l.extent()
	l.toExtent(total)
	if _, bottom := placed(t, l); bottom != 493 {
		t.Errorf("at the bottom, the last row ends at %v", bottom)
	}
}
