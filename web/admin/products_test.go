package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"lapak/tenants"
	"lapak/web/admin"
)

// form is a form of pairs of names and values.
func form(pairs ...string) url.Values {
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Add(pairs[i], pairs[i+1])
	}
	return f
}

const product = "8120374418721"

func TestProducts(t *testing.T) {
	s := newSite(t)
	s.get("/products").has("No products yet")
	fill(s)
	s.config("77", "<b>Kaos</b> & Syal", `{}`)
	s.get("/products").has("Mug Keramik 330 ml", "&lt;b&gt;Kaos&lt;/b&gt; &amp; Syal")
	s.get("/products?q=MUG").has("Mug Keramik 330 ml").hasNot("Kaos")
	s.get("/products?q=zzz").has("No product is called that")
	to := s.post("/products/"+product+"/switch", form("on", "off", "back", "q=mug")).leads("done=product-off")
	s.do("GET", to, nil).has("Customizing is off", "Mug Keramik 330 ml").hasNot("Kaos")
	if s.stored(product).Enabled {
		t.Error("still on")
	}
	s.get("/products?show=off").has("Mug Keramik 330 ml").hasNot("Kaos")
	s.post("/products/none/switch", form("on", "on")).want(http.StatusNotFound)
}

func TestProductPages(t *testing.T) {
	s := newSite(t)
	for i := range 25 {
		s.config(string(rune('a'+i)), "Product "+string(rune('A'+i)), `{}`)
	}
	first := s.get("/products").has("Product Y", "Product F", "Next page").hasNot("Product E")
	_, after, _ := strings.Cut(first.body, `after=`)
	after, _, _ = strings.Cut(after, `"`)
	s.get("/products?after="+after).has("Product E", "Product A", "Back to the start").hasNot("Product F", "Next page")
}

// TestShopifyProducts lists what Shopify has, with what is set up of it.
func TestShopifyProducts(t *testing.T) {
	broken := false
	s := newSite(t, func(o *admin.Options) {
		o.Products = func(_ context.Context, _ *tenants.Lease, q admin.ProductQuery) (admin.ProductPage, error) {
			if broken {
				return admin.ProductPage{}, errors.New("no answer")
			}
			return admin.ProductPage{Next: "n2", Products: []admin.Product{
				{ID: product, Title: "Mug of " + q.Search, ImageURL: "https://cdn.shopify.com/mug.jpg"}, {ID: "9", Title: "Plain & new"},
			}}, nil
		}
	})
	fill(s)
	s.get("/products?q=clay").has("Mug of clay", "https://cdn.shopify.com/mug.jpg", "Not set up", "after=n2", "title=Plain+%26+new")
	s.get("/products/9?title=Plain+%26+new&image=javascript:x").has("Set up Plain & new").hasNot("javascript:x")
	broken = true
	s.get("/products").want(http.StatusOK).has("Shopify does not answer right now", "Mug Keramik 330 ml")
}

func TestDeleteProductAndUndo(t *testing.T) {
	s := newSite(t)
	fill(s)
	to := s.post("/products/"+product+"/delete", url.Values{}).leads("done=product-deleted")
	done := s.do("GET", to, nil).has("no longer set up", "Undo", `action="`+s.at("/products/undo")+`"`).hasNot("Mug Keramik")
	_, of, _ := strings.Cut(done.body, `name="of" value="`)
	of, _, _ = strings.Cut(of, `"`)
	s.do("GET", s.post("/products/undo", form("of", of)).leads("done=product-back"), nil).has("Mug Keramik 330 ml", "The product is back")
	s.post("/products/undo", form("of", of)).want(http.StatusNotFound)
}

// shown is the form as a browser would send it back.
func shown() url.Values {
	return form("version", "1", "title", "Mug Keramik 330 ml", "imageUrl", "", "enabled", "on",
		"text.enabled", "on", "text.maxLength", "24", "text.maxLines", "3", "text.fonts", "serif, Kawung.ttf", "text.colors", "#3b2620",
		"upload.enabled", "on", "upload.formats", "image/png", "upload.minDpi", "150", "upload.maxMB", "10", "gallery", "senja.png",
		"view.id", "front", "view.label", "Depan", "view.image", "mug.png", "view.x", "235", "view.y", "260", "view.w", "200", "view.h", "210",
		"view.mmw", "80", "view.mmh", "84", "color.was", "Krem", "color.name", "Krem", "color.hex", "#f6efe3",
		"addon.id", "text", "addon.label", "Cetak nama", "addon.amount", "10000")
}

func same(t *testing.T, got json.RawMessage, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("config is\n%s\nwant\n%s", got, want)
	}
}

// TestConfigIsKept: what the form shows and gets back unchanged changes nothing,
// members that it does not know included.
func TestConfigIsKept(t *testing.T) {
	s := newSite(t)
	fill(s)
	s.post("/products/"+product, shown()).leads("done=product-saved")
	same(t, s.stored(product).Config, mug)
}

func TestConfigChanges(t *testing.T) {
	s := newSite(t)
	fill(s)
	f := shown()
	f.Set("text.maxLength", "30")
	f.Del("text.enabled")
	f.Set("view.w", "420")
	for name, value := range map[string]string{
		"view.id": "", "view.label": "Sisi Belakang", "view.image": "https://example.com/b.png", "view.x": "0", "view.y": "0", "view.w": "50,5", "view.h": "100", "view.mmw": "", "view.mmh": "",
		"color.was": "", "color.name": "Putih", "color.hex": "#ffffff", "addon.id": "", "addon.label": "Cetak nama", "addon.amount": "0",
	} {
		f.Add(name, value)
	}
	for _, blank := range []string{"view.label", "color.name", "addon.label"} {
		f.Add(blank, " ") // a row without anything in it
	}
	s.post("/products/"+product, f).leads("done=product-saved")
	want := strings.NewReplacer(`"maxLength":24`, `"maxLength":30`, `"text":{"enabled":true`, `"text":{"enabled":false`, `"width":200,`, `"width":420,`,
		`"canvas":{"width":952,"height":1000}}]`, `"canvas":{"width":1000,"height":500}},{"id":"sisi-belakang","label":"Sisi Belakang","image":"https://example.com/b.png",
			"printArea":{"px":{"x":0,"y":0,"width":50.5,"height":100},"mm":{}},"canvas":{"width":505,"height":1000}}]`,
		`"sku":"K1"}`, `"sku":"K1"},{"name":"Putih","hex":"#ffffff"}`, `"taxed":false}`, `"taxed":false},{"id":"cetak-nama","label":"Cetak nama","amount":0}`).Replace(mug)
	same(t, s.stored(product).Config, want)
}

func TestConfigErrors(t *testing.T) {
	s := newSite(t)
	fill(s)
	f := shown()
	for name, value := range map[string]string{
		"text.maxLength": "many", "text.colors": "#3b2620, red", "view.image": "", "view.w": "-1", "view.h": "", "color.hex": "x", "addon.amount": "ten",
		"addon.label": "", "imageUrl": "http://plain.example", "upload.maxMB": "999",
	} {
		f.Set(name, value)
	}
	p := s.post("/products/"+product, f).want(http.StatusUnprocessableEntity)
	p.has("Please look at the marked fields", "“red” is no colour", "Choose an image.", "This is needed.", "A number from 1 to 10,000", "no address that begins with https",
		`value="many"`, `id="view.image.0-error"`, `id="addon.amount.0-error"`, "at most 80 characters", "A number from 0.1 to 50")
	if n := strings.Count(p.body, "aria-invalid"); n != 10 {
		t.Errorf("%d fields are marked, want 10", n)
	}
	if v := s.stored(product).Version; v != 1 {
		t.Errorf("it was saved: version %d", v)
	}
}

// TestConfigConflict: who was slower keeps what they typed, and may decide.
func TestConfigConflict(t *testing.T) {
	s := newSite(t)
	fill(s)
	s.config(product, "Changed meanwhile", mug)
	f := shown()
	f.Set("title", "Mine")
	p := s.post("/products/"+product, f).want(http.StatusPreconditionFailed)
	p.has("Somebody else was faster", `value="Mine"`, `name="over" value="2"`, "Save mine over it")
	if s.stored(product).Title != "Changed meanwhile" {
		t.Error("it was saved all the same")
	}
	f.Set("over", "2")
	s.post("/products/"+product, f).leads("done=product-saved")
	if s.stored(product).Title != "Mine" {
		t.Error("it was not saved")
	}
	f.Set("version", "0") // a form for a product that was not set up then
	f.Del("over")
	s.post("/products/"+product, f).want(http.StatusPreconditionFailed)
}

func TestNewConfig(t *testing.T) {
	s := newSite(t)
	p := s.get("/products/new").has(`name="version" value="0"`)
	if strings.Contains(p.body, "/products/new/delete") {
		t.Error("what is not there can be deleted")
	}
	f := shown()
	f.Set("version", "0")
	s.post("/products/new", f).leads("done=product-saved")
	if c := s.stored("new"); c.Title != "Mug Keramik 330 ml" || !c.Enabled {
		t.Errorf("%+v", c)
	}
}

func TestOddConfig(t *testing.T) {
	s := newSite(t)
	s.config("odd", "Odd", `{"views":{"front":1}}`)
	s.get("/products/odd").has("in a way that the form does not know").hasNot(`name="title"`)
	s.post("/products/odd", shown()).want(http.StatusUnprocessableEntity)
	same(t, s.stored("odd").Config, `{"views":{"front":1}}`)
}

func TestConfigJSON(t *testing.T) {
	s := newSite(t)
	fill(s)
	s.get("/products/" + product + "/json").has(`&#34;bleed&#34;: 3`)
	for name, c := range map[string]struct{ raw, want string }{
		"a comma too many": {"{\n  \"a\": 1,\n}", "line 3, character 1"},
		"an open end":      {`{"a": [1`, "line 1, character 8"},
		"no object":        {`[1]`, "It must be one JSON object"},
		"nothing":          {``, "line 1"},
		"too large":        {`{"a":"` + strings.Repeat("x", 256<<10) + `"}`, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			s.post("/products/"+product+"/json", form("version", "1", "json", c.raw)).want(http.StatusUnprocessableEntity).has(c.want)
		})
	}
	s.post("/products/"+product+"/json", form("version", "1", "json", `{"anything": [1, 2]}`)).leads("done=product-saved")
	same(t, s.stored(product).Config, `{"anything":[1,2]}`)
	s.post("/products/"+product+"/json", form("version", "1", "json", `{}`)).want(http.StatusPreconditionFailed).has(`name="over" value="2"`)
}
