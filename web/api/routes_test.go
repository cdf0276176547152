package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
)

func TestDesign(t *testing.T) {
	s := newSite(t)
	made := s.as(s.write, "POST", "/design").json(
		`{"shopifyProductId":"gid://shopify/Product/42","name":" Kaos ","isTemplate":true,"designJson":{ "text": "<b>&\u00e9" }}`).do().want(201)
	d := decode[store.Design](made)
	if d.ProductID != "42" || d.Name != "Kaos" || !d.IsTemplate {
		t.Errorf("made %+v", d)
	}
	path := "/design/" + d.ID
	if made.header.Get("Location") != "/imcst_api"+path {
		t.Errorf("Location %q", made.header.Get("Location"))
	}
	got := s.as(s.read, "GET", path).do().want(200)
	if got.body != made.body || !strings.Contains(got.body, `,"designJson":{ "text": "<b>&\u00e9" }}`) {
		t.Errorf("read %s, made %s", got.body, made.body)
	}
	etag := got.header.Get("ETag")
	if etag == "" || etag != made.header.Get("ETag") {
		t.Errorf("ETag %q when made, %q when read", made.header.Get("ETag"), etag)
	}
	if a := s.as(s.read, "GET", path).set("If-None-Match", `"x", W/`+etag).do().want(304); a.body != "" {
		t.Errorf("304 with %q", a.body)
	}
	head := s.as(s.read, "HEAD", path).do().want(200)
	if head.body != "" || head.header.Get("ETag") != etag || head.header.Get("Content-Length") != got.header.Get("Content-Length") {
		t.Errorf("HEAD %v", head.header)
	}
	put := decode[store.Design](s.as(s.write, "PUT", path).set("If-Match", etag).json(`{"name":"Baju"}`).do().want(200))
	if put.Name != "Baju" || put.ProductID != "42" || string(put.DesignJSON) != `{ "text": "<b>&\u00e9" }` {
		t.Errorf("changed to %+v", put)
	}
	s.as(s.read, "GET", path).set("If-None-Match", etag).do().want(200)
	s.as(s.write, "PUT", path).set("If-Match", etag).json(`{"name":"late"}`).do().
		fails(412, "changed", "It has changed meanwhile; read it again first")
	s.as(s.write, "DELETE", path).set("If-Match", etag).do().want(412)
	s.as(s.write, "DELETE", path).set("If-Match", `*`).do().want(204)
	s.as(s.write, "DELETE", path).do().fails(404, "not_found", "Not found")
	e := s.audit(s.admin)
	if e.Action != "DELETE" || e.Resource != "design" || e.UserID == nil || !strings.HasPrefix(*e.UserID, "key:") || *e.IPAddress != "127.0.0.1" {
		t.Errorf("audit %+v", e)
	}
}

func TestDesignList(t *testing.T) {
	s := newSite(t)
	for i := range 25 {
		product, template := "1", "false"
		if i%5 == 0 {
			product, template = "2", "true"
		}
		s.design(s.write, `{"shopifyProductId":"`+product+`","isTemplate":`+template+`,"designJson":{}}`)
	}
	first := s.as(s.read, "GET", "/designs").do().want(200)
	if n := len(decode[[]store.Design](first)); n != 20 || strings.Contains(first.body, "designJson") {
		t.Errorf("%d designs: %s", n, first.body)
	}
	seen := map[string]bool{}
	path, pages := "/designs?product=1&limit=8&shop="+s.shop.String()+"&api_key=secret", 0
	for path != "" {
		a := s.as(s.read, "GET", path).do().want(200)
		for _, d := range decode[[]store.Design](a) {
			if d.ProductID != "1" || seen[d.ID] {
				t.Errorf("%+v does not belong here, or is here twice", d)
			}
			seen[d.ID] = true
		}
		path = nextPath(a)
		if strings.Contains(path, "secret") || path != "" && (!strings.Contains(path, "product=1") || !strings.Contains(path, "limit=8")) {
			t.Errorf("link %q", path)
		}
		pages++
	}
	if len(seen) != 20 || pages != 3 {
		t.Errorf("%d designs on %d pages", len(seen), pages)
	}
	for query, want := range map[string]int{"template=true": 5, "template=0": 20, "product=2&template=1": 5, "product=1&template=true": 0} {
		if n := len(decode[[]store.Design](s.as(s.read, "GET", "/designs?limit=100&"+query).do().want(200))); n != want {
			t.Errorf("%s: %d designs, want %d", query, n, want)
		}
	}
	if a := s.as(s.otherAdmin, "GET", "/designs").do().want(200); a.body != "[]\n" {
		t.Errorf("the other shop has %s", a.body)
	}
}

// nextPath is where the Link header leads, "" if there is none.
func nextPath(a answer) string {
	link, ok := strings.CutSuffix(a.header.Get("Link"), `>; rel="next"`)
	if !ok {
		return ""
	}
	return strings.TrimPrefix(link, "</imcst_api")
}

func TestConfig(t *testing.T) {
	s := newSite(t)
	made := s.as(s.write, "PUT", "/config/gid:%2F%2Fshopify%2FProduct%2F7").json(`{"config":{"areas":[1]},"title":"Kaos Hitam","imageUrl":"https://x.test/a.png"}`).do().want(201)
	if made.header.Get("Location") != "/imcst_api/config/7" {
		t.Errorf("Location %q", made.header.Get("Location"))
	}
	c := decode[store.Config](made)
	if c.ProductID != "7" || !c.Enabled || string(c.Config) != `{"areas":[1]}` {
		t.Errorf("made %+v", c)
	}
	got := s.as(s.read, "GET", "/config/7").do().want(200)
	etag := got.header.Get("ETag")
	s.as(s.read, "GET", "/config/7").set("If-None-Match", etag).do().want(304)
	s.as(s.write, "PUT", "/config/7").set("If-Match", etag).json(`{"enabled":false}`).do().want(200)
	s.as(s.write, "PUT", "/config/7").set("If-Match", etag).json(`{"enabled":true}`).do().want(412)
	s.as(s.write, "PUT", "/config/8").set("If-Match", "*").json(`{"config":{}}`).do().want(412)
	s.as(s.write, "PUT", "/config/8").json(`{"config":{}}`).do().want(201)
	if n := len(decode[[]store.Config](s.as(s.read, "GET", "/configs").do().want(200))); n != 2 {
		t.Errorf("%d configs", n)
	}
	products := s.as(s.read, "GET", "/products?query=HITAM").do().want(200)
	if want := `[{"id":"7","title":"Kaos Hitam","image":"https://x.test/a.png","customizable":false}]` + "\n"; products.body != want {
		t.Errorf("products %s", products.body)
	}
	s.as(s.write, "DELETE", "/config/7").set("If-Match", etag).do().want(412)
	s.as(s.write, "DELETE", "/config/7").do().want(204)
	// Made anew it begins at version 1 again, but is another config.
	s.as(s.write, "PUT", "/config/7").json(`{"config":{}}`).do().want(201)
	s.as(s.write, "DELETE", "/config/7").set("If-Match", etag).do().want(412)
	s.as(s.read, "GET", "/config/9").do().fails(404, "not_found", "Not found")
}

func TestProductsPages(t *testing.T) {
	s := newSite(t)
	for _, id := range []string{"1", "x2", "3", "x4", "5", "x6"} {
		s.as(s.write, "PUT", "/config/"+id).json(`{"config":{}}`).do().want(201)
	}
	var ids []string
	for path := "/products?query=X&limit=2"; path != ""; {
		a := s.as(s.read, "GET", path).do().want(200)
		for _, p := range decode[[]struct{ ID string }](a) {
			ids = append(ids, p.ID)
		}
		path = nextPath(a)
	}
	if got := strings.Join(ids, " "); got != "x6 x4 x2" {
		t.Errorf("products %s", got)
	}
}

func TestUsage(t *testing.T) {
	s := newSite(t)
	tenanttest.Set(t, s.pool, s.shop, "maxDesigns", "2")
	s.design(s.write, plainDesign)
	s.design(s.write, plainDesign)
	a := s.as(s.read, "GET", "/usage").do().want(200)
	month := decode[struct{ Month string }](a).Month
	want := `{"plan":"pro","month":"` + month + `","limits":{"products":1000,"assets":10000,"designs":2,"storageBytes":107374182400},` +
		`"usage":{"products":0,"assets":0,"designs":2,"storageBytes":0},"monthly":{"uploads":0,"orders":0},"warnings":["Design limit at 90%"]}` + "\n"
	if a.body != want || len(month) != len("2026-11") {
		t.Errorf("usage %s", a.body)
	}
}

func TestAudit(t *testing.T) {
	s := newSite(t)
	d := s.design(s.write, plainDesign)
	s.as(s.write, "PUT", "/design/"+d.ID).json(`{"name":"x"}`).do().want(200)
	count := func(query string) int {
		t.Helper()
		return len(decode[[]store.Entry](s.as(s.admin, "GET", "/audit?"+query).do().want(200)))
	}
	for query, want := range map[string]int{
		"": 2, "action=CREATE": 1, "resource=design": 2, "resource=config": 0,
		"from=2000-01-01T00:00:00Z": 2, "to=2000-01-01T00:00:00Z": 0, "from=2999-01-01T00:00:00%2B07:00": 0,
	} {
		if n := count(query); n != want {
			t.Errorf("%q: %d entries, want %d", query, n, want)
		}
	}
	e := s.audit(s.admin)
	if e.Before == nil || e.After == nil || *e.ResourceID != d.ID {
		t.Errorf("entry %+v", e)
	}
	s.as(s.admin, "GET", "/audit?from=yesterday").do().
		fails(400, "invalid", "from must be a time like 2006-01-02T15:04:05Z (RFC 3339)")
}

func TestExport(t *testing.T) {
	s := newSite(t)
	d := s.design(s.write, plainDesign)
	s.as(s.write, "PUT", "/config/1").json(`{"config":{"a":1}}`).do().want(201)
	a := s.as(s.admin, "GET", "/export").do().want(200)
	all := decode[struct {
		Designs []store.Design
		Assets  []store.Asset
		Configs []store.Config
	}](a)
	if len(all.Designs) != 1 || all.Designs[0].ID != d.ID || string(all.Designs[0].DesignJSON) != `{"a":1}` || len(all.Configs) != 1 || all.Assets == nil {
		t.Errorf("export %s", a.body)
	}
	if disposition := a.header.Get("Content-Disposition"); !strings.HasPrefix(disposition, `attachment; filename="toko.myshopify.com-`) {
		t.Errorf("Content-Disposition %q", disposition)
	}
	if left := s.spooled(); left != nil {
		t.Errorf("left in the spool: %v", left)
	}
}

func TestSettings(t *testing.T) {
	s := newSite(t)
	a := s.as(s.admin, "PATCH", "/settings").json(`{"primaryColor":"#aabbcc","timezone":"Asia/Jakarta","shop":"toko.myshopify.com"}`).do().want(200)
	got := decode[catalog.Shop](strip(a))
	if *got.PrimaryColor != "#aabbcc" || got.Timezone != "Asia/Jakarta" {
		t.Errorf("settings %s", a.body)
	}
	if read := s.as(s.admin, "GET", "/settings").do().want(200); read.body != a.body {
		t.Errorf("changed to %s, read %s", a.body, read.body)
	}
	e := s.audit(s.admin)
	if e.Action != "UPDATE" || e.Resource != "settings" || string(e.Before) != `{"primaryColor":null,"timezone":"UTC"}` ||
		string(e.After) != `{"primaryColor":"#aabbcc","timezone":"Asia/Jakarta"}` {
		t.Errorf("audit %s %s: %s to %s", e.Action, e.Resource, e.Before, e.After)
	}
	s.as(s.admin, "PATCH", "/settings").json(`{"primaryColor":null}`).do().want(200)
	for body, want := range map[string]string{
		`{"plan":"pro"}`:                      "plan can be changed by the operator only",
		`{"maxDesigns":5}`:                    "maxDesigns can be changed by the operator only",
		`{"timezone":"UTC","enableCDN":true}`: "enableCDN can be changed by the operator only",
	} {
		s.as(s.admin, "PATCH", "/settings").json(body).do().fails(403, "forbidden", want)
	}
	for body, want := range map[string]string{
		`{"primaryColor":"red"}`: "primaryColor must be a colour like #aabbcc or #abc",
		`{"primaryColor":1}`:     "primaryColor must be text",
		`{"color":"#fff"}`:       "color is no setting of a shop",
		`{"epoch":2}`:            "epoch is no setting of a shop",
	} {
		s.as(s.admin, "PATCH", "/settings").json(body).do().fails(400, "invalid", want)
	}
	body := `{"plan":"free","maxDesigns":7,"enableCDN":true,"shop":"toko.myshopify.com"}`
	s.as(s.operator, "PATCH", "/settings").json(body).do().want(200)
	s.as(s.operator, "PATCH", "/settings?shop=toko.myshopify.com").json(`{"maxDesigns":"7"}`).do().
		fails(400, "invalid", "maxDesigns must be a whole number")
	if rec, err := s.pool.Catalog().Shop(t.Context(), s.shop); err != nil || rec.Plan != "free" || rec.MaxDesigns != 7 || !rec.EnableCDN {
		t.Errorf("%+v, %v", rec, err)
	}
}

// strip takes the shop's name out, which JSON cannot make a store.Shop of.
func strip(a answer) answer {
	all := decode[map[string]json.RawMessage](a)
	delete(all, "shop")
	raw, err := json.Marshal(all)
	if err != nil {
		a.t.Fatal(err)
	}
	a.body = string(raw)
	return a
}
