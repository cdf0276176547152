package proxy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"lapak/store"
	"lapak/tenants/tenanttest"
)

func TestProduct(t *testing.T) {
	s := newSite(t, 0)
	sh := s.visitor("")
	sh.ask("GET", "/product/1").do().notFound()
	template := s.configure(s.shop, "1", true)
	s.configure(s.shop, "off", false)
	a := sh.ask("GET", "/product/1").do().want(200)
	var got struct {
		Shop      string
		Config    struct{ Config json.RawMessage }
		Templates []made
		Branding  map[string]any
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Shop != s.shop.String() || string(got.Config.Config) != `{"v":1}` ||
		len(got.Templates) != 1 || got.Templates[0].ID != template.ID || got.Branding == nil {
		t.Errorf("%s, %v", a.body, err)
	}
	if a.header.Get("Cache-Control") != "public, max-age=60" || a.header.Get("ETag") == "" {
		t.Errorf("headers %v", a.header)
	}
	if again := s.customer("7").ask("GET", "/product/1").set("If-None-Match", a.header.Get("ETag")).do().want(304); again.body != "" {
		t.Errorf("304 with %q", again.body)
	}
	if head := sh.ask("HEAD", "/product/1").do().want(200); head.body != "" {
		t.Errorf("HEAD %v", head.header)
	}
	for _, path := range []string{"/product/off", "/product/2", "/product/a%20b"} {
		sh.ask("GET", path).do().notFound()
	}
	shopper{s: s, shop: s.other}.ask("GET", "/product/1").do().notFound()
}

const svg = `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1v1z"/></svg>`

func TestUpload(t *testing.T) {
	s := newSite(t, 0)
	made := s.visitor("").upload(1)
	if len(made.Claim) != 43 || made.Name != "a.png" || made.ContentType != "image/png" {
		t.Errorf("made %+v", made)
	}
	visitor := s.visitor(made.Claim)
	got := visitor.ask("GET", "/asset/"+made.ID).do().want(200)
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
	} {
		if got.header.Get(name) != want || got.body != tinyPNG(1) {
			t.Errorf("%s %q, want %q", name, got.header.Get(name), want)
		}
	}
	if again := visitor.upload(2); again.Claim != "" {
		t.Errorf("a second claim: %+v", again)
	}
	in := s.visitor("").ask("POST", "/upload").file(tinyPNG(3), "claim", made.Claim, "name", "Foto").do().want(201)
	if strings.Contains(in.body, "claim") || !strings.Contains(in.body, `"name":"Foto"`) {
		t.Errorf("made %s", in.body)
	}
	for _, sh := range []shopper{s.visitor(""), s.customer("7"), s.visitor(strings.Repeat("A", 43)), {s: s, shop: s.other, claim: made.Claim}} {
		sh.ask("GET", "/asset/"+made.ID).do().notFound()
	}
	safe := decode[struct{ ID string }](s.customer("7").ask("POST", "/upload").file(svg).do().want(201))
	if a := s.customer("7").ask("GET", "/asset/"+safe.ID).do().want(200); !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("an SVG image is served as %v", a.header)
	}
	if left := s.spooled(); left != nil {
		t.Errorf("left in the spool: %v", left)
	}
}

// What the merchant shows to all, shoppers get; what they keep, not.
func TestMerchantsAssets(t *testing.T) {
	s := newSite(t, 0)
	mine := s.customer("7").upload(1) // its bytes, under the types below
	var assets []store.Asset
	s.merchant(s.shop, func(tx *store.Tx, terms store.Terms) error {
		own, err := tx.Asset(mine.ID)
		if err != nil {
			return err
		}
		for _, kind := range store.AssetTypes() {
			as, err := tx.CreateAsset(store.By{}, terms, store.NewAsset{
				Type: kind, ContentType: "image/png", Size: own.Size, Object: strings.Replace(own.Object, "designs/", kind+"/", 1),
			})
			if assets = append(assets, as); err != nil {
				return err
			}
		}
		return nil
	})
	for _, as := range assets {
		a := s.visitor("").ask("HEAD", "/asset/"+as.ID).do()
		if want := map[bool]int{true: 404, false: 200}[as.Type == "designs"]; a.status != want {
			t.Errorf("%s: status %d", as.Type, a.status)
		}
		if cache := a.header.Get("Cache-Control"); a.status == 200 && cache != "public, max-age=86400" {
			t.Errorf("%s: %s", as.Type, cache)
		}
	}
}

func TestBadUploads(t *testing.T) {
	s := newSite(t, 0)
	sh := s.customer("7")
	const kinds = "file must be a PNG, JPEG, GIF, WebP or SVG image or a WOFF, WOFF2, TTF or OTF font"
	const active = "file must be an SVG image of shapes, text and embedded pictures alone: no scripts, no links, nothing from elsewhere"
	const open = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"`
	for name, c := range map[string]struct{ file, refused string }{
		"script":            {open + `><script>alert(1)</script></svg>`, active},
		"handler":           {open + ` onload="alert(1)"/>`, active},
		"foreign":           {open + `><foreignObject><p xmlns="http://www.w3.org/1999/xhtml"/></foreignObject></svg>`, active},
		"link":              {open + `><image xlink:href="http://x.test/"/></svg>`, active},
		"entities":          {`<!DOCTYPE svg [<!ENTITY a "b">]>` + open + `/>`, active},
		"html":              {"<!DOCTYPE html><script>alert(1)</script>", kinds},
		"text":              {"hello", kinds},
		"program":           {"\x7fELF\x02\x01", kinds},
		"font":              {"wOF2 and more", "file must be a font for the type fonts, and an image for every other"},
		"cut":               {tinyPNG(1)[:12], "file is damaged: its size cannot be read"},
		"empty":             {"", "file must not be empty"},
		"html before a png": {"<html>" + tinyPNG(1), kinds},
	} {
		t.Run(name, func(t *testing.T) { sh.ask("POST", "/upload").file(c.file).do().fails(400, "invalid", c.refused) })
	}
	sh.ask("POST", "/upload").file(strings.Repeat("x", 20<<20+1)).do().fails(413, "too_large", "file must be at most 20 MiB")
	sh.ask("POST", "/upload").file(tinyPNG(1), "type", "gallery").do().fails(400, "invalid", "type must be designs")
	sh.ask("POST", "/upload").file(tinyPNG(1), "owner", "x").do().fails(400, "invalid", "owner is not expected here")
	sh.ask("POST", "/upload").file(tinyPNG(1), "claim", "x").do().fails(400, "invalid", "claim must be one that this server gave")
	sh.ask("POST", "/upload").json(plain).do().fails(400, "invalid", "body must be multipart/form-data")
	if left := s.spooled(); left != nil {
		t.Errorf("left in the spool: %v", left)
	}
	s.merchant(s.shop, func(tx *store.Tx, terms store.Terms) error {
		u, m, err := tx.Usage(terms)
		if u != (store.Usage{}) || m.Uploads != 0 {
			t.Errorf("usage %+v, %+v", u, m)
		}
		return err
	})
}

// What is an image and something else besides is served as the image alone.
func TestPolyglots(t *testing.T) {
	s := newSite(t, 0)
	sh := s.customer("7")
	gif := "GIF89a\x01\x00\x01\x00\x00\x00\x00"
	for name, c := range map[string]struct{ file, contentType string }{
		"gif and script": {gif + "/*<script>alert(1)</script>*/=1;alert(2)", "image/gif"},
		"png and html":   {tinyPNG(1) + "<!DOCTYPE html><script>alert(1)</script>", "image/png"},
		"png and zip":    {tinyPNG(2) + "PK\x03\x04", "image/png"},
	} {
		as := decode[made](sh.ask("POST", "/upload").file(c.file).do().want(201))
		got := sh.ask("GET", "/asset/"+as.ID).do().want(200)
		if got.header.Get("Content-Type") != c.contentType || got.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %v", name, got.header)
		}
	}
}

func TestUploadLimits(t *testing.T) {
	s := newSite(t, 0)
	tenanttest.Set(t, s.pool, s.shop, "storageLimit", "500")
	s.customer("7").upload(1)
	s.customer("7").ask("POST", "/upload").file(tinyPNG(2)).do().fails(403, "limit_reached", "You can keep at most 0 KiB of uploads in this shop")
	tenanttest.Set(t, s.pool, s.shop, "maxAssets", "1")
	s.customer("8").ask("POST", "/upload").file(tinyPNG(2)).do().fails(403, "limit_reached", "Asset limit reached for your plan")
	if err := s.pool.Catalog().Suspend(t.Context(), s.shop); err != nil {
		t.Fatal(err)
	}
	s.customer("8").ask("POST", "/upload").file(tinyPNG(2)).do().notFound()
}

// Uploads are bounded apart from saves and tighter; a customer apart from another,
// and visitors also by their network, whatever claims they make up.
func TestRates(t *testing.T) {
	s := newSite(t, 0.001)
	until := func(build func(i int) *ask) (n int) {
		for ; n < 1000; n++ {
			a := build(n).do()
			if a.status == 429 {
				if a.header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
				a.fails(429, "rate_limited", "Too many requests; slow down")
				return n
			}
		}
		return n
	}
	for name, c := range map[string]struct {
		build func(i int) *ask
		want  int
	}{
		"customer's uploads": {func(int) *ask { return s.customer("1").ask("POST", "/upload").json("{}") }, 15},
		"customer's saves":   {func(int) *ask { return s.customer("1").ask("POST", "/design").json("{}") }, 20},
		"another's saves":    {func(int) *ask { return s.customer("2").ask("DELETE", "/design/x") }, 20},
		"another shop's":     {func(int) *ask { return shopper{s: s, shop: s.other, customer: "1"}.ask("DELETE", "/design/x") }, 20},
		"a claim's saves": {func(int) *ask {
			return shopper{s: s, shop: s.shop, claim: strings.Repeat("A", 43), address: "192.0.2.1"}.ask("DELETE", "/design/x")
		}, 20},
		"made-up claims": {func(i int) *ask {
			return shopper{s: s, shop: s.shop, claim: fmt.Sprintf("%039dAAAA", i), address: "192.0.2.2, 198.51.100.1"}.ask("DELETE", "/design/x")
		}, 60},
		"made-up addresses": {func(i int) *ask {
			return shopper{s: s, shop: s.other, address: fmt.Sprintf("192.0.%d.%d", i/250, i%250)}.ask("DELETE", "/design/x")
		}, 400},
		"reads": {func(int) *ask { return s.customer("1").ask("GET", "/designs") }, 200},
	} {
		if got := until(c.build); got != c.want {
			t.Errorf("%s: %d requests passed, want %d", name, got, c.want)
		}
	}
}
