package admin_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/admin"
)

// ownPaths are pages that a shop's owner can open.
func ownPaths() []string {
	return []string{
		"", "/products", "/products?q=mug", "/products?q=nothing-like-this", "/products?show=on", "/products?show=off", "/products/" + product,
		"/products/" + product + "/json", "/products/new-one", "/activity", "/activity?action=CREATE&resource=design", "/activity?from=2020-01-01&to=2020-01-02",
		"/settings", "/settings/keys", "/settings/plan", "/settings/requests", "/designs", "/assets", "/backups",
	}
}

// TestPages opens every page, full and empty, in both languages and both places;
// the test's client looks at the HTML of each.
func TestPages(t *testing.T) {
	empty, full := newSite(t), newSite(t)
	fill(full)
	for _, s := range []*site{empty, full} {
		for _, s.lang = range []string{"en", "id"} {
			for _, path := range ownPaths() {
				s.get(path).want(http.StatusOK).has(`<html lang="` + s.lang + `"`)
				s.do("GET", "/app"+path, nil).want(http.StatusOK).has(`<meta name="shopify-api-key" content="app">`, "data-embedded")
			}
		}
	}
}

func TestHome(t *testing.T) {
	s := newSite(t)
	s.get("").has("Let's set up your shop", "Upload an image", "No orders and no uploads yet", "Plan Pro", "0 of 1,000")
	fill(s)
	s.get("").has("1 of 1,000", "Design added:", "Design 2", "rini@toko.example", "1 order so far", "will be proven by itself soon")
	s.lang = "id"
	s.get("").has("Ayo siapkan tokomu", "1 dari 1.000", "Desain ditambahkan:")
}

func TestGuideDisappears(t *testing.T) {
	s := newSite(t)
	fill(s)
	s.get("").has("Let's set up your shop").hasNot("Choose a product")
	tenanttest.Set(t, s.pool, s.shop, "primaryColor", "#b8552f")
	s.write(func(tx *store.Tx) error {
		_, err := tx.CreateAsset(store.By{}, s.lease.Terms(), store.NewAsset{Type: "fonts", Name: "a", ContentType: "font/ttf", Object: "fonts/" + strings.Repeat("0", 64) + ".ttf"})
		return err
	})
	s.get("").hasNot("Let&#39;s set up your shop")
}

func TestWarnings(t *testing.T) {
	s := newSite(t)
	tenanttest.Set(t, s.pool, s.shop, "maxDesigns", "3")
	tenanttest.Set(t, s.pool, s.shop, "maxProducts", "10")
	fill(s)
	s.get("").has("Designs: all 3 of your plan are used").hasNot("Products: ")
	tenanttest.Set(t, s.pool, s.shop, "maxDesigns", "-1")
	s.get("").hasNot("Designs: ").has("3, no limit")
}

// TestBackupNote says in a sentence how the backup stands.
func TestBackupNote(t *testing.T) {
	s := newSite(t)
	fill(s)
	if err := s.pool.Catalog().SetReplicaError(t.Context(), s.shop, "no bucket"); err != nil {
		t.Fatal(err)
	}
	s.get("").has("The backup is behind", "The last change was just now.").hasNot("no bucket")
}

// TestRoles shows to each role what it may see, and no more.
func TestRoles(t *testing.T) {
	s := newSite(t)
	fill(s)
	s.role = catalog.RoleRead
	s.get("").hasNot("/settings", "/activity", "rini@toko.example")
	s.get("/products").hasNot("role=\"switch\"")
	s.get("/products/"+product).hasNot("do.save", "/delete")
	s.get("/settings").want(http.StatusForbidden).has("Your role does not allow this")
	s.get("/activity/export").want(http.StatusForbidden)
	s.post("/products/"+product+"/switch", form("on", "off")).want(http.StatusForbidden)
	if !s.stored(product).Enabled {
		t.Error("a reader switched a product off")
	}
}

func TestErrorPages(t *testing.T) {
	s := newSite(t)
	s.get("/products/%20").want(http.StatusNotFound).has("This page is not there")
	s.get("/products?after=x").want(http.StatusBadRequest).has("Something is not right yet")
	s.do("GET", "/shops/other.myshopify.com/settings", nil).want(http.StatusForbidden).has("another shop").hasNot("toko", "other.my")
	s.role = ""
	s.get("").want(http.StatusUnauthorized).hasNot("toko")
	asked := newSite(t, func(o *admin.Options) {
		o.SignIn = func(w http.ResponseWriter, r *http.Request, _ *web.Caller, _ *web.Error) {
			http.Redirect(w, r, "/signin", http.StatusSeeOther)
		}
	})
	asked.role = ""
	asked.get("").leads("/signin")
	asked.do("GET", "/app", nil).want(http.StatusUnauthorized) // that is for who embeds it
}

// TestFormsAreForms: a form names no other shop, and is no JSON.
func TestFormsAreForms(t *testing.T) {
	s := newSite(t)
	s.post("/settings", form("shop", "other.myshopify.com")).want(http.StatusForbidden)
	resp, err := http.Post(s.url+s.at("/settings"), "application/json", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a form of JSON: %d", resp.StatusCode)
	}
}

// TestWeight holds pages, pictures apart, to what may be transferred on first
// load and after.
func TestWeight(t *testing.T) {
	s := newSite(t)
	fill(s)
	for range 30 {
		s.config(product, "Mug Keramik 330 ml", mug)
	}
	files, first := map[string]bool{}, 0
	for _, path := range ownPaths() {
		for part := range strings.SplitSeq(s.get(path).body, `"`) {
			if strings.HasPrefix(part, "/static/") && !files[part] {
				files[part] = true
				first += s.transferred(part)
			}
		}
		n := s.transferred(s.at(path))
		t.Logf("%6d bytes, %6d with files: %s", n, first+n, path)
		if n > 15<<10 || first+n > 60<<10 {
			t.Errorf("%s: %d bytes, and %d of files", path, n, first)
		}
	}
	if len(files) != 4 { // one of them for pages with server-sent events alone
		t.Errorf("files: %v", files)
	}
}

// transferred is how many bytes come over the line.
func (s *site) transferred(path string) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), "GET", s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	z, err := gzip.NewReader(strings.NewReader(string(raw)))
	if err == nil {
		_, err = io.Copy(io.Discard, z)
	}
	if err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
	return len(raw)
}

func TestStatic(t *testing.T) {
	s := newSite(t)
	for part := range strings.SplitSeq(s.get("").body, `"`) {
		if !strings.HasPrefix(part, "/static/") {
			continue
		}
		file := s.do("GET", part, nil).want(http.StatusOK)
		if file.header.Get("ETag") == "" || !strings.Contains(file.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %v", part, file.header)
		}
	}
	s.do("GET", "/static/0000/lapak.css", nil).want(http.StatusNotFound)
}
