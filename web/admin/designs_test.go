package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lapak/store"
	"lapak/store/catalog"
)

func TestDesignsList(t *testing.T) {
	p := openPages(t)
	p.wants(p.get("/designs"), http.StatusOK, "No designs yet")
	for _, name := range names("Mug", 30) {
		p.saveDesign(name, "", "")
	}
	p.saveDesign("Kaos <b>", store.CustomerOwner("42"), "")
	first := p.get("/designs")
	p.wants(first, http.StatusOK, "Kaos <b>", "Customer 42", "Next page", "Mug 29")
	p.lacks(first, "Mug 00")
	p.wants(p.get(address(t, first, "after=")), http.StatusOK, "Mug 00", "Back to the start")

	found := p.get("/designs?q=mug+2&view=list&sort=name")
	p.wants(found, http.StatusOK, "Mug 20", "<table", `aria-sort="ascending"`, `value="mug 2"`)
	p.lacks(found, "Mug 10", "Kaos")
	p.wants(p.get("/designs?show=customers"), http.StatusOK, "Kaos <b>")
	p.lacks(p.get("/designs?show=mine"), "Kaos")
	p.wants(p.get("/designs?q=zzz"), http.StatusOK, "Nothing fits")
	p.wants(p.get("/designs?from=2000-01-01&to=2000-01-02"), http.StatusOK, "Nothing fits")
	p.wants(p.get("/designs?from=yesterday"), http.StatusOK, "A date must look like")
	p.wants(p.get("/designs?after=nonsense"), http.StatusBadRequest)
	p.wants(p.get("/designs?product=%00"), http.StatusBadRequest)
	p.wants(p.get("/app/designs"), http.StatusOK, `action="/app/designs/chosen"`)
}

func TestDesignsInIndonesian(t *testing.T) {
	p := openPages(t)
	p.saveDesign("a", store.ClaimOwner("x"), "")
	if _, _, err := p.pool.Catalog().SetShop(t.Context(), p.shop, []catalog.Change{{Key: "language", Value: "id"}}, catalog.Operator); err != nil {
		t.Fatal(err)
	}
	p.wants(p.get("/designs"), http.StatusOK, "Desain", "Pengunjung", "Terakhir diubah")
}

func TestDesignPage(t *testing.T) {
	p := openPages(t)
	d := p.saveDesign("Mug", "", `{"canvas":{"width":1000,"height":50},"layers":[{"type":"rect","width":9,"height":9,"fill":"#123456"},{"type":"hologram"},
		{"type":"image","src":"asset:gone.png","width":5,"height":5}]}`)
	at := "/designs/" + d.ID
	p.wants(p.get(at), http.StatusOK, "1,000 × 50 pixels", "leaves out 1 part", "1 image is no longer there", "hologram", "Design added")

	p.wants(p.follow(p.post(at, url.Values{"name": {"Cangkir"}})), http.StatusOK, "Cangkir", "Saved.")
	bad := p.post(at, url.Values{"name": {strings.Repeat("x", 201)}})
	p.wants(bad, http.StatusUnprocessableEntity, "200 characters at most", `aria-invalid="true"`, strings.Repeat("x", 201))
	p.wants(p.post(at, url.Values{"name": {" "}}), http.StatusUnprocessableEntity)

	p.wants(p.follow(p.post(at+"/copy", nil)), http.StatusOK, "Cangkir (copy)", "This is the copy.")

	template := p.follow(p.post(at+"/template", url.Values{"template": {"on"}}))
	p.wants(template, http.StatusOK, "They are templates now", "No longer a template")
	p.undo(template)
	p.lacks(p.get(at), "No longer a template")

	gone := p.follow(p.post(at+"/delete", nil))
	p.wants(gone, http.StatusOK, "The design is deleted.")
	p.wants(p.get(at), http.StatusNotFound)
	p.wants(p.undo(gone), http.StatusOK, "All is back.", "Cangkir")
	p.wants(p.undo(gone), http.StatusOK, "All is back.") // pressed twice
}

func TestChosenDesigns(t *testing.T) {
	p := openPages(t)
	for _, name := range names("Mug", 5) {
		p.saveDesign(name, "", "")
	}
	p.saveDesign("Kaos", store.CustomerOwner("42"), "")
	ids := boxes(p.get("/designs"))
	if len(ids) != 6 {
		t.Fatalf("%d boxes", len(ids))
	}
	templates := p.follow(p.post("/designs/chosen", url.Values{"do": {"template"}, "id": ids}))
	p.wants(templates, http.StatusOK, "They are templates now")
	if n := len(boxes(p.get("/designs?show=templates"))); n != 5 { // a customer's is none
		t.Errorf("%d templates", n)
	}
	p.undo(templates)
	p.wants(p.get("/designs?show=templates"), http.StatusOK, "Nothing fits")

	gone := p.follow(p.post("/designs/chosen", url.Values{"do": {"delete"}, "id": append(ids, ids[0], "not-there")}))
	p.wants(gone, http.StatusOK, "No designs yet", "The designs are deleted.")
	p.undo(gone)
	if n := len(boxes(p.get("/designs"))); n != 6 {
		t.Errorf("%d came back", n)
	}
	p.wants(p.follow(p.post("/designs/chosen", url.Values{"do": {"delete"}})), http.StatusOK, "Nothing was chosen.")
	p.wants(p.post("/designs/chosen", url.Values{"do": {"burn"}, "id": ids}), http.StatusBadRequest)
	p.wants(p.follow(p.post("/designs/undo", url.Values{"of": {"never-was"}})), http.StatusOK, "Not all of it could be brought back")
}

func TestDesignsOfOthersAreNotFound(t *testing.T) {
	p := openPages(t)
	id := p.otherShopsDesign()
	p.wants(p.get("/designs/"+id), http.StatusNotFound)
	for _, act := range []string{"", "/copy", "/template", "/delete"} {
		p.wants(p.post("/designs/"+id+act, url.Values{"name": {"x"}, "template": {"on"}}), http.StatusNotFound)
	}
	p.wants(p.post("/designs/chosen", url.Values{"do": {"delete"}, "id": {id}}), http.StatusNotFound)
	p.role = catalog.RoleRead
	mine := p.saveDesign("a", "", "")
	p.lacks(p.get("/designs/"+mine.ID), "/delete")
	p.wants(p.post("/designs/"+mine.ID+"/delete", nil), http.StatusForbidden)
}

func TestPreview(t *testing.T) {
	p := openPages(t)
	p.wants(p.upload("gallery", "senja.png", picture(t, 600, 300, whitish), "application/json"), http.StatusCreated)
	d := p.saveDesign("a", "", `{"canvas":{"width":100,"height":50},"layers":[{"type":"image","src":"asset:senja.png","width":50,"height":50},
		{"type":"text","text":"<script>alert(1)</script>","width":50,"height":20},{"type":"image","src":"https://elsewhere.example/x.png","width":5,"height":5}]}`)
	at := address(t, p.get("/designs"), "preview.svg")
	a := p.get(at)
	p.wants(a, http.StatusOK, `href="data:image/webp;base64,`)
	if strings.Contains(a.body, "<script") || strings.Contains(a.body, "elsewhere") {
		t.Errorf("unsafe: %s", a.body)
	}
	if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "sandbox") {
		t.Errorf("policy %q", csp)
	}
	if cache := a.Header.Get("Cache-Control"); !strings.HasPrefix(cache, "private") {
		t.Errorf("cached %q", cache)
	}
	again := p.request(at, "If-None-Match", a.Header.Get("ETag"))
	p.wants(again, http.StatusNotModified)

	p.wants(p.get(address(t, p.get("/designs/"+d.ID), "design.json")), http.StatusOK, "asset:senja.png")
}

// TestImageAddresses: each is good for what it was made for alone.
func TestImageAddresses(t *testing.T) {
	p := openPages(t)
	p.saveDesign("a", "", "")
	at := address(t, p.get("/designs"), "preview.svg")
	p.wants(p.get(at), http.StatusOK)
	for _, forged := range []string{
		strings.Replace(at, "160/preview.svg", "design.json", 1), strings.Replace(at, "/1/160/preview", "/2/160/preview", 1), strings.Replace(at, "/160/", "/640/", 1),
		strings.Replace(at, p.shop.String(), "b.myshopify.com", 1), at + "?shop=b.myshopify.com", strings.Replace(at, "/designs/", "/designs/x", 1),
	} {
		a := p.get(forged)
		if a.StatusCode != http.StatusUnauthorized && a.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", forged, a.StatusCode)
		}
	}
}

func BenchmarkDesigns(b *testing.B) {
	p := openPages(b)
	p.fill(10_000)
	one := boxes(p.get("/designs"))[0]
	for _, path := range []string{"/designs", "/designs?view=list", "/designs?q=mug+77", "/designs?q=nothing", "/designs?sort=name", "/designs?show=customers", "/designs/" + one} {
		b.Run(strings.ReplaceAll(path, one, "one"), func(b *testing.B) {
			for b.Loop() {
				p.wants(p.get(path), http.StatusOK)
			}
		})
	}
	at := address(b, p.get("/designs"), "preview.svg")
	b.Run("preview", func(b *testing.B) {
		for b.Loop() {
			p.wants(p.get(at), http.StatusOK)
		}
	})
}
