package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"lapak/store"
)

// The API's paths. The second PostgreSQL variant has them behind onePrefix.
const (
	savePath   = "/imcst_api/design"
	listPath   = "/imcst_api/designs"
	publicPath = "/imcst_api/public/product/"
	onePrefix  = "/one"
)

// firstProduct has a config and templates in every shop.
const firstProduct = "8100000000001"

// seedSpec is what a server fills itself with.
type seedSpec struct {
	Shops     int `json:"shops"`
	Rich      int `json:"rich"`    // the first so many have more designs
	Designs   int `json:"designs"` // of a rich shop
	Few       int `json:"few"`     // of every other shop
	Templates int `json:"templates"`
}

func (s seedSpec) designs(shop int) int {
	if shop < s.Rich {
		return s.Designs
	}
	return s.Few
}

// seeded is one shop with a key that may write.
type seeded struct {
	Shop string `json:"shop"`
	Key  string `json:"key"`
}

func shopName(i int) string { return fmt.Sprintf("toko-%05d.myshopify.com", i) }

// layer is one object on a design's canvas.
type layer struct {
	ID       string            `json:"id"`
	Type     string            `json:"type"`
	Left     float64           `json:"left"`
	Top      float64           `json:"top"`
	Width    float64           `json:"width"`
	Height   float64           `json:"height"`
	Angle    float64           `json:"angle"`
	Opacity  float64           `json:"opacity"`
	Fill     string            `json:"fill"`
	Text     string            `json:"text,omitempty"`
	Font     string            `json:"fontFamily,omitempty"`
	Source   string            `json:"src,omitempty"`
	Filters  []string          `json:"filters"`
	Metadata map[string]string `json:"metadata"`
}

// designJSON is a design of about 10 KB, never twice the same.
func designJSON(rng *rand.Rand) json.RawMessage {
	fonts := []string{"Poppins", "Roboto Slab", "Playfair Display", "Noto Sans Javanese"}
	words := []string{"batik", "kopi", "Bandung", "selamat", "ulang", "tahun", "keluarga", "Garuda", "pantai"}
	layers := make([]layer, 26)
	for i := range layers {
		l := layer{
			ID: fmt.Sprintf("%016x%016x", rng.Uint64(), rng.Uint64()), Type: "text",
			Left: rng.Float64() * 2000, Top: rng.Float64() * 2000, Width: rng.Float64() * 900, Height: rng.Float64() * 900,
			Angle: rng.Float64() * 360, Opacity: 1, Fill: fmt.Sprintf("#%06x", rng.IntN(1<<24)), Filters: []string{},
			Text: words[rng.IntN(len(words))] + " " + words[rng.IntN(len(words))], Font: fonts[rng.IntN(len(fonts))],
			Metadata: map[string]string{"area": "front", "print": "dtg"},
		}
		if i%3 == 0 {
			l.Type, l.Text, l.Font = "image", "", ""
			l.Source = fmt.Sprintf("https://cdn.example/gallery/%016x%016x.png", rng.Uint64(), rng.Uint64())
			l.Filters = []string{"contrast"}
		}
		layers[i] = l
	}
	raw, err := json.Marshal(map[string]any{"version": "5.3.0", "canvas": map[string]int{"width": 2000, "height": 2000}, "layers": layers})
	if err != nil {
		panic(err) // it is a value of this file
	}
	return raw
}

// configJSON is a product's config of about 2 KB.
func configJSON(rng *rand.Rand) json.RawMessage {
	type area struct {
		Name   string    `json:"name"`
		Box    []float64 `json:"box"`
		Colors []string  `json:"colors"`
	}
	areas := make([]area, 12)
	for i := range areas {
		areas[i] = area{fmt.Sprint("area ", i), []float64{rng.Float64(), rng.Float64(), rng.Float64(), rng.Float64()}, []string{"#ffffff", "#1a1a1a", "#c0392b"}}
	}
	raw, err := json.Marshal(map[string]any{"printAreas": areas, "dpi": 300})
	if err != nil {
		panic(err)
	}
	return raw
}

// newDesign is the n-th design of a shop; the first ones are templates of the
// first product.
func newDesign(rng *rand.Rand, n, templates int) store.NewDesign {
	in := store.NewDesign{
		ProductID: fmt.Sprint(8100000000002 + n%20), Name: fmt.Sprint("Kaos keluarga ", n), DesignJSON: designJSON(rng),
	}
	if n < templates {
		in.ProductID, in.IsTemplate = firstProduct, true
	}
	return in
}

// bodies are requests' bodies that save a design.
func bodies(n int) [][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	all := make([][]byte, n)
	for i := range all {
		raw, err := json.Marshal(newDesign(rng, i, 0))
		if err != nil {
			panic(err)
		}
		all[i] = raw
	}
	return all
}
