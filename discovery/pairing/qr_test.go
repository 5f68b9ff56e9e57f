package pairing

import (
	"bytes"
	"errors"
	"image"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"rsc.io/qr"
)

func somePicture(t testing.TB) picture {
	t.Helper()
	p := picture{shower: device(t).ID(), addresses: []netip.AddrPort{
		netip.MustParseAddrPort("192.168.178.20:40123"), netip.MustParseAddrPort("[fd12:3456::1]:40123"),
	}}
	copy(p.secret[:], "sixteen bytes.!!")
	return p
}

func TestPictureText(t *testing.T) {
	p := somePicture(t)
	got, err := parsePicture(" " + p.text() + "\n")
	if err != nil || got.shower != p.shower || got.secret != p.secret || !slices.Equal(got.addresses, p.addresses) {
		t.Errorf("%s was read as %+v, %v", p.text(), got, err)
	}
	p.addresses = slices.Repeat(p.addresses, 4)
	if got, err := parsePicture(p.text()); err != nil || len(got.addresses) != addressesMax {
		t.Errorf("many addresses: %v, %v", got.addresses, err)
	}
}

func TestBadPictureTexts(t *testing.T) {
	p := somePicture(t)
	good := p.text()
	with := func(change func(*picture)) string {
		bad := somePicture(t)
		change(&bad)
		return bad.text()
	}
	address := func(s string) string {
		return with(func(p *picture) { p.addresses = []netip.AddrPort{netip.MustParseAddrPort(s)} })
	}
	for what, text := range map[string]string{
		"nothing":         "",
		"something else":  "https://example.org/",
		"another version": strings.Replace(good, "CROFT1:A", "CROFT1:B", 1),
		"lower case":      strings.ToLower(good),
		"cut off":         good[:len(good)-3],
		"one more":        good + "A",
		"padding":         good + "=",
		"inside":          good[:20] + "\n" + good[20:],
		"no address":      with(func(p *picture) { p.addresses = nil }),
		"port 0":          address("10.0.0.1:0"),
		"endless":         good + strings.Repeat("A", 1<<20),
	} {
		if got, err := parsePicture(text); !errors.Is(err, ErrText) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	if _, err := Scan(t.Context(), device(t), self(), "CROFT1:", About{}); !errors.Is(err, ErrText) {
		t.Error(err)
	}
}

func FuzzPictureText(f *testing.F) {
	p := somePicture(f)
	f.Add(p.text())
	f.Add(picturePrefix + "AEAA")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePicture(text)
		if err != nil {
			return
		}
		if p.text() != strings.TrimSpace(text) || len(p.addresses) == 0 || len(p.addresses) > addressesMax {
			t.Errorf("%q was read as %+v", text, p)
		}
	})
}

func TestDrawing(t *testing.T) {
	text := somePicture(t).text()
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	img, err := Picture(text)
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := Blocks(text)
	if err != nil {
		t.Fatal(err)
	}
	fromBlocks := modules(t, blocks)
	side := code.Size + 2*quiet
	if img.Bounds() != image.Rect(0, 0, side, side) || len(fromBlocks) != side+side%2 {
		t.Fatalf("%v, %d lines of modules, want %d", img.Bounds(), len(fromBlocks), side)
	}
	for y := range side {
		for x := range side {
			black := code.Black(x-quiet, y-quiet)
			if r, _, _, _ := img.At(x, y).RGBA(); (r == 0) != black || fromBlocks[y][x] != black {
				t.Fatalf("module %d, %d is drawn wrongly", x, y)
			}
		}
	}
	if _, err := Picture(strings.Repeat("x", 5000)); err == nil {
		t.Error("5000 characters were drawn")
	}
	if _, err := Blocks(strings.Repeat("x", 5000)); err == nil {
		t.Error("5000 characters were drawn as blocks")
	}
}

// modules reads the terminal's drawing back: true is black.
func modules(t *testing.T, blocks string) (rows [][]bool) {
	t.Helper()
	for line := range bytes.Lines([]byte(blocks)) {
		text := strings.TrimSuffix(strings.TrimPrefix(string(line), "\x1b[40;97m"), "\x1b[0m\n")
		var upper, lower []bool
		for _, r := range text {
			upper = append(upper, r != '█' && r != '▀')
			lower = append(lower, r != '█' && r != '▄')
		}
		rows = append(rows, upper, lower)
	}
	return rows
}
