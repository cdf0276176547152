package embed

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"lapak/web/shopify"
)

// begun is a browser that was sent to Shopify.
type begun struct {
	state   string
	cookies []*http.Cookie
}

func (g *rig) start(query string) begun {
	g.t.Helper()
	w := g.do("GET", "/auth/begin?"+query)
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusFound {
		g.t.Fatalf("%d %s", w.Code, w.Body.String())
	}
	return begun{to.Query().Get("state"), w.Result().Cookies()}
}

// back is Shopify's redirect with these parameters, in the browser b.
func (g *rig) back(b begun, query string) *httptest.ResponseRecorder {
	g.t.Helper()
	var pairs []string
	for _, c := range b.cookies {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return g.do("GET", "/auth/callback?"+query, "Cookie", strings.Join(pairs, "; "))
}

func TestInstallByCode(t *testing.T) {
	g := newRig(t)
	b := g.start("shop=" + toko)
	for _, c := range b.cookies {
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/auth/callback" || c.MaxAge != 60 {
			t.Errorf("cookie %+v", c)
		}
	}
	if len(b.cookies) != 2 || b.cookies[0].Name != "shopify_app_state" || b.cookies[0].Value != b.state {
		t.Errorf("%v, state %q", b.cookies, b.state)
	}
	w := g.back(b, g.there.InstallQuery(toko, url.Values{"state": {b.state}, "code": {g.there.Code(toko)}}))
	if w.Code != http.StatusFound || w.Header().Get("Location") != "https://admin.shopify.com/store/toko/apps/test-client-id" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body.String())
	}
	for _, c := range w.Result().Cookies() {
		if c.MaxAge >= 0 || c.Value != "" {
			t.Errorf("cookie %+v is left", c)
		}
	}
	if g.token(toko) == "" || !g.installed(toko) {
		t.Error("no token")
	}
	g.want(g.load("/app/products", toko), http.StatusOK, toko+" shopify:7")
	if n := g.there.Requests("exchange"); n != 0 {
		t.Errorf("%d exchanges", n)
	}
}

// TestCallbackRefuses spoils one thing at a time; none of it makes a shop.
func TestCallbackRefuses(t *testing.T) {
	g := newRig(t)
	for name, c := range map[string]struct {
		spoil  func(b *begun, q url.Values)
		resign bool
		status int
		says   words
	}{
		"no cookie":             {func(b *begun, _ url.Values) { b.cookies = nil }, false, 400, textNoState},
		"no signature":          {func(b *begun, _ url.Values) { b.cookies = b.cookies[:1] }, false, 400, textNoState},
		"another's signature":   {func(b *begun, _ url.Values) { b.cookies[1].Value = "AAAA" }, false, 400, textNoState},
		"a cookie made longer":  {func(b *begun, _ url.Values) { b.cookies[0].Value += "9" }, false, 400, textNoState},
		"another state":         {func(_ *begun, q url.Values) { q.Set("state", "incorrect state") }, true, 401, textBadCallback},
		"no state":              {func(_ *begun, q url.Values) { q.Del("state") }, true, 401, textBadCallback},
		"another's hmac":        {func(_ *begun, q url.Values) { q.Set("hmac", strings.Repeat("0", 64)) }, false, 401, textBadCallback},
		"no hmac":               {func(_ *begun, q url.Values) { q.Del("hmac") }, false, 400, textBadCallback},
		"another shop":          {func(_ *begun, q url.Values) { q.Set("shop", lain) }, false, 401, textBadCallback},
		"no shop's name":        {func(_ *begun, q url.Values) { q.Set("shop", "evil.example") }, true, 400, textBadCallback},
		"an old time":           {func(_ *begun, q url.Values) { q.Set("timestamp", "1754500000") }, true, 401, textBadCallback},
		"no code":               {func(_ *begun, q url.Values) { q.Del("code") }, true, 400, textBadCallback},
		"a code that is no use": {func(_ *begun, q url.Values) { q.Set("code", "x") }, true, 502, textNoAnswer},
	} {
		b := g.start("shop=" + toko)
		q, err := url.ParseQuery(g.there.InstallQuery(toko, url.Values{"state": {b.state}, "code": {g.there.Code(toko)}}))
		if err != nil {
			t.Fatal(err)
		}
		c.spoil(&b, q)
		query := q.Encode()
		if c.resign {
			q.Del("hmac")
			query = g.there.InstallQuery(q.Get("shop"), q)
		}
		w := g.back(b, query)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says.en[:20]) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body.String())
		}
	}
	if n := len(allShops(t, g)); n != 0 {
		t.Errorf("%d shops were made", n)
	}
}

func allShops(t *testing.T, g *rig) []string {
	t.Helper()
	var names []string
	for _, name := range []string{toko, lain} {
		if _, err := g.pool.Catalog().Shop(t.Context(), g.shop(name)); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// TestStateEnds sees that a minute later, and for a second time, the state is no
// good, and that another browser's is not.
func TestStateEnds(t *testing.T) {
	g := newRig(t)
	b, other := g.start("shop="+toko), g.start("shop="+toko)
	query := func() string {
		return g.there.InstallQuery(toko, url.Values{"state": {b.state}, "code": {g.there.Code(toko)}})
	}
	g.want(g.back(other, query()), http.StatusUnauthorized, "")
	g.wait(50 * time.Second)
	g.want(g.back(b, query()), http.StatusFound, "")
	g.wait(20 * time.Second)
	g.want(g.back(b, query()), http.StatusBadRequest, "")
}

func TestFewScopes(t *testing.T) {
	g := newRig(t, func(c *shopify.Config) { c.Scopes = shopify.ParseScopes("read_products,write_orders") })
	b := g.start("shop=" + toko)
	w := g.back(b, g.there.InstallQuery(toko, url.Values{"state": {b.state}, "code": {g.there.Code(toko)}}))
	g.want(w, http.StatusForbidden, "")
	if len(allShops(t, g)) != 0 {
		t.Error("a shop was made")
	}
}

func TestBegin(t *testing.T) {
	g := newRig(t)
	for query, grant := range map[string]string{"shop=" + toko: "", "shop=" + toko + "&online=1": "per-user", "shop=Toko": ""} {
		to, err := url.Parse(g.do("GET", "/auth/begin?"+query).Header().Get("Location"))
		if err != nil || to.Query().Get("grant_options[]") != grant || to.Query().Get("redirect_uri") != home+"/auth/callback" ||
			!strings.HasSuffix(to.Path, "/"+toko+"/admin/oauth/authorize") {
			t.Errorf("%s: %v, %v", query, to, err)
		}
	}
	g.want(g.do("GET", "/auth/begin?shop=evil.example"), http.StatusBadRequest, "")
	g.want(g.do("GET", "/auth/begin?shop="+toko, "User-Agent", "Googlebot"), http.StatusGone, "")
	plain := newRig(t, func(c *shopify.Config) { c.URL = "http://127.0.0.1:8080" })
	if c := plain.start("shop=" + toko).cookies[0]; c.Secure {
		t.Error("a cookie for https alone, where the app has none")
	}
}

func TestInstallPage(t *testing.T) {
	g := newRig(t)
	g.want(g.do("GET", "/auth/install"), http.StatusOK, "")
	w := g.do("GET", "/auth/install?shop=My-Shop")
	if w.Code != http.StatusFound || w.Header().Get("Location") != "https://admin.shopify.com/store/my-shop/oauth/install?client_id=test-client-id" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	w = g.do("GET", "/auth/install?shop="+url.QueryEscape(`"><script>alert(1)</script>`))
	if w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), "<script>") {
		t.Errorf("%d %s", w.Code, w.Body.String())
	}
}

func FuzzCallback(f *testing.F) {
	g := newRig(f)
	b := g.start("shop=" + toko)
	f.Add("shop="+toko+"&state="+b.state, b.cookies[0].Value, b.cookies[1].Value)
	f.Add("%zz", "", "")
	f.Fuzz(func(t *testing.T, query, state, sig string) {
		r := httptest.NewRequest("GET", "/auth/callback", nil)
		r.URL.RawQuery = query
		r.Header.Set("Cookie", stateCookie+"="+state+"; "+stateCookie+".sig="+sig)
		w := httptest.NewRecorder()
		g.server.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest && w.Code != http.StatusUnauthorized {
			t.Errorf("%q: %d %s", query, w.Code, w.Body.String())
		}
	})
}
