package demo

import (
	"math"
	"testing"
)

// area is the painted area of a canvas in pixels, by its alpha.
func area(c *canvas) float64 {
	sum := 0
	for i := 3; i < len(c.img.Pix); i += 4 {
		sum += int(c.img.Pix[i])
	}
	return float64(sum) / 255
}

func TestFillCoversTheExactArea(t *testing.T) {
	black := flat(hex(0))
	for _, tt := range []struct {
		name string
		path path
		want float64
	}{
		{"whole pixels", rect(2, 3, 5, 7), 35},
		{"parts of pixels", rect(2.25, 3.5, 5.5, 7.25), 5.5 * 7.25},
		{"turned", rect(20, 20, 30, 20).rotate(33, 32, 32), 600},
		{"circle", circle(32, 32, 20), math.Pi * 400},
		{"past all four sides", rect(-50, -50, 200, 200), 64 * 64},
		{"outside", rect(80, 10, 9, 9), 0},
		{"above", rect(10, -30, 9, 9), 0},
		{"stroke with round ends", begin(10, 30).l(50, 30).stroke(8), 40*8 + math.Pi*16},
		{"ring", closed(circle(32, 32, 20)).stroke(6), 2 * math.Pi * 20 * 6},
	} {
		c := newCanvas(64)
		c.fill(tt.path, black)
		if got := area(c); math.Abs(got-tt.want) > max(1, tt.want*.01) {
			t.Errorf("%s: painted %.2f pixels, want %.2f", tt.name, got, tt.want)
		}
	}
}

func TestWithinCutsAndEnds(t *testing.T) {
	c := newCanvas(64)
	c.within(rect(0, 0, 10, 10), func() {
		c.within(rect(5, 0, 20, 10), func() { c.fill(rect(0, 0, 64, 64), flat(hex(0))) })
	})
	if got := area(c); got != 50 {
		t.Errorf("painted %.1f pixels inside two clips, want 50", got)
	}
	c.fill(rect(0, 0, 64, 64), flat(hex(0)))
	if got := area(c); got != 64*64 {
		t.Errorf("the clip outlived its function: %.1f pixels", got)
	}
}

func TestGradientGoesFromStopToStop(t *testing.T) {
	at := across(10, 30, hex(0xff0000), hex(0x00ff00), hex(0x0000ff)).shader()
	for x, want := range map[float64]ink{0: hex(0xff0000), 10: hex(0xff0000), 20: hex(0x00ff00), 30: hex(0x0000ff), 99: hex(0x0000ff)} {
		if got := at(x, 5); got != want {
			t.Errorf("at %v: %+v, want %+v", x, got, want)
		}
	}
}

func TestPalettedKeepsFlatColours(t *testing.T) {
	c := newCanvas(64)
	c.fill(rect(0, 0, 32, 64), flat(hex(0x1f3c78)))
	p := c.paletted()
	r, g, b, a := p.At(5, 5).RGBA()
	if r>>8 != 0x1f || g>>8 != 0x3c || b>>8 != 0x78 || a>>8 != 255 {
		t.Errorf("a flat colour became %x %x %x %x", r>>8, g>>8, b>>8, a>>8)
	}
	if _, _, _, a := p.At(50, 5).RGBA(); a != 0 {
		t.Errorf("the ground's alpha is %d, want 0", a)
	}
}

func TestPalettedHoldsManyColours(t *testing.T) {
	c := newCanvas(64)
	for y := range 64 {
		for x := range 64 {
			c.fill(rect(float64(x), float64(y), 1, 1), flat(hex(uint32(x*4)<<16|uint32(y*4)<<8|uint32(x^y)*4)))
		}
	}
	if n := len(c.paletted().Palette); n != 256 {
		t.Errorf("%d colours, want 256", n)
	}
}
