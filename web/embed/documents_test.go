package embed

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/shopify"
	"lapak/web/shopify/shopifytest"
)

// TestDocumentsWithoutToken shows where each kind of request goes.
func TestDocumentsWithoutToken(t *testing.T) {
	g := newRig(t)
	host := "&host=" + shopifytest.Host(toko)
	for name, c := range map[string]struct {
		target, header string
		status         int
		location       string
		body           string
	}{
		"embedded":               {"/app?embedded=1&shop=" + toko + host, "", 302, "/auth/session-token?embedded=1", ""},
		"embedded, bad token":    {"/app?embedded=1&shop=" + toko + host + "&id_token=x", "", 302, "/auth/session-token?embedded=1", ""},
		"a link in the app":      {"/app", "Sec-Fetch-Dest: iframe", 302, "/auth/session-token?shopify-reload=https%3A%2F%2Flapak.test%2Fapp", ""},
		"not embedded":           {"/app?shop=" + toko + host, "", 302, "https://admin.shopify.com/store/toko/apps/test-client-id", ""},
		"no host":                {"/app?shop=" + toko, "", 200, "", "app-bridge.js"},
		"no shop":                {"/app?x=y" + host, "", 200, "", "app-bridge.js"},
		"a host that is none":    {"/app?embedded=1&shop=" + toko + "&host=ZXZpbC5leGFtcGxl", "", 200, "", "app-bridge.js"},
		"a shop that is none":    {"/app?embedded=1&shop=evil.example" + host, "", 200, "", "app-bridge.js"},
		"nothing":                {"/app", "", 200, "", "Install Lapak"},
		"nothing, in Indonesian": {"/app", "Accept-Language: id-ID,id;q=0.9,en;q=0.8", 200, "", "Pasang Lapak"},
		"a crawler":              {"/app?embedded=1&shop=" + toko + host, "User-Agent: Googlebot", 410, "", ""},
		"a fetch":                {"/app?embedded=1&shop=" + toko + host, "Sec-Fetch-Dest: empty", 401, "", "unauthorized"},
		"htmx":                   {"/app?embedded=1&shop=" + toko + host, "HX-Request: true", 401, "", "unauthorized"},
		"a fetch with a token":   {"/app?embedded=1&shop=" + toko + host, "Authorization: Bearer x", 401, "", "unauthorized"},
	} {
		var headers []string
		if k, v, ok := strings.Cut(c.header, ": "); ok {
			headers = []string{k, v}
		}
		w := g.do("GET", c.target, headers...)
		location := w.Header().Get("Location")
		if w.Code != c.status || !strings.HasPrefix(location, c.location) || (location == "") != (c.location == "") || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s: %d to %q, %s", name, w.Code, location, w.Body.String())
		}
		if retry := w.Header().Get("X-Shopify-Retry-Invalid-Session-Request"); (retry == "1") != (c.status == 401) {
			t.Errorf("%s: retry %q", name, retry)
		}
		if strings.Contains(location, "id_token") || len(w.Result().Cookies()) != 0 {
			t.Errorf("%s: %q, %v", name, location, w.Result().Cookies())
		}
	}
	w := g.do("POST", "/app?embedded=1&shop="+toko+host)
	g.want(w, http.StatusUnauthorized, "")
	g.want(g.do("OPTIONS", "/app"), http.StatusNoContent, "")
}

// TestBounceNeverBelievesTheHostHeader reloads under the configured origin.
func TestBounceNeverBelievesTheHostHeader(t *testing.T) {
	g := newRig(t)
	r := httptest.NewRequest("GET", "https://evil.example/app?embedded=1&shop="+toko+"&host="+shopifytest.Host(toko), nil)
	w := httptest.NewRecorder()
	g.server.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusFound || strings.Contains(w.Header().Get("Location"), "evil") || w.Header().Get("Content-Security-Policy") != g.app.FrameAncestors(toko) {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	g.there.Install(toko)
	g.want(g.follow(w, toko), http.StatusOK, toko+" shopify:7")
}

// TestBounceLoopEnds sends a browser whose tokens are never good.
func TestBounceLoopEnds(t *testing.T) {
	g := newRig(t)
	target, bounces := "/app?embedded=1&shop="+toko+"&host="+shopifytest.Host(toko)+"&id_token=x", 0
	for ; bounces < 50; bounces++ {
		w := g.do("GET", target)
		if w.Code != http.StatusFound {
			g.want(w, http.StatusUnauthorized, "")
			if !strings.Contains(w.Body.String(), "sign-in does not work") || !strings.Contains(w.Header().Get("Content-Security-Policy"), toko) {
				t.Errorf("%s %v", w.Body.String(), w.Header())
			}
			break
		}
	}
	if bounces < 5 || bounces > 20 {
		t.Errorf("%d bounces", bounces)
	}
	// Another shop behind the same address goes on.
	g.want(g.do("GET", "/app?embedded=1&shop="+lain+"&host="+shopifytest.Host(lain)+"&id_token=x"), http.StatusFound, "")
}

func TestPolicy(t *testing.T) {
	g := newRig(t)
	frames := strings.TrimSuffix(g.app.FrameAncestors(toko), ";")
	for path, want := range map[string]string{
		"/app/policy": "default-src 'none'; script-src 'self' https://cdn.shopify.com; " + frames,
		"/app":        "default-src 'none'; script-src https://cdn.shopify.com; " + frames,
		"/app/silent": "default-src 'none'; script-src https://cdn.shopify.com; " + frames,
		"/app/stream": "default-src 'none'; script-src https://cdn.shopify.com; " + frames,
		"/app/broken": "default-src 'none'; script-src https://cdn.shopify.com; " + frames,
	} {
		if got := g.do("GET", path, g.bearer(toko)...).Header()["Content-Security-Policy"]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	w := g.do("GET", "/app/broken", g.bearer(toko)...)
	g.want(w, http.StatusInternalServerError, "the face's own: Something went wrong on our side; it has been noted")
	if got := g.do("GET", "/auth/session-token?shop="+toko).Header().Get("Content-Security-Policy"); got != frames+";" {
		t.Errorf("bounce page: %q", got)
	}
	if got := g.do("GET", "/auth/session-token?shop=evil.example").Header().Get("Content-Security-Policy"); strings.Contains(got, "evil") {
		t.Errorf("bounce page: %q", got)
	}
	if got := g.do("GET", "/auth/install").Header().Get("Content-Security-Policy"); !strings.HasSuffix(got, "frame-ancestors 'none'") {
		t.Errorf("install page: %q", got)
	}
}

// TestBounceStaysHere shows that no link makes App Bridge bring a session token to
// another origin.
func TestBounceStaysHere(t *testing.T) {
	g := newRig(t)
	for reload, want := range map[string]int{
		home + "/app?shop=" + toko: http.StatusOK, home + "/": http.StatusOK, home + "/app/designs?q=https://x": http.StatusOK,
		"https://evil.example/app": 400, home + ".evil.example/": 400, home + "@evil.example/": 400, "//evil.example": 400, home + "//evil.example": 400,
		"/app": 400, "javascript:alert(1)": 400, "": 400, home + "/\\evil.example": 400, " " + home + "/": 400,
	} {
		w := g.do("GET", "/auth/session-token?shop="+toko+"&shopify-reload="+url.QueryEscape(reload))
		if w.Code != want || (w.Code == http.StatusOK) != (w.Body.String() == g.app.BouncePage()) {
			t.Errorf("%q: %d %s", reload, w.Code, w.Body)
		}
	}
	both := "shopify-reload=" + url.QueryEscape(home+"/app") + "&shopify-reload=" + url.QueryEscape("https://evil.example")
	g.want(g.do("GET", "/auth/session-token?"+both), http.StatusBadRequest, "")
}

func TestMergePolicies(t *testing.T) {
	const frames = "frame-ancestors https://x"
	for header, want := range map[string]string{
		"":                                       frames,
		";":                                      frames,
		"img-src *":                              "img-src *; " + frames,
		"frame-ancestors 'none'":                 frames,
		"FRAME-ANCESTORS a; img-src b;":          "img-src b; " + frames,
		"default-src 'self'":                     "default-src 'self'; script-src 'self' https://cdn.shopify.com; " + frames,
		"Default-Src 'none'":                     "Default-Src 'none'; script-src https://cdn.shopify.com; " + frames,
		"script-src 'NONE'":                      "script-src https://cdn.shopify.com; " + frames,
		"script-src 'nonce-x'; default-src a":    "script-src 'nonce-x' https://cdn.shopify.com; default-src a; " + frames,
		"script-src-elem a":                      "script-src-elem a https://cdn.shopify.com; " + frames,
		"script-src https://cdn.shopify.com":     "script-src https://cdn.shopify.com; " + frames,
		"img-src a, frame-ancestors 'none'; x y": "img-src a; " + frames + ", x y; " + frames,
	} {
		if got := mergePolicies(header, frames); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

func FuzzMergePolicies(f *testing.F) {
	f.Add("default-src 'none'; frame-ancestors 'none', script-src 'self'")
	f.Fuzz(func(t *testing.T, header string) {
		const frames = "frame-ancestors https://x"
		got := mergePolicies(header, frames)
		for policy := range strings.SplitSeq(got, ", ") {
			directives := strings.Split(policy, "; ")
			for i, d := range directives {
				name, _, _ := strings.Cut(d, " ")
				if last := i == len(directives)-1; strings.EqualFold(name, "frame-ancestors") != last || last && d != frames {
					t.Errorf("%q: %q has %q", header, got, d)
				}
			}
		}
		if again := mergePolicies(got, frames); again != got {
			t.Errorf("%q: %q, then %q", header, got, again)
		}
	})
}

// TestUninstallAndReinstall goes through an app's whole life in a shop.
func TestUninstallAndReinstall(t *testing.T) {
	g := newRig(t)
	g.there.Install(toko)
	g.want(g.load("/app", toko), http.StatusOK, "")
	first, db := g.token(toko), g.pool.Catalog()
	began := time.Now()

	g.there.Uninstall(toko)
	dead, err := db.RecordUninstall(t.Context(), g.shop(toko), time.Now().Add(time.Millisecond))
	if err != nil || !dead || g.installed(toko) {
		t.Fatalf("uninstalled %v, %v", dead, err)
	}
	// A document whose token is from before: Shopify gives nothing, the page comes.
	g.want(g.load("/app", toko), http.StatusOK, toko+" shopify:7")
	if g.installed(toko) {
		t.Error("installed without Shopify's word")
	}
	g.there.Install(toko)
	g.wait(time.Minute)
	g.want(g.load("/app", toko), http.StatusOK, "")
	second := g.token(toko)
	if second == first || second == "" || !g.installed(toko) {
		t.Errorf("after the reinstall: the same token %v, installed %v", second == first, g.installed(toko))
	}
	// The uninstall arrives once more, late.
	dead, err = db.RecordUninstall(t.Context(), g.shop(toko), began)
	if err != nil || dead || !g.installed(toko) || g.token(toko) != second {
		t.Errorf("a late uninstall ended the new install: %v, %v", dead, err)
	}
	g.want(g.load("/app/products", toko), http.StatusOK, "")
}

func TestNewScopes(t *testing.T) {
	g := newRig(t, func(c *shopify.Config) { c.Scopes = shopify.ParseScopes("read_products,write_orders") })
	g.there.Install(toko) // grants read_products alone
	g.want(g.load("/app", toko), http.StatusOK, "")
	g.want(g.load("/app", toko), http.StatusOK, "") // not at each page
	if n := g.there.Requests("exchange"); n != 1 || !strings.Contains(g.log.String(), "did not grant all scopes") {
		t.Errorf("%d exchanges", n)
	}
	g.there.SetScopes(toko, "read_products,read_orders,write_orders")
	g.wait(time.Minute)
	g.want(g.load("/app", toko), http.StatusOK, "")
	g.want(g.load("/app", toko), http.StatusOK, "")
	in, err := g.pool.Catalog().Install(t.Context(), g.shop(toko))
	if n := g.there.Requests("exchange"); err != nil || n != 2 || !shopify.ParseScopes(in.Scopes).Equal(g.app.Scopes()) {
		t.Errorf("%d exchanges, %q, %v", n, in.Scopes, err)
	}
}

// TestShopifyFindsTheTokenTooOld asks for a fresher one, and only once.
func TestShopifyFindsTheTokenTooOld(t *testing.T) {
	g := newRig(t)
	g.there.Install(toko)
	refusal := shopifytest.Fault{On: "token", Status: 400, Body: `{"error":"invalid_subject_token"}`}
	g.there.Fail(refusal)
	g.want(g.follow(g.load("/app", toko), toko), http.StatusOK, toko+" shopify:7")
	if g.token(toko) == "" {
		t.Error("no token after the second try")
	}
	refusal.Times = -1
	g.there.Install(lain)
	g.there.Fail(refusal)
	g.want(g.follow(g.load("/app", lain), lain), http.StatusOK, lain+" shopify:7") // and no third
	if g.token(lain) != "" || g.installed(lain) {
		t.Error("a token that Shopify did not give")
	}
}

func TestShopifyIsAway(t *testing.T) {
	g := newRig(t)
	g.there.Install(toko)
	g.there.Fail(shopifytest.Fault{On: "token", Times: -1, Status: 503})
	for range 3 {
		g.want(g.load("/app", toko), http.StatusOK, toko+" shopify:7")
	}
	asked := g.there.Requests("token")
	if g.installed(toko) || !strings.Contains(g.log.String(), "no access token could be had") || asked > 4 {
		t.Errorf("installed %v, asked %d times", g.installed(toko), asked)
	}
	g.there.Heal()
	g.wait(time.Minute)
	g.want(g.load("/app", toko), http.StatusOK, "")
	if g.token(toko) == "" || !g.installed(toko) {
		t.Error("not mended by the next visit")
	}
}

// TestDeadToken has Shopify refuse the token that is kept.
func TestDeadToken(t *testing.T) {
	g := newRig(t)
	g.there.Install(toko)
	g.want(g.load("/app/products", toko), http.StatusOK, toko+" shopify:7")
	g.there.Revoke(toko)
	g.want(g.follow(g.load("/app/products", toko), toko), http.StatusOK, toko+" shopify:7")

	g.there.Revoke(toko)
	for range 2 { // refused, and then gone
		w := g.do("GET", "/app/products", g.bearer(toko)...)
		g.want(w, http.StatusUnauthorized, "")
		if w.Header().Get("X-Shopify-API-Request-Failure-Reauthorize") != "1" ||
			w.Header().Get("X-Shopify-API-Request-Failure-Reauthorize-Url") != "https://admin.shopify.com/store/toko/apps/test-client-id" {
			t.Errorf("%v", w.Header())
		}
	}
	g.want(g.load("/app/products", toko), http.StatusOK, toko+" shopify:7")

	g.there.Uninstall(toko) // no visit mends that
	w := g.follow(g.load("/app/products", toko), toko)
	g.want(w, http.StatusConflict, "")
	if !strings.Contains(w.Body.String(), "install it again") {
		t.Error(w.Body.String())
	}
}

// TestMissingScope sends the whole window to where the merchant agrees to more.
func TestMissingScope(t *testing.T) {
	g := newRig(t)
	g.there.Install(toko)
	g.want(g.load("/app", toko), http.StatusOK, "")
	g.there.Fail(shopifytest.Fault{On: "graphql", Status: 200, Body: `{"errors":[{"message":"Access denied","extensions":{"code":"ACCESS_DENIED"}}]}`})
	w := g.do("GET", "/app/products", g.bearer(toko)...)
	g.want(w, http.StatusUnauthorized, "")
	if got := w.Header().Get("X-Shopify-API-Request-Failure-Reauthorize-Url"); got != home+"/auth/begin?shop="+toko {
		t.Errorf("%q", got)
	}
}

// TestOptions tells other origins what upstream does and our own nothing.
func TestOptions(t *testing.T) {
	g := newRig(t)
	for origin, want := range map[string]string{"": "", home: "", "https://cdn.shopify.com": "*"} {
		for _, path := range []string{"/app", "/app/policy", "/auth/begin"} {
			w := g.do("OPTIONS", path, "Origin", origin)
			if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != want || w.Body.Len() != 0 {
				t.Errorf("%q from %q: %d %v", path, origin, w.Code, w.Header())
			}
		}
	}
	// What is behind it stays closed to other origins.
	w := g.do("GET", "/app", append(g.bearer(toko), "Origin", "https://cdn.shopify.com")...)
	if w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%v", w.Header())
	}
	own := g.Wrap([]web.Route{{Method: "OPTIONS", Pattern: "/x", Proof: web.Key(catalog.RoleAdmin)}, {Method: "GET", Pattern: "/x"}})
	if len(own) != 2 {
		t.Errorf("%d routes, where the face answers OPTIONS itself", len(own))
	}
}

func TestExitIframe(t *testing.T) {
	g := newRig(t)
	for target, opens := range map[string]string{
		"/app/x":                     home + "/app/x",
		home:                         home + "/",
		"https://" + toko + "/admin": "https://" + toko + "/admin",
		"file:///etc/passwd":         "", "javascript:alert(1)": "", "https://evil.example/": "", `/\evil.example`: "", "": "",
	} {
		w := g.do("GET", "/auth/exit-iframe?shop="+toko+"&exitIframe="+url.QueryEscape(target))
		script := `<script>window.open("` + opens + `", "_top")</script>`
		if opens == "" {
			if w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), "window.open") {
				t.Errorf("%q: %d %s", target, w.Code, w.Body.String())
			}
		} else if w.Code != http.StatusOK || w.Body.String() != g.app.BouncePage()+script {
			t.Errorf("%q: %d %s", target, w.Code, w.Body.String())
		}
	}
	w := g.do("GET", g.ExitURL(toko, "/app?a=<script>"))
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "a=<script>") || !strings.Contains(w.Header().Get("Content-Security-Policy"), "'sha256-") {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}
}

// TestTokensAreNotLogged looks for every secret of a visit in the log.
func TestTokensAreNotLogged(t *testing.T) {
	g := newRig(t)
	g.there.Install(toko)
	id := g.there.SessionToken(toko, "7")
	g.want(g.do("GET", "/app/products?embedded=1&shop="+toko+"&host="+shopifytest.Host(toko)+"&id_token="+id), http.StatusOK, "")
	g.do("GET", "/app", "Authorization", "Bearer "+id+"x")
	g.there.Revoke(toko)
	g.do("GET", "/app/products", g.bearer(toko)...)
	lease := tenanttest.Lease(t, g.pool, g.shop(toko))
	g.want(g.load("/app", toko), http.StatusOK, "")
	token, err := g.tokens.Stored(t.Context(), lease)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{id, token.Token, token.Refresh, g.there.Secret()} {
		if secret == "" || strings.Contains(g.log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	if !strings.Contains(g.log.String(), "/app/products") {
		t.Error("nothing is in the log")
	}
}
