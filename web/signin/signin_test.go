package signin_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
	"lapak/web/signin"
	"lapak/web/view"
)

func TestFirstOperator(t *testing.T) {
	h := newHouse(t)
	p := h.person(t)
	p.says(p.get("/signin"), "lapak signin")
	address, err := h.signin.FirstLink(t.Context())
	check(t, err)
	path := strings.TrimPrefix(address, h.url)
	for range 3 { // previews and scanners look at it as well
		p.says(p.get(path), "Create my account")
	}
	token := path[strings.IndexByte(path, '=')+1:]
	form := func(name, password string) url.Values {
		return url.Values{"token": {token}, "name": {name}, "password": {password}}
	}
	for _, tc := range []struct{ name, password, says string }{
		{"Ayu", "short", "at least 12"}, {"Ayu", "aaaaaaaaaaaaaaaa", "guessed"}, {"Ayu Lestari Wati", "ayu lestari wati", "guessed"},
		{" ", password, "Please enter a name"}, {"Ayu", strings.Repeat("x", 201), "too long"},
	} {
		a := p.post("/signin/link", form(tc.name, tc.password))
		if a.StatusCode != http.StatusUnprocessableEntity || p.cookie() != "" {
			t.Errorf("%q, %q: %d, cookie %q", tc.name, tc.password, a.StatusCode, p.cookie())
		}
		p.says(a, tc.says)
		if strings.Contains(a.body, `value="`+tc.password+`"`) {
			t.Errorf("the password %q is sent back", tc.password)
		}
	}
	p.wants(p.post("/signin/link", form("Ayu", password)), http.StatusSeeOther, "/operator")
	if a := p.get("/operator"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, `"name":"Ayu"`) || !strings.Contains(a.body, `"by":"operator:`) {
		t.Errorf("the first operator: %d %s", a.StatusCode, a.body)
	}
	for _, a := range []answer{p.get(path), p.post("/signin/link", form("Budi", password))} {
		if a.StatusCode != http.StatusGone {
			t.Errorf("a second time: %d", a.StatusCode)
		}
		p.says(a, "no longer good")
	}
	if address, err = h.signin.FirstLink(t.Context()); address != "" || err != nil {
		t.Errorf("another first link: %q, %v", address, err)
	}
}

func TestPassword(t *testing.T) {
	h := newHouse(t)
	h.operator(t, "Ayu")
	p := h.person(t)
	p.wants(p.get("/operator?x=1"), http.StatusSeeOther, "/signin?return=%2Foperator%3Fx%3D1")
	form := func(name, password string) url.Values {
		return url.Values{"name": {name}, "password": {password}, "return": {"/operator?x=1"}}
	}
	var wrong []string
	for _, f := range []url.Values{form("Ayu", "wrong"), form("Nobody", password), form("", "")} {
		a := p.post("/signin", f)
		if a.StatusCode != http.StatusUnprocessableEntity || p.cookie() != "" {
			t.Fatalf("%v: %d", f, a.StatusCode)
		}
		p.says(a, "The name or the password is wrong.")
		wrong = append(wrong, strings.ReplaceAll(a.body, `value="`+f.Get("name")+`"`, `value=""`))
	}
	if wrong[0] != wrong[1] {
		t.Error("an unknown name is answered in another way than a wrong password")
	}
	p.wants(p.post("/signin", form(" ayu ", password)), http.StatusSeeOther, "/operator?x=1")
	p.wants(p.get("/signin"), http.StatusSeeOther, "/operator")
	if a := p.get("/operator"); a.StatusCode != http.StatusOK {
		t.Errorf("signed in: %d", a.StatusCode)
	}
}

func TestCookie(t *testing.T) {
	h := newHouse(t)
	shop := tenanttest.Shop(t, h.pool, "a")
	p := h.person(t)
	a := p.post("/signin/link", url.Values{"token": {h.link(t, catalog.Signer{Shop: shop})}})
	cookie := a.Header.Get("Set-Cookie")
	for _, want := range []string{"lapak=", "Path=/;", "Max-Age=34560000", "HttpOnly", "SameSite=Lax"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q has no %s", cookie, want)
		}
	}
	site, err := view.NewSite()
	check(t, err)
	_, err = signin.New(signin.Options{Pool: h.pool, Site: site, Origin: "ftp://x"})
	if err == nil {
		t.Error("an origin that is none")
	}
	if len(p.cookie()) != 43 {
		t.Errorf("cookie %q", p.cookie())
	}
}

// A browser that comes with a cookie of somebody's choice gets another one.
func TestSessionFixation(t *testing.T) {
	h := newHouse(t)
	shop, other := tenanttest.Shop(t, h.pool, "a"), tenanttest.Shop(t, h.pool, "b")
	attacker := h.merchant(t, other)
	victim := h.person(t)
	u, err := url.Parse(h.url)
	check(t, err)
	victim.http.Jar.SetCookies(u, []*http.Cookie{{Name: "lapak", Value: attacker.cookie(), Path: "/"}})
	victim.wants(victim.post("/signin/link", url.Values{"token": {h.link(t, catalog.Signer{Shop: shop})}}), http.StatusSeeOther, "/shops/"+shop.String())
	if victim.cookie() == attacker.cookie() {
		t.Fatal("the cookie is still the attacker's")
	}
	attacker.wants(attacker.get("/shops/b.myshopify.com/x"), http.StatusSeeOther, "/signin?return=%2Fshops%2Fb.myshopify.com%2Fx")
	if a := victim.get("/shops/a.myshopify.com/x"); a.StatusCode != http.StatusOK {
		t.Errorf("the victim: %d", a.StatusCode)
	}
}

func TestMerchantReachesOneShop(t *testing.T) {
	h := newHouse(t)
	a, b := tenanttest.Shop(t, h.pool, "a"), tenanttest.Shop(t, h.pool, "b")
	p := h.merchant(t, a)
	got := map[string]string{}
	check(t, json.Unmarshal([]byte(p.get("/shops/"+a.String()+"/x").body), &got))
	if got["shop"] != a.String() || got["role"] != "admin" || !strings.HasPrefix(got["by"], "signin:") {
		t.Errorf("the merchant is %v", got)
	}
	for path, want := range map[string]int{
		"/shops/" + b.String() + "/x": http.StatusForbidden, "/operator": http.StatusForbidden,
		"/shops/none.myshopify.com/x":                         http.StatusForbidden,
		"/shops/" + a.String() + "/x?shop=" + b.String():      http.StatusForbidden,
		"/shops/" + a.String() + "/x?return=/../operator":     http.StatusOK,
		"/shops/" + a.String() + "/%2e%2e/" + b.String():      http.StatusNotFound,
		"/shops/" + a.String() + "%2f../" + b.String() + "/x": http.StatusNotFound,
	} {
		if got := p.get(path); got.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, got.StatusCode, want)
		}
	}
	entries := audit(t, h, a)
	if len(entries) != 1 || entries[0].Action != "LOGIN" || *entries[0].IPAddress == "" {
		t.Errorf("audit log: %+v", entries)
	}
}

func audit(t *testing.T, h *house, shop store.Shop) (entries []store.Entry) {
	t.Helper()
	lease := tenanttest.Lease(t, h.pool, shop)
	check(t, lease.Read(t.Context(), "audit", func(v *store.View) (err error) {
		entries, _, err = v.AuditLog(store.AuditFilter{}, store.Page{Limit: 100})
		return err
	}))
	return entries
}

func TestOtherSitesAreRefused(t *testing.T) {
	h := newHouse(t)
	shop := tenanttest.Shop(t, h.pool, "a")
	p := h.merchant(t, shop)
	h.operator(t, "Ayu")
	page := "/shops/" + shop.String() + "/x"
	for _, tc := range []struct {
		header []string
		want   int
	}{
		{[]string{"Sec-Fetch-Site", "same-origin"}, http.StatusOK},
		{[]string{"Sec-Fetch-Site", "none"}, http.StatusOK},
		{[]string{"Origin", h.url}, http.StatusOK},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", h.url}, http.StatusOK}, // our own origin, whatever else is said
		{[]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{[]string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		{[]string{"Origin", "http://evil.test"}, http.StatusForbidden},
		{[]string{"Origin", "null"}, http.StatusForbidden},
		{[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, http.StatusForbidden},
	} {
		if a := p.post(page, url.Values{}, tc.header...); a.StatusCode != tc.want {
			t.Errorf("%v: %d, want %d", tc.header, a.StatusCode, tc.want)
		}
		if a := p.get(page, tc.header...); a.StatusCode != http.StatusOK {
			t.Errorf("reading with %v: %d", tc.header, a.StatusCode)
		}
	}
	stranger, evil := h.person(t), []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}
	for path, form := range map[string]url.Values{
		"/signin":               {"name": {"Ayu"}, "password": {password}},
		"/signin/link":          {"token": {h.link(t, catalog.Signer{Shop: shop})}},
		"/signin/passkey/begin": {},
		"/signout":              {},
	} {
		if a := stranger.post(path, form, evil...); a.StatusCode != http.StatusForbidden || stranger.cookie() != "" {
			t.Errorf("%s from another site: %d", path, a.StatusCode)
		}
	}
}

func TestEndedSigninIsRefusedAtOnce(t *testing.T) {
	h := newHouse(t)
	shop := tenanttest.Shop(t, h.pool, "a")
	page := "/shops/" + shop.String() + "/x"
	p := h.merchant(t, shop)
	stolen := h.person(t) // the same cookie in another browser
	u, err := url.Parse(h.url)
	check(t, err)
	stolen.http.Jar.SetCookies(u, []*http.Cookie{{Name: "lapak", Value: p.cookie(), Path: "/"}})
	if a := stolen.get(page); a.StatusCode != http.StatusOK {
		t.Fatalf("before: %d", a.StatusCode)
	}
	a := p.post("/signout", nil)
	p.wants(a, http.StatusSeeOther, "/signin")
	if p.cookie() != "" {
		t.Error("signing out leaves the cookie")
	}
	stolen.wants(stolen.get(page), http.StatusSeeOther, "/signin?return="+url.QueryEscape(page))
	if stolen.cookie() != "" {
		t.Error("a dead cookie stays in the browser")
	}
	all, err := h.pool.Catalog().Signins(t.Context(), catalog.Signer{Shop: shop})
	check(t, err)
	if len(all) != 0 {
		t.Errorf("still listed: %+v", all)
	}
}

func TestReturnLeadsNowhereElse(t *testing.T) {
	h := newHouse(t)
	ayu := h.operator(t, "Ayu")
	shop := tenanttest.Shop(t, h.pool, "a")
	for wish, want := range map[string]string{
		"":                                       "/operator",
		"/operator/health":                       "/operator/health",
		"/shops/a.myshopify.com/designs?q=a%20b": "/shops/a.myshopify.com/designs?q=a%20b",
		"//evil.test":                            "/operator",
		"///evil.test":                           "/operator",
		`/\evil.test`:                            "/operator",
		`\\evil.test`:                            "/operator",
		"/\t/evil.test":                          "/operator",
		"/\n/evil.test":                          "/operator",
		"https://evil.test/":                     "/operator",
		"https:evil.test":                        "/operator",
		"javascript:alert(1)":                    "/operator",
		"evil.test":                              "/operator",
		"/%2f/evil.test":                         "/operator",
		"/%2fevil.test":                          "/operator",
		"/signin?return=/signin":                 "/operator",
		"/signout":                               "/operator",
		"/" + strings.Repeat("a", 3000):          "/operator",
		"/operator?" + strings.Repeat("é", 5):    "/operator",
	} {
		ayu.wants(ayu.get("/signin?return="+url.QueryEscape(wish)), http.StatusSeeOther, want)
		page := h.person(t).get("/signin?return=" + url.QueryEscape(wish))
		if strings.Contains(page.body, "evil") {
			t.Errorf("the form for %q leads elsewhere", wish)
		}
	}
	m := h.merchant(t, shop)
	for wish, want := range map[string]string{
		"/operator": "/shops/a.myshopify.com", "/shops/b.myshopify.com": "/shops/a.myshopify.com",
		"/shops/a.myshopify.com.evil.test/x": "/shops/a.myshopify.com",
		"/shops/a.myshopify.com/designs":     "/shops/a.myshopify.com/designs",
	} {
		m.wants(m.get("/signin?return="+url.QueryEscape(wish)), http.StatusSeeOther, want)
	}
}

// Whoever is not signed in is led to the sign-in and back, in the way that their
// request understands.
func TestFailLeadsToTheSignin(t *testing.T) {
	h := newHouse(t)
	p := h.person(t)
	part := p.get("/operator", "HX-Request", "true", "HX-Current-URL", h.url+"/operator/health?x=1")
	if part.StatusCode != http.StatusUnauthorized || part.Header.Get("HX-Redirect") != "/signin?return=%2Foperator%2Fhealth%3Fx%3D1" {
		t.Errorf("a part: %d to %q", part.StatusCode, part.Header.Get("HX-Redirect"))
	}
	boosted := p.get("/operator?y=2", "HX-Request", "true", "HX-Boosted", "true", "HX-Current-URL", h.url+"/operator/health")
	if boosted.Header.Get("HX-Redirect") != "/signin?return=%2Foperator%3Fy%3D2" {
		t.Errorf("a boosted link to %q", boosted.Header.Get("HX-Redirect"))
	}
	elsewhere := p.get("/operator", "HX-Request", "true", "HX-Current-URL", "https://evil.test//evil.test/")
	if elsewhere.Header.Get("HX-Redirect") != "/signin" {
		t.Errorf("a made up address: to %q", elsewhere.Header.Get("HX-Redirect"))
	}
	p.wants(p.post("/shops/a.myshopify.com/x", nil), http.StatusSeeOther, "/signin")
	tenanttest.Shop(t, h.pool, "a")
	a := h.merchant(t, tenanttest.Name(t, "a")).get("/operator", "Accept-Language", "id")
	p.says(a, "Kamu tidak punya izin")
	if !strings.Contains(a.body, `lang="id"`) || !strings.Contains(a.body, `href="/shops/a.myshopify.com"`) {
		t.Errorf("the page of an error: %s", a.body)
	}
}

func TestNewPasswordByLink(t *testing.T) {
	h := newHouse(t)
	old := h.operator(t, "Ayu")
	op, err := h.pool.Catalog().OperatorNamed(t.Context(), "Ayu")
	check(t, err)
	p := h.person(t)
	link := url.Values{"token": {h.link(t, catalog.Signer{Operator: op.ID})}, "password": {"short"}}
	p.says(p.get("/signin/link?"+link.Encode()), "signs you in as Ayu")
	p.says(p.post("/signin/link", link), "at least 12")
	link.Set("password", "another long password")
	p.wants(p.post("/signin/link", link), http.StatusSeeOther, "/operator")
	old.wants(old.get("/operator"), http.StatusSeeOther, "/signin?return=%2Foperator")
	q := h.person(t)
	if a := q.post("/signin", url.Values{"name": {"Ayu"}, "password": {password}}); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the old password: %d", a.StatusCode)
	}
	q.wants(q.post("/signin", url.Values{"name": {"Ayu"}, "password": {"another long password"}}), http.StatusSeeOther, "/operator")
}

func TestManyWrongPasswordsWait(t *testing.T) {
	h := newHouse(t)
	h.operator(t, "Ayu")
	p := h.person(t)
	form := func(name string) url.Values { return url.Values{"name": {name}, "password": {"wrong wrong wrong"}} }
	for range 5 {
		if a := p.post("/signin", form("Ayu")); a.StatusCode != http.StatusUnprocessableEntity {
			t.Fatalf("one of the first: %d", a.StatusCode)
		}
	}
	a := p.post("/signin", url.Values{"name": {"AYU "}, "password": {password}})
	if a.StatusCode != http.StatusTooManyRequests || p.cookie() != "" {
		t.Fatalf("the right one among many wrong: %d", a.StatusCode)
	}
	p.says(a, "Too many tries")
	if a := p.post("/signin", form("Budi")); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("another account: %d", a.StatusCode)
	}
}

func FuzzReturn(f *testing.F) {
	for _, s := range []string{"/operator", "//x", `/\x`, "/a?b=c#d", "/shops/a.myshopify.com"} {
		f.Add(s)
	}
	base, err := url.Parse("https://lapak.example/signin")
	check(f, err)
	f.Fuzz(func(t *testing.T, wish string) {
		path := signin.OwnPath(wish)
		if path == "" {
			return
		}
		u, err := base.Parse(path)
		if err != nil || u.Host != base.Host || u.Scheme != "https" || strings.ContainsAny(path, "\\\t\r\n") {
			t.Fatalf("%q leads to %v (%v)", wish, u, err)
		}
	})
}
