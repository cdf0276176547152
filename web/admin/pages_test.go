package admin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/admin"
	"lapak/web/upload"
	"lapak/web/view"
)

// shopPages is a merchant of a new shop, who looks at its pages.
type shopPages struct {
	t       testing.TB
	pool    *tenants.Pool
	shop    store.Shop
	handler http.Handler
	role    catalog.Role
	base    string
}

func openPages(t testing.TB, changes ...func(*tenants.Options)) *shopPages {
	t.Helper()
	p := &shopPages{t: t, pool: tenanttest.New(t, changes...), role: catalog.RoleAdmin}
	p.shop = tenanttest.Shop(t, p.pool, "a")
	p.base = "/shops/" + p.shop.String()
	site, err := view.NewSite()
	if err != nil {
		t.Fatal(err)
	}
	a := admin.New(admin.Options{Pool: p.pool, Site: site, Uploads: upload.New(upload.Options{Pool: p.pool, Spool: t.TempDir()})})
	prove := func(*http.Request) (web.Identity, error) {
		return web.Identity{Shop: p.shop, Role: p.role, By: store.By{UserID: "7", Email: "sari@example.com"}}, nil
	}
	routes := append(append(a.Routes("/shops/{shop}", false), a.Routes("/app", true)...), a.Media()...)
	p.handler = web.NewServer(web.Options{Pool: p.pool, Routes: routes, Provers: []web.Prover{prove}}).Handler()
	return p
}

// answer is what came back.
type answer struct {
	*http.Response
	body string
}

func (p *shopPages) do(r *http.Request) answer {
	p.t.Helper()
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	res := w.Result()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer{res, string(raw)}
}

// get asks for one of the shop's pages, or for an address that begins with
// "/media/".
func (p *shopPages) get(path string) answer {
	p.t.Helper()
	if !strings.HasPrefix(path, "/media/") && !strings.HasPrefix(path, p.base) && !strings.HasPrefix(path, "/app") {
		path = p.base + path
	}
	a := p.do(httptest.NewRequest(http.MethodGet, path, nil))
	if strings.Contains(a.body, "⟦") {
		p.t.Errorf("%s has a text that is not translated: %s", path, regexp.MustCompile("⟦[^⟧]*⟧").FindString(a.body))
	}
	return a
}

func (p *shopPages) post(path string, form url.Values) answer {
	p.t.Helper()
	r := httptest.NewRequest(http.MethodPost, p.base+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.do(r)
}

// upload sends one file, as a plain form does it or, with accept, as a script.
func (p *shopPages) upload(kind, name string, content []byte, accept string) answer {
	p.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("type", kind)
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		p.t.Fatal(err)
	}
	_, _ = part.Write(content)
	_ = w.Close()
	r := httptest.NewRequest(http.MethodPost, p.base+"/assets", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	return p.do(r)
}

// wants checks an answer's status and that all words are in it.
func (p *shopPages) wants(a answer, status int, words ...string) {
	p.t.Helper()
	if a.StatusCode != status {
		p.t.Fatalf("status %d, want %d: %s", a.StatusCode, status, a.body)
	}
	for _, word := range words {
		if !strings.Contains(a.body, word) && !strings.Contains(a.body, html.EscapeString(word)) {
			p.t.Errorf("%q is missing in %s", word, a.body)
		}
	}
}

func (p *shopPages) lacks(a answer, words ...string) {
	p.t.Helper()
	for _, word := range words {
		if strings.Contains(a.body, word) || strings.Contains(a.body, html.EscapeString(word)) {
			p.t.Errorf("%q is in %s", word, a.body)
		}
	}
}

// follow goes where a form's answer leads.
func (p *shopPages) follow(a answer) answer {
	p.t.Helper()
	p.wants(a, http.StatusSeeOther)
	return p.get(a.Header.Get("Location"))
}

// undo sends the form of the page's toast.
func (p *shopPages) undo(a answer) answer {
	p.t.Helper()
	form := regexp.MustCompile(`action="([^"]*/undo)"><input type="hidden" name="of" value="([^"]*)"`).FindStringSubmatch(a.body)
	if form == nil {
		p.t.Fatalf("no undo in %s", a.body)
	}
	return p.follow(p.post(strings.TrimPrefix(form[1], p.base), url.Values{"of": {form[2]}}))
}

func (p *shopPages) write(fn func(tx *store.Tx, terms store.Terms) error) {
	p.t.Helper()
	l, err := p.pool.Acquire(p.t.Context(), p.shop)
	if err != nil {
		p.t.Fatal(err)
	}
	defer l.Release()
	if err := l.Write(p.t.Context(), "test", func(tx *store.Tx) error { return fn(tx, l.Terms()) }); err != nil {
		p.t.Fatal(err)
	}
}

// saveDesign makes a design; its JSON is an empty canvas where none is given.
func (p *shopPages) saveDesign(name, owner, text string) (d store.Design) {
	p.t.Helper()
	if text == "" {
		text = `{"canvas":{"width":100,"height":50,"background":"#ffffff"},"layers":[{"type":"rect","width":9,"height":9,"fill":"#123456"}]}`
	}
	p.write(func(tx *store.Tx, terms store.Terms) (err error) {
		in := store.NewDesign{ProductID: "1", Name: name, DesignJSON: json.RawMessage(text), Owner: owner}
		d, err = tx.CreateDesign(store.By{UserID: "7"}, terms, in)
		return err
	})
	return d
}

// picture is a PNG of one colour with some noise in it, so that it is not small.
func picture(t testing.TB, w, h int, c color.Color) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	noise := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	for i := range w * h {
		img.Set(i%w, i/w, c)
		img.Pix[i*4] += uint8(noise.IntN(64))
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// boxes are the values of the boxes to tick in a list.
func boxes(a answer) (ids []string) {
	for _, m := range regexp.MustCompile(`name="id" value="([^"]*)"`).FindAllStringSubmatch(a.body, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// address is the first attribute's value that contains part.
func address(t testing.TB, a answer, part string) string {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?:src|href|hx-get|action|hx-sse:connect)="([^"]*)"`).FindAllStringSubmatch(a.body, -1) {
		if strings.Contains(m[1], part) {
			return html.UnescapeString(m[1])
		}
	}
	t.Fatalf("no address with %s in %s", part, a.body)
	return ""
}

// otherShopsDesign is the id of a design of another shop.
func (p *shopPages) otherShopsDesign() string {
	p.t.Helper()
	l := tenanttest.Lease(p.t, p.pool, tenanttest.Shop(p.t, p.pool, "b"))
	var d store.Design
	err := l.Write(p.t.Context(), "test", func(tx *store.Tx) (err error) {
		d, err = tx.CreateDesign(store.By{}, l.Terms(), store.NewDesign{ProductID: "1", DesignJSON: json.RawMessage(`{}`)})
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return d.ID
}

func names(prefix string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%s %02d", prefix, i))
	}
	return all
}

var whitish = color.NRGBA{240, 230, 220, 255}

// request is get with a header.
func (p *shopPages) request(path, header, value string) answer {
	p.t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set(header, value)
	return p.do(r)
}

// fill makes so many designs, most of them customers'.
func (p *shopPages) fill(n int) {
	p.t.Helper()
	tenanttest.Set(p.t, p.pool, p.shop, "maxDesigns", "-1")
	layer := `{"type":"text","x":10,"y":20,"width":300,"height":40,"text":"hello","font":"serif","size":30,"fill":"#112233"},`
	text := json.RawMessage(`{"canvas":{"width":400,"height":400},"layers":[` + strings.TrimSuffix(strings.Repeat(layer, 20), ",") + `]}`)
	for done := 0; done < n; {
		p.write(func(tx *store.Tx, terms store.Terms) error {
			for range 200 {
				in := store.NewDesign{ProductID: fmt.Sprint(done % 40), Name: fmt.Sprintf("Mug %d", done), DesignJSON: text}
				if done%3 > 0 {
					in.Owner = store.CustomerOwner(fmt.Sprint(done))
				}
				if _, err := tx.CreateDesign(store.By{UserID: "7"}, terms, in); err != nil {
					return err
				}
				done++
			}
			return nil
		})
	}
}

// hash is a made-up SHA-256.
func hash(n int) string { return fmt.Sprintf("%064x", n) }
