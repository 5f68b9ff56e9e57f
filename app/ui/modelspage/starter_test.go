package modelspage

import (
	"testing"

	"fyne.io/fyne/v2/test"

	"croft/app/ui/box"
	"croft/assets"
)

func TestFiguresSayWhatWasReached(t *testing.T) {
	test.NewTempApp(t)
	cases := 400
	for _, c := range []struct {
		reached float64
		want    string
	}{
		{98.2, "98.2\u2009%"}, {100, "100\u2009%"}, {95, "95\u2009%"}, {94.96, "94.9\u2009%, goal 95\u2009%"}, {0, "0\u2009%, goal 95\u2009%"},
	} {
		if got := reached(assets.Figure{Goal: 95, Reached: &c.reached, Cases: &cases}); got != c.want {
			t.Errorf("%v is shown as %q, want %q", c.reached, got, c.want)
		}
	}
	if got := reached(assets.Figure{Goal: 95}); got != "not measured yet" {
		t.Errorf("nothing is shown as %q", got)
	}
	parameters, tokens := int64(12_800_000), int64(410_000_000)
	about := assets.Card{Languages: []string{"en", "gd"}, Parameters: &parameters}
	if got := making(about); got != "" {
		t.Errorf("half of it is shown as %q", got)
	}
	about.TokensTrained = &tokens
	if got, want := making(about), "13 million parameters, trained on 410 million tokens of English, gd"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLongFiguresAreWrapped(t *testing.T) {
	test.NewTempApp(t)
	card := assets.StarterCard().Figures
	wide, narrow := box.HeightFor(figures(card[:1]), 330), float32(0)
	for _, f := range card {
		narrow = max(narrow, box.HeightFor(figures([]assets.Figure{f}), 330))
	}
	if narrow <= wide {
		t.Errorf("the longest line is %v high and a short one %v: it is cut off", narrow, wide)
	}
}
