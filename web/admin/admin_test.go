package admin_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/admin"
	"lapak/web/upload"
	"lapak/web/view"
)

// site is a server with one shop's pages, whose caller has the role that the test
// says.
type site struct {
	t     testing.TB
	pool  *tenants.Pool
	shop  store.Shop
	url   string
	role  catalog.Role
	lang  string // Accept-Language
	lease *tenants.Lease
}

func newSite(t testing.TB, changes ...func(*admin.Options)) *site {
	t.Helper()
	s := &site{t: t, pool: tenanttest.New(t), role: catalog.RoleAdmin, lang: "en"}
	s.shop = tenanttest.Shop(t, s.pool, "toko")
	files, err := view.NewSite()
	if err != nil {
		t.Fatal(err)
	}
	opt := admin.Options{Pool: s.pool, Site: files, URL: "https://lapak.example", Uploads: upload.New(upload.Options{Pool: s.pool, Spool: t.TempDir()}), Spool: t.TempDir(), APIKey: "app", AppBridge: "https://cdn.shopify.com/bridge.js"}
	for _, change := range changes {
		change(&opt)
	}
	pages := admin.New(opt)
	routes := append(admin.Static(files), pages.Media()...)
	routes = append(routes, pages.Routes("/shops/{shop}", false)...)
	routes = append(routes, pages.Routes("/app", true)...)
	server := httptest.NewServer(web.NewServer(web.Options{Pool: s.pool, Routes: routes, Provers: []web.Prover{s.prove}}).Handler())
	t.Cleanup(server.Close)
	s.url = server.URL
	s.lease = tenanttest.Lease(t, s.pool, s.shop)
	return s
}

func (s *site) prove(r *http.Request) (web.Identity, error) {
	if s.role == "" {
		return web.Identity{}, web.ErrNoProof
	}
	return web.Identity{Shop: s.shop, Role: s.role, By: store.By{UserID: "1", Email: "rini@toko.example"}}, nil
}

// at is a path of the shop's stand-alone pages.
func (s *site) at(path string) string { return "/shops/" + s.shop.String() + path }

// page is an answer, whole.
type page struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	body   string
}

func (s *site) do(method, path string, form url.Values) page {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", s.lang)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	p := page{s.t, method + " " + path, resp.StatusCode, resp.Header, string(raw)}
	if strings.HasPrefix(p.header.Get("Content-Type"), "text/html") && len(raw) > 0 && resp.StatusCode != http.StatusSeeOther {
		checkHTML(s.t, p)
	}
	return p
}

func (s *site) get(path string) page {
	s.t.Helper()
	return s.do("GET", s.at(path), nil)
}

func (s *site) post(path string, form url.Values) page {
	s.t.Helper()
	return s.do("POST", s.at(path), form)
}

func (p page) want(status int) page {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("%s: status %d, want %d:\n%s", p.what, p.status, status, text(p.body))
	}
	return p
}

// has wants each text on the page, as people read it or in its source.
func (p page) has(wanted ...string) page {
	p.t.Helper()
	for _, w := range wanted {
		if !strings.Contains(p.body, w) && !strings.Contains(text(p.body), w) {
			p.t.Errorf("%s: there is no %q in:\n%s", p.what, w, text(p.body))
		}
	}
	return p
}

func (p page) hasNot(unwanted ...string) page {
	p.t.Helper()
	for _, w := range unwanted {
		if strings.Contains(p.body, w) {
			p.t.Errorf("%s: there is %q", p.what, w)
		}
	}
	return p
}

// leads wants a redirect after a form, and returns the path it goes to.
func (p page) leads(to string) string {
	p.t.Helper()
	p.want(http.StatusSeeOther)
	at := p.header.Get("Location")
	if !strings.Contains(at, to) {
		p.t.Fatalf("%s: leads to %q, want %q", p.what, at, to)
	}
	return at
}

// text is what a page says, its spaces made one.
func text(body string) string {
	z, out := html.NewTokenizer(strings.NewReader(body)), strings.Builder{}
	for {
		switch z.Next() {
		case html.ErrorToken:
			return strings.Join(strings.Fields(out.String()), " ")
		case html.TextToken:
			out.WriteString(z.Token().Data)
			out.WriteByte(' ')
		}
	}
}

// checkHTML refuses what a strict policy would block, texts that nobody wrote,
// ids that are there twice, and labels and descriptions of nothing.
func checkHTML(t testing.TB, p page) {
	t.Helper()
	if strings.Contains(p.body, "⟦") {
		t.Errorf("%s: a text is missing: %s", p.what, p.body[strings.Index(p.body, "⟦"):][:40])
	}
	doc, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		t.Fatalf("%s: %v", p.what, err)
	}
	c := htmlCheck{t: t, what: p.what, ids: map[string]int{}}
	c.walk(doc)
	for id, n := range c.ids {
		if n > 1 {
			t.Errorf("%s: the id %q is there %d times", p.what, id, n)
		}
	}
	for _, id := range c.named {
		if c.ids[id] == 0 {
			t.Errorf("%s: something names the id %q, which is not there", p.what, id)
		}
	}
	if c.headings != 1 {
		t.Errorf("%s: %d headings of the first level, want 1", p.what, c.headings)
	}
}

type htmlCheck struct {
	t        testing.TB
	what     string
	ids      map[string]int
	named    []string
	headings int
}

func (c *htmlCheck) walk(n *html.Node) {
	if n.Type == html.ElementNode {
		if n.Data == "noscript" || n.Data == "template" {
			return // shown only where the rest is not, or copied with other ids
		}
		c.element(n)
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		c.walk(child)
	}
}

func (c *htmlCheck) element(n *html.Node) {
	source := false
	for _, a := range n.Attr {
		switch key := strings.ToLower(a.Key); {
		case key == "style", strings.HasPrefix(key, "on"), strings.HasPrefix(key, "hx-on"):
			c.t.Errorf("%s: <%s %s>", c.what, n.Data, key)
		case key == "id":
			c.ids[a.Val]++
		case key == "for", key == "aria-labelledby", key == "popovertarget":
			c.named = append(c.named, a.Val)
		case key == "aria-describedby":
			c.named = append(c.named, strings.Fields(a.Val)...)
		case key == "src":
			source = true
		}
		if strings.HasPrefix(strings.TrimSpace(a.Val), "javascript:") {
			c.t.Errorf("%s: <%s %s=%q>", c.what, n.Data, a.Key, a.Val)
		}
	}
	switch {
	case n.Data == "h1":
		c.headings++
	case n.Data == "style", n.Data == "script" && !source:
		c.t.Errorf("%s: an inline <%s>", c.what, n.Data)
	}
}

// write changes the shop's file.
func (s *site) write(fn func(tx *store.Tx) error) {
	s.t.Helper()
	if err := s.lease.Write(s.t.Context(), "test", fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) config(product, title, raw string) {
	s.t.Helper()
	s.write(func(tx *store.Tx) error {
		_, _, err := tx.PutConfig(store.By{Email: "rini@toko.example"}, s.lease.Terms(), product, store.ConfigPatch{Title: &title, Config: []byte(raw)}, 0)
		return err
	})
}

// stored is a product's config as it is kept.
func (s *site) stored(product string) (c store.Config) {
	s.t.Helper()
	err := s.lease.Read(s.t.Context(), "test", func(v *store.View) (err error) {
		c, err = v.Config(product)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// mug is a product's config with members that the form does not know.
const mug = `{"version":1,"engine":{"bleed":3},"views":[{"id":"front","label":"Depan","image":"asset:mug.png","mask":"round",
	"printArea":{"px":{"x":235,"y":260,"width":200,"height":210},"mm":{"width":80,"height":84}},"canvas":{"width":952,"height":1000}}],
	"text":{"enabled":true,"maxLength":24,"maxLines":3,"fonts":["serif","asset:Kawung.ttf"],"colors":["#3b2620"],"curve":true},
	"upload":{"enabled":true,"formats":["image/png","image/heic"],"minDpi":150,"maxBytes":10485760},
	"gallery":["asset:senja.png"],"colors":[{"name":"Krem","hex":"#f6efe3","sku":"K1"}],
	"pricing":{"currency":"IDR","rounding":100,"addOns":[{"id":"text","label":"Cetak nama","amount":10000,"taxed":false}]}}`

func fill(s *site) {
	s.t.Helper()
	s.config("8120374418721", "Mug Keramik 330 ml", mug)
	s.write(func(tx *store.Tx) error {
		for i := range 3 {
			in := store.NewDesign{ProductID: "8120374418721", Name: fmt.Sprintf("Design %d", i), DesignJSON: []byte(`{"layers":[]}`)}
			if _, err := tx.CreateDesign(store.By{Email: "rini@toko.example", IP: "192.0.2.7"}, s.lease.Terms(), in); err != nil {
				return err
			}
		}
		return tx.CountOrder(s.lease.Terms())
	})
}
