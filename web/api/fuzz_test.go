package api

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"

	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
	"lapak/web"
)

// fuzzSite is a server that fuzz tests send bytes to, without a connection.
func fuzzSite(f *testing.F) (serve func(method, path, contentType string, body []byte) *httptest.ResponseRecorder, spool string) {
	f.Helper()
	pool := tenanttest.New(f)
	shop := tenanttest.Shop(f, pool, "toko")
	tenanttest.Set(f, pool, shop, "plan", "enterprise")
	key := tenanttest.Key(f, pool, shop, catalog.RoleAdmin)
	spool = f.TempDir()
	h := web.NewServer(web.Options{
		Pool: pool, Provers: []web.Prover{web.NewKeys(pool.Catalog()).Prove}, Routes: New(Options{Pool: pool, Spool: spool}).Routes(),
	}).Handler()
	return func(method, path, contentType string, body []byte) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, web.APIPrefix+path, bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}, spool
}

func glob(t *testing.T, dir string) int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// soundAnswer wants JSON, and no fault of the server's.
func soundAnswer(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code >= 500 || w.Code != http.StatusNoContent && !json.Valid(w.Body.Bytes()) {
		t.Fatalf("status %d: %q", w.Code, w.Body.String())
	}
}

// FuzzBodies sends bytes to every route that takes JSON. What is accepted must
// be JSON for everybody.
func FuzzBodies(f *testing.F) {
	serve, _ := fuzzSite(f)
	routes := []struct{ method, path string }{
		{"POST", "/design"}, {"PUT", "/config/1"}, {"PATCH", "/settings"}, {"PUT", "/design/x"}, {"DELETE", "/design/x"},
	}
	for i, body := range []string{
		`{"shopifyProductId":"1","name":"n","designJson":{"a":[1,{"b":"\u00e9\\"}]}}`, `{"config":{},"enabled":false}`,
		`{"timezone":"Asia/Jakarta","primaryColor":null}`, `{"name":"x","isTemplate":true}`, `{"shop":"toko.myshopify.com"}`,
	} {
		f.Add(byte(i), []byte(body))
		f.Add(byte(i), []byte(body[:len(body)-1]))
	}
	f.Fuzz(func(t *testing.T, route byte, body []byte) {
		rt := routes[int(route)%len(routes)]
		w := serve(rt.method, rt.path, "application/json", body)
		soundAnswer(t, w)
		if w.Code/100 == 2 && len(bytes.TrimSpace(body)) > 0 && !json.Valid(body) {
			t.Fatalf("%s %s: accepted %q", rt.method, rt.path, body)
		}
	})
}

// FuzzRestore asks for moments; nothing is there to restore to but now.
func FuzzRestore(f *testing.F) {
	for _, body := range []string{`{"at":"-5m"}`, `{"undo":true}`, `{"at":"yesterday 14:00"}`, `{"at":"2026-01-01T00:00:00Z"}`, `{"at":null}`} {
		f.Add([]byte(body))
	}
	serve, _ := fuzzSite(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		if w := serve("POST", "/restore", "application/json", body); w.Code != http.StatusServiceUnavailable {
			soundAnswer(t, w) // one that was begun may be under way
		}
	})
}

func FuzzMultipart(f *testing.F) {
	serve, spool := fuzzSite(f)
	var buf bytes.Buffer
	form := multipart.NewWriter(&buf)
	if err := form.SetBoundary("x"); err != nil {
		f.Fatal(err)
	}
	_ = form.WriteField("type", "gallery")
	file, _ := form.CreateFormFile("file", "a.svg")
	_, _ = io.WriteString(file, `<svg xmlns="http://www.w3.org/2000/svg"/>`)
	_ = form.Close()
	f.Add("multipart/form-data; boundary=x", buf.Bytes())
	f.Add("multipart/form-data; boundary=x", buf.Bytes()[:buf.Len()/2])
	f.Add("multipart/form-data", []byte("--x"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		soundAnswer(t, serve("POST", "/assets", contentType, body))
		if left := glob(t, spool); left != 0 {
			t.Fatalf("%d files left in the spool", left)
		}
	})
}

func FuzzPage(f *testing.F) {
	f.Add("20", "")
	f.Add("101", "ZAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, limit, cursor string) {
		p, err := page(url.Values{"limit": {limit}, "cursor": {cursor}})
		if err != nil {
			if web.Explain(err).Status != http.StatusBadRequest {
				t.Fatal(err)
			}
			return
		}
		if p.Limit < 1 || p.Limit > web.MaxLimit || p.After.String() != cursor {
			t.Fatalf("%q, %q: %+v", limit, cursor, p)
		}
	})
}
