package demo

import "math"

// patternSide is the width and height of repeating patterns and landscapes, in pixels.
const patternSide = 640

// ground starts a square pattern filled with one ink.
func ground(c ink) *canvas {
	out := newCanvas(patternSide)
	out.fill(rect(0, 0, photoSide, photoSide), flat(c))
	return out
}

// coffeeBeans scatters roasted beans over a pale ground.
func coffeeBeans(paper ink, roasts ...ink) []byte {
	c := ground(paper)
	for row := range 9 {
		for col := range 9 {
			n := row*9 + col
			x := float64(col)*92 - 20 + float64(row%2)*46 + noise(n, 1)*22
			y := float64(row)*88 - 4 + noise(n, 2)*22
			c.bean(x, y, 26+noise(n, 4)*7, noise(n, 3)*360, roasts[n*7%len(roasts)])
		}
	}
	return c.flatPNG()
}

// bean draws one coffee bean with its crease; r is half its length.
func (c *canvas) bean(x, y, r, degrees float64, roast ink) {
	put := func(p path) path { return p.rotate(degrees, 0, 0).move(x, y) }
	body := put(ellipse(0, 0, r, r*.68))
	c.fill(body.move(2, 4), flat(ink{.25, .15, .1, .16}))
	c.fill(body, paint{[]ink{roast.lighter(.16), roast, roast.darker(.25)}, point{x - r*.5, y - r*.7}, point{x + r*.5, y + r*.7}})
	c.fill(put(begin(-r*.86, 0).c(-r*.4, -r*.34, r*.2, r*.42, r*.86, 0)).stroke(r*.13), flat(roast.darker(.55)))
}

// leaves lays rows of paired leaves on twigs.
func leaves(paper ink, greens ...ink) []byte {
	c := ground(paper)
	for col := range 5 {
		for row := range 4 {
			n := col*4 + row
			x := float64(col)*160 + 40
			y := float64(row)*240 + 190 - float64(col%2)*120
			c.sprig(x, y, 132, 14-28*float64((col+row)%2), greens[n%len(greens)])
		}
	}
	return c.flatPNG()
}

// waves stacks rolling crests from the horizon down, each nearer one deeper in colour.
func waves(sky ink, sea ...ink) []byte {
	c := ground(sky)
	c.fill(circle(520, 150, 74), flat(sky.lighter(.55)))
	for i, water := range sea {
		top := 190 + float64(i)*530/float64(len(sea))
		length := 150 + float64(i)*18
		shift := -float64(i) * 67
		crest := func(lift float64) path {
			p := begin(shift-length, 900)
			p = p.l(shift-length, top+lift)
			for x := shift - length; x < photoSide+length; x += length {
				p = p.c(x+length*.45, top+lift+8, x+length*.55, top+lift-62, x+length*.86, top+lift-50).
					c(x+length*.74, top+lift-30, x+length*.8, top+lift, x+length, top+lift)
			}
			return p.l(photoSide+length*2, 900)
		}
		c.fill(crest(0), flat(water.lighter(.5)))
		c.fill(crest(7), flat(water))
		c.fill(crest(26), flat(water.darker(.05)))
	}
	return c.flatPNG()
}

// sunset is a banded sun over hills and still water.
func sunset(high, low, sun, hill ink) []byte {
	c := newCanvas(photoSide)
	c.fill(rect(0, 0, photoSide, 500), down(0, 500, high, high.mix(low, .5), low))
	c.glow(360, 380, 360, 320, sun.lighter(.3).alpha(.35))
	c.fill(circle(360, 360, 150), down(210, 510, sun.lighter(.35), sun))
	for i := range 3 {
		y := 330 + float64(i)*44
		c.fill(roundRect(120+float64(i)*50, y, 250-float64(i)*20, 7, 3.5).move(float64(i%2)*170, 0), flat(low.lighter(.25).alpha(.7)))
	}
	far := begin(0, 470).c(90, 440, 130, 372, 190, 360).c(250, 400, 320, 452, 420, 448).c(500, 430, 560, 352, 610, 340).c(660, 370, 700, 420, 720, 430).l(720, 520).l(0, 520)
	c.fill(far, flat(hill.mix(low, .45)))
	near := begin(0, 452).c(80, 470, 170, 500, 260, 492).c(380, 476, 480, 500, 600, 470).c(660, 456, 700, 460, 720, 452).l(720, 520).l(0, 520)
	c.fill(near, flat(hill))
	c.fill(rect(0, 510, photoSide, 210), down(510, photoSide, low.mix(hill, .35), hill.mix(high, .25)))
	for i := range 11 {
		y := 526 + float64(i)*17
		w := 250 - math.Abs(float64(i)-2)*20 + noise(i, 9)*30
		c.fill(roundRect(360-w/2+noise(i, 5)*26-13, y, w, 6, 3), flat(sun.lighter(.3).alpha(.75-float32(i)*.05)))
	}
	for i, x := range []float64{150, 190, 236} {
		y := 150 - float64(i%2)*26
		c.fill(begin(x-17, y-5).q(x-8, y-11, x, y).q(x+8, y-11, x+17, y-5).stroke(3.4), flat(hill))
	}
	return c.png()
}
