package demo

// tote is a canvas bag hanging against a wall.
func tote(cloth, wall ink) []byte {
	c := backdrop(wall, wall.darker(.05))
	shape := begin(188, 262).c(300, 268, 420, 268, 532, 262).c(538, 380, 546, 520, 548, 632).
		c(548, 648, 540, 652, 524, 653).c(420, 658, 300, 658, 196, 653).c(180, 652, 172, 648, 172, 632).c(174, 520, 182, 380, 188, 262)
	back := begin(268, 268).c(272, 60, 448, 60, 452, 268)
	front := begin(256, 300).c(262, 10, 458, 10, 464, 300)
	c.shadow(front.stroke(26), 12, 10, ink{.2, .14, .1, .22})
	c.shadow(shape, 16, 14, ink{.2, .14, .1, .35})
	c.fill(back.stroke(24), flat(cloth.darker(.2)))
	c.fill(shape, across(172, 548, cloth.darker(.06), cloth.lighter(.1), cloth.lighter(.2), cloth, cloth.darker(.1)))
	c.within(shape, func() {
		for i := range 6 {
			x := 210 + float64(i)*58 + noise(i, 4)*20
			fold := begin(x, 430+noise(i, 5)*80).c(x+14, 520, x-16, 600, x+6, 670).l(x+34, 670).c(x+12, 600, x+26, 520, x, 430)
			c.fill(fold, down(440, 660, cloth.darker(.3).alpha(0), cloth.darker(.4).alpha(.14)))
		}
		c.fill(rect(160, 600, 400, 70), down(600, 660, cloth.darker(.5).alpha(0), cloth.darker(.5).alpha(.2)))
		c.fill(rect(160, 255, 400, 38), flat(ink{1, 1, 1, .12}))
	})
	c.fill(front.stroke(26), down(70, 320, cloth.lighter(.18), cloth, cloth.darker(.05)))
	seam := cloth.darker(.35).alpha(.55)
	c.stitches(begin(186, 294).c(300, 300, 420, 300, 534, 294), seam)
	for _, x := range []float64{243, 451} {
		c.fill(roundRect(x, 276, 26, 48, 2), flat(cloth.darker(.03)))
		c.stitches(begin(x+4, 280).l(x+22, 280).l(x+22, 319).l(x+4, 319).l(x+4, 280).l(x+22, 319), seam)
	}
	return c.png()
}

// stitches draws a dashed sewing line along p.
func (c *canvas) stitches(p path, with ink) {
	const dash, gap = 7.0, 4.0
	for _, line := range p {
		for i := 1; i < len(line); i++ {
			a, b := line[i-1], line[i]
			n := normal(a, b)
			length := (b.x-a.x)*-n.y + (b.y-a.y)*n.x
			for at := 0.0; at < length; at += dash + gap {
				end := min(at+dash, length)
				c.fill(begin(a.x-n.y*at, a.y+n.x*at).l(a.x-n.y*end, a.y+n.x*end).stroke(1.6), flat(with))
			}
		}
	}
}

// greetingCard lies on its envelope with a sprig beside it.
func greetingCard(paper, envelope, table ink) []byte {
	c := newCanvas(photoSide)
	c.fill(rect(0, 0, photoSide, photoSide), down(0, photoSide, table.lighter(.2), table, table.darker(.05)))
	env := rect(120, 250, 500, 350).rotate(-9, 370, 425)
	c.shadow(env, 14, 12, ink{.25, .12, .08, .4})
	c.fill(env, down(200, 640, envelope.lighter(.08), envelope.darker(.06)))
	flap := begin(120, 250).l(370, 450).l(620, 250).rotate(-9, 370, 425)
	c.fill(flap.stroke(2.5), flat(envelope.darker(.25).alpha(.6)))
	card := roundRect(190, 90, 360, 504, 4)
	c.shadow(card, 12, 12, ink{.2, .1, .07, .45})
	c.fill(card, across(190, 550, paper.darker(.05), paper, paper.lighter(.5), paper.lighter(.4)))
	c.fill(rect(190, 90, 5, 504), across(190, 195, ink{0, 0, 0, .12}, ink{0, 0, 0, 0}))
	c.sprig(592, 640, 118, -28, hex(0x7d8c6c))
	return c.png()
}

// sprig draws a twig with paired leaves; (x, y) is its foot, and it grows upwards for length, leaning by degrees.
func (c *canvas) sprig(x, y, length, degrees float64, green ink) {
	turn := func(p path) path { return p.rotate(degrees, x, y) }
	c.fill(turn(begin(x, y).c(x+6, y-length*.4, x-6, y-length*.8, x, y-length*1.25)).stroke(3.5), flat(green.darker(.3)))
	for i := range 6 {
		at := y - length*(.2+float64(i)*.2)
		size := length * (.42 - float64(i)*.035)
		for s, side := range []float64{48, -48} {
			leaf := leafShape(size).rotate(side, 0, 0).move(x, at-float64(s)*length*.08)
			c.fill(turn(leaf), flat(green.lighter(float32(noise(i, s))*.22)))
			c.fill(turn(begin(x, at-float64(s)*length*.08).l(x, at-float64(s)*length*.08-size*.8).rotate(side, x, at-float64(s)*length*.08)).stroke(1.4), flat(green.darker(.3).alpha(.5)))
		}
	}
}

// leafShape points up from the origin.
func leafShape(length float64) path {
	w := length * .3
	return begin(0, 0).c(-w, -length*.3, -w*.8, -length*.72, 0, -length).c(w*.8, -length*.72, w, -length*.3, 0, 0)
}

// posterFrame hangs above a sideboard with a small vase.
func posterFrame(frame, wall ink) []byte {
	c := newCanvas(photoSide)
	c.fill(rect(0, 0, photoSide, photoSide), down(0, photoSide, wall.lighter(.3), wall, wall.darker(.04)))
	c.glow(180, 120, 520, 460, ink{1, 1, 1, .3})
	board := hex(0xb98a5e)
	c.fill(rect(0, 652, 720, 68), down(652, 720, board.lighter(.12), board.darker(.12)))
	c.fill(rect(0, 652, 720, 4), flat(board.lighter(.35)))
	outer := rect(180, 50, 372, 512)
	c.shadow(outer.move(8, 0), 16, 13, ink{.15, .12, .12, .42})
	c.fill(outer, across(180, 552, frame.lighter(.15), frame, frame.darker(.12)))
	c.fill(rect(192, 62, 348, 488), flat(hex(0xfbf9f5)))
	c.fill(rect(192, 62, 348, 9), down(62, 71, ink{0, 0, 0, .2}, ink{0, 0, 0, 0}))
	c.fill(rect(192, 62, 7, 488), across(192, 199, ink{0, 0, 0, .14}, ink{0, 0, 0, 0}))
	c.fill(rect(218, 97, 296, 418), flat(hex(0xf1ede6))) // an A-size sheet
	c.glow(640, 654, 66, 11, ink{.15, .08, .04, .6})
	c.sprig(634, 586, 92, 10, hex(0x6f8468))
	vase := begin(616, 570).l(652, 570).c(648, 592, 684, 606, 678, 636).c(674, 654, 660, 658, 634, 658).c(608, 658, 594, 654, 590, 636).c(584, 606, 620, 592, 616, 570)
	c.fill(vase, round(588, 680, hex(0xd9704f)))
	return c.png()
}

// scarf is a square cloth lying flat, one corner folded back.
func scarf(cloth, hem, table ink) []byte {
	c := newCanvas(photoSide)
	c.fill(rect(0, 0, photoSide, photoSide), down(0, photoSide, table.lighter(.22), table.darker(.03)))
	shape := begin(98, 104).c(260, 96, 460, 108, 622, 98).c(630, 240, 618, 380, 622, 500).l(500, 622).
		c(380, 616, 240, 628, 100, 618).c(92, 460, 106, 260, 98, 104)
	c.shadow(shape, 10, 10, ink{.15, .12, .14, .42})
	c.fill(shape, paint{[]ink{cloth.lighter(.3), cloth, cloth.darker(.05)}, point{98, 98}, point{622, 622}})
	c.within(shape, func() {
		c.fill(closed(shape).stroke(28), flat(hem))
		c.fill(begin(60, 380).c(260, 330, 470, 420, 660, 330).l(660, 352).c(470, 446, 260, 352, 60, 380), flat(ink{0, 0, 0, .035}))
		c.fill(begin(330, 60).c(380, 240, 300, 460, 360, 660).l(378, 660).c(322, 460, 402, 240, 330, 60), flat(ink{0, 0, 0, .035}))
	})
	fold := begin(622, 500).c(588, 500, 536, 492, 502, 500).c(494, 536, 502, 588, 500, 622)
	c.shadow(fold, 2, 5, ink{.1, .08, .1, .35})
	c.fill(fold, paint{[]ink{hem.lighter(.42), hem.lighter(.12)}, point{500, 500}, point{562, 562}})
	return c.png()
}
