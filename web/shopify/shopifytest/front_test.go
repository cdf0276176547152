package shopifytest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"lapak/web/browsertest"
	"lapak/web/shopify"
	"lapak/web/shopify/shopifytest"
)

// miniApp is the least that an embedded app does.
type miniApp struct {
	app     *shopify.App
	fetches atomic.Int32
}

func (a *miniApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/app":
		a.document(w, r)
	case "/auth/session-token":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, a.app.BouncePage())
	case "/api":
		a.api(w, r)
	case "/proxy/hello":
		p, err := a.app.ReadProxy(r.URL.RawQuery, "name")
		fmt.Fprintf(w, "%s %s %s %v %q", p.Shop, p.Customer, p.Params.Get("name"), err, r.Header.Get("Cookie"))
	default:
		http.NotFound(w, r)
	}
}

func (a *miniApp) document(w http.ResponseWriter, r *http.Request) {
	token, err := a.app.VerifyAdminToken(r.URL.Query().Get("id_token"))
	if err != nil {
		http.Redirect(w, r, a.app.BounceURL(r.URL.EscapedPath(), r.URL.RawQuery), http.StatusFound)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Content-Security-Policy", a.app.FrameAncestors(token.Shop))
	fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><meta name="shopify-api-key" content="%s"><script src="%s"></script><h1>%s</h1>`, a.app.Key(), shopify.AppBridgeURL, token.Shop)
}

func (a *miniApp) api(w http.ResponseWriter, r *http.Request) {
	a.fetches.Add(1)
	raw, _ := shopify.BearerToken(r.Header.Get("Authorization"), "")
	token, err := a.app.VerifyAdminToken(raw)
	if err != nil {
		w.Header().Set(shopify.HeaderRetryToken, "1")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s", token.Shop, body)
}

func newFront(t *testing.T) (*shopifytest.Shopify, *shopifytest.Front, *miniApp) {
	t.Helper()
	s := shopifytest.New(t, shopifytest.Options{})
	app := &miniApp{app: s.App(t)}
	server := httptest.NewServer(app)
	t.Cleanup(server.Close)
	return s, s.Front(t, shopifytest.FrontOptions{App: server.URL}), app
}

// A whole way in a real browser: install, the app in the admin's frame, a fetch
// with a token, one whose token is too old, the bounce page, two shops at once.
func TestFrontInBrowser(t *testing.T) {
	s, front, app := newFront(t)
	b := browsertest.Start(t, browsertest.Options{HostRules: front.HostRules(), AnyCertificate: true})
	tab := b.Tab(t, browsertest.Variant{})
	install, err := app.app.LoginURL("toko")
	if err != nil {
		t.Fatal(err)
	}
	tab.Open(install)
	frame := b.Frame(t, "lapak.test/app")
	frame.Until(`document.querySelector("h1")?.textContent === "toko.myshopify.com"`)
	post := `fetch("/api", {method: "POST", body: "hello"}).then(async r => r.status + " " + await r.text())`
	if got := browsertest.Eval[string](frame, post); got != "200 toko.myshopify.com hello" {
		t.Errorf("fetch: %s", got)
	}
	s.StaleTokens(1)
	app.fetches.Store(0)
	if got := browsertest.Eval[string](frame, post); got != "200 toko.myshopify.com hello" || app.fetches.Load() != 2 {
		t.Errorf("fetch with an old token: %s, %d fetches", got, app.fetches.Load())
	}
	s.StaleTokens(2)
	if got := browsertest.Eval[string](frame, post); got != "401 " {
		t.Errorf("fetch with two old tokens: %s", got)
	}
	browsertest.Eval[any](frame, `void shopify.toast.show("Saved")`)
	tab.Until(`window.calls.some(c => c.call === "toast.show" && c.args[0] === "Saved" && c.shop === "toko.myshopify.com")`)
	tab.Open(front.AdminURL(shop, "/app?page=2"))
	frame = b.Frame(t, "lapak.test/app")
	frame.Until(`location.search.includes("page=2") && window.shopify`)
	browsertest.Eval[any](frame, `void (location.href = "/app?page=3&embedded=1&shop=toko.myshopify.com")`)
	frame.Until(`location.search.includes("page=3") && location.search.includes("id_token=") && document.querySelector("h1")`)

	s.Install("warung.myshopify.com")
	tab.Open(front.TwoShopsURL(shop, "warung.myshopify.com"))
	for _, name := range []string{shop, "warung.myshopify.com"} {
		one := b.Frame(t, "shop="+url.QueryEscape(name))
		one.Until(`window.shopify`)
		if got := browsertest.Eval[string](one, post); got != "200 "+name+" hello" {
			t.Errorf("in the frame of %s: %s", name, got)
		}
	}
}

// The page's policy keeps other shops' admins, and everybody else, from framing it.
func TestFrontHonoursFrameAncestors(t *testing.T) {
	s, front, _ := newFront(t)
	s.Install(shop)
	front.Page("evil.myshopify.com", "/", `<!doctype html><title>evil</title><iframe src="https://lapak.test/app?`+s.DocumentQuery(shop, "1")+`"></iframe>`)
	b := browsertest.Start(t, browsertest.Options{HostRules: front.HostRules(), AnyCertificate: true})
	tab := b.Tab(t, browsertest.Variant{})
	tab.Open("https://evil.myshopify.com/")
	if problems := strings.Join(tab.Problems(), "\n"); !strings.Contains(problems, "frame-ancestors") && !strings.Contains(problems, "ERR_BLOCKED_BY_RESPONSE") {
		t.Errorf("the frame was shown; the browser said %q", problems)
	}
}

func TestFrontOfStorefront(t *testing.T) {
	_, front, _ := newFront(t)
	c := front.Client(t)
	get := func(address string) string {
		t.Helper()
		resp, err := c.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	const hello = "https://toko.myshopify.com/apps/lapak/hello?name=Sari&shop=evil.myshopify.com&logged_in_customer_id=1"
	if got := get(hello); got != `toko.myshopify.com  Sari <nil> ""` {
		t.Errorf("a visitor: %s", got)
	}
	get("https://toko.myshopify.com/stand-in/customer?id=42")
	if got := get(hello); got != `toko.myshopify.com 42 Sari <nil> ""` {
		t.Errorf("a customer: %s", got)
	}
}

// The authorization-code flow: consent leads back with a signed code.
func TestAuthorize(t *testing.T) {
	s, front, app := newFront(t)
	authorize, err := url.Parse(app.app.AuthorizeURL(shop, "state", "/auth/callback", false))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := front.Client(t).Get("https://" + shop + strings.TrimPrefix(authorize.Path, "/"+shop) + "?" + authorize.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	back, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	in, err := app.app.ReadInstall(back.RawQuery)
	if err != nil || in.State != "state" || in.Code == "" || in.Shop != shop || back.Path != "/auth/callback" || s.Requests("authorize") != 1 {
		t.Errorf("%v: %+v, %v", back, in, err)
	}
}
