package look

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"croft/assets"
)

func plain(s string) string { return strings.ReplaceAll(s, thin, " ") }

func TestFigures(t *testing.T) {
	for got, want := range map[string]string{
		Bytes(639e6): "639 MB", Bytes(2.5e9): "2.5 GB", Bytes(999): "999 B", Bytes(16e9): "16 GB", Bytes(1500): "1.5 kB",
		Rate(38.4): "38 tok/s", Rate(3.14): "3.1 tok/s",
		Span(1200 * time.Millisecond): "1.2 s", Span(42 * time.Second): "42 s", Span(200 * time.Second): "3 min 20 s", Span(2 * time.Hour): "2 h 0 min",
		Percent(0.344): "34 %", Tokens(32768): "32k", Tokens(500): "500", Tokens(40000): "40k",
		Left(5e8, 1e9, 4*time.Second): "4 s left", Left(0, 1e9, time.Minute): "",
	} {
		if plain(got) != want {
			t.Errorf("%q, want %q", plain(got), want)
		}
	}
}

func TestEveryColourHasALightAndADarkValue(t *testing.T) {
	for name, p := range palette {
		if p.light == p.dark {
			t.Errorf("%s is the same in light and dark", name)
		}
	}
	th := Theme{Mode: Dark}
	if th.Color(Ground, theme.VariantLight) != palette[Ground].dark {
		t.Error("a dark theme follows the desktop")
	}
	for from, to := range toolkit {
		if th.Color(from, theme.VariantLight) != palette[to].dark {
			t.Errorf("%s is not %s", from, to)
		}
	}
}

func TestTargetsAreLargeForFingers(t *testing.T) {
	a := test.NewTempApp(t)
	for _, scale := range []float32{0.8, 1, 1.6} {
		a.Settings().SetTheme(Theme{Scale: scale, Touch: true})
		if Target() < 44 || !Touch() {
			t.Errorf("scale %v: a target is %v high", scale, Target())
		}
	}
}

func TestEveryIconIsOfTheFamily(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(Theme{})
	files, err := assets.Icons.ReadDir("icons")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d icons, %v", len(files), err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".svg")
		svg := string(Icon(name, Accent).Content())
		if strings.Contains(svg, "#000000") || !strings.Contains(svg, "#3f6b57") || !strings.Contains(svg, `stroke-linecap="round"`) {
			t.Errorf("%s cannot be coloured: %s", name, svg)
		}
	}
	for _, own := range toolkitIcons {
		if source(own) == nil {
			t.Errorf("no icon %s", own)
		}
	}
	var _ fyne.Resource = AppIcon()
}
