package upload

import (
	"image"
	"image/color"
	"math/rand/v2"
	"net/http"
	"testing"
)

// TestEncodeWebP: whatever the image is, another decoder sees it in what is
// written. Sizes are odd: blocks are of 16 pixels.
func TestEncodeWebP(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		img := image.NewNRGBA(image.Rect(0, 0, 1+r.IntN(90), 1+r.IntN(90)))
		for y := range img.Rect.Dy() {
			for x := range img.Rect.Dx() {
				img.SetNRGBA(x, y, color.NRGBA{uint8(2 * x), uint8(2 * y), uint8(x + y), uint8(255 - i%4*x/4)})
			}
		}
		for _, how := range []loss{{quality: 80, alpha: 100}, {quality: 60, alpha: 15}, exactly} {
			if _, err := encodeWebP(img, how); err != nil {
				t.Errorf("%v %+v: %v", img.Rect, how, err)
			}
		}
	}
}

func TestAlike(t *testing.T) {
	plain := func(c color.NRGBA) *image.NRGBA {
		m := image.NewNRGBA(image.Rect(0, 0, 640, 480))
		for i := 0; i < len(m.Pix); i += 4 {
			m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = c.R, c.G, c.B, c.A
		}
		return m
	}
	a := plain(color.NRGBA{200, 100, 50, 255})
	if !alike(a, plain(color.NRGBA{205, 95, 52, 255})) {
		t.Error("nearly the same is not alike")
	}
	damaged := plain(color.NRGBA{200, 100, 50, 255})
	for y := range 30 { // one cell
		for x := range 40 {
			damaged.SetNRGBA(120+x, 60+y, color.NRGBA{0, 255, 0, 255})
		}
	}
	for name, b := range map[string]image.Image{
		"damaged": damaged, "transparent": plain(color.NRGBA{200, 100, 50, 60}), "smaller": image.NewNRGBA(image.Rect(0, 0, 639, 480)),
	} {
		if alike(a, b) {
			t.Errorf("%s is alike", name)
		}
	}
}

func FuzzAcceptsWebP(f *testing.F) {
	for _, accept := range []string{"image/webp", "image/webp;q=0", "text/html, image/webp", "*/*", "image/webp;q=x,,;"} {
		f.Add(accept)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		r := &http.Request{Header: http.Header{"Accept": {accept}}}
		html := &http.Request{Header: http.Header{"Accept": {"text/html", accept}}}
		if acceptsWebP(html) || acceptsWebP(r) && len(accept) < len(webpType) {
			t.Fatalf("%q", accept)
		}
	})
}

func FuzzOrientation(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if o := orientation(raw); o < 1 || o > 8 {
			t.Fatalf("%d", o)
		}
		_ = hasProfile(raw, "iCCP")
	})
}
