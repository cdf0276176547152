package demo

import (
	"fmt"
	"math"
	"strings"
)

// emblem sets artwork over a title and a line.
func emblem(s *sheet, d draft) {
	s.image(d.art, "contain", .18, .07, .64, .52)
	s.text(d.word(0), s.theme.ink, 700, .06, .62, .88, .15)
	s.rect(s.theme.accent, .42, .785, .16, .008)
	s.text(d.word(1), s.theme.accent, 400, .12, .81, .76, .08)
}

// stacked sets three lines of type with a rule on either side of the last.
func stacked(s *sheet, d draft) {
	s.frame(s.theme.accent, .05, 6, 0)
	s.text(d.word(1), s.theme.accent, 400, .14, .2, .72, .09)
	s.text(d.word(0), s.theme.ink, 700, .1, .32, .8, .3)
	s.rect(s.theme.accent, .12, .705, .14, .006)
	s.rect(s.theme.accent, .74, .705, .14, .006)
	s.text(d.word(2), s.theme.ink, 400, .3, .67, .4, .08)
}

// banded fills the upper part with a pattern and keeps the words below it.
func banded(s *sheet, d draft) {
	s.image(d.art, "cover", 0, 0, 1, .58)
	s.rect(s.theme.accent, 0, .58, 1, .018)
	s.text(d.word(0), s.theme.ink, 700, .07, .64, .86, .17)
	s.text(d.word(1), s.theme.ink, 400, .1, .82, .8, .085)
}

// window covers everything with a pattern and sets the words in a panel.
func window(s *sheet, d draft) {
	s.image(d.art, "cover", 0, 0, 1, 1)
	s.place(layer{Type: "rect", Fill: s.theme.ground, Radius: 18, Opacity: .96}, .12, .32, .76, .36)
	s.place(layer{Type: "rect", Stroke: s.theme.accent, StrokeWidth: 4, Radius: 12}, .145, .345, .71, .31)
	s.text(d.word(0), s.theme.ink, 700, .18, .38, .64, .15)
	s.text(d.word(1), s.theme.accent, 400, .2, .535, .6, .08)
}

// monogram sets an initial in a disc over the whole name.
func monogram(s *sheet, d draft) {
	s.disc(s.theme.accent, .5, .4, .29)
	s.layers = append(s.layers, ring(s, s.theme.ink, .5, .4, .33))
	initial := strings.ToUpper(d.word(0)[:1])
	s.text(initial, s.theme.ground, 700, .28, .2, .44, .4)
	s.text(d.word(0), s.theme.ink, 700, .1, .75, .8, .11)
	s.text(d.word(1), s.theme.ink, 400, .14, .87, .72, .065)
}

// label is a coffee bag's: a strip of pattern, origin, notes and roast.
func label(s *sheet, d draft) {
	s.image(d.art, "cover", 0, 0, 1, .3)
	s.rect(s.theme.accent, 0, .3, 1, .02)
	s.disc(s.theme.ground, .5, .31, .15)
	s.disc(s.theme.accent, .5, .31, .125)
	s.text(d.word(3), s.theme.ground, 700, .41, .27, .18, .08)
	s.text(d.word(0), s.theme.ink, 700, .07, .47, .86, .16)
	s.text(d.word(1), s.theme.accent, 400, .1, .63, .8, .08)
	s.rect(s.theme.ink, .1, .745, .8, .005)
	s.text(d.word(2), s.theme.ink, 400, .1, .77, .8, .075)
	s.text(d.word(4), s.theme.ink, 400, .2, .87, .6, .06)
}

// rising sets a title under half a sun with rays.
func rising(s *sheet, d draft) {
	r := math.Round(.24 * min(s.w, s.h))
	cx, cy := math.Round(s.w/2), math.Round(.5*s.h)
	s.layers = append(s.layers, layer{Type: "path", Fill: s.theme.accent, X: cx - r, Y: cy - r, Width: 2 * r, Height: r,
		D: fmt.Sprintf("M0 %g A%g %g 0 0 1 %g %g Z", r, r, r, 2*r, r)})
	for i := range 9 {
		sin, cos := math.Sincos(math.Pi * (float64(i) + .5) / 9)
		s.layers = append(s.layers, ray(cx-cos*r*1.14, cy-sin*r*1.14, cx-cos*r*1.5, cy-sin*r*1.5, s.theme.accent))
	}
	s.rect(s.theme.ink, .12, .515, .76, .008)
	s.text(d.word(0), s.theme.ink, 700, .06, .56, .88, .2)
	s.text(d.word(1), s.theme.ink, 400, .12, .78, .76, .09)
}

// ray is a path layer of one straight line.
func ray(x0, y0, x1, y1 float64, stroke string) layer {
	x, y := math.Round(min(x0, x1)), math.Round(min(y0, y1))
	return layer{Type: "path", Stroke: stroke, StrokeWidth: 10, X: x, Y: y,
		Width: math.Round(math.Abs(x1 - x0)), Height: math.Round(math.Abs(y1 - y0)),
		D: fmt.Sprintf("M%.0f %.0f L%.0f %.0f", x0-x, y0-y, x1-x, y1-y)}
}

func ring(s *sheet, stroke string, cx, cy, r float64) layer {
	r *= min(s.w, s.h)
	return layer{Type: "ellipse", Stroke: stroke, StrokeWidth: 6, X: math.Round(cx*s.w - r), Y: math.Round(cy*s.h - r), Width: math.Round(2 * r), Height: math.Round(2 * r)}
}

// jersey sets a name over a large number, as on the back of a team shirt.
func jersey(s *sheet, d draft) {
	s.text(d.word(0), s.theme.ink, 700, .08, .06, .84, .15)
	s.text(d.word(1), s.theme.accent, 700, .1, .22, .8, .56)
	s.rect(s.theme.ink, .3, .8, .4, .01)
	s.text(d.word(2), s.theme.ink, 400, .12, .83, .76, .09)
}

// slanted lays type over a turned bar of colour, with artwork above.
func slanted(s *sheet, d draft) {
	s.disc(s.theme.accent, .5, .4, .36)
	s.image(d.art, "contain", .22, .1, .56, .56)
	s.place(layer{Type: "rect", Fill: s.theme.ink, Rotation: -5}, -.1, .66, 1.2, .15)
	s.text(d.word(0), s.theme.ground, 700, .06, .665, .88, .14)
	s.layers[len(s.layers)-1].Rotation = -5
	s.text(d.word(1), s.theme.ink, 400, .12, .85, .76, .08)
}
