package demo

// garment is what a knitted top needs to be drawn: its outline halves and where it is seen from.
type garment struct {
	cloth, wall ink
	front       bool
	long        bool    // sleeves to the wrist
	size        float64 // 1 fills the picture
}

const axis = photoSide / 2.0

func (g garment) fit(p path) path {
	return p.move(-axis, -370).scale(g.size, g.size).move(axis, 370)
}

// neck is the y of the neckline's lowest point: the front dips, the back hardly.
func (g garment) neck() float64 {
	if g.front {
		return 186
	}
	return 138
}

func (g garment) outline() path {
	n := g.neck()
	half := begin(axis, n).c(axis+40, n, axis+66, n-20, axis+78, 112)
	if g.long {
		half = half.c(430+50, 122, 500, 134, 518, 146).c(560, 170, 580, 240, 594, 320).c(608, 400, 626, 500, 634, 566).
			l(578, 580).c(560, 490, 540, 400, 508, 320)
	} else {
		half = half.c(430+50, 124, 504, 136, 524, 148).c(574, 180, 618, 246, 652, 306).l(566, 356).c(550, 326, 530, 306, 508, 292)
	}
	half = half.c(502, 400, 504, 520, 508, 632).c(450, 642, 400, 644, axis, 644)
	return g.fit(half.mirrored(axis))
}

// tee draws a t-shirt or a long-sleeved shirt lying flat, collar and cuffs in trim.
func tee(g garment, trim ink) []byte {
	c := flatLay(g.wall)
	shape := g.outline()
	c.shadow(shape, 12, 10, ink{.14, .11, .1, .4})
	n := g.neck()
	if g.front {
		inside := begin(axis-76, 112).c(axis-40, 132, axis+40, 132, axis+76, 112).c(axis+66, n-10, axis+40, n+8, axis, n+8).c(axis-40, n+8, axis-66, n-10, axis-76, 112)
		c.fill(g.fit(inside), down(112, n, g.cloth.darker(.34), g.cloth.darker(.2)))
		c.fill(g.fit(begin(axis-76, 112).c(axis-40, 132, axis+40, 132, axis+76, 112)).stroke(14), flat(trim.darker(.14)))
	}
	c.fill(shape, down(120, 640, g.cloth.lighter(.1), g.cloth, g.cloth.darker(.05)))
	c.within(shape, func() { c.folds(g, trim) })
	collar := begin(axis-78, 112).c(axis-66, n-20, axis-40, n, axis, n).c(axis+40, n, axis+66, n-20, axis+78, 112)
	c.within(g.fit(rect(0, 114, 720, 300)), func() {
		c.fill(g.fit(collar.move(0, 7)).stroke(16*g.size), flat(trim.darker(.03)))
		c.fill(g.fit(collar.move(0, 15)).stroke(1.6), flat(g.cloth.darker(.4).alpha(.5)))
	})
	return c.png()
}

// folds are the creases, seams and cuffs inside a garment's outline.
func (c *canvas) folds(g garment, trim ink) {
	crease := g.cloth.darker(.55)
	soft := func(p path, a float32) {
		c.fill(g.fit(p), paint{[]ink{crease.alpha(0), crease.alpha(a)}, point{300, 300}, point{360, 640}})
	}
	seam := flat(g.cloth.darker(.45).alpha(.32))
	for _, side := range []float64{1, -1} {
		at := func(p path) path {
			return p.transform(func(v point) point { return point{axis + side*(v.x-axis), v.y} })
		}
		soft(at(begin(508, 292).c(480, 380, 496, 500, 476, 650).l(520, 650).l(520, 292)), .16)
		soft(at(begin(500, 310).c(440, 350, 420, 420, 400, 430).c(430, 390, 450, 340, 506, 296)), .3)
		soft(at(begin(450, 650).c(440, 580, 452, 520, 436, 470).c(460, 520, 462, 590, 476, 650)), .14)
		c.fill(g.fit(at(begin(508, 296).c(494, 240, 496, 190, 516, 142))).stroke(2), seam)
		c.fill(g.fit(at(begin(500, 300).c(524, 250, 540, 220, 566, 200).c(548, 240, 530, 270, 512, 300))), flat(crease.alpha(.09)))
		c.fill(g.fit(at(g.cuff())).stroke(15*g.size), flat(trim.darker(.04)))
		c.fill(g.fit(at(g.cuffSeam())).stroke(1.6), seam)
	}
	c.fill(g.fit(begin(200, 620).c(300, 632, 420, 632, 520, 620)).stroke(1.6), seam)
}

func (g garment) cuff() path {
	if g.long {
		return begin(570, 576).l(644, 558)
	}
	return begin(556, 356).l(660, 298)
}

func (g garment) cuffSeam() path {
	if g.long {
		return begin(566, 562).l(640, 544)
	}
	return begin(548, 346).l(650, 286)
}

func flatLay(wall ink) *canvas {
	c := newCanvas(photoSide)
	c.fill(rect(0, 0, photoSide, photoSide), down(0, photoSide, wall.lighter(.35), wall, wall.darker(.04)))
	return c
}

// hoodie draws a fleece top: hood, pocket and cords in front, only the hood behind.
func hoodie(cloth, wall ink, front bool) []byte {
	c := flatLay(wall)
	g := garment{cloth: cloth, wall: wall, front: front, long: true, size: 1}
	shape := g.outline()
	c.shadow(shape, 13, 11, ink{.12, .1, .1, .42})
	hood := begin(axis, 40).c(axis+64, 40, axis+112, 78, axis+106, 142).c(axis+90, 176, axis+40, 206, axis, 208).mirrored(axis)
	if front {
		c.fill(hood, down(40, 200, cloth.lighter(.08), cloth.darker(.06)))
		c.fill(begin(axis, 66).c(axis+48, 66, axis+78, 96, axis+72, 140).c(axis+50, 176, axis+20, 196, axis, 204).mirrored(axis), down(66, 200, cloth.darker(.5), cloth.darker(.3)))
	}
	c.fill(shape, down(120, 640, cloth.lighter(.1), cloth, cloth.darker(.07)))
	c.within(shape, func() {
		c.folds(g, cloth.darker(.08))
		c.ribs(cloth)
	})
	if !front {
		c.shadow(hood, 6, 6, ink{.05, .04, .05, .3})
		c.fill(hood, down(40, 208, cloth.lighter(.14), cloth, cloth.darker(.08)))
		c.fill(begin(axis, 44).c(axis+5, 90, axis-4, 150, axis, 206).stroke(2), flat(cloth.darker(.4).alpha(.5)))
		return c.png()
	}
	c.hoodFront(cloth)
	return c.png()
}

// ribs draws the knitted band at the hem.
func (c *canvas) ribs(cloth ink) {
	c.fill(rect(190, 606, 340, 50), flat(cloth.darker(.09)))
	for x := 204.0; x < 520; x += 9 {
		c.fill(rect(x, 608, 1.5, 50), flat(cloth.darker(.4).alpha(.35)))
	}
}

// hoodFront draws the hood's two edges, the cords and the pocket.
func (c *canvas) hoodFront(cloth ink) {
	line := flat(cloth.darker(.45).alpha(.55))
	for _, side := range []float64{1, -1} {
		at := func(p path) path {
			return p.transform(func(v point) point { return point{axis + side*(v.x-axis), v.y} })
		}
		flap := at(begin(axis, 226).c(axis+30, 214, axis+84, 180, axis+104, 118).c(axis+98, 100, axis+90, 96, axis+78, 100).c(axis+60, 160, axis+30, 190, axis, 202))
		c.fill(flap, down(100, 226, cloth.lighter(.14), cloth.darker(.02)))
		c.fill(at(begin(axis, 226).c(axis+30, 214, axis+84, 180, axis+104, 118)).stroke(2), line)
		cord := at(begin(axis+16, 206).c(axis+24, 240, axis+20, 270, axis+26, 300+side*8))
		c.fill(cord.stroke(5), flat(hex(0xf2ece2)))
		c.fill(at(begin(axis+26, 300+side*8).l(axis+27, 316+side*8)).stroke(7), flat(hex(0xc9a86a)))
		c.fill(circle(axis+side*16, 206, 5), flat(hex(0xc9a86a)))
	}
	pocket := begin(axis, 484).l(axis+76, 484).c(axis+84, 510, axis+98, 540, axis+112, 556).l(axis+112, 604).l(axis, 604).mirrored(axis)
	c.fill(pocket, down(484, 604, cloth.lighter(.07), cloth.darker(.03)))
	c.fill(closed(pocket).stroke(2), line)
}
