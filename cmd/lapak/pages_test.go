package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lapak/web/browsertest"
)

// shotsDir is where TestPages keeps a picture of each page; "" keeps none.
// `make shots` sets it.
func shotsDir() string { return os.Getenv("LAPAK_SHOTS") }

// variant is a way to look at a page.
type variant struct {
	name string
	browsertest.Variant
}

func variants() []variant {
	dark, phone := browsertest.Variant{Dark: true}, browsertest.Phone()
	darkPhone := phone
	darkPhone.Dark = true
	return []variant{{"light", browsertest.Variant{}}, {"dark", dark}, {"phone", phone}, {"phone-dark", darkPhone}}
}

// What the first page of a visit and the later ones may weigh, in bytes over the
// wire with headers, and how late their largest part may be painted.
const (
	firstPage = 60 << 10
	laterPage = 15 << 10
	lateLCP   = 500 // milliseconds; looked at by make shots on a quiet machine, not by the test
)

// inspect opens a page in each variant and reports whatever a person could stumble
// over.
func inspect(t *testing.T, tab *browsertest.Tab, axe, name, url string) {
	t.Helper()
	for _, v := range variants() {
		tab.Show(v.Variant)
		tab.Forget()
		tab.Open(url)
		checkPage(t, tab, axe, name+" "+v.name)
		if dir := shotsDir(); dir != "" {
			tab.Shot(filepath.Join(dir, name+"-"+v.name+".png"))
		}
	}
}

func checkPage(t *testing.T, tab *browsertest.Tab, axe, what string) {
	t.Helper()
	for _, p := range tab.Problems() {
		if !strings.HasPrefix(what, "not-found") || !strings.Contains(p, "404") { // the browser notes each 404
			t.Errorf("%s: %s", what, p)
		}
	}
	for _, v := range tab.Axe(axe) {
		t.Errorf("%s: axe: %s", what, v)
	}
	if px := tab.Sideways(); px > 0 {
		t.Errorf("%s: %v px wider than the screen", what, px)
	}
	if p := tab.Paint(); p.Shift > 0 {
		t.Errorf("%s: the layout shifts by %v", what, p.Shift)
	}
}

// TestPages looks at every page of the demo shops, stand-alone, as a merchant and
// as an operator, in light and dark, on a desk and on a phone.
func TestPages(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data, "--demo")
	axe := browsertest.AxeFile(t, "../..")
	tab := browsertest.Start(t, browsertest.Options{}).Tab(t, browsertest.Variant{})

	inspect(t, tab, axe, "signin", s.url+"/signin")
	becomeOperator(t, tab, data)
	for _, p := range operatorPages() {
		inspect(t, tab, axe, p.name, s.url+p.path)
	}
	shop := s.url + "/shops/" + demoShop
	for _, p := range merchantPages(t, tab, shop) {
		inspect(t, tab, axe, p.name, shop+p.path)
	}
	empty := "empty.myshopify.com"
	lapak(t, "shops", "create", empty, "--data", data)
	for _, path := range []string{"", "/products", "/designs", "/assets", "/activity", "/backups"} {
		inspect(t, tab, axe, "empty"+strings.ReplaceAll(path, "/", "-"), s.url+"/shops/"+empty+path)
	}
}

const demoShop = "kopi-senja.myshopify.com"

// becomeOperator signs the browser in by the link for the first operator.
func becomeOperator(t *testing.T, tab *browsertest.Tab, data string) {
	t.Helper()
	tab.Open(strings.TrimSpace(lapak(t, "signin", "--data", data)))
	tab.Fill("input[name=name]", "sari@example.com")
	tab.Fill("input[name=password]", "a warung by the old bridge")
	if browsertest.Eval[bool](tab, `!!document.querySelector("input[name=again]")`) {
		tab.Fill("input[name=again]", "a warung by the old bridge")
	}
	tab.Click("main button[type=submit]")
	tab.Until(`location.pathname == "/operator"`)
}

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
		{"settings-requests", "/settings/requests"},
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
