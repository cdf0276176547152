package demo

import (
	"encoding/json"
	"math"
)

// product is what a merchant config is made from.
type product struct {
	id, title string
	off       bool // not for sale yet
	views     []view
	maxText   int
	minDPI    int
	colors    []swatch
	addOns    []addOn
}

type view struct {
	id, label, image string
	area             box
	mmWidth          float64
}

type box struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

type size struct {
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

type swatch struct {
	Name string `json:"name"`
	Hex  string `json:"hex"`
}

type addOn struct {
	ID     string `json:"id"`
	Label  string `json:"label"`
	Amount int    `json:"amount"`
}

type merchantConfig struct {
	Version int          `json:"version"`
	Views   []configView `json:"views"`
	Text    textRules    `json:"text"`
	Upload  uploadRules  `json:"upload"`
	Gallery []string     `json:"gallery"`
	Colors  []swatch     `json:"colors"`
	Pricing pricing      `json:"pricing"`
}

type configView struct {
	ID        string    `json:"id"`
	Label     string    `json:"label"`
	Image     string    `json:"image"`
	PrintArea printArea `json:"printArea"`
	Canvas    size      `json:"canvas"`
}

type printArea struct {
	Px box  `json:"px"`
	Mm size `json:"mm"`
}

type textRules struct {
	Enabled   bool     `json:"enabled"`
	MaxLength int      `json:"maxLength"`
	MaxLines  int      `json:"maxLines"`
	Fonts     []string `json:"fonts"`
	Colors    []string `json:"colors"`
}

type uploadRules struct {
	Enabled  bool     `json:"enabled"`
	Formats  []string `json:"formats"`
	MinDPI   int      `json:"minDpi"`
	MaxBytes int      `json:"maxBytes"`
}

type pricing struct {
	Currency string  `json:"currency"`
	AddOns   []addOn `json:"addOns"`
}

// canvas is the size of a design of this view: the printable shape, its longer side 1000 pixels.
func (v view) canvas() size {
	k := 1000 / max(v.area.Width, v.area.Height)
	return size{math.Round(v.area.Width * k), math.Round(v.area.Height * k)}
}

func (p product) config(s Shop, inks []string) Config {
	c := merchantConfig{
		Version: 1,
		Text:    textRules{true, p.maxText, 3, []string{"serif", "sans-serif", "monospace", "cursive"}, inks},
		Upload:  uploadRules{p.minDPI > 0, []string{"image/png", "image/jpeg", "image/svg+xml"}, p.minDPI, 10 << 20},
		Colors:  p.colors,
		Pricing: pricing{s.Currency, p.addOns},
	}
	for _, v := range p.views {
		mm := size{v.mmWidth, math.Round(v.mmWidth * v.area.Height / v.area.Width)}
		c.Views = append(c.Views, configView{v.id, v.label, "asset:" + v.image, printArea{v.area, mm}, v.canvas()})
	}
	for _, i := range s.Images {
		if i.Type == "gallery" {
			c.Gallery = append(c.Gallery, "asset:"+i.Name)
		}
	}
	return Config{p.id, p.title, !p.off, encodeJSON(c)}
}

func encodeJSON(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own structs of strings and finite numbers
	}
	return out
}
