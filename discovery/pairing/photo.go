package pairing

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // a photo may be one
	_ "image/jpeg" // the same
	_ "image/png"  // the same
	"io"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/draw"
)

const (
	photoBytesMax  = 64 << 20
	photoPixelsMax = 64 << 20
)

// ErrPhoto: a photo has no code in it that can be read.
var ErrPhoto = errors.New("no code is seen in this photo: take one that shows the whole picture, sharp and from the front")

// sides are the sizes at which a photo is looked at, in pixels: a screen's own pixels make patterns at some of them.
var sides = []int{1200, 600, 2000}

// ReadPhoto returns the text of the QR code in a photo, or a copy, of another device's screen: a PNG, JPEG or GIF file.
func ReadPhoto(r io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(r, photoBytesMax+1))
	if err != nil {
		return "", fmt.Errorf("read the photo: %w", err)
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || len(b) > photoBytesMax || size.Width*size.Height > photoPixelsMax {
		return "", ErrPhoto
	}
	photo, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return "", ErrPhoto
	}
	for _, side := range sides {
		if text, ok := readCode(scaled(photo, side)); ok {
			return text, nil
		}
	}
	return "", ErrPhoto
}

// scaled returns a photo whose longer side is at most so long.
func scaled(photo image.Image, side int) image.Image {
	b := photo.Bounds()
	long := max(b.Dx(), b.Dy())
	if long <= side {
		return photo
	}
	small := image.NewRGBA(image.Rect(0, 0, max(1, b.Dx()*side/long), max(1, b.Dy()*side/long)))
	draw.BiLinear.Scale(small, small.Bounds(), photo, b, draw.Src, nil) // it averages, so grain goes
	return small
}

// readCode looks with a threshold for each part, as light falls unevenly, and then with one for all.
func readCode(photo image.Image) (string, bool) {
	light := gozxing.NewLuminanceSourceFromImage(photo)
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(light), gozxing.NewGlobalHistgramBinarizer(light)} {
		bits, err := gozxing.NewBinaryBitmap(binarizer)
		if err != nil {
			return "", false
		}
		if found, err := qrcode.NewQRCodeReader().Decode(bits, hints); err == nil {
			return found.GetText(), true
		}
	}
	return "", false
}
