package pairing

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
)

// photoOf shows a picture as a camera would: turned and leaning, in a room, with noise and blur.
func photoOf(t testing.TB, text string, side int, degrees, lean, noise float64) image.Image {
	t.Helper()
	picture, err := Picture(text)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	room := image.NewRGBA(image.Rect(0, 0, side, side*3/4))
	for i := range room.Pix {
		room.Pix[i] = uint8(90 + i/4%side*60/side)
	}
	modules := float64(picture.Bounds().Dx())
	scale := float64(side) * 0.4 / modules
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	m := f64.Aff3{scale * cos, -scale*sin + lean*scale, 0, scale * sin, scale * cos, 0}
	m[2] = float64(side)/2 - (m[0]+m[1])*modules/2
	m[5] = float64(side)*3/8 - (m[3]+m[4])*modules/2
	draw.BiLinear.Transform(room, m, picture, picture.Bounds(), draw.Over, nil)
	for i := range room.Pix {
		dim := 40 + float64(room.Pix[i])*0.7 // a screen is never black
		room.Pix[i] = uint8(min(255, max(0, dim+noise*r.NormFloat64())))
	}
	return room
}

func encoded(t testing.TB, photo image.Image) io.Reader {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, photo, &jpeg.Options{Quality: 60}); err != nil {
		t.Fatal(err)
	}
	return &b
}

func TestReadPhoto(t *testing.T) {
	text := somePicture(t).text()
	for what, photo := range map[string]image.Image{
		"from the front":      photoOf(t, text, 800, 0, 0, 0),
		"turned a little":     photoOf(t, text, 1000, 12, 0, 8),
		"held upright":        photoOf(t, text, 1600, 90, 0, 8),
		"upside down":         photoOf(t, text, 1200, 183, 0, 8),
		"leaning":             photoOf(t, text, 1600, -7, 0.12, 10),
		"by a large camera":   photoOf(t, text, 4000, 5, 0.05, 15),
		"in the dark, grainy": photoOf(t, text, 1600, 3, 0, 20),
	} {
		if got, err := ReadPhoto(encoded(t, photo)); err != nil || got != text {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	exact, err := Picture(text)
	if err != nil {
		t.Fatal(err)
	}
	large := image.NewGray(image.Rect(0, 0, exact.Bounds().Dx()*3, exact.Bounds().Dy()*3))
	draw.NearestNeighbor.Scale(large, large.Bounds(), exact, exact.Bounds(), draw.Src, nil)
	var b bytes.Buffer
	if err := png.Encode(&b, large); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadPhoto(&b); err != nil || got != text {
		t.Errorf("a copy of the screen: %q, %v", got, err)
	}
}

func TestPhotosWithoutACode(t *testing.T) {
	blank := image.NewGray(image.Rect(0, 0, 900, 700))
	noisy := image.NewGray(blank.Rect)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range noisy.Pix {
		noisy.Pix[i] = uint8(r.IntN(256))
	}
	one := image.NewGray(image.Rect(0, 0, 1, 1))
	one.SetGray(0, 0, color.Gray{9})
	for what, photo := range map[string]io.Reader{
		"nothing":        strings.NewReader(""),
		"a text":         strings.NewReader("CROFT1:AAAA"),
		"a cut file":     io.LimitReader(encoded(t, photoOf(t, "CROFT1:A", 800, 0, 0, 0)), 900),
		"blank":          encoded(t, blank),
		"noise":          encoded(t, noisy),
		"one pixel":      encoded(t, one),
		"a vast picture": bytes.NewReader(vast()),
	} {
		if text, err := ReadPhoto(photo); !errors.Is(err, ErrPhoto) {
			t.Errorf("%s: %q, %v", what, text, err)
		}
	}
}

// vast says in few bytes that it has 60,000 times 60,000 pixels.
func vast() []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xea\x60\x00\x00\xea\x60\x08\x00\x00\x00\x00")
	return append(b, 0xbe, 0x2c, 0x60, 0x1e)
}

// Whatever the pixels, reading them ends.
func FuzzPhoto(f *testing.F) {
	f.Add([]byte{0, 255, 0, 255, 1, 1, 1, 1, 9}, uint8(3))
	f.Add(bytes.Repeat([]byte{0, 0, 0, 0, 0, 0, 0, 255, 255, 255}, 60), uint8(25))
	f.Fuzz(func(t *testing.T, pixels []byte, width uint8) {
		if width == 0 || len(pixels) < int(width) {
			return
		}
		photo := image.NewGray(image.Rect(0, 0, int(width), len(pixels)/int(width)))
		copy(photo.Pix, pixels)
		readCode(photo)
	})
}
