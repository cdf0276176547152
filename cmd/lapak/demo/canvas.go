package demo

import (
	"bytes"
	"image"
	"image/png"
)

// ink is a colour with straight alpha, each part 0 to 1.
type ink struct{ r, g, b, a float32 }

// hex makes an opaque ink of 0xRRGGBB.
func hex(v uint32) ink {
	return ink{float32(v>>16&255) / 255, float32(v>>8&255) / 255, float32(v&255) / 255, 1}
}

func (c ink) alpha(a float32) ink { return ink{c.r, c.g, c.b, a} }

// mix goes from c towards d by t, 0 to 1.
func (c ink) mix(d ink, t float32) ink {
	return ink{c.r + (d.r-c.r)*t, c.g + (d.g-c.g)*t, c.b + (d.b-c.b)*t, c.a + (d.a-c.a)*t}
}

func (c ink) darker(t float32) ink  { return c.mix(ink{0.08, 0.05, 0.06, c.a}, t) }
func (c ink) lighter(t float32) ink { return c.mix(ink{1, 1, 1, c.a}, t) }

// paint colours a shape: one ink, or a linear gradient of evenly spaced stops between two points.
type paint struct {
	stops    []ink
	from, to point
}

func flat(c ink) paint { return paint{stops: []ink{c}} }

func across(x0, x1 float64, stops ...ink) paint {
	return paint{stops, point{x0, 0}, point{x1, 0}}
}

func down(y0, y1 float64, stops ...ink) paint {
	return paint{stops, point{0, y0}, point{0, y1}}
}

// shader returns the paint's colour at a point; what is the same for all points is worked out once.
func (p paint) shader() func(x, y float64) ink {
	last := len(p.stops) - 1
	if last == 0 {
		return func(float64, float64) ink { return p.stops[0] }
	}
	dx, dy := p.to.x-p.from.x, p.to.y-p.from.y
	k := float64(last) / (dx*dx + dy*dy)
	dx, dy = dx*k, dy*k
	start := p.from.x*dx + p.from.y*dy
	return func(x, y float64) ink {
		t := min(float64(last), max(0, x*dx+y*dy-start))
		i := min(int(t), last-1)
		return p.stops[i].mix(p.stops[i+1], float32(t-float64(i)))
	}
}

// canvas is a square picture being drawn; it starts transparent.
type canvas struct {
	side int
	img  *image.RGBA
	clip []uint8 // coverage everything drawn is cut to; nil means no clip
	buf  []float32
}

func newCanvas(side int) *canvas {
	return &canvas{side: side, img: image.NewRGBA(image.Rect(0, 0, side, side))}
}

func (c *canvas) fill(p path, with paint) {
	colour := with.shader()
	level := len(with.stops) == 1 || with.from.x == with.to.x // the same along a whole row
	c.cover(p, func(i, x, y int, row []float32) {
		at := float64(y) + 0.5
		now := colour(0, at)
		for n, a := range row {
			if a == 0 {
				continue
			}
			if !level {
				now = colour(float64(x+n)+0.5, at)
			}
			c.blend(i+n, now, a)
		}
	})
}

// within draws with everything cut to the shape of p.
func (c *canvas) within(p path, draw func()) {
	outer := c.clip
	c.clip = c.mask(p)
	draw()
	c.clip = outer
}

// shadow draws p blurred by about blur pixels and moved down by dy.
func (c *canvas) shadow(p path, dy, blur float64, with ink) {
	p = p.move(0, dy)
	box := image.Rect(0, 0, c.side, c.side)
	reach := int(blur)*3 + 1
	x0, y0, x1, y1 := bounds(p)
	box = box.Intersect(image.Rect(int(x0)-reach, int(y0)-reach, int(x1)+reach, int(y1)+reach))
	m := c.mask(p)
	boxBlur(m, c.side, box, max(1, int(blur)))
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			if v := m[y*c.side+x]; v > 0 {
				c.blend(y*c.side+x, with, float32(v)/255)
			}
		}
	}
}

// glow paints a soft-edged ellipse: full in its middle, nothing at its rim.
func (c *canvas) glow(cx, cy, rx, ry float64, with ink) {
	for y := max(0, int(cy-ry)); y < min(c.side, int(cy+ry)+1); y++ {
		for x := max(0, int(cx-rx)); x < min(c.side, int(cx+rx)+1); x++ {
			dx, dy := (float64(x)-cx)/rx, (float64(y)-cy)/ry
			if d := 1 - dx*dx - dy*dy; d > 0 {
				c.blend(y*c.side+x, with, float32(d*d))
			}
		}
	}
}

// mask is the coverage of p, cut to the clip in force.
func (c *canvas) mask(p path) []uint8 {
	m := make([]uint8, c.side*c.side)
	c.cover(p, func(i, _, _ int, row []float32) {
		for n, a := range row {
			m[i+n] = uint8(a*255 + 0.5)
		}
	})
	return m
}

// cover calls draw for each row that p touches: the index and place of the row's first pixel, and the
// part of each pixel that p covers, cut to the clip in force.
func (c *canvas) cover(p path, draw func(i, x, y int, row []float32)) {
	if len(p) == 0 {
		return
	}
	r := rasterise(p, c.side, c.buf)
	c.buf = r.acc
	left, right := max(0, -r.x), min(r.w, c.side-r.x)
	if left >= right {
		return
	}
	for n := range r.h {
		row := r.row(n)[left:right]
		x, y := r.x+left, r.y+n
		i := y*c.side + x
		if c.clip != nil {
			for k, v := range c.clip[i : i+len(row)] {
				row[k] *= float32(v) / 255
			}
		}
		draw(i, x, y, row)
	}
}

func (c *canvas) blend(i int, with ink, a float32) {
	a *= with.a
	px := c.img.Pix[i*4 : i*4+4 : i*4+4]
	if a > 0.999 {
		px[0], px[1], px[2], px[3] = uint8(with.r*255+0.5), uint8(with.g*255+0.5), uint8(with.b*255+0.5), 255
		return
	}
	keep := 1 - a
	px[0] = uint8(with.r*255*a + float32(px[0])*keep + 0.5)
	px[1] = uint8(with.g*255*a + float32(px[1])*keep + 0.5)
	px[2] = uint8(with.b*255*a + float32(px[2])*keep + 0.5)
	px[3] = uint8(255*a + float32(px[3])*keep + 0.5)
}

// png encodes the picture in full colour, for photographs' soft gradients.
func (c *canvas) png() []byte { return encode(c.img) }

// flatPNG encodes the picture in 256 colours, for patterns and cut-outs.
func (c *canvas) flatPNG() []byte { return encode(c.paletted()) }

func encode(img image.Image) []byte {
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		panic(err) // a bytes.Buffer does not fail, and no picture is empty
	}
	return out.Bytes()
}

// boxBlur blurs box of a square mask in place: two box filters along each axis make a soft ramp.
func boxBlur(m []uint8, side int, box image.Rectangle, radius int) {
	sums := make([]int, side+1)
	for range 2 {
		for y := box.Min.Y; y < box.Max.Y; y++ {
			blurLine(m[y*side+box.Min.X:], 1, box.Dx(), radius, sums)
		}
		for x := box.Min.X; x < box.Max.X; x++ {
			blurLine(m[box.Min.Y*side+x:], side, box.Dy(), radius, sums)
		}
	}
}

// blurLine replaces n cells of m, step apart, by the mean of their neighbourhoods.
func blurLine(m []uint8, step, n, radius int, sums []int) {
	for i := range n {
		sums[i+1] = sums[i] + int(m[i*step])
	}
	for i := range n {
		lo, hi := max(0, i-radius), min(n, i+radius+1)
		m[i*step] = uint8((sums[hi] - sums[lo]) / (2*radius + 1))
	}
}

// noise is a repeatable number in [0, 1) for a place in a pattern.
func noise(a, b int) float64 {
	v := uint32(a)*0x9e3779b1 ^ uint32(b)*0x85ebca77
	v = (v ^ v>>15) * 0x2c1b3c6d
	v = (v ^ v>>12) * 0x297a2d39
	return float64(v^v>>15) / (1 << 32)
}
