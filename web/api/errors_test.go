package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web"
)

const signIn = "Sign in or send a valid API key"

func TestProofs(t *testing.T) {
	s := newSite(t)
	for name, authorization := range map[string]string{
		"none": "", "empty": "Bearer ", "unknown": "Bearer lapak_" + strings.Repeat("a", 52), "garbage": "Bearer lapak_x",
		"other kind": "Bearer eyJ.eyJ.x", "basic": "Basic " + s.admin, "bare": s.admin,
	} {
		a := s.as("", "GET", "/designs").set("Authorization", authorization).do().fails(401, "unauthorized", signIn)
		if a.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: WWW-Authenticate %q", name, a.header.Get("WWW-Authenticate"))
		}
	}
	s.as("", "GET", "/designs").set("Authorization", "bearer "+s.read).do().want(200)
	s.as("", "GET", "/designs?api_key="+s.admin).do().want(401)

	key, secret, err := s.pool.Catalog().CreateKey(t.Context(), s.shop, catalog.RoleRead, "")
	if err != nil {
		t.Fatal(err)
	}
	s.as(secret, "GET", "/designs").do().want(200)
	if err := s.pool.Catalog().RevokeKey(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	s.as(secret, "GET", "/designs").do().fails(401, "unauthorized", signIn)
}

// Every route asks for its role: one lower is refused, and without proof all are.
func TestRoles(t *testing.T) {
	s := newSite(t)
	const low = "Your role does not allow this"
	for _, c := range []struct{ role, method, path string }{
		{"read", "GET", "/products"}, {"read", "GET", "/designs"}, {"write", "POST", "/design"}, {"read", "GET", "/design/x"},
		{"write", "PUT", "/design/x"}, {"write", "DELETE", "/design/x"}, {"read", "GET", "/configs"}, {"read", "GET", "/config/x"},
		{"write", "PUT", "/config/x"}, {"write", "DELETE", "/config/x"}, {"read", "GET", "/assets"}, {"write", "POST", "/assets"},
		{"read", "GET", "/assets/x"}, {"write", "DELETE", "/assets/x"}, {"read", "GET", "/assets/x/content"}, {"read", "GET", "/usage"},
		{"admin", "GET", "/audit"}, {"admin", "GET", "/export"}, {"admin", "GET", "/settings"}, {"admin", "PATCH", "/settings"},
		{"admin", "GET", "/backups"}, {"admin", "POST", "/restore"}, {"admin", "GET", "/jobs/x"},
	} {
		s.as("", c.method, c.path).do().fails(401, "unauthorized", signIn)
		if c.role != "read" {
			s.as(s.read, c.method, c.path).do().fails(403, "forbidden", low)
		}
		if c.role == "admin" {
			s.as(s.write, c.method, c.path).do().fails(403, "forbidden", low)
		}
		s.as(s.operator, c.method, c.path).do().fails(400, "shop_required", "Shop parameter required for tenant isolation")
	}
}

func TestCrossShop(t *testing.T) {
	s := newSite(t)
	const denied = "Cross-shop access denied"
	for _, name := range []string{s.other.String(), "TOKO.myshopify.com", "", "toko.myshopify.com ", "toko", "no.myshopify.com", "../x"} {
		for _, path := range []string{"/designs", "/backups"} {
			s.as(s.admin, "GET", path+"?shop="+url.QueryEscape(name)).do().fails(403, "cross_shop", denied)
			s.as(s.admin, "GET", path+"?shop="+s.shop.String()+"&shop="+url.QueryEscape(name)).do().want(403)
		}
		s.as(s.admin, "POST", "/design").json(`{"shop":"`+name+`",`+plainDesign[1:]).do().fails(403, "cross_shop", denied)
		s.as(s.admin, "POST", "/assets").form(part{"shop", "", name}, part{"type", "", "gallery"}, part{"file", "a.png", tinyPNG(1)}).do().
			fails(403, "cross_shop", denied)
		s.as(s.admin, "DELETE", "/design/x").json(`{"shop":"`+name+`"}`).do().fails(403, "cross_shop", denied)
	}
	s.as(s.admin, "GET", "/designs").set("X-Shop-Domain", s.other.String()).do().fails(403, "cross_shop", denied)
	s.as(s.admin, "GET", "/designs?shop="+s.shop.String()).set("X-Shop-Domain", s.shop.String()).do().want(200)
	s.as(s.admin, "POST", "/design").json(`{"shop":null,`+plainDesign[1:]).do().fails(400, "invalid", "shop must be text")

	for _, other := range []string{"x", "TOKO.myshopify.com", ""} {
		s.as(s.operator, "GET", "/designs?shop="+other).do().fails(400, "invalid", "shop must be a shop's name like example.myshopify.com")
	}
	s.as(s.operator, "GET", "/designs?shop="+s.shop.String()).set("X-Shop-Domain", s.other.String()).do().fails(403, "cross_shop", denied)
	s.as(s.operator, "GET", "/designs?shop=nobody.myshopify.com").do().fails(404, "not_found", "Not found")
	s.as(s.operator, "GET", "/backups?shop=nobody.myshopify.com").do().fails(404, "not_found", "Not found")
	s.as(s.operator, "GET", "/audit").set("X-Shop-Domain", s.shop.String()).do().want(200)
	s.as(s.operator, "POST", "/design").json(`{"shop":"` + s.shop.String() + `",` + plainDesign[1:]).do().want(201)
	if a := s.as(s.otherAdmin, "GET", "/designs").do().want(200); a.body != "[]\n" {
		t.Errorf("the other shop got %s", a.body)
	}
	if got := s.objects(s.other); got != nil {
		t.Errorf("the other shop got %v", got)
	}
}

// What another shop has and what nobody has get the same answer, headers included.
func TestOthersLookLikeNothing(t *testing.T) {
	s := newSite(t)
	d := s.design(s.otherAdmin, plainDesign)
	s.as(s.otherAdmin, "PUT", "/config/77").json(`{"config":{}}`).do().want(201)
	as := decode[store.Asset](s.as(s.otherAdmin, "POST", "/assets").form(part{"type", "", "gallery"}, part{"file", "a.png", tinyPNG(1)}).do().want(201))
	job, err := s.pool.Catalog().CreateJob(t.Context(), s.other, "restore", nil)
	if err != nil {
		t.Fatal(err)
	}
	nobody := uuid.NewString()
	for _, c := range []struct{ method, path, theirs, nobodys, body string }{
		{"GET", "/design/%s", d.ID, nobody, ""}, {"PUT", "/design/%s", d.ID, nobody, `{"name":"x"}`}, {"DELETE", "/design/%s", d.ID, nobody, ""},
		{"GET", "/config/%s", "77", "78", ""}, {"DELETE", "/config/%s", "77", "78", ""},
		{"GET", "/assets/%s", as.ID, nobody, ""}, {"GET", "/assets/%s/content", as.ID, nobody, ""}, {"DELETE", "/assets/%s", as.ID, nobody, ""},
		{"GET", "/jobs/%s", job.ID, nobody, ""},
	} {
		ask := func(id string) answer {
			r := s.as(s.admin, c.method, fmt.Sprintf(c.path, id))
			if c.body != "" {
				r.json(c.body)
			}
			a := r.do().fails(404, "not_found", "Not found")
			a.header.Del("X-Request-Id")
			a.header.Del("Date")
			return a
		}
		theirs, nobodys := ask(c.theirs), ask(c.nobodys)
		if fmt.Sprint(theirs.header) != fmt.Sprint(nobodys.header) {
			t.Errorf("%s: %v for theirs, %v for nobody's", c.path, theirs.header, nobodys.header)
		}
	}
	s.as(s.otherAdmin, "GET", "/design/"+d.ID).do().want(200)
}

func TestShopStates(t *testing.T) {
	s := newSite(t)
	cat := s.pool.Catalog()
	if err := cat.Suspend(t.Context(), s.shop); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/designs", "/backups", "/jobs/x", "/settings"} {
		s.as(s.admin, "GET", path).do().fails(403, "suspended", "This shop is suspended")
	}
	s.as(s.write, "POST", "/assets").form(part{"type", "", "gallery"}, part{"file", "a.png", tinyPNG(1)}).do().fails(403, "suspended", "This shop is suspended")
	s.as("", "GET", "/public/product/1?shop="+s.shop.String()).do().fails(404, "not_found", "Not found")
	if err := cat.Resume(t.Context(), s.shop); err != nil {
		t.Fatal(err)
	}
	s.as(s.admin, "GET", "/designs").do().want(200)

	if _, _, err := cat.BeginRestore(t.Context(), s.shop, "job"); err != nil {
		t.Fatal(err)
	}
	restoring := "This shop is being restored; try again in a moment"
	for _, r := range []*request{
		s.as(s.admin, "GET", "/designs"), s.as("", "GET", "/public/product/1?shop="+s.shop.String()),
		s.as(s.admin, "POST", "/restore").json(`{"undo":true}`),
	} {
		if a := r.do().fails(503, "restoring", restoring); a.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", a.what)
		}
	}
	s.as(s.admin, "GET", "/backups").do().want(200)
	s.as(s.otherAdmin, "GET", "/designs").do().want(200)
	if err := cat.AbortRestore(t.Context(), s.shop); err != nil {
		t.Fatal(err)
	}
	s.as(s.admin, "GET", "/designs").do().want(200)
}

func TestBusy(t *testing.T) {
	s := newSite(t, func(o *web.Options) {
		o.AcquireWait = time.Millisecond
	})
	var leases []*tenants.Lease
	for i := range 16 { // all places that tenanttest has
		leases = append(leases, tenanttest.Lease(t, s.pool, tenanttest.Shop(t, s.pool, fmt.Sprintf("full%d", i))))
	}
	a := s.as(s.admin, "GET", "/designs").do().fails(503, "busy", "Too many shops are busy; try again in a moment")
	if a.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
	}
	for _, l := range leases {
		l.Release()
	}
}

// TestBadInput is the contract's 400 and 413: each names what is wrong.
func TestBadInput(t *testing.T) {
	s := newSite(t)
	tenanttest.Set(t, s.pool, s.shop, "maxDesigns", "1")
	big := `{"shopifyProductId":"1","designJson":{"a":"` + strings.Repeat("x", 1<<20) + `"}}`
	deep := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
	for _, c := range []struct {
		method, path, body string
		status             int
		code, text         string
	}{
		{"POST", "/design", ``, 400, "invalid", "shopifyProductId must be 1 to 64 letters, digits or any of _./:-"},
		{"POST", "/design", `null`, 400, "invalid", "body must be one JSON object"},
		{"POST", "/design", `[]`, 400, "invalid", "body must be one JSON object"},
		{"POST", "/design", `{"name":"x"`, 400, "invalid", "body must be one JSON object"},
		{"POST", "/design", plainDesign + plainDesign, 400, "invalid", "body must be one JSON object"},
		{"POST", "/design", plainDesign + "x", 400, "invalid", "body must be one JSON object"},
		{"POST", "/design", "{\"name\":\"\xff\"}", 400, "invalid", "body must be valid UTF-8"},
		{"POST", "/design", `{"nome":"x"}`, 400, "invalid", "nome is not expected here"},
		{"POST", "/design", `{"Name":"x"}`, 400, "invalid", "Name is not expected here"},
		{"POST", "/design", `{"owner":"x"}`, 400, "invalid", "owner is not expected here"},
		{"POST", "/design", `{"name":"x","name":"y"}`, 400, "invalid", "name is named twice, or too many fields are"},
		{"POST", "/design", `{"name":5}`, 400, "invalid", "name must be text"},
		{"POST", "/design", `{"isTemplate":"yes"}`, 400, "invalid", "isTemplate must be true or false"},
		{"POST", "/design", `{"shopifyProductId":{"a":1}}`, 400, "invalid", "shopifyProductId must be text"},
		{"POST", "/design", `{"shopifyProductId":"a b","designJson":{}}`, 400, "invalid", "shopifyProductId must be 1 to 64 letters, digits or any of _./:-"},
		{"POST", "/design", `{"shopifyProductId":"1"}`, 400, "invalid", "designJson must be a JSON object"},
		{"POST", "/design", `{"shopifyProductId":"1","designJson":[1]}`, 400, "invalid", "designJson must be a JSON object"},
		{"POST", "/design", `{"shopifyProductId":"1","designJson":"{}"}`, 400, "invalid", "designJson must be a JSON object"},
		{"POST", "/design", `{"shopifyProductId":"1","designJson":{"a":nul}}`, 400, "invalid", "designJson must be valid JSON"},
		{"POST", "/design", `{"shopifyProductId":"1","designJson":{]}`, 400, "invalid", "designJson must be valid JSON"},
		{"POST", "/design", `{"shopifyProductId":"1","designJson":` + deep + `}`, 400, "invalid", "designJson must be valid JSON"},
		{"POST", "/design", `{"shopifyProductId":"1","name":"` + strings.Repeat("x", 201) + `","designJson":{}}`, 400, "invalid", "name must be at most 200 characters"},
		{"POST", "/design", big, 413, "too_large", "designJson must be at most 1 MiB"},
		{"POST", "/design", strings.Repeat(" ", 2<<20), 413, "too_large", "The request must be at most 1 MiB"},
		{"PUT", "/config/1", `{"config":{"a":"` + strings.Repeat("x", 256<<10) + `"}}`, 413, "too_large", "config must be at most 256 KiB"},
		{"PUT", "/config/1", `{}`, 400, "invalid", "config must be a JSON object"},
		{"PUT", "/config/1", `{"config":{},"enabled":1}`, 400, "invalid", "enabled must be true or false"},
		{"PUT", "/config/a%20b", `{"config":{}}`, 400, "invalid", "shopifyProductId must be 1 to 64 letters, digits or any of _./:-"},
		{"DELETE", "/design/x", `{"a":1}`, 400, "invalid", "a is not expected here"},
		{"DELETE", "/design/x", strings.Repeat(" ", 5000), 413, "too_large", "The request must be at most 4 KiB"},
		{"GET", "/designs?limit=0", "", 400, "invalid", "limit must be a number from 1 to 100"},
		{"GET", "/designs?limit=101", "", 400, "invalid", "limit must be a number from 1 to 100"},
		{"GET", "/designs?limit=-1", "", 400, "invalid", "limit must be a number from 1 to 100"},
		{"GET", "/designs?limit=9999999999999999999999", "", 400, "invalid", "limit must be a number from 1 to 100"},
		{"GET", "/designs?limit=ten", "", 400, "invalid", "limit must be a number from 1 to 100"},
		{"GET", "/designs?cursor=x", "", 400, "invalid", "cursor is not one of this server's"},
		{"GET", "/configs?cursor=" + strings.Repeat("A", 100), "", 400, "invalid", "cursor is not one of this server's"},
		{"GET", "/designs?template=maybe", "", 400, "invalid", "template must be true or false"},
		{"GET", "/designs?product=a%20b", "", 400, "invalid", "shopifyProductId must be 1 to 64 letters, digits or any of _./:-"},
		{"GET", "/assets?type=movies", "", 400, "invalid", "type must be one of gallery, base-images, fonts, designs"},
		{"GET", "/audit?to=2026-13-01T00:00:00Z", "", 400, "invalid", "to must be a time like 2006-01-02T15:04:05Z (RFC 3339)"},
		{"POST", "/restore", `{}`, 400, "invalid", "at must be a moment, or undo must be true, and not both"},
		{"POST", "/restore", `{"at":"-5m","undo":true}`, 400, "invalid", "at must be a moment, or undo must be true, and not both"},
		{"POST", "/restore", `{"at":5}`, 400, "invalid", "at must be text"},
		{"POST", "/restore", `{"undo":true}`, 400, "invalid", "undo: there is no restore to undo"},
		{"POST", "/restore", `{"at":"2999-01-01T00:00:00Z"}`, 400, "invalid", "at: that moment is in the future"},
	} {
		r := s.as(s.admin, c.method, c.path)
		if c.body != "" {
			r.json(c.body)
		}
		r.do().fails(c.status, c.code, c.text)
	}
	s.design(s.admin, plainDesign)
	s.as(s.admin, "POST", "/design").json(plainDesign).do().fails(403, "limit_reached", "Design limit reached for your plan")
	for _, match := range []string{`x`, `"`, `"x`, `"a" "b"`, `W/x`, ``, `"a b"`} {
		s.as(s.admin, "PUT", "/design/x").set("If-Match", match).json(`{}`).do().want(400)
	}
	s.as(s.admin, "PUT", "/config/x").set("If-Match", `"a-1`).json(`{"config":{}}`).do().
		fails(400, "invalid", `If-Match must be "*" or entity tags in quotes`)
}

func TestCursorOfAnotherList(t *testing.T) {
	s := newSite(t)
	s.design(s.write, plainDesign)
	s.design(s.write, plainDesign)
	next := nextPath(s.as(s.read, "GET", "/designs?limit=1").do().want(200))
	_, query, _ := strings.Cut(next, "?")
	s.as(s.read, "GET", "/configs?"+query).do().fails(400, "invalid", "cursor belongs to another list")
}

func TestUnknownRoutes(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"", "/", "/nothing", "/design", "/design/a/b", "/../healthz"} {
		if path == "/design" {
			a := s.as(s.admin, "GET", path).do().fails(405, "method_not_allowed", "Method not allowed")
			if a.header.Get("Allow") != "POST" {
				t.Errorf("Allow %q", a.header.Get("Allow"))
			}
			continue
		}
		s.as(s.admin, "GET", path).do().fails(404, "not_found", "Not found")
	}
	if a := s.as("", "PATCH", "/design/x").do().want(405); a.header.Get("Allow") != "GET, HEAD, PUT, DELETE" {
		t.Errorf("Allow %q", a.header.Get("Allow"))
	}
}

func TestHeaders(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/designs", "/nothing", "/design/x"} {
		a := s.as(s.admin, "GET", path).do()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s %q, want %q", path, name, got, want)
			}
		}
		if a.header.Get("X-Request-Id") == "" || a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", path, a.header)
		}
	}
}

// 50 callers at the edge of a limit get exactly what is left.
func TestLimitEdge(t *testing.T) {
	s := newSite(t)
	tenanttest.Set(t, s.pool, s.shop, "maxDesigns", "7")
	tenanttest.Set(t, s.pool, s.shop, "maxProducts", "3")
	tenanttest.Set(t, s.pool, s.shop, "maxAssets", "5")
	count := func(what string, want int, ask func(i int) *request) {
		t.Helper()
		got := statuses(t, 50, ask)
		if got[201] != want || got[403] != 50-want {
			t.Errorf("%s: %v, want %d made", what, got, want)
		}
	}
	count("designs", 7, func(int) *request { return s.as(s.write, "POST", "/design").json(plainDesign) })
	count("configs", 3, func(i int) *request {
		return s.as(s.write, "PUT", fmt.Sprintf("/config/%d", i)).json(`{"config":{}}`)
	})
	count("assets", 5, func(i int) *request {
		return s.as(s.write, "POST", "/assets").form(part{"type", "", "gallery"}, part{"file", "a.png", tinyPNG(i + 1)})
	})
	used := decode[struct{ Usage store.Usage }](s.as(s.read, "GET", "/usage").do().want(200)).Usage
	if used.Designs != 7 || used.Products != 3 || used.Assets != 5 {
		t.Errorf("usage %+v", used)
	}
}

// statuses makes n requests at once and counts their statuses.
func statuses(t *testing.T, n int, ask func(i int) *request) map[int]int {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	got := map[int]int{}
	for i := range n {
		r := ask(i)
		wg.Go(func() {
			a, err := r.send()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			got[a.status]++
		})
	}
	wg.Wait()
	return got
}

// Of callers who change the same version, one wins.
func TestIfMatchRace(t *testing.T) {
	s := newSite(t)
	made := s.as(s.write, "POST", "/design").json(plainDesign).do().want(201)
	d := decode[store.Design](made)
	got := statuses(t, 20, func(i int) *request {
		return s.as(s.write, "PUT", "/design/"+d.ID).set("If-Match", made.header.Get("ETag")).json(fmt.Sprintf(`{"name":"%d"}`, i))
	})
	if got[200] != 1 || got[412] != 19 {
		t.Errorf("statuses %v", got)
	}
	etag := s.as(s.read, "GET", "/design/"+d.ID).do().header.Get("ETag")
	s.as(s.write, "PUT", "/design/"+d.ID).set("If-Match", made.header.Get("ETag")+", "+etag).json(`{}`).do().want(200)
}

// A sender that goes away in the middle leaves nothing.
func TestTruncatedBody(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ path, kind, body string }{
		{"/design", "application/json", plainDesign[:20]},
		{"/assets", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nabc"},
	} {
		pr, pw := io.Pipe()
		req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+web.APIPrefix+c.path, pr)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.write)
		req.Header.Set("Content-Type", c.kind)
		done := make(chan error, 1)
		go func() {
			resp, err := http.DefaultClient.Do(req)
			if err == nil {
				err = resp.Body.Close()
			}
			done <- err
		}()
		if _, err := io.WriteString(pw, c.body); err != nil {
			t.Fatal(err)
		}
		_ = pw.CloseWithError(io.ErrUnexpectedEOF)
		<-done
	}
	a := s.as(s.write, "POST", "/assets").set("Content-Type", "multipart/form-data; boundary=x")
	a.body = strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nabc")
	a.do().fails(400, "invalid", "body ended too early")
	if got := s.as(s.read, "GET", "/designs").do().want(200); got.body != "[]\n" {
		t.Errorf("designs %s", got.body)
	}
	s.close()
	if left := s.spooled(); left != nil {
		t.Errorf("left in the spool: %v", left)
	}
}
