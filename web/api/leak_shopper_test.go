package api_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"lapak/web"
	"lapak/web/proxy"
	"lapak/web/shopify"
)

const proxySecret = "hush"

// shopperRoutes are the face that shoppers reach through Shopify.
func shopperRoutes(t *testing.T, w *world) []web.Route {
	t.Helper()
	app, err := shopify.NewApp(shopify.Config{Key: "key", Secrets: []string{proxySecret}})
	if err != nil {
		t.Fatal(err)
	}
	return proxy.New(proxy.Options{App: app, Pool: w.pool, Spool: w.spool, Rate: -1}).Routes()
}

// shoppers are what customers and visitors of a shop do, and try.
func shoppers() []step {
	return []step{
		{"a shopper's design", 4, changes, (*caller).shopperDesign},
		{"product by proxy", 3, looks, (*caller).shopperProduct},
		{"guess ids as a shopper", 6, looks, (*caller).shopperGuesses},
		{"forge a signed query", 4, looks, (*caller).shopperForges},
	}
}

// signedQuery is what Shopify adds for a shop and a customer, "" for a visitor.
func signedQuery(shop, customer string) url.Values {
	q := url.Values{
		"shop": {shop}, "logged_in_customer_id": {customer}, "path_prefix": {"/apps/lapak"}, "timestamp": {fmt.Sprint(time.Now().Unix())},
	}
	var pairs []string
	for name, values := range q {
		pairs = append(pairs, name+"="+values[0])
	}
	slices.Sort(pairs)
	mac := hmac.New(sha256.New, []byte(proxySecret))
	mac.Write([]byte(strings.Join(pairs, "")))
	q.Set("signature", hex.EncodeToString(mac.Sum(nil)))
	return q
}

// shopper is a request of a customer of m's.
func (c *caller) shopper(m *merchant, customer, method, path string) *ask {
	return c.plain(m, method, "//proxy"+path+"?"+signedQuery(m.name, customer).Encode())
}

// shopperDesign saves a design, which neither another customer nor the same one in
// another shop gets to see, and deletes it.
func (c *caller) shopperDesign(m *merchant) {
	h := held{product: m.product(c.rnd), name: m.canary(c.rnd), json: m.document(c.rnd)}
	r, ok := c.shopper(m, "7", "POST", "/design").
		json(fields("shopifyProductId", quoted(h.product), "name", quoted(h.name), "designJson", h.json)).want(201, 403)
	if !ok || r.status == 403 { // the plan is used up
		return
	}
	d, ok := r.design(h)
	if !ok {
		return
	}
	path, nobodys := "/design/"+d.id, "/design/"+uuid.NewString()
	method := c.oneOf("GET", "HEAD", "DELETE", "PUT")
	ask := func(of *merchant, customer, path string) *ask {
		a := c.shopper(of, customer, method, path)
		if method == "PUT" {
			a.json("{}")
		}
		return a
	}
	c.same(ask(m, "8", path), ask(m, "8", nobodys))
	c.same(ask(m, "", path).set("X-Lapak-Claim", strings.Repeat("A", 43)), ask(m, "", nobodys).set("X-Lapak-Claim", strings.Repeat("A", 43)))
	if r, ok := c.shopper(m, "7", "GET", path).want(200); ok {
		r.design(h)
	}
	c.shopper(m, "7", "DELETE", path).want(204)
}

func (c *caller) shopperProduct(m *merchant) {
	product := m.product(c.rnd)
	a := c.shopper(m, c.oneOf("", "7"), "GET", "/product/"+product)
	if cfg, there := m.configs[product]; !there || !cfg.template {
		a.refused(404, "not_found")
	} else if r, ok := a.want(200); ok {
		r.public(m, product)
	}
}

// shopperGuesses asks in one shop for what is another's.
func (c *caller) shopperGuesses(m *merchant) {
	kind := c.oneOf("design", "asset", "product")
	id, nobodys := c.another(m).loot.pick(c.rnd, kind), uuid.NewString()
	if id == "" {
		return
	}
	method := c.oneOf("GET", "HEAD")
	if kind == "design" {
		method = c.oneOf("GET", "HEAD", "DELETE", "PUT")
	}
	ask := func(id string) *ask {
		a := c.shopper(m, "7", method, "/"+kind+"/"+id)
		if method == "PUT" {
			a.json("{}")
		}
		return a
	}
	c.same(ask(id), ask(nobodys))
}

// shopperForges makes a query that was signed for one shop another's.
func (c *caller) shopperForges(m *merchant) {
	victim, q, code := c.another(m), signedQuery(m.name, "7"), "unauthorized"
	a, status := c.plain(m, c.oneOf("GET", "HEAD"), "//proxy"+c.oneOf("/designs", "/product/1", "/design/"+uuid.NewString())), 401
	switch c.rnd.IntN(6) {
	case 0:
		q.Set("shop", victim.name)
	case 1:
		q.Add("shop", victim.name)
	case 2:
		q.Set("path_prefix", "/apps/lapakshop="+victim.name)
		q.Del("shop")
	case 3:
		q.Set("logged_in_customer_id", "8")
	case 4:
		q = url.Values{"shop": {victim.name}, "signature": q["signature"]}
		a.bearer(victim.keys[admins])
	case 5:
		a.set("X-Shop-Domain", victim.name)
		status, code = 403, "cross_shop"
	}
	a.path += "?" + q.Encode()
	a.refused(status, code)
}
