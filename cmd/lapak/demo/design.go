package demo

import (
	"math"
	"strings"
)

type designDoc struct {
	Version int        `json:"version"`
	View    string     `json:"view"`
	Canvas  canvasSpec `json:"canvas"`
	Layers  []layer    `json:"layers"`
}

type canvasSpec struct {
	Width      float64 `json:"width"`
	Height     float64 `json:"height"`
	Background string  `json:"background"`
}

// layer is any layer of the design format; fields of other types stay empty and are left out.
type layer struct {
	Type        string  `json:"type"`
	X           float64 `json:"x"`
	Y           float64 `json:"y"`
	Width       float64 `json:"width"`
	Height      float64 `json:"height"`
	Rotation    float64 `json:"rotation,omitempty"`
	Opacity     float64 `json:"opacity,omitempty"`
	Fill        string  `json:"fill,omitempty"`
	Stroke      string  `json:"stroke,omitempty"`
	StrokeWidth float64 `json:"strokeWidth,omitempty"`
	Radius      float64 `json:"radius,omitempty"`
	Font        string  `json:"font,omitempty"`
	Size        float64 `json:"size,omitempty"`
	Weight      int     `json:"weight,omitempty"`
	Align       string  `json:"align,omitempty"`
	Spacing     float64 `json:"spacing,omitempty"`
	Text        string  `json:"text,omitempty"`
	Src         string  `json:"src,omitempty"`
	Fit         string  `json:"fit,omitempty"`
	D           string  `json:"d,omitempty"`
}

// theme is a set of colours and a font that go together.
type theme struct{ ground, ink, accent, font string }

// draft is one row of a shop's designs.
type draft struct {
	product  int // index in the shop's products
	view     int // index in the product's views
	layout   func(*sheet, draft)
	name     string
	template bool
	theme    theme
	art      string   // an image's name
	words    []string // title, subtitle, small print; as many as the layout shows
}

func (d draft) word(i int) string {
	if i < len(d.words) {
		return d.words[i]
	}
	return ""
}

func (d draft) design(products []product) Design {
	p := products[d.product]
	v := p.views[d.view]
	c := v.canvas()
	s := &sheet{w: c.Width, h: c.Height, theme: d.theme}
	d.layout(s, d)
	doc := designDoc{1, v.id, canvasSpec{c.Width, c.Height, d.theme.ground}, s.layers}
	return Design{p.id, d.name, d.template, encodeJSON(doc)}
}

// sheet collects a design's layers. Its methods take places as parts of the canvas, 0 to 1.
type sheet struct {
	w, h   float64
	theme  theme
	layers []layer
}

func (s *sheet) place(l layer, x, y, w, h float64) {
	l.X, l.Y = math.Round(x*s.w), math.Round(y*s.h)
	l.Width, l.Height = math.Round(w*s.w), math.Round(h*s.h)
	s.layers = append(s.layers, l)
}

// text sets one line as large as its box allows.
func (s *sheet) text(words, fill string, weight int, x, y, w, h float64) {
	if words == "" {
		return
	}
	fit := math.Floor(min(h*s.h*.8, w*s.w/lineWidth(words, s.theme.font, weight)))
	s.place(layer{Type: "text", Text: words, Fill: fill, Font: s.theme.font, Size: fit, Weight: weight}, x, y, w, h)
}

// lineWidth is a generous guess of a line's width, in font sizes: the generic families differ by machine.
func lineWidth(words, font string, weight int) float64 {
	wide := 0.0
	for _, r := range words {
		if font == "monospace" {
			wide += .64
			continue
		}
		wide += letterWidth(r)
	}
	if weight < 700 && font != "monospace" {
		wide *= .88
	}
	return wide
}

func letterWidth(r rune) float64 {
	switch {
	case strings.ContainsRune(" .,:·filtjI", r):
		return .38
	case strings.ContainsRune("mwMW&#", r):
		return .96
	case r >= 'A' && r <= 'Z':
		return .76
	}
	return .61
}

func (s *sheet) rect(fill string, x, y, w, h float64) {
	s.place(layer{Type: "rect", Fill: fill}, x, y, w, h)
}

// frame draws an outlined rectangle, inset by the same distance on all sides.
func (s *sheet) frame(stroke string, inset, width, radius float64) {
	d := inset * min(s.w, s.h)
	s.layers = append(s.layers, layer{Type: "rect", X: math.Round(d), Y: math.Round(d), Width: math.Round(s.w - 2*d), Height: math.Round(s.h - 2*d),
		Stroke: stroke, StrokeWidth: width, Radius: radius})
}

// disc draws a true circle, its radius a part of the shorter side.
func (s *sheet) disc(fill string, cx, cy, r float64) {
	r *= min(s.w, s.h)
	s.layers = append(s.layers, layer{Type: "ellipse", Fill: fill, X: math.Round(cx*s.w - r), Y: math.Round(cy*s.h - r), Width: math.Round(2 * r), Height: math.Round(2 * r)})
}

func (s *sheet) image(name, fit string, x, y, w, h float64) {
	s.place(layer{Type: "image", Src: "asset:" + name, Fit: fit}, x, y, w, h)
}
