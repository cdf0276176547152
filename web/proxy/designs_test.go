package proxy_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lapak/store"
	"lapak/tenants/tenanttest"
)

// What a shopper saves, they find again: a customer everywhere, a visitor by the
// claim that came with the first save.
func TestDesign(t *testing.T) {
	s := newSite(t, 0)
	first := s.visitor("").ask("POST", "/design").json(plain).do().want(201)
	d := decode[made](first)
	if len(d.Claim) != 43 || string(d.DesignJSON) != `{ "a": 1 }` || first.header.Get("Location") != "design/"+d.ID || first.header.Get("Cache-Control") != "no-store" {
		t.Errorf("made %s, %v", first.body, first.header)
	}
	visitor := s.visitor(d.Claim)
	for _, sh := range []shopper{visitor, s.customer("7")} {
		made := sh.save()
		if made.Claim != "" {
			t.Errorf("a second claim: %+v", made)
		}
		path := "/design/" + made.ID
		got := sh.ask("GET", path).do().want(200)
		if got.header.Get("Cache-Control") != "no-store" || !strings.Contains(got.body, `"designJson":{ "a": 1 }}`) || strings.Contains(got.body, "claim") {
			t.Errorf("read %s, %v", got.body, got.header)
		}
		etag := got.header.Get("ETag")
		put := sh.ask("PUT", path).set("If-Match", etag).json(`{"name":"Baju","shopifyProductId":"2"}`).do().want(200)
		if !strings.Contains(put.body, `"name":"Baju"`) || !strings.Contains(put.body, `"designJson":{ "a": 1 }}`) {
			t.Errorf("changed to %s", put.body)
		}
		sh.ask("PUT", path).set("If-Match", etag).json(`{"name":"late"}`).do().fails(412, "changed", "It has changed meanwhile; read it again first")
		sh.ask("DELETE", path).set("If-Match", etag).do().want(412)
		sh.ask("DELETE", path).set("If-Match", put.header.Get("ETag")).do().want(204)
		sh.ask("GET", path).do().notFound()
		sh.ask("DELETE", path).do().notFound()
	}
	if list := visitor.ask("GET", "/designs").do().want(200); len(decode[[]made](list)) != 1 {
		t.Errorf("list %s", list.body)
	}
	if d2 := decode[made](s.visitor("").ask("POST", "/design").json(plain).do().want(201)); d2.Claim == d.Claim || d2.Claim == "" {
		t.Errorf("claims %q and %q", d.Claim, d2.Claim)
	}
	body := fmt.Sprintf(`{"claim":%q,%s`, d.Claim, plain[1:])
	if d3 := decode[made](s.visitor("").ask("POST", "/design").json(body).do().want(201)); d3.Claim != "" {
		t.Errorf("a claim in the body got another: %+v", d3)
	}
	if list := visitor.ask("GET", "/designs").do().want(200); len(decode[[]made](list)) != 2 {
		t.Errorf("list %s", list.body)
	}
}

func TestDesignList(t *testing.T) {
	s := newSite(t, 0)
	sh := s.customer("7")
	for i := range 7 {
		sh.ask("POST", "/design").json(fmt.Sprintf(`{"shopifyProductId":"%d","designJson":{}}`, i%2)).do().want(201)
	}
	s.customer("8").save()
	seen, pages := map[string]bool{}, 0
	for query := "?limit=2&product=0"; query != ""; pages++ {
		a := sh.ask("GET", "/designs"+query).do().want(200)
		for _, d := range decode[[]made](a) {
			if d.ProductID != "0" || seen[d.ID] || strings.Contains(a.body, "designJson") {
				t.Errorf("%s", a.body)
			}
			seen[d.ID] = true
		}
		link, _ := strings.CutPrefix(a.header.Get("Link"), "<")
		query, _ = strings.CutSuffix(link, `>; rel="next"`)
	}
	if len(seen) != 4 || pages != 2 {
		t.Errorf("%d designs on %d pages", len(seen), pages)
	}
	for _, nobody := range []shopper{s.visitor(""), s.visitor(strings.Repeat("A", 43)), s.customer("9")} {
		if a := nobody.ask("GET", "/designs").do().want(200); a.body != "[]\n" {
			t.Errorf("nobody's list: %s", a.body)
		}
	}
	for query, field := range map[string]string{"limit=0": "limit", "limit=x": "limit", "cursor=x": "cursor", "product=a%20b": "shopifyProductId"} {
		if a := sh.ask("GET", "/designs?"+query).do().want(400); !strings.Contains(a.body, `{"error":"`+field) {
			t.Errorf("%s: %s", query, a.body)
		}
	}
}

// Another shopper's, the merchant's, another shop's, nobody's: one answer, byte by
// byte, for every way to ask; and nothing changes.
func TestOthersDesigns(t *testing.T) {
	s := newSite(t, 0)
	visitor := s.visitor(s.visitor("").save().Claim)
	mine, theirs, visitors := s.customer("7").save(), s.customer("8").save(), visitor.save()
	template := s.configure(s.shop, "1", true)
	hidden := s.configure(s.shop, "off", false)
	var merchants store.Design
	s.merchant(s.shop, func(tx *store.Tx, terms store.Terms) (err error) {
		merchants, err = tx.CreateDesign(store.By{}, terms, store.NewDesign{ProductID: "1", DesignJSON: []byte(`{}`)})
		return err
	})
	foreign := shopper{s: s, shop: s.other, customer: "7"}.save()
	const nobodys = "018f0000-0000-7000-8000-000000000000"
	for who, sh := range map[string]shopper{"customer": s.customer("7"), "visitor": visitor, "nobody": s.visitor(""), "bad claim": s.visitor("x")} {
		ids := []string{nobodys, theirs.ID, merchants.ID, hidden.ID, foreign.ID, mine.ID, visitors.ID}
		if who == "customer" || who == "visitor" {
			ids = ids[:5]
		}
		for _, build := range []func(id string) *ask{
			func(id string) *ask { return sh.ask("GET", "/design/"+id) },
			func(id string) *ask { return sh.ask("GET", "/design/"+id).set("If-None-Match", "*") },
			func(id string) *ask { return sh.ask("PUT", "/design/"+id).json(`{"name":"x"}`) },
			func(id string) *ask {
				return sh.ask("PUT", "/design/"+id).set("If-Match", "*").json(`{"designJson":{}}`)
			},
			func(id string) *ask { return sh.ask("DELETE", "/design/"+id) },
			func(id string) *ask { return sh.ask("DELETE", "/design/"+id).set("If-Match", `"`+id+`-1"`) },
			func(id string) *ask { return sh.ask("DELETE", "/design/"+id).set("If-Match", `"a-1", "b-2"`) },
		} {
			first := ""
			for _, id := range ids {
				a := build(id).do()
				if who == "bad claim" && a.status == 400 { // a change that shows none of ours
					continue
				}
				a.notFound().header.Del("X-Request-Id")
				a.header.Del("Date")
				if got := fmt.Sprint(a.header); first == "" {
					first = got
				} else if got != first {
					t.Errorf("%s, %s: headers %s, others %s", who, a.what, got, first)
				}
			}
		}
	}
	for _, sh := range []shopper{s.customer("7"), visitor, s.visitor("")} {
		sh.ask("GET", "/design/"+template.ID).do().want(200)
		a := sh.ask("PUT", "/design/"+template.ID).json(`{"name":"x"}`).do()
		sh.ask("DELETE", "/design/"+template.ID).do().notFound()
		a.notFound()
	}
	s.customer("8").ask("GET", "/design/"+theirs.ID).do().want(200)
	visitor.ask("GET", "/design/"+visitors.ID).do().want(200)
	shopper{s: s, shop: s.other, customer: "7"}.ask("GET", "/design/"+foreign.ID).do().want(200)
	shopper{s: s, shop: s.other, claim: visitor.claim}.ask("GET", "/design/"+visitors.ID).do().notFound()
}

func TestBadDesigns(t *testing.T) {
	s := newSite(t, 0)
	sh := s.customer("7")
	const claim = "claim must be one that this server gave"
	for _, c := range []struct{ body, code, text string }{
		{`{"shopifyProductId":"1","designJson":[]}`, "invalid", "designJson must be a JSON object"},
		{`{"designJson":{}}`, "invalid", "shopifyProductId must be 1 to 64 letters, digits or any of _./:-"},
		{`{"shopifyProductId":"1","designJson":{},"isTemplate":true}`, "invalid", "isTemplate must be false for a shopper's design"},
		{`{"shopifyProductId":"1","designJson":{},"owner":"customer:8"}`, "invalid", "owner is not expected here"},
		{`{"shopifyProductId":"1","designJson":{},"claim":"x"}`, "invalid", claim},
		{`{"shopifyProductId":"1","designJson":{},"claim":1}`, "invalid", "claim must be text"},
		{`{"shopifyProductId":"1",`, "invalid", "body must be one JSON object"},
	} {
		sh.ask("POST", "/design").json(c.body).do().fails(400, c.code, c.text)
	}
	large := `{"shopifyProductId":"1","designJson":{"a":"` + strings.Repeat("x", 1<<20) + `"}}`
	sh.ask("POST", "/design").json(large).do().fails(http.StatusRequestEntityTooLarge, "too_large", "designJson must be at most 1 MiB")
	d := sh.save()
	sh.ask("PUT", "/design/"+d.ID).json(`{"isTemplate":true}`).do().fails(400, "invalid", "isTemplate must be false for a shopper's design")
	s.visitor("short").ask("POST", "/design").json(plain).do().fails(400, "invalid", claim)
	s.visitor(strings.Repeat("A", 43)).ask("POST", "/design").json(`{"claim":"`+strings.Repeat("E", 43)+`",`+plain[1:]).do().
		fails(400, "invalid", "claim must be the same in the header and in the body")
}

// A visitor who signs in takes along what they made; nobody can twice, and not as
// a visitor.
func TestClaim(t *testing.T) {
	s := newSite(t, 0)
	d := s.visitor("").save()
	visitor, customer := s.visitor(d.Claim), s.customer("7")
	as := visitor.upload(1)
	body := `{"claim":"` + d.Claim + `"}`
	visitor.ask("POST", "/claim").json(body).do().fails(403, "forbidden", "Sign in to the shop first")
	customer.ask("POST", "/claim").json(`{}`).do().fails(400, "invalid", "claim must be there")
	customer.ask("POST", "/claim").json(`{"claim":"x"}`).do().fails(400, "invalid", "claim must be one that this server gave")
	customer.ask("GET", "/design/"+d.ID).do().notFound()
	shopper{s: s, shop: s.other, customer: "7"}.ask("POST", "/claim").json(body).do().want(200)
	both := s.customer("7")
	both.claim = d.Claim
	both.ask("GET", "/design/"+d.ID).do().notFound() // signed in, the claim alone is not asked
	if a := both.ask("POST", "/claim").do().want(200); a.body != `{"designs":1,"uploads":1}`+"\n" {
		t.Errorf("claimed %s", a.body)
	}
	customer.ask("GET", "/design/"+d.ID).do().want(200)
	customer.ask("GET", "/asset/"+as.ID).do().want(200)
	for shop, want := range map[store.Shop][]store.Owner{s.shop: {store.ClaimOwner(d.Claim)}, s.other: {}} {
		if got, err := s.pool.Catalog().Claims(t.Context(), shop, "7", time.Now()); err != nil || !slices.Equal(got, want) {
			t.Errorf("known claims of the customer in %s: %v, %v", shop, got, err)
		}
	}
	visitor.ask("GET", "/design/"+d.ID).do().notFound()
	if a := s.customer("8").ask("POST", "/claim").json(body).do().want(200); a.body != `{"designs":0,"uploads":0}`+"\n" {
		t.Errorf("claimed again %s", a.body)
	}
}

// Fifty at once at the plan's edge get what is left, whoever they are.
func TestManySavesAtTheEdge(t *testing.T) {
	s := newSite(t, 0)
	tenanttest.Set(t, s.pool, s.shop, "maxDesigns", "30")
	var wg sync.WaitGroup
	var mu sync.Mutex
	saved := 0
	for i := range 50 {
		wg.Go(func() {
			a := s.customer(fmt.Sprint(i+1)).ask("POST", "/design").json(plain)
			got, err := a.send(a.query.Encode())
			mu.Lock()
			defer mu.Unlock()
			if err == nil && got.status == 201 {
				saved++
			} else if err != nil || got.status != 403 || !strings.Contains(got.body, "Design limit reached for your plan") {
				t.Errorf("%d %s %v", got.status, got.body, err)
			}
		})
	}
	wg.Wait()
	if saved != 30 {
		t.Errorf("%d saved, want 30", saved)
	}
}

// One shopper gets a fifth of a small plan, and the others still have the rest.
func TestOneShopperMayNotTakeAll(t *testing.T) {
	s := newSite(t, 0)
	tenanttest.Set(t, s.pool, s.shop, "maxDesigns", "10")
	tenanttest.Set(t, s.pool, s.shop, "maxAssets", "10")
	visitor := s.visitor(s.visitor("").save().Claim)
	visitor.save()
	visitor.ask("POST", "/design").json(plain).do().fails(403, "limit_reached", "You can keep at most 2 designs in this shop")
	visitor.upload(1)
	visitor.upload(2)
	visitor.ask("POST", "/upload").file(tinyPNG(3)).do().fails(403, "limit_reached", "You can keep at most 2 uploads in this shop")
	s.customer("7").save()
	both := s.customer("7")
	both.ask("POST", "/claim").set("X-Lapak-Claim", visitor.claim).do().fails(403, "limit_reached", "You can keep at most 2 designs in this shop")
	both.upload(4)
}

// What a shopper deletes, the merchant does not see in the trash, but can bring
// back.
func TestDeletedDesignsWait(t *testing.T) {
	s := newSite(t, 0)
	d := s.customer("7").save()
	s.customer("7").ask("DELETE", "/design/"+d.ID).do().want(204)
	s.merchant(s.shop, func(tx *store.Tx, terms store.Terms) error {
		if items, _, err := tx.Trash(store.Page{}); err != nil || len(items) != 0 {
			t.Errorf("the merchant's trash: %+v, %v", items, err)
		}
		_, err := tx.Undelete(store.By{}, terms, d.ID)
		return err
	})
	s.customer("7").ask("GET", "/design/"+d.ID).do().want(200)
	s.customer("8").ask("GET", "/design/"+d.ID).do().notFound()
}

// The audit log says that a shopper did it, and not which.
func TestAudit(t *testing.T) {
	s := newSite(t, 0)
	const customer = "7240913358026" // no time of day holds it
	s.customer(customer).save()
	claim := s.visitor("").save().Claim
	s.merchant(s.shop, func(tx *store.Tx, _ store.Terms) error {
		entries, _, err := tx.AuditLog(store.AuditFilter{}, store.Page{})
		if len(entries) != 2 || *entries[0].UserID != "visitor" || *entries[1].UserID != "customer" {
			t.Errorf("entries %+v", entries)
		}
		return err
	})
	if log := s.log.String(); strings.Contains(log, customer) || strings.Contains(log, claim) || !strings.Contains(log, "/proxy/design") {
		t.Errorf("the log names a shopper, or nothing: %s", log)
	}
}
