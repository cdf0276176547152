package proxy_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/proxy"
)

// table is every route, with a request that is right in all but its proof.
func (s *site) table() []func(shopper) *ask {
	return []func(shopper) *ask{
		func(sh shopper) *ask { return sh.ask("GET", "/product/1") },
		func(sh shopper) *ask { return sh.ask("GET", "/designs") },
		func(sh shopper) *ask { return sh.ask("POST", "/design").json(plain) },
		func(sh shopper) *ask { return sh.ask("GET", "/design/x") },
		func(sh shopper) *ask { return sh.ask("PUT", "/design/x").json(`{"name":"x"}`) },
		func(sh shopper) *ask { return sh.ask("DELETE", "/design/x") },
		func(sh shopper) *ask {
			return sh.ask("POST", "/claim").json(`{"claim":"` + strings.Repeat("a", 43) + `"}`)
		},
		func(sh shopper) *ask { return sh.ask("POST", "/upload").file(tinyPNG(1)) },
		func(sh shopper) *ask { return sh.ask("GET", "/asset/x") },
	}
}

const unproven = "This address answers Shopify's App Proxy alone"

func TestEveryRouteIsInTheTable(t *testing.T) {
	s := newSite(t, 0)
	face := proxy.New(proxy.Options{App: newApp(t), Pool: s.pool, Spool: s.spool})
	for _, rt := range face.Routes() {
		if !strings.HasPrefix(rt.Pattern, "/proxy/") || rt.Fail == nil {
			t.Errorf("%s %s", rt.Method, rt.Pattern)
		}
	}
	if got, want := len(s.table()), len(face.Routes()); got != want {
		t.Errorf("%d routes are tried of %d", got, want)
	}
}

// What is wrong with a signature is wrong on every route.
func TestProofs(t *testing.T) {
	s := newSite(t, 0)
	age := func(d time.Duration) func(url.Values) {
		return func(q url.Values) {
			q.Set("timestamp", strconv.FormatInt(time.Now().Add(d).Unix(), 10))
			q.Del("signature")
			q.Set("signature", sign(q))
		}
	}
	again := func(name, value string) func(url.Values) {
		return func(q url.Values) {
			q.Del("signature")
			q.Add(name, value)
			q.Set("signature", sign(q))
		}
	}
	for name, spoil := range map[string]func(url.Values){
		"no signature":      func(q url.Values) { q.Del("signature") },
		"empty signature":   func(q url.Values) { q.Set("signature", "") },
		"wrong signature":   func(q url.Values) { q.Set("signature", strings.Repeat("0", 64)) },
		"upper case":        func(q url.Values) { q.Set("signature", strings.ToUpper(q.Get("signature"))) },
		"other shop":        func(q url.Values) { q.Set("shop", s.other.String()) },
		"other customer":    func(q url.Values) { q.Set("logged_in_customer_id", "8") },
		"no customer":       func(q url.Values) { q.Del("logged_in_customer_id") },
		"late":              age(-2 * time.Minute),
		"early":             age(2 * time.Minute),
		"no timestamp":      again("timestamp", "x"),
		"two shops":         again("shop", s.other.String()),
		"same shop twice":   again("shop", s.shop.String()),
		"two customers":     again("logged_in_customer_id", "8"),
		"two signatures":    func(q url.Values) { q.Add("signature", q.Get("signature")) },
		"unknown parameter": again("x", "1"),
		"hmac too":          again("hmac", "1"),
		"bad customer": func(q url.Values) {
			q.Set("logged_in_customer_id", "7 OR 1")
			q.Del("signature")
			q.Set("signature", sign(q))
		},
		"bad shop": func(q url.Values) {
			q.Set("shop", "TOKO.myshopify.com")
			q.Del("signature")
			q.Set("signature", sign(q))
		},
	} {
		for _, request := range s.table() {
			a := request(s.customer("7"))
			spoil(a.query)
			t.Run(name, func(t *testing.T) { a.do().fails(401, "unauthorized", unproven) })
		}
	}
	if n := strings.Count(s.log.String(), "signature="); n != 0 {
		t.Errorf("the log holds %d signatures", n)
	}
	for _, request := range s.table() {
		if a := request(s.customer("7")).do(); a.status == 401 {
			t.Errorf("%s: a right signature is refused", a.what)
		}
		a := request(s.customer("7"))
		a.query = url.Values{"shop": {s.shop.String()}}
		a.set("Authorization", "Bearer "+tenanttest.Key(t, s.pool, s.shop, "admin")).do().fails(401, "unauthorized", unproven)
	}
}

// What is signed has no separators, so the same text can be cut into other
// parameters. No other cut may pass.
func TestSmuggledParameters(t *testing.T) {
	s := newSite(t, 0)
	mine := s.customer("7").save()
	shopper{s: s, shop: s.other, customer: "7"}.save()
	for _, c := range []struct{ signed, sent url.Values }{
		{ // the victim inside of the path's prefix
			url.Values{"logged_in_customer_id": {"7"}, "path_prefix": {"/ashop=" + s.other.String()}, "shop": {s.shop.String()}},
			url.Values{"logged_in_customer_id": {"7"}, "path_prefix": {"/a"}, "shop": {s.other.String() + "shop=" + s.shop.String()}},
		},
		{ // a customer in an allowed parameter of a visitor's
			url.Values{"cursor": {"logged_in_customer_id=9"}, "logged_in_customer_id": {""}, "path_prefix": {"/a"}, "shop": {s.shop.String()}},
			url.Values{"cursor": {""}, "logged_in_customer_id": {"9logged_in_customer_id="}, "path_prefix": {"/a"}, "shop": {s.shop.String()}},
		},
		{ // a customer in the name of a parameter
			url.Values{"cursor": {""}, "limitlogged_in_customer_id": {"9"}, "path_prefix": {"/a"}, "shop": {s.shop.String()}},
			url.Values{"cursor": {"limitlogged_in_customer_id=9"}, "path_prefix": {"/a"}, "shop": {s.shop.String()}},
		},
		{ // a customer's own parameter swallowed by another
			url.Values{"limit": {"1"}, "logged_in_customer_id": {"7"}, "path_prefix": {"/a"}, "shop": {s.shop.String()}},
			url.Values{"limit": {"1logged_in_customer_id=7"}, "path_prefix": {"/a"}, "shop": {s.shop.String()}},
		},
	} {
		now := strconv.FormatInt(time.Now().Unix(), 10)
		c.signed.Set("timestamp", now)
		c.sent.Set("timestamp", now)
		if sign(c.signed) != sign(c.sent) {
			t.Fatalf("%v and %v are not the same text", c.signed, c.sent)
		}
		c.sent.Set("signature", sign(c.signed))
		a := s.customer("7").ask("GET", "/designs")
		a.query = c.sent
		a.do().fails(401, "unauthorized", unproven)
	}
	if a := s.customer("7").ask("GET", "/designs").do().want(200); !strings.Contains(a.body, mine.ID) {
		t.Errorf("own designs %s", a.body)
	}
	for _, query := range []string{"limit=1&limit=2", "product=1&product=2", "cursor=&cursor="} {
		s.customer("7").ask("GET", "/designs?"+query).do().want(400)
	}
	a := s.customer("7").ask("GET", "/designs")
	if got, err := a.send(a.query.Encode() + ";x=1"); err != nil || got.status != 401 {
		t.Errorf("a semicolon: %d %v", got.status, err)
	}
}

// A shop's name elsewhere in a request must be the proven one; the storefront's
// own domain, which Shopify passes on, is none.
func TestNamedShops(t *testing.T) {
	s := newSite(t, 0)
	const denied = "Cross-shop access denied"
	for _, request := range s.table() {
		request(s.customer("7")).set("X-Shop-Domain", s.other.String()).do().fails(403, "cross_shop", denied)
		if a := request(s.customer("7")).set("X-Shop-Domain", "www.toko.example").do(); a.status == 403 {
			t.Errorf("%s: %s", a.what, a.body)
		}
	}
	s.customer("7").ask("POST", "/design").json(`{"shop":"`+s.other.String()+`",`+plain[1:]).do().fails(403, "cross_shop", denied)
	s.customer("7").ask("POST", "/upload").file(tinyPNG(1), "shop", s.other.String()).do().fails(403, "cross_shop", denied)
	s.customer("7").ask("POST", "/upload").file(tinyPNG(1), "shop", s.shop.String()).do().want(201)
}

// Unknown, suspended, or nothing there: one answer, headers included.
func TestNobodysShop(t *testing.T) {
	s := newSite(t, 0)
	if err := s.pool.Catalog().Suspend(t.Context(), s.other); err != nil {
		t.Fatal(err)
	}
	nobody, err := store.ParseShop("nobody.myshopify.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range s.table() {
		first := ""
		for _, shop := range []store.Shop{nobody, s.other} {
			a := request(shopper{s: s, shop: shop, customer: "7"}).do().notFound()
			a.header.Del("X-Request-Id")
			a.header.Del("Date")
			if got := fmt.Sprint(a.header); first == "" {
				first = got
			} else if got != first {
				t.Errorf("%s: headers %s, others %s", a.what, got, first)
			}
		}
	}
	if err := s.pool.Catalog().Resume(t.Context(), s.other); err != nil {
		t.Fatal(err)
	}
	shopper{s: s, shop: s.other}.save()
}

// FuzzProver sends queries of all kinds, some of them signed. Whatever is answered
// is the signed shop's.
func FuzzProver(f *testing.F) {
	pool := tenanttest.New(f)
	shop, other := tenanttest.Shop(f, pool, "toko"), tenanttest.Shop(f, pool, "warung")
	face := proxy.New(proxy.Options{App: newApp(f), Pool: pool, Spool: f.TempDir(), Rate: -1})
	h := web.NewServer(web.Options{Pool: pool, Routes: face.Routes()}).Handler()
	f.Add("limit=2&product=1", true, "7")
	f.Add("limit=2&shop="+other.String(), true, "")
	f.Add("productlogged_in_customer_id=5", true, "7")
	f.Add("product=1shop="+other.String(), true, "7")
	f.Add("cursor=%00&limit=;&signature=x", false, "x")
	f.Add("hmac=1&timestamp=1", true, "7")
	f.Fuzz(func(t *testing.T, query string, right bool, customer string) {
		raw := query
		if own, err := url.ParseQuery(query); err == nil && right {
			for name, value := range map[string]string{"shop": shop.String(), "path_prefix": "/apps/l", "logged_in_customer_id": customer, "timestamp": strconv.FormatInt(time.Now().Unix(), 10)} {
				own.Add(name, value)
			}
			own.Set("signature", sign(unsigned(own)))
			raw = own.Encode()
		}
		r := httptest.NewRequest("GET", "/proxy/designs", nil)
		r.URL.RawQuery = raw
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		q, _ := url.ParseQuery(raw)
		switch {
		case w.Code >= 500 || strings.Contains(w.Body.String(), "signature"):
			t.Fatalf("%q: %d %s", raw, w.Code, w.Body)
		case w.Code == http.StatusOK && (!right || len(q["shop"]) != 1 || q.Get("shop") != shop.String() || strings.Trim(customer, "0123456789") != ""):
			t.Fatalf("%q was accepted", raw)
		}
	})
}

func unsigned(q url.Values) url.Values {
	c := url.Values{}
	for name, values := range q {
		if name != "signature" {
			c[name] = values
		}
	}
	return c
}
