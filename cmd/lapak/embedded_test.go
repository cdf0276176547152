package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"lapak/web/browsertest"
	"lapak/web/shopify/shopifytest"
)

// embedded is a server whose app is installed at a stand-in for Shopify, and a
// browser that takes the stand-in's hosts for the real ones.
type embedded struct {
	*testServer
	data    string
	shopify *shopifytest.Shopify
	front   *shopifytest.Front
	browser *browsertest.Browser
}

func startEmbedded(t *testing.T, opt shopifytest.Options, args ...string) *embedded {
	t.Helper()
	opt.Scopes = "read_products,read_orders,write_app_proxy"
	e := &embedded{data: t.TempDir(), shopify: shopifytest.New(t, opt)}
	addr := freeAddress(t)
	t.Setenv("SHOPIFY_API_KEY", e.shopify.Key())
	t.Setenv("SHOPIFY_API_SECRET", e.shopify.Secret())
	t.Setenv("SHOPIFY_SCOPES", opt.Scopes)
	t.Setenv("LAPAK_SHOPIFY_ADMIN", e.shopify.AdminURL())
	t.Setenv("LAPAK_URL", appURL)
	e.testServer = startServer(t, e.data, append([]string{"--listen", addr}, args...)...)
	e.url = "http://" + addr
	e.front = e.shopify.Front(t, shopifytest.FrontOptions{App: e.url})
	e.browser = browsertest.Start(t, browsertest.Options{HostRules: e.front.HostRules(), AnyCertificate: true})
	return e
}

// appURL is the stand-in's default for where the app is.
const appURL = "https://lapak.test"

// freeAddress is an address that nobody listens on at this moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// open opens the app in a shop's admin and waits for a page of it.
func (e *embedded) open(t *testing.T, tab *browsertest.Tab, shop, path string) *browsertest.Tab {
	t.Helper()
	tab.Open(e.front.AdminURL(shop, path))
	frame := e.browser.Frame(t, "shop="+shop)
	frame.Until(`document.querySelector("main h1")`)
	return frame
}

// TestInsideShopify is a merchant's first visit: installed by one click, the app
// opens in the admin's frame, lists the shop's products, and does what it is
// told, with App Bridge's tokens and no cookie.
func TestInsideShopify(t *testing.T) {
	e := startEmbedded(t, shopifytest.Options{})
	shop := "one.myshopify.com"
	e.shopify.AddProducts(shop, shopifytest.Product{Title: "Batik scarf"}, shopifytest.Product{Title: "Linen tote"})
	tab := e.browser.Tab(t, browsertest.Variant{})
	tab.Open("https://admin.shopify.com/store/one/oauth/install?client_id=" + e.shopify.Key())
	frame := e.browser.Frame(t, "shop="+shop)
	frame.Until(`document.querySelector("main h1")`)
	if got := lapak(t, "shops", "list", "--data", e.data); !strings.Contains(got, shop) {
		t.Fatalf("the first visit made no shop:\n%s", got)
	}
	if n := e.shopify.Requests("exchange"); n != 1 {
		t.Errorf("%d token exchanges", n)
	}
	follow(tab, frame, shop, "/app/products")
	frame.Until(`document.body.innerText.includes("Batik scarf") && document.body.innerText.includes("Linen tote")`)
	setUp(frame, "Batik scarf")
	if got := lapakKeyGet(t, e, shop, "/imcst_api/configs"); !strings.Contains(got, `"enabled":true`) {
		t.Errorf("setting a product up made no config: %s", got)
	}
	if cookies := browsertest.Eval[string](frame, "document.cookie"); cookies != "" {
		t.Errorf("cookies in the frame: %s", cookies)
	}
	calm(t, tab, frame)
}

// follow goes where a link of the admin's navigation leads a shop's frame.
func follow(tab, frame *browsertest.Tab, shop, path string) {
	link := fmt.Sprintf(`document.querySelector('section[data-shop=%q] nav a[href=%q]')`, shop, path)
	tab.Until(link)
	browsertest.Eval[int](tab, "("+link+".click(), 0)")
	frame.Until(fmt.Sprintf("location.pathname == %q", path))
}

// setUp opens a product that is not set up yet and saves it as it is offered.
func setUp(tab *browsertest.Tab, title string) {
	link := fmt.Sprintf(`[...document.querySelectorAll("tr")].find(r => r.innerText.includes(%q)).querySelector("a.button")`, title)
	tab.Until(link)
	browsertest.Eval[int](tab, "("+link+".click(), 0)")
	tab.Until(`location.pathname.startsWith("/app/products/") && document.querySelector("main form button.primary")`)
	browsertest.Eval[int](tab, `(document.querySelector("main form button.primary").click(), 0)`)
	tab.Until(`document.querySelector("[data-toast]")`)
}

func lapakKeyGet(t *testing.T, e *embedded, shop, path string) string {
	t.Helper()
	key := strings.TrimSpace(lapak(t, "keys", "create", shop, "--data", e.data))
	return getText(t, e.url+path, key)
}

// calm fails on whatever the browser complained about.
func calm(t *testing.T, tabs ...*browsertest.Tab) {
	t.Helper()
	for _, tab := range tabs {
		for _, p := range tab.Problems() {
			t.Error(p)
		}
	}
}

// TestTokensRunOut shows that work goes on when a token ends: a page that is
// loaded without a good one is brought back through the bounce page, and a click
// whose token is refused is tried again with a fresh one.
func TestTokensRunOut(t *testing.T) {
	e := startEmbedded(t, shopifytest.Options{})
	shop := "one.myshopify.com"
	e.shopify.Install(shop)
	tab := e.browser.Tab(t, browsertest.Variant{})
	frame := e.open(t, tab, shop, "")

	browsertest.Eval[int](frame, `(location.assign("/app/designs"), 0)`) // no token: a plain navigation
	frame.Until(`location.pathname == "/app/designs" && document.querySelector("main h1")`)
	if id := browsertest.Eval[string](frame, `new URL(location).searchParams.get("id_token") ?? ""`); id == "" {
		t.Error("the page came back without a session token")
	}
	e.shopify.StaleTokens(1)
	follow(tab, frame, shop, "/app/activity")
	frame.Until(`document.querySelector("main h1")`)
	frame.Until(`!document.body.innerText.includes("Sign in")`)
}

// TestTwoShopsSideBySide shows two shops in one browser, each with its own.
func TestTwoShopsSideBySide(t *testing.T) {
	e := startEmbedded(t, shopifytest.Options{})
	shops := map[string]string{"one.myshopify.com": "Batik scarf", "two.myshopify.com": "Coffee beans"}
	for shop, product := range shops {
		e.shopify.Install(shop)
		e.shopify.AddProducts(shop, shopifytest.Product{Title: product})
	}
	tab := e.browser.Tab(t, browsertest.Variant{Width: 1600, Height: 900})
	tab.Open(e.front.TwoShopsURL("one.myshopify.com", "two.myshopify.com"))
	frames := map[string]*browsertest.Tab{}
	for shop := range shops {
		frames[shop] = e.browser.Frame(t, "shop="+shop)
		frames[shop].Until(`document.querySelector("main h1")`)
	}
	for shop, frame := range frames {
		follow(tab, frame, shop, "/app/products")
		frame.Until(fmt.Sprintf("document.body.innerText.includes(%q)", shops[shop]))
	}
	for shop, frame := range frames {
		for other, product := range shops {
			if other != shop && browsertest.Eval[bool](frame, fmt.Sprintf("document.body.innerText.includes(%q)", product)) {
				t.Errorf("%s shows %s's product", shop, other)
			}
		}
		setUp(frame, shops[shop])
	}
	for shop, product := range shops {
		if got := lapakKeyGet(t, e, shop, "/imcst_api/configs"); !strings.Contains(got, product) || strings.Count(got, `"id"`) != 1 {
			t.Errorf("%s has these configs: %s", shop, got)
		}
	}
	calm(t, tab)
}

// TestEmbeddedPages looks at the merchant's pages inside the admin's frame.
func TestEmbeddedPages(t *testing.T) {
	e := startEmbedded(t, shopifytest.Options{}, "--demo")
	e.shopify.Install(demoShop)
	l := newLook(t, e.browser.Tab(t, browsertest.Variant{}))
	for _, v := range variants() {
		l.Show(v.Variant)
		if v.Language != "" {
			continue // as stand-alone
		}
		for _, path := range []string{"", "/products", "/designs", "/assets", "/activity", "/backups", "/settings", "/settings/keys", "/settings/plan"} {
			name := "embedded" + strings.ReplaceAll(path, "/", "-") + "-" + v.name
			l.Forget()
			frame := e.open(t, l.Tab, demoShop, "/app"+path)
			l.check(frame, name, v.rules)
			calm(t, l.Tab)
			if dir := shotsDir(); dir != "" {
				l.ShotOf(filepath.Join(dir, name+".png"), frame, 32)
			}
		}
	}
}

// getText is the answer to a GET with a key, which must be a success.
func getText(t *testing.T, url, key string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %v: %s", url, resp.Status, err, raw)
	}
	return string(raw)
}
