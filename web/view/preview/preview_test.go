package preview_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lapak/cmd/lapak/demo"
	"lapak/web/view/preview"
)

const pixel = "data:image/png;base64,iVBORw0KGgo="

func shown(src string) (preview.Image, bool) {
	return preview.Image{Href: pixel, Width: 40, Height: 20}, strings.HasPrefix(src, "asset:")
}

// checkSafe wants a document that is well formed and holds nothing but what the
// package draws.
func checkSafe(t testing.TB, svg []byte) {
	t.Helper()
	elements := strings.Fields("svg g rect ellipse path text defs symbol image use")
	attributes := strings.Fields(`xmlns width height viewBox transform opacity fill fill-opacity stroke stroke-width rx ry cx cy x y dy d
		font-family font-size font-weight font-style letter-spacing text-anchor preserveAspectRatio id href`)
	dec := xml.NewDecoder(bytes.NewReader(svg))
	for depth := 0; ; {
		token, err := dec.Token()
		if err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("not well formed: %v\n%s", err, svg)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if depth++; depth > 64 {
				t.Fatal("too deep")
			}
			if !slices.Contains(elements, e.Name.Local) {
				t.Fatalf("element %s\n%s", e.Name.Local, svg)
			}
			for _, a := range e.Attr {
				if !slices.Contains(attributes, a.Name.Local) || a.Name.Space != "" {
					t.Fatalf("attribute %s\n%s", a.Name.Local, svg)
				}
				checkValue(t, a)
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
		default:
			t.Fatalf("%T in the picture\n%s", token, svg)
		}
	}
}

func checkValue(t testing.TB, a xml.Attr) {
	t.Helper()
	v := strings.ToLower(a.Value)
	switch {
	case a.Name.Local == "href" && !strings.HasPrefix(v, "#i") && !strings.HasPrefix(v, "data:image/"):
		t.Fatalf("leads to %s", a.Value)
	case a.Name.Local != "href" && (strings.Contains(v, "url(") || strings.Contains(v, ":") && a.Name.Local != "xmlns"):
		t.Fatalf("%s is %s", a.Name.Local, a.Value)
	case strings.Contains(v, "nan") || strings.Contains(v, "inf"):
		t.Fatalf("%s is %s", a.Name.Local, a.Value)
	}
}

func TestDemoDesigns(t *testing.T) {
	for _, shop := range demo.Shops() {
		for _, d := range shop.Designs {
			p := preview.Render(d.JSON, preview.Options{Image: shown})
			checkSafe(t, p.SVG)
			if p.Empty || p.Omitted != 0 || p.Missing != 0 || p.Drawn == 0 || len(p.SVG) > 16<<10 {
				t.Errorf("%s: %d bytes, drawn %d, omitted %d, missing %d", d.Name, len(p.SVG), p.Drawn, p.Omitted, p.Missing)
			}
		}
	}
}

func TestRender(t *testing.T) {
	layers := func(s string) string { return `{"canvas":{"width":100,"height":50},"layers":[` + s + `]}` }
	fabric := func(s string) string { return `{"width":100,"height":50,"objects":[` + s + `]}` }
	for _, c := range []struct{ name, in, want string }{
		{"text", layers(`{"type":"text","x":1,"y":2,"width":80,"height":20,"text":"A & <b>","size":12,"fill":"#FF0000","align":"right","weight":700}`),
			`<g transform="translate(1 2)"><g font-family="Helvetica, Arial, sans-serif" font-size="12" text-anchor="end" font-weight="700" fill="#ff0000"><text x="80" y="10" dy="0.35em">A &#38; &#60;b&#62;</text></g></g>`},
		{"turned", layers(`{"type":"rect","x":10,"y":20,"width":30,"height":40,"rotation":45,"opacity":0.5,"fill":"rgb(1, 2, 3)","radius":4}`),
			`<g transform="translate(10 20) rotate(45 15 20)" opacity="0.5"><rect width="30" height="40" rx="4" fill="#010203"/></g>`},
		{"outline", layers(`{"type":"ellipse","width":30,"height":40,"stroke":"red","strokeWidth":3}`),
			`<ellipse cx="15" cy="20" rx="15" ry="20" fill="none" stroke="red" stroke-width="3"/>`},
		{"path", layers(`{"type":"path","x":1,"d":"M0,0 10 10a5 5 0 0110 0z","fill":"#123"}`),
			`<path d="M0 0L10 10a5 5 0 0 1 10 0z" fill="#123"/>`},
		{"image", layers(`{"type":"image","src":"asset:a","fit":"cover","width":50,"height":50}`),
			`<svg width="50" height="50" viewBox="0 0 40 20" preserveAspectRatio="xMidYMid slice"><use href="#i0" width="40" height="20"/></svg>`},
		{"background", `{"canvas":{"width":100,"height":50,"background":"#ffffff"},"layers":[]}`, `<rect width="100" height="50" fill="#ffffff"/>`},
		{"fabric", fabric(`{"type":"Rect","left":50,"top":20,"width":10,"height":10,"scaleX":2,"scaleY":3,"angle":30,"originX":"center","fill":"#abc"}`),
			`<g transform="translate(50 20) rotate(30) translate(-10 0) scale(2 3)"><rect width="10" height="10" fill="#abc"/></g>`},
		{"flipped", fabric(`{"type":"rect","left":0,"top":0,"width":10,"height":10,"flipX":true,"fill":"#abc"}`),
			`<g transform="translate(0 0) translate(10 0) scale(-1 1)">`},
		{"fabric path", fabric(`{"type":"path","left":5,"top":5,"width":20,"height":20,"path":[["M",10,10],["L",30,30],["Z"]],"fill":"#abc"}`),
			`<path transform="translate(-10 -10)" d="M10 10L30 30Z" fill="#abc"/>`},
		{"fabric group", fabric(`{"type":"group","left":0,"top":0,"width":40,"height":20,"objects":[{"type":"circle","left":-20,"top":-10,"radius":5,"fill":"#abc"}]}`),
			`<g transform="translate(20 10)"><g transform="translate(-20 -10)"><ellipse cx="5" cy="5" rx="5" ry="5" fill="#abc"/></g></g>`},
		{"one level down", `{"a":1,"front":{"width":10,"height":10,"objects":[{"type":"rect","width":3,"height":4,"fill":"#abc"}]}}`, `<rect width="3" height="4" fill="#abc"/>`},
		{"numbers as text", layers(`{"type":"rect","width":"12px","height":"1e1","fill":"#abc"}`), `<rect width="12" height="10" fill="#abc"/>`},
		{"wrong types", layers(`{"type":"rect","width":5,"height":5,"fill":{"a":1},"rotation":"x","visible":"yes","originX":7}`), `<rect width="5" height="5" fill="none"/>`},
	} {
		p := preview.Render([]byte(c.in), preview.Options{Image: shown})
		checkSafe(t, p.SVG)
		if !strings.Contains(string(p.SVG), c.want) {
			t.Errorf("%s:\n got %s\nwant %s", c.name, p.SVG, c.want)
		}
	}
}

func TestPlaceholder(t *testing.T) {
	for _, in := range []string{``, `{}`, `[]`, `null`, `{"layers":7}`, `{"layers":[]}`, `{"pages":[{"x":1}]}`, `{"canvas":{"width":1e9,"height":1},"layers":[]}`,
		`{"width":10,"height":10,"objects":[{"type":"hologram"}]}`, `{"layers":[{"type":"rect"}`} {
		p := preview.Render([]byte(in), preview.Options{})
		checkSafe(t, p.SVG)
		if !p.Empty {
			t.Errorf("%s is drawn: %s", in, p.SVG)
		}
	}
}

func TestCounts(t *testing.T) {
	p := preview.Render([]byte(`{"width":10,"height":10,"objects":[{"type":"hologram"},{"type":"rect","width":1,"height":1},
		{"type":"rect","visible":false,"width":1,"height":1},{"type":"image","src":"https://elsewhere/x.png","width":1,"height":1}]}`), preview.Options{Image: shown})
	if p.Drawn != 2 || p.Omitted != 1 || p.Missing != 1 {
		t.Errorf("drawn %d, omitted %d, missing %d", p.Drawn, p.Omitted, p.Missing)
	}
}

func TestSources(t *testing.T) {
	got := preview.Parse([]byte(`{"width":9,"height":9,"objects":[{"type":"image","src":"b"},{"type":"image","src":"data:image/png;base64,AAAA"},
		{"type":"group","objects":[{"type":"Image","src":"a"},{"type":"image","src":"b"}]}]}`)).Sources()
	if !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("%q", got)
	}
}

// hostile are designs that try to do harm.
func hostile() []string {
	wrap := func(s string) string { return `{"width":100,"height":100,"objects":[` + s + `]}` }
	deep := strings.Repeat(`{"type":"group","width":1,"height":1,"objects":[`, 9000) + strings.Repeat("]}", 9000)
	return []string{
		wrap(`{"type":"text","text":"</text><script>alert(1)</script>","fontSize":9}`),
		wrap(`{"type":"rect","width":5,"height":5,"fill":"red\" onload=\"alert(1)"}`),
		wrap(`{"type":"rect","width":5,"height":5,"fill":"url(https://elsewhere/x)"}`),
		wrap(`{"type":"rect","width":5,"height":5,"fill":"red;background:url(//x)"}`),
		wrap(`{"type":"text","text":"a","fontFamily":"x\" style=\"","fontStyle":"\"><script>","textAlign":"\">"}`),
		wrap(`{"type":"path","path":"M0 0\"/><script>","fill":"red"}`),
		wrap(`{"type":"path","path":[["M",0,0],["<",1],["L","\"><script>",1]]}`),
		wrap(`{"type":"image","src":"javascript:alert(1)","width":5,"height":5}`),
		wrap(`{"type":"image","src":"data:image/svg+xml;base64,PHN2Zz4=","width":5,"height":5}`),
		wrap(`{"type":"image","src":"data:image/png;base64,AA\" onerror=\"x","width":5,"height":5}`),
		wrap(`{"type":"image","src":"DATA:text/html,<script>","width":5,"height":5}`),
		wrap(`{"type":"foreignObject"},{"type":"script","text":"x"}`),
		wrap(`{"type":"rect","width":1e308,"height":-1e308,"scaleX":1e300,"left":-1e308,"angle":"NaN","strokeWidth":"Infinity"}`),
		wrap(deep),
		wrap(strings.TrimSuffix(strings.Repeat(`{},`, 300_000), ",")),
		wrap(strings.TrimSuffix(strings.Repeat(`{"type":"rect","width":9,"height":9,"fill":"red"},`, 18_000), ",")),
		wrap(`{"type":"path","fill":"red","path":"M0 0` + strings.Repeat(`L1 1`, 200_000) + `"}`),
		wrap(`{"type":"text","fontSize":9,"text":"` + strings.Repeat(`&`, 900_000) + `"}`),
		wrap(`{"type":"textbox","width":1,"fontSize":9,"text":"` + strings.Repeat(`a `, 400_000) + `"}`),
		`{"a":` + strings.Repeat(`{"objects":[`, 4000) + strings.Repeat("]}", 4000) + "}",
	}
}

func TestHostileDesigns(t *testing.T) {
	for i, in := range hostile() {
		start := time.Now()
		p := preview.Render([]byte(in), preview.Options{Image: shown})
		checkSafe(t, p.SVG)
		if len(p.SVG) > 300<<10 {
			t.Errorf("%d: %d bytes", i, len(p.SVG))
		}
		t.Logf("%d: %d bytes of JSON, %d of SVG, %d drawn, %v", i, len(in), len(p.SVG), p.Drawn, time.Since(start))
	}
}

func FuzzRender(f *testing.F) {
	for _, in := range hostile() {
		if len(in) < 10_000 {
			f.Add([]byte(in))
		}
	}
	for _, shop := range demo.Shops() {
		for _, d := range shop.Designs {
			f.Add(d.JSON)
		}
	}
	f.Add([]byte(`{"width":9,"height":9,"objects":[{"type":"textbox","text":"a b\nc","width":9,"fontSize":3,"fontWeight":"bold","charSpacing":9,"fill":{"colorStops":[{"color":"rgba(1,2,3,.5)"}]}},
		{"type":"polygon","points":[{"x":1,"y":2},{"x":3,"y":4}],"pathOffset":{"x":1,"y":1}},{"type":"line","x1":1},{"type":"triangle","width":4,"height":4}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		opt := preview.Options{Image: shown}
		p := preview.Render(in, opt)
		checkSafe(t, p.SVG)
		if !bytes.Equal(p.SVG, preview.Render(in, opt).SVG) {
			t.Fatal("two pictures of one design")
		}
		if len(p.SVG) > 1<<20 {
			t.Fatalf("%d bytes", len(p.SVG))
		}
	})
}

// TestWritePictures leaves the demo's pictures in the folder that
// LAPAK_TEST_PICTURES names, to look at.
func TestWritePictures(t *testing.T) {
	dir := os.Getenv("LAPAK_TEST_PICTURES")
	if dir == "" {
		dir = t.TempDir()
	}
	for i, shop := range demo.Shops() {
		for k, d := range shop.Designs {
			p := preview.Render(d.JSON, preview.Options{Image: shown})
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d-%02d.svg", i, k)), p.SVG, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func BenchmarkRender(b *testing.B) {
	for _, d := range demo.Shops()[1].Designs[:3] {
		b.Run(d.Name, func(b *testing.B) {
			for b.Loop() {
				preview.Render(d.JSON, preview.Options{Image: shown})
			}
		})
	}
}
