package browsertest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestBrowser shows that what is wrong with a page is seen, and what is not is
// not, in a page and in a frame of another site within it.
func TestBrowser(t *testing.T) {
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	defer srv.Close()
	port := srv.URL[strings.LastIndexByte(srv.URL, ':')+1:]
	page := func(csp, html string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", csp)
			_, _ = w.Write([]byte(html))
		}
	}
	mux.Handle("/good", page("default-src 'self'; img-src data:", `<!doctype html><html lang=en><title>Good</title><link rel=icon href="data:,"><main><h1>Good</h1><form><label>Name <input id=n></label></form></main>`))
	mux.Handle("/bad", page("default-src 'self'; script-src 'unsafe-inline'", `<!doctype html><title>Bad</title><img src="/none.png"><div style="width:3000px">wide</div><script>console.error("ouch"); null.x</script>`))
	mux.Handle("/frame", page("", `<!doctype html><title>Frame</title><iframe src="http://other.test:`+port+`/bad"></iframe>`))
	b := Start(t, Options{HostRules: "MAP *.test 127.0.0.1:" + port})
	good := b.Tab(t, Variant{})
	good.Open(srv.URL + "/good")
	good.Fill("#n", "Sari")
	if got := Eval[string](good, "document.querySelector('#n').value"); got != "Sari" {
		t.Errorf("filled %q", got)
	}
	axe := AxeFile(t, "../..")
	if found, wide, paint := good.Axe(axe), good.Sideways(), good.Paint(); len(found) > 0 || wide > 0 || paint.LCP <= 0 || paint.Shift != 0 {
		t.Errorf("good page: %v, %v px too wide, %+v", found, wide, paint)
	}
	if w := good.Weight(); w.Page < 100 || w.Answers == 0 || w.Images != 0 {
		t.Errorf("%+v", w)
	}
	if p := good.Problems(); len(p) > 0 {
		t.Errorf("good page: %v", p)
	}

	bad := b.Tab(t, Phone())
	bad.Open(srv.URL + "/bad")
	wantProblems(t, bad, "ouch", "TypeError", "none.png", "CSP: style-src")
	if len(bad.Axe(axe)) == 0 {
		t.Error("axe found nothing")
	}
	outer := b.Tab(t, Variant{})
	outer.Open("http://shop.test:" + port + "/frame")
	inner := b.Frame(t, "other.test")
	inner.Until(`document.title == "Bad"`)
	if got := inner.Text("div"); got != "wide" {
		t.Errorf("in the frame: %q", got)
	}
}

func wantProblems(t *testing.T, tab *Tab, wanted ...string) {
	t.Helper()
	all := strings.Join(tab.Problems(), "\n")
	for _, w := range wanted {
		if !strings.Contains(all, w) {
			t.Errorf("no %q in\n%s", w, all)
		}
	}
}

// TestNoScript shows that a page without JavaScript can still be used.
func TestNoScript(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<form method=post><input id=n name=n value=` + r.FormValue("n") + `><button>Go</button></form><p>` + r.Method + `<script>document.querySelector("p").textContent = "script"</script>`))
	}))
	defer srv.Close()
	tab := Start(t, Options{NoScript: true}).Tab(t, Variant{})
	tab.Open(srv.URL)
	tab.Fill("#n", "x")
	tab.Click("button")
	tab.Until(`document.querySelector("p").innerText == "POST"`)
}
