package demo

import "math"

// artSide is the width and height of cut-out artwork, in pixels; its ground is transparent.
const artSide = 480

// cup is a steaming cup on a saucer in one ink.
func cup(line ink) []byte {
	c := newCanvas(artSide)
	c.fill(ellipse(230, 392, 170, 26), flat(line))
	c.fill(ellipse(230, 386, 140, 14), flat(line.lighter(.35)))
	c.fill(begin(330, 240).c(440, 220, 430, 350, 316, 340).stroke(24), flat(line))
	c.fill(begin(110, 214).l(350, 214).c(352, 310, 320, 384, 230, 384).c(140, 384, 108, 310, 110, 214), flat(line))
	c.fill(begin(140, 240).c(144, 300, 156, 330, 176, 350).stroke(9), flat(line.lighter(.6)))
	for i := range 3 {
		x := 170 + float64(i)*60
		top := 64 - float64(i%2)*24
		c.fill(begin(x, 186).c(x-34, 150, x+34, 120, x, top+20).stroke(13), flat(line.alpha(.85)))
	}
	return c.flatPNG()
}

// mountain is a round badge: a peak, its snow, a sun and three lines of mist.
func mountain(disc, sun, peak, snow ink) []byte {
	c := newCanvas(artSide)
	c.fill(circle(240, 240, 214), flat(peak))
	c.fill(circle(240, 240, 204), flat(disc))
	c.within(circle(240, 240, 194), func() {
		c.fill(rect(0, 0, artSide, artSide), down(46, 434, disc.lighter(.35), disc))
		c.fill(circle(316, 170, 50), flat(sun))
		c.fill(begin(-20, 420).l(150, 220).l(230, 330).l(300, 420), flat(peak.mix(disc, .45)))
		c.fill(begin(60, 440).l(262, 146).l(290, 176).l(470, 440), flat(peak))
		c.fill(begin(262, 146).l(290, 176).l(330, 236).l(300, 222).l(284, 250).l(262, 222).l(236, 246).l(212, 219), flat(snow))
		for i := range 3 {
			c.fill(roundRect(70+float64(i)*54, 352+float64(i)*24, 230, 9, 4.5), flat(snow.alpha(.8)))
		}
	})
	return c.flatPNG()
}

// branch is a coffee twig with cherries.
func branch(green, cherry ink) []byte {
	c := newCanvas(artSide)
	c.fill(begin(60, 400).c(160, 380, 300, 280, 420, 90).stroke(9), flat(green.darker(.4)))
	twigs := []struct{ x, y, size, turn float64 }{
		{130, 376, 150, -38}, {150, 368, 130, 128}, {232, 310, 150, -20}, {250, 296, 140, 112}, {330, 218, 130, -8}, {340, 206, 120, 100}, {416, 96, 100, 34},
	}
	for i, t := range twigs {
		c.fill(leafShape(t.size).rotate(t.turn, 0, 0).move(t.x, t.y), flat(green.lighter(float32(i%3)*.1)))
		c.fill(begin(0, 0).l(0, -t.size*.85).rotate(t.turn, 0, 0).move(t.x, t.y).stroke(3), flat(green.darker(.25)))
	}
	for i, at := range []point{{196, 340}, {222, 358}, {296, 262}, {318, 278}, {300, 294}, {372, 164}} {
		c.fill(circle(at.x, at.y, 19), flat(cherry.lighter(float32(i%2)*.12)))
		c.fill(circle(at.x-6, at.y-6, 5), flat(ink{1, 1, 1, .55}))
	}
	return c.flatPNG()
}

// frangipani is the five-petalled flower of temple yards.
func frangipani(petal, heart ink) []byte {
	c := newCanvas(artSide)
	for i := range 5 {
		put := func(p path) path { return p.rotate(float64(i)*72, 0, 0).move(240, 250) }
		shape := put(begin(0, 0).c(-110, -40, -120, -190, -10, -206).c(80, -196, 90, -70, 0, 0))
		sin, cos := math.Sincos(float64(i) * 72 * math.Pi / 180)
		tip := point{240 + sin*200, 250 - cos*200}
		c.shadow(shape, 3, 4, petal.darker(.6).alpha(.5))
		c.fill(shape, paint{[]ink{heart, heart.mix(petal, .7), petal, petal.darker(.03)}, point{240, 250}, tip})
		c.fill(put(begin(0, -20).c(-46, -60, -60, -130, -30, -190)).stroke(2.4), flat(petal.darker(.25).alpha(.35)))
	}
	return c.flatPNG()
}

// cat sits with its back to us and its tail around it.
func cat(fur ink) []byte {
	c := newCanvas(artSide)
	f := flat(fur)
	c.fill(begin(300, 402).c(400, 420, 440, 350, 396, 300).stroke(26), f)
	c.fill(begin(240, 170).c(330, 190, 356, 300, 346, 400).c(340, 424, 300, 430, 240, 430).mirrored(240), f)
	c.fill(begin(240, 96).c(258, 96, 272, 98, 284, 104).l(318, 52).c(334, 90, 338, 120, 334, 150).c(330, 200, 290, 222, 240, 222).mirrored(240), f)
	pale := flat(fur.lighter(.45))
	for i := range 3 {
		y := 262 + float64(i)*40
		c.fill(begin(326, y).q(296, y+8, 282, y+22).stroke(9), pale)
		c.fill(begin(154, y).q(184, y+8, 198, y+22).stroke(9), pale)
	}
	c.fill(begin(240, 104).l(240, 134).stroke(8), pale)
	c.fill(begin(214, 108).l(218, 132).stroke(8), pale)
	c.fill(begin(266, 108).l(262, 132).stroke(8), pale)
	return c.flatPNG()
}

// bicycle is an old upright roadster with a basket.
func bicycle(frame, tyre ink) []byte {
	c := newCanvas(artSide)
	for _, x := range []float64{124, 356} {
		for i := range 8 {
			c.fill(begin(x, 330).l(x, 250).rotate(float64(i)*45+11, x, 330).stroke(1.8), flat(tyre.alpha(.6)))
		}
		c.fill(closed(circle(x, 330, 84)).stroke(11), flat(tyre))
		c.fill(circle(x, 330, 10), flat(tyre))
	}
	f := flat(frame)
	for _, bar := range []path{
		begin(124, 330).l(196, 208).l(316, 208).l(232, 330).l(124, 330), begin(186, 176).l(232, 330),
		begin(306, 150).l(320, 214).c(328, 260, 338, 300, 356, 330), begin(306, 150).c(290, 136, 268, 140, 258, 154),
	} {
		c.fill(bar.stroke(10), f)
	}
	c.fill(begin(150, 172).c(170, 162, 200, 164, 222, 170).stroke(15), flat(tyre))
	c.fill(begin(40, 330).c(50, 200, 190, 210, 206, 300).stroke(6), f)
	c.fill(circle(232, 330, 22), flat(tyre))
	c.fill(begin(218, 352).l(246, 308).stroke(6), f)
	c.fill(begin(326, 150).l(426, 150).l(410, 216).l(340, 216), flat(hex(0xc99a5b)))
	for i := range 4 {
		x := 346 + float64(i)*20
		c.fill(begin(x, 156).l(x-1, 212).stroke(3), flat(hex(0x8f6534)))
	}
	return c.flatPNG()
}
