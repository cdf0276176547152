package demo

import (
	"bytes"
	"encoding/json"
	"image/png"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestShopsAreRepeatable(t *testing.T) {
	for i, s := range Shops() {
		again := Shops()[i]
		if !reflect.DeepEqual(s.Configs, again.Configs) || !reflect.DeepEqual(s.Designs, again.Designs) {
			t.Errorf("%s: configs or designs differ from one call to the next", s.Name)
		}
	}
}

func TestShopSettings(t *testing.T) {
	domain := regexp.MustCompile(`^[a-z0-9][a-z0-9-]*\.myshopify\.com$`)
	colour := regexp.MustCompile(`^#[0-9a-f]{6}$`)
	for _, s := range Shops() {
		if !domain.MatchString(s.Name) || s.Title == "" || !colour.MatchString(s.PrimaryColor) || len(s.Currency) != 3 {
			t.Errorf("bad settings: %q %q %q %q", s.Name, s.Title, s.PrimaryColor, s.Currency)
		}
		if _, err := time.LoadLocation(s.Timezone); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}

// The free shop stands just under its limits (10 products, 100 assets, 50 designs), over 90 % of the designs.
func TestFreeShopIsNearItsLimits(t *testing.T) {
	s := Shops()[1]
	if s.Plan != "free" || len(s.Configs) > 10 || len(s.Images) > 100 || len(s.Designs) < 45 || len(s.Designs) >= 50 {
		t.Errorf("plan %s: %d products, %d assets, %d designs", s.Plan, len(s.Configs), len(s.Images), len(s.Designs))
	}
}

func TestImages(t *testing.T) {
	for _, s := range Shops() {
		seen := map[string]bool{}
		for _, i := range s.Images {
			if seen[i.Name] {
				t.Errorf("%s: two images are named %s", s.Name, i.Name)
			}
			seen[i.Name] = true
			checkImage(t, i)
		}
	}
}

func checkImage(t *testing.T, i Image) {
	t.Helper()
	data := i.Bytes()
	if !bytes.Equal(data, i.Bytes()) {
		t.Errorf("%s: drawn twice, two results", i.Name)
	}
	if len(data) < 2000 || len(data) > 64<<10 {
		t.Errorf("%s: %d bytes", i.Name, len(data))
	}
	if i.Type != "gallery" && i.Type != "base-images" && i.Type != "designs" || i.ContentType != "image/png" {
		t.Errorf("%s: type %q, content type %q", i.Name, i.Type, i.ContentType)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", i.Name, err)
	}
	if b := img.Bounds(); b.Dx() != i.Side || b.Dy() != i.Side {
		t.Errorf("%s: decodes as %v, stated side %d", i.Name, b, i.Side)
	}
}

func TestConfigs(t *testing.T) {
	for _, s := range Shops() {
		images := imagesOf(s)
		for _, c := range s.Configs {
			var m merchantConfig
			strict(t, c.JSON, &m)
			if m.Version != 1 || len(m.Views) == 0 || len(m.Colors) == 0 || m.Pricing.Currency != s.Currency {
				t.Errorf("%s, %s: incomplete config %s", s.Name, c.Title, c.JSON)
			}
			for _, ref := range m.Gallery {
				if images[strings.TrimPrefix(ref, "asset:")].Type != "gallery" {
					t.Errorf("%s: gallery image %s is missing", c.Title, ref)
				}
			}
			for _, v := range m.Views {
				checkView(t, c.Title, v, images)
			}
		}
	}
}

func checkView(t *testing.T, product string, v configView, images map[string]Image) {
	t.Helper()
	base := images[strings.TrimPrefix(v.Image, "asset:")]
	if base.Type != "base-images" {
		t.Errorf("%s, %s: base image %s is missing", product, v.ID, v.Image)
	}
	a, side := v.PrintArea.Px, float64(base.Side)
	if a.X < 0 || a.Y < 0 || a.Width <= 0 || a.Height <= 0 || a.X+a.Width > side || a.Y+a.Height > side {
		t.Errorf("%s, %s: print area %+v is not inside the image", product, v.ID, a)
	}
	if v.PrintArea.Mm.Width <= 0 || v.PrintArea.Mm.Height <= 0 || max(v.Canvas.Width, v.Canvas.Height) != 1000 {
		t.Errorf("%s, %s: %+v on canvas %+v", product, v.ID, v.PrintArea.Mm, v.Canvas)
	}
}

func TestDesigns(t *testing.T) {
	for _, s := range Shops() {
		images := imagesOf(s)
		names := map[string]bool{}
		views := viewsOf(t, s)
		for _, d := range s.Designs {
			var doc designDoc
			strict(t, d.JSON, &doc)
			if names[d.Name] || d.Name == "" {
				t.Errorf("%s: name %q is empty or used twice", s.Name, d.Name)
			}
			names[d.Name] = true
			v, ok := views[d.ProductID+"/"+doc.View]
			if !ok || v.Canvas != (size{doc.Canvas.Width, doc.Canvas.Height}) {
				t.Errorf("%s: view %s of product %s has canvas %+v, design %+v", d.Name, doc.View, d.ProductID, v.Canvas, doc.Canvas)
			}
			for _, l := range doc.Layers {
				checkLayer(t, d.Name, l, images)
			}
		}
	}
}

func checkLayer(t *testing.T, design string, l layer, images map[string]Image) {
	t.Helper()
	ok := l.Width >= 0 && l.Height >= 0
	switch l.Type {
	case "text":
		ok = ok && strings.TrimSpace(l.Text) != "" && l.Size >= 8 && l.Font != ""
	case "image":
		ok = ok && images[strings.TrimPrefix(l.Src, "asset:")].Name != ""
	case "path":
		ok = ok && strings.HasPrefix(l.D, "M")
	case "rect", "ellipse":
		ok = ok && l.Fill+l.Stroke != ""
	default:
		ok = false
	}
	if !ok {
		t.Errorf("%s: bad layer %+v", design, l)
	}
}

func TestEveryProductHasTemplatesAndOrders(t *testing.T) {
	for _, s := range Shops() {
		for _, c := range s.Configs {
			count := map[bool]int{}
			for _, d := range s.Designs {
				if d.ProductID == c.ProductID {
					count[d.IsTemplate]++
				}
			}
			if count[true] == 0 || count[false] == 0 {
				t.Errorf("%s, %s: %d templates, %d other designs", s.Name, c.Title, count[true], count[false])
			}
		}
	}
}

func imagesOf(s Shop) map[string]Image {
	out := map[string]Image{}
	for _, i := range s.Images {
		out[i.Name] = i
	}
	return out
}

// viewsOf finds the configs' views by "product id/view id".
func viewsOf(t *testing.T, s Shop) map[string]configView {
	t.Helper()
	out := map[string]configView{}
	for _, c := range s.Configs {
		var m merchantConfig
		strict(t, c.JSON, &m)
		for _, v := range m.Views {
			out[c.ProductID+"/"+v.ID] = v
		}
	}
	return out
}

func strict(t *testing.T, data []byte, into any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
}

// Drawing happens while somebody waits for the first `serve --demo`.
func BenchmarkDrawEverything(b *testing.B) {
	for b.Loop() {
		for _, s := range Shops() {
			for _, i := range s.Images {
				i.Bytes()
			}
		}
	}
}
