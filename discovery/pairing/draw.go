package pairing

import (
	"fmt"
	"image"
	"strings"

	"rsc.io/qr"
)

// quiet is the empty margin that a QR code needs, in modules.
const quiet = 4

// Picture draws the text of a QR code, one pixel a module and its margin
// included: scale it up without smoothing.
func Picture(text string) (image.Image, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fmt.Errorf("drawing %d characters: %w", len(text), err)
	}
	side := code.Size + 2*quiet
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		x, y := i%side-quiet, i/side-quiet
		if !code.Black(x, y) { // outside is white
			img.Pix[i] = 0xff
		}
	}
	return img, nil
}

// Blocks draws the text of a QR code for a terminal, two modules a character.
// It sets black and white itself, so it can be scanned on any background.
func Blocks(text string) (string, error) {
	img, err := Picture(text)
	if err != nil {
		return "", err
	}
	gray := img.(*image.Gray)
	side := gray.Rect.Dx()
	white := func(x, y int) bool { return y >= side || gray.GrayAt(x, y).Y != 0 }
	var b strings.Builder
	for y := 0; y < side; y += 2 {
		b.WriteString("\x1b[40;97m")
		for x := range side {
			b.WriteRune(half(white(x, y), white(x, y+1)))
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String(), nil
}

// half is the character whose upper and lower half are drawn.
func half(upper, lower bool) rune {
	switch {
	case upper && lower:
		return '█'
	case upper:
		return '▀'
	case lower:
		return '▄'
	}
	return ' '
}
