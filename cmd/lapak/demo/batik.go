package demo

import "math"

// kawung repeats the four palm-fruit ovals around a small cross.
func kawung(cloth, fruit, line ink) []byte {
	c := ground(cloth)
	const cell = 120.0
	for row := range 7 {
		for col := range 7 {
			x, y := float64(col)*cell, float64(row)*cell
			for _, degrees := range []float64{45, 135, 225, 315} {
				put := func(p path) path { return p.rotate(degrees, 0, 0).move(x, y) }
				c.fill(put(ellipse(0, -43, 25, 36)), flat(fruit.darker(.22)))
				c.fill(put(ellipse(0, -43, 21, 32)), flat(fruit))
				c.fill(closed(put(ellipse(0, -43, 13.5, 23))).stroke(2), flat(line))
				c.fill(put(ellipse(0, -37, 3.2, 5)), flat(line))
				c.fill(put(ellipse(0, -52, 3.2, 5)), flat(line))
			}
			c.fill(rect(x-4, y-4, 8, 8).rotate(45, x, y), flat(line.lighter(.4)))
			star(c, x+cell/2, y+cell/2, 9, line.lighter(.15))
		}
	}
	return c.flatPNG()
}

// star is a small eight-petalled filler flower.
func star(c *canvas, x, y, r float64, with ink) {
	for i := range 8 {
		c.fill(ellipse(0, -r, r*.24, r*.52).rotate(float64(i)*45, 0, 0).move(x, y), flat(with))
	}
	c.fill(circle(x, y, r*.3), flat(with.lighter(.5)))
}

// parang runs bands of linked S-blades down the diagonal, parted by rows of small diamonds.
func parang(cloth, blade, line ink) []byte {
	c := ground(cloth)
	const band, pitch = 132.0, 62.0
	put := func(p path) path { return p.rotate(-45, axis, axis).scale(1.3, 1.3).move(-140, -140) }
	for row := -3; row < 9; row++ {
		y := float64(row) * band
		c.fill(put(rect(-200, y, 1120, 30)), flat(line.darker(.1)))
		c.fill(put(rect(-200, y+3, 1120, 24)), flat(cloth.lighter(.1)))
		for col := range 28 {
			x := float64(col)*40 - 200
			c.fill(put(rect(x-7, y+8, 14, 14).rotate(45, x, y+15)), flat(line))
			c.fill(put(circle(x, y+15, 2.4)), flat(cloth))
		}
		for col := range 19 {
			c.blade(put, float64(col)*pitch-210, y+30, band-30, blade, line)
		}
	}
	return c.flatPNG()
}

// blade is one S of parang, its curl at the top and its tail at the bottom of a band h high.
func (c *canvas) blade(put func(path) path, x, y, h float64, fill, line ink) {
	s := begin(x+8, y+h).c(x-6, y+h*.72, x+4, y+h*.56, x+22, y+h*.42).c(x+36, y+h*.3, x+34, y+h*.16, x+18, y+h*.14).
		c(x+6, y+h*.13, x+4, y+h*.26, x+14, y+h*.28).c(x+2, y+h*.3, x-10, y+h*.14, x+6, y).l(x+46, y).
		c(x+60, y+h*.2, x+56, y+h*.4, x+38, y+h*.54).c(x+22, y+h*.68, x+26, y+h*.84, x+42, y+h)
	c.fill(put(s), flat(fill))
	c.fill(put(begin(x+32, y+6).c(x+48, y+h*.2, x+46, y+h*.38, x+28, y+h*.5).c(x+12, y+h*.62, x+8, y+h*.78, x+20, y+h-6)).stroke(3), flat(line))
	c.fill(put(circle(x+15, y+h*.21, 3.6)), flat(line))
	c.fill(put(begin(x+50, y+h*.62).c(x+44, y+h*.72, x+48, y+h*.82, x+56, y+h*.9).stroke(2.6)), flat(fill.mix(line, .35)))
}

// megaMendung is the layered cloud of Cirebon, each cloud shaded from its edge to its heart.
func megaMendung(sky, edge, heart ink) []byte {
	c := ground(sky)
	for row := range 6 {
		for col := range 4 {
			n := row*4 + col
			x := float64(col)*270 - float64(row%2)*135 + noise(n, 2)*24
			y := float64(row)*138 + 10 + noise(n, 3)*18
			c.cloud(x, y, .82+noise(n, 4)*.22, edge, heart)
		}
	}
	return c.flatPNG()
}

// cloud draws seven nested outlines of one cloud about (x, y).
func (c *canvas) cloud(x, y, size float64, edge, heart ink) {
	const layers = 7
	for i := range layers {
		t := float64(i) / (layers - 1)
		k := size * (1 - t*.78)
		shape := cloudShape().scale(k, k).move(x, y+t*10)
		c.fill(shape, flat(edge.mix(heart, float32(math.Pow(t, .8)))))
	}
}

func cloudShape() path {
	return begin(-132, 34).c(-150, 14, -128, -12, -104, -4).c(-112, -40, -70, -58, -46, -36).
		c(-40, -84, 26, -90, 36, -46).c(62, -68, 104, -50, 96, -14).c(124, -20, 150, 6, 134, 32).
		c(160, 34, 176, 44, 196, 40).c(176, 62, 120, 60, 92, 50).c(70, 70, 34, 66, 22, 52).
		c(2, 72, -40, 70, -54, 52).c(-80, 66, -122, 60, -132, 34)
}

// truntum scatters the small star flowers of a night sky.
func truntum(night, star1, star2 ink) []byte {
	c := ground(night)
	for row := range 11 {
		for col := range 11 {
			x, y := float64(col)*72+float64(row%2)*36-10, float64(row)*68+10
			if (row+col)%3 == 0 {
				star(c, x, y, 17, star1)
				continue
			}
			star(c, x, y, 12, star2)
			for i := range 4 {
				c.fill(circle(x+22, y, 2).rotate(float64(i)*90+45, x, y), flat(star1.alpha(.55)))
			}
		}
	}
	return c.flatPNG()
}
