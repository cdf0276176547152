package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lapak/web/browsertest"
)

// shotsDir is where the tests keep a picture of each page; "" keeps none.
// `make shots` sets it.
func shotsDir() string { return os.Getenv("LAPAK_SHOTS") }

// variant is a way to look at a page.
type variant struct {
	name  string
	rules string // of axe: "all", "color-contrast", or "none" where others tell the same
	browsertest.Variant
}

func variants() []variant {
	dark, phone, id := browsertest.Variant{Dark: true}, browsertest.Phone(), browsertest.Variant{Language: "id"}
	darkPhone, idPhone := phone, phone
	darkPhone.Dark, idPhone.Language = true, "id"
	return []variant{
		{"light", "all", browsertest.Variant{}}, {"dark", "color-contrast", dark}, {"phone", "all", phone},
		{"phone-dark", "none", darkPhone}, {"id", "none", id}, {"id-phone", "none", idPhone},
	}
}

// What the first page of a visit and the later ones may weigh, in bytes over the
// wire with headers. The first is a page with all that it needs and the pictures
// that are on the screen; the later ones are without pictures, which come once in
// a week.
const (
	firstPage = 60 << 10
	laterPage = 15 << 10
)

// look is a browser's tab that looks at pages, and what it found.
type look struct {
	*browsertest.Tab
	t    *testing.T
	axe  string
	as   []variant
	late float64 // the largest contentful paint that came last, in milliseconds
	last string  // whose it was
}

func newLook(t *testing.T, tab *browsertest.Tab) *look {
	return &look{Tab: tab, t: t, axe: browsertest.AxeFile(t, "../.."), as: variants()}
}

// page opens a page in each variant and reports whatever a person could stumble
// over.
func (l *look) page(name, url string) {
	l.t.Helper()
	for _, v := range l.as {
		l.Show(v.Variant)
		l.Forget()
		l.Open(url)
		l.check(l.Tab, name+"-"+v.name, v.rules)
		if dir := shotsDir(); dir != "" {
			l.Shot(filepath.Join(dir, name+"-"+v.name+".png"))
		}
	}
	l.Show(browsertest.Variant{})
	l.weigh(name, url)
}

// check looks at what a tab, or a frame in it, shows.
func (l *look) check(tab *browsertest.Tab, what, rules string) {
	l.t.Helper()
	for _, p := range tab.Problems() {
		if !strings.HasPrefix(what, "not-found") || !strings.Contains(p, "404") { // the browser notes each 404
			l.t.Errorf("%s: %s", what, p)
		}
	}
	for _, v := range l.violations(tab, rules) {
		l.t.Errorf("%s: axe: %s", what, v)
	}
	if px := tab.Sideways(); px > 0 {
		l.t.Errorf("%s: %v px wider than the screen", what, px)
	}
	p := tab.Paint()
	if p.Shift > 0 {
		l.t.Errorf("%s: the layout shifts by %v: %q", what, p.Shift, p.Moved)
	}
	if p.LCP > l.late {
		l.late, l.last = p.LCP, what
	}
}

func (l *look) violations(tab *browsertest.Tab, rules string) []string {
	l.t.Helper()
	switch rules {
	case "none":
		return nil
	case "all":
		return tab.Axe(l.axe)
	}
	return tab.Axe(l.axe, rules)
}

// seen is what the pictures weigh that are on the screen, with at least their
// upper half.
const seen = `(seen => seen.every(i => i.complete) ? [...new Set(seen.map(i => i.currentSrc))].reduce((n, u) => n + (performance.getEntriesByName(u)[0]?.transferSize ?? 0), 0) + 1 : 0)(
	[...document.images].filter(i => (r => r.width > 0 && r.bottom > 0 && (r.top + r.bottom) / 2 < innerHeight)(i.getBoundingClientRect())))`

// weigh opens a page with an empty cache and with what the first time left.
func (l *look) weigh(name, url string) {
	l.t.Helper()
	l.Fresh()
	l.Open(url)
	l.Until(seen)
	first, pictures := l.Weight(), browsertest.Eval[float64](l.Tab, seen)
	l.Open(url)
	later := l.Weight()
	l.t.Logf("%-24s first %5.1f KB and %5.1f KB of pictures seen (%.1f KB fetched), later %4.1f KB", name, first.Page/1024, pictures/1024, first.Images/1024, later.Page/1024)
	if n := first.Page + pictures; n > firstPage {
		l.t.Errorf("%s: a first visit takes %.0f bytes", name, n)
	}
	if later.Page > laterPage {
		l.t.Errorf("%s: a later visit takes %.0f bytes", name, later.Page)
	}
}

// TestPages looks at every page of the demo shops, stand-alone, as a merchant and
// as an operator, in light and dark, on a desk and on a phone, in both languages.
func TestPages(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data, "--demo")
	l := newLook(t, browsertest.Start(t, browsertest.Options{}).Tab(t, browsertest.Variant{}))
	defer func() { t.Logf("the latest largest contentful paint: %.0f ms, %s", l.late, l.last) }()

	l.page("signin", s.url+"/signin")
	becomeOperator(t, l.Tab, data)
	for _, p := range operatorPages() {
		l.page(p.name, s.url+p.path)
	}
	shop := s.url + "/shops/" + demoShop
	becomeMerchant(t, l.Tab, demoShop, data)
	for _, p := range merchantPages(t, l.Tab, shop) {
		l.page(p.name, shop+p.path)
	}
	empty := "empty.myshopify.com"
	lapak(t, "shops", "create", empty, "--data", data)
	becomeMerchant(t, l.Tab, empty, data)
	for _, path := range []string{"", "/products", "/designs", "/assets", "/activity", "/backups"} {
		l.page("empty"+strings.ReplaceAll(path, "/", "-"), s.url+"/shops/"+empty+path)
	}
}

const demoShop = "kopi-senja.myshopify.com"

// becomeOperator signs the browser in by the link for the first operator.
func becomeOperator(t *testing.T, tab *browsertest.Tab, data string) {
	t.Helper()
	tab.Open(strings.TrimSpace(lapak(t, "signin", "--data", data)))
	tab.Fill("input[name=name]", "sari@example.com")
	tab.Fill("input[name=password]", operatorPassword)
	if browsertest.Eval[bool](tab, `!!document.querySelector("input[name=again]")`) {
		tab.Fill("input[name=again]", operatorPassword)
	}
	tab.Click("main button[type=submit]")
	tab.Until(`location.pathname == "/operator"`)
}

// becomeMerchant signs the browser in by a link for a shop.
func becomeMerchant(t *testing.T, tab *browsertest.Tab, shop, data string) {
	t.Helper()
	tab.Open(strings.TrimSpace(lapak(t, "signin", "--shop", shop, "--data", data)))
	tab.Click("main button[type=submit]")
	tab.Until(fmt.Sprintf("location.pathname == %q", "/shops/"+shop))
}

const operatorPassword = "a warung by the old bridge"

type namedPage struct{ name, path string }

func operatorPages() []namedPage {
	return []namedPage{
		{"operator-fleet", "/operator"}, {"operator-fleet-none", "/operator?q=nothing-like-this"}, {"operator-new", "/operator/new"},
		{"operator-shop", "/operator/shops/" + demoShop}, {"operator-limits", "/operator/shops/" + demoShop + "/limits"},
		{"operator-erase", "/operator/shops/" + demoShop + "/erase"},
		{"operator-health", "/operator/health"}, {"operator-account", "/operator/account"},
	}
}

// merchantPages are the pages of a shop with content, the first of each list's
// things among them.
func merchantPages(t *testing.T, tab *browsertest.Tab, shop string) []namedPage {
	t.Helper()
	pages := []namedPage{
		{"home", ""}, {"products", "/products"}, {"products-none", "/products?q=nothing-like-this"},
		{"designs", "/designs"}, {"designs-list", "/designs?view=list"}, {"designs-none", "/designs?q=nothing-like-this"},
		{"assets", "/assets"}, {"activity", "/activity"}, {"backups", "/backups"},
		{"settings", "/settings"}, {"settings-keys", "/settings/keys"}, {"settings-plan", "/settings/plan"},
		{"not-found", "/designs/00000000-0000-4000-8000-000000000000"},
	}
	for _, list := range []string{"products", "designs", "assets"} {
		tab.Open(shop + "/" + list)
		base := shop[strings.Index(shop, "/shops/"):]
		href := browsertest.Eval[string](tab, fmt.Sprintf(
			`[...document.querySelectorAll("main a")].map(a => a.getAttribute("href").split("?")[0]).find(h => h.startsWith(%q) && h.split("/").length == %d) ?? ""`,
			base+"/"+list+"/", strings.Count(base, "/")+3))
		if href == "" {
			t.Fatalf("no link to one of the %s", list)
		}
		pages = append(pages, namedPage{"one-of-" + list, strings.TrimPrefix(href, base)})
	}
	for _, p := range pages {
		if strings.HasPrefix(p.path, "/products/") {
			pages = append(pages, namedPage{"product-json", p.path + "/json"})
		}
	}
	return pages
}
