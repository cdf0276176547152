package demo

// photoSide is the width and height of every base image and pattern, in pixels.
const photoSide = 720

// backdrop starts a product picture: a wall that meets a table in a soft gradient.
func backdrop(wall, table ink) *canvas {
	c := newCanvas(photoSide)
	c.fill(rect(0, 0, photoSide, photoSide), down(0, photoSide, wall.lighter(.25), wall, wall.mix(table, .6), table))
	c.glow(300, 250, 420, 380, ink{1, 1, 1, .35})
	return c
}

// round shades a body of colour c as a cylinder lit from the left.
func round(x0, x1 float64, c ink) paint {
	return across(x0, x1, c.darker(.10), c, c.lighter(.28), c.lighter(.10), c, c.darker(.09), c.darker(.2))
}

// mug is a straight ceramic mug; its handle stands right in front view, left from behind.
func mug(body, inside, wall ink, handleRight bool) []byte {
	c := backdrop(wall, wall.darker(.08))
	flip := func(p path) path {
		if handleRight {
			return p
		}
		return p.transform(func(v point) point { return point{photoSide - v.x, v.y} })
	}
	c.glow(360, 566, 300, 52, ink{.15, .09, .06, .42})
	c.glow(360, 560, 200, 22, ink{.12, .07, .05, .45})
	handle := flip(begin(470, 270).c(640, 238, 640, 476, 470, 458)).stroke(36)
	c.fill(handle, down(240, 480, body.darker(.01), body.darker(.08), body.darker(.2)))
	c.fill(flip(begin(474, 286).c(612, 262, 612, 456, 474, 444)).stroke(5), flat(body.darker(.22).alpha(.5)))
	shape := flip(begin(182, 196).l(192, 500).c(194, 556, 232, 570, 335, 570).c(438, 570, 476, 556, 478, 500).l(488, 196))
	x0, x1, mid := 182.0, 488.0, 335.0
	if !handleRight {
		x0, x1, mid = photoSide-488, photoSide-182, photoSide-335
	}
	c.fill(shape, round(x0, x1, body))
	c.within(shape, func() {
		c.fill(rect(0, 470, 720, 110), down(470, 575, ink{.1, .06, .05, 0}, ink{.1, .06, .05, .16}))
		c.fill(roundRect(x0+36, 216, 22, 300, 11), down(216, 516, ink{1, 1, 1, .34}, ink{1, 1, 1, .05}))
	})
	c.fill(ellipse(mid, 197, 153, 25), across(x0, x1, body.lighter(.35), body.lighter(.6), body.darker(.03)))
	c.fill(ellipse(mid, 199, 143, 19), down(180, 220, inside.darker(.34), inside.darker(.08)))
	return c.png()
}

// enamelMug has a dark rolled rim and a few flecks, as the camping kind does.
func enamelMug(body, rim, wall ink) []byte {
	c := backdrop(wall, wall.darker(.1))
	c.glow(350, 552, 300, 48, ink{.1, .1, .12, .42})
	c.fill(begin(478, 262).c(616, 224, 634, 330, 590, 392).c(560, 432, 520, 446, 476, 446).stroke(24), down(230, 460, body.lighter(.2), body.darker(.22)))
	c.fill(begin(478, 262).c(616, 224, 634, 330, 590, 392).c(560, 432, 520, 446, 476, 446).stroke(5), flat(rim))
	shape := begin(168, 212).l(186, 528).c(187, 550, 230, 560, 328, 560).c(426, 560, 469, 550, 470, 528).l(488, 212)
	c.fill(shape, round(168, 488, body))
	c.within(shape, func() {
		for i := range 46 {
			x, y := 180+noise(i, 1)*300, 240+noise(i, 2)*300
			c.fill(circle(x, y, 1+noise(i, 3)*1.8), flat(rim.alpha(.35)))
		}
		c.fill(rect(0, 534, 720, 40), flat(rim.alpha(.9)))
	})
	c.fill(ellipse(328, 212, 164, 27), across(168, 488, rim, rim.lighter(.25), rim.darker(.2)))
	c.fill(ellipse(328, 213, 152, 20), down(193, 233, body.darker(.32), body.darker(.06)))
	return c.png()
}

// tumbler is a steel flask with a bamboo lid.
func tumbler(body, wall ink) []byte {
	c := backdrop(wall, wall.darker(.1))
	bamboo := hex(0xd9ab6a)
	c.glow(372, 622, 190, 34, ink{.1, .08, .06, .5})
	shape := begin(262, 190).l(274, 590).c(276, 620, 300, 628, 360, 628).c(420, 628, 444, 620, 446, 590).l(458, 190)
	c.fill(shape, across(262, 458, body.darker(.22), body, body.lighter(.42), body.lighter(.08), body, body.darker(.14), body.darker(.3)))
	c.within(shape, func() {
		c.fill(rect(240, 592, 240, 50), flat(ink{.08, .06, .06, .18}))
		c.fill(roundRect(290, 220, 12, 350, 6), down(220, 570, ink{1, 1, 1, .4}, ink{1, 1, 1, .06}))
	})
	steel := hex(0xc9c7c3)
	c.fill(rect(264, 176, 192, 18), across(264, 456, steel.darker(.3), steel.lighter(.5), steel.darker(.1), steel.darker(.35)))
	c.fill(roundRect(258, 104, 204, 74, 12), across(258, 462, bamboo.darker(.2), bamboo.lighter(.25), bamboo, bamboo.darker(.26)))
	for i := range 9 {
		x := 270 + float64(i)*22 + noise(i, 7)*8
		c.fill(rect(x, 106, 1.6, 70), flat(bamboo.darker(.3).alpha(.3)))
	}
	c.fill(ellipse(360, 108, 101, 12), down(96, 120, bamboo.lighter(.4), bamboo.lighter(.1)))
	return c.png()
}

// coffeeBag is a gusseted pouch with a folded top, a valve and a tin tie.
func coffeeBag(body, tie, wall ink) []byte {
	c := backdrop(wall, wall.darker(.1))
	c.glow(372, 640, 260, 40, ink{.1, .07, .05, .5})
	shape := begin(206, 122).l(514, 122).c(510, 180, 522, 220, 524, 300).c(528, 420, 522, 540, 516, 632).
		c(500, 644, 220, 644, 204, 632).c(198, 540, 192, 420, 196, 300).c(198, 220, 210, 180, 206, 122)
	c.fill(shape, across(192, 528, body.darker(.2), body.darker(.02), body.lighter(.1), body.lighter(.13), body.lighter(.03), body.darker(.05), body.darker(.26)))
	c.within(shape, func() {
		c.fill(begin(192, 122).l(228, 122).c(220, 240, 232, 480, 214, 650).l(192, 650), across(192, 232, body.darker(.32).alpha(.5), body.darker(.1).alpha(.25)))
		c.fill(begin(528, 122).l(492, 122).c(500, 240, 488, 480, 506, 650).l(528, 650), across(488, 528, body.darker(.15).alpha(.2), body.darker(.35).alpha(.6)))
		c.fill(begin(236, 190).c(330, 212, 390, 214, 486, 186).l(486, 200).c(390, 232, 330, 226, 236, 190), flat(ink{1, 1, 1, .1}))
		c.fill(rect(190, 575, 340, 80), down(575, 645, ink{0, 0, 0, 0}, ink{.05, .03, .02, .2}))
	})
	c.fill(roundRect(200, 92, 320, 50, 5), down(92, 142, body.lighter(.12), body.darker(.06), body.darker(.16)))
	c.fill(roundRect(186, 118, 348, 15, 6), down(118, 133, tie.lighter(.3), tie, tie.darker(.2)))
	c.fill(rect(206, 142, 308, 16), down(142, 158, ink{0, 0, 0, .2}, ink{0, 0, 0, 0}))
	c.fill(circle(360, 182, 13), down(168, 196, body.darker(.28), body.lighter(.12)))
	for i := range 3 {
		c.fill(circle(354+float64(i)*6, 182, 1.8), flat(body.darker(.6)))
	}
	return c.png()
}
