package box

import (
	"math/rand/v2"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"croft/app/ui/look"
)

// flowing is content of a fixed area: the narrower, the higher.
type flowing struct {
	spacer
	area float32
}

func newFlowing(area float32) *flowing {
	f := &flowing{area: area}
	f.ExtendBaseWidget(f)
	return f
}

func (f *flowing) HeightFor(width float32) float32 { return f.area / max(width, 1) }

// random returns boxes in boxes.
func random(r *rand.Rand, depth int) fyne.CanvasObject {
	children := func() (list []fyne.CanvasObject) {
		for range 1 + r.IntN(3) {
			list = append(list, random(r, depth-1))
		}
		return list
	}
	switch n := r.IntN(6); {
	case depth == 0 || n == 0:
		return newFlowing(2000 + 4000*r.Float32())
	case n == 1:
		return Gap(10*r.Float32(), 20*r.Float32())
	case n == 2:
		return NewColumn(4, children()...).Padded(Even(3))
	case n == 3:
		list := children()
		return NewRow(5, list...).Growing(list[0])
	case n == 4:
		return NewGrid(6, 80, children()...)
	}
	return NewCard(Sides(2, 7), random(r, depth-1))
}

// fits fails the test when a child reaches below its box.
func fits(t *testing.T, o fyne.CanvasObject) {
	t.Helper()
	a, ok := o.(arranger)
	if !ok {
		return
	}
	for _, child := range a.children() {
		if bottom := child.Position().Y + child.Size().Height; bottom > o.Size().Height+0.1 {
			t.Fatalf("%T: a %T ends at %v in a height of %v", o, child, bottom, o.Size().Height)
		}
		fits(t, child)
	}
}

func TestTheHeightForAWidthIsEnough(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.Theme{})
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		o := random(r, 4)
		width := 150 + 500*r.Float32()
		o.Resize(fyne.NewSize(width, HeightFor(o, width)))
		fits(t, o)
	}
}

func TestAColumnIsNoWiderThanItsMost(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.Theme{})
	child := newFlowing(1000)
	c := NewColumn(0, child).Padded(Sides(0, 20))
	c.Max = 300
	c.Resize(fyne.NewSize(1000, 100))
	if child.Size().Width != 300 || child.Position().X != 350 {
		t.Errorf("the child is %v wide at %v", child.Size().Width, child.Position().X)
	}
	c.Resize(fyne.NewSize(200, 100))
	if child.Size().Width != 160 {
		t.Errorf("the child is %v wide in a narrow column", child.Size().Width)
	}
}

func TestAPageIsAsWideAsItsWindow(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.Theme{})
	inner := NewColumn(0, Gap(900, 10), newFlowing(200000))
	p := NewPage(inner)
	test.NewTempWindow(t, p).Resize(fyne.NewSize(300, 200))
	if w := inner.Size().Width; w > 300 {
		t.Errorf("the content is %v wide", w)
	}
	if h := inner.Size().Height; h < 200000/300 {
		t.Errorf("the content is %v high", h)
	}
}
