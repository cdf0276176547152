package view

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
)

func newTestSite(t testing.TB) *Site {
	t.Helper()
	s, err := NewSite()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		setting, accept string
		want            Lang
	}{
		{"", "", English}, {"id", "en", Indonesian}, {"en", "id", English}, {"", "id-ID,id;q=0.9,en;q=0.8", Indonesian},
		{"", "fr, id;q=0.3", Indonesian}, {"", "de", English}, {"", "en-GB, id", English}, {"", "id;q=x", English}, {"tlh", "id", Indonesian},
		{"", strings.Repeat("id,", 100), English},
	} {
		if got := Language(c.setting, c.accept); got != c.want {
			t.Errorf("Language(%q, %.40q) = %d, want %d", c.setting, c.accept, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	s := newTestSite(t)
	en, id := s.Locale(English, nil), s.Locale(Indonesian, nil)
	for _, c := range []struct{ name, got, want string }{
		{"small", en.Number(999), "999"}, {"thousands", en.Number(1234567), "1,234,567"}, {"Indonesian", id.Number(1234567), "1.234.567"},
		{"below zero", en.Number(-1200), "−1,200"},
		{"bytes", en.Bytes(0), "0 B"}, {"a full unit", en.Bytes(1 << 30), "1 GB"}, {"a part of it", id.Bytes(1610612736), "1,5 GB"},
		{"nearly the next unit", en.Bytes(1<<20 - 1), "1 MB"}, {"many", en.Bytes(5 << 40), "5 TB"}, {"beyond all units", en.Bytes(1 << 60), "1,048,576 TB"},
		{"percent", en.Percent(1, 10000), "1%"}, {"no percent", en.Percent(0, 10), "0%"}, {"all", en.Percent(10, 10), "100%"},
		{"one", en.N("time.minutes", 1), "1 minute ago"}, {"more", en.N("time.minutes", 2), "2 minutes ago"}, {"no plural", id.N("time.minutes", 2), "2 menit lalu"},
		{"unknown", en.T("no.such"), "⟦no.such⟧"}, {"others' words", en.Or("no.such", "x"), "x"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestTimes(t *testing.T) {
	s := newTestSite(t)
	zone, err := time.LoadLocation("Asia/Jakarta")
	if err != nil {
		t.Fatal(err)
	}
	en, id := s.Locale(English, zone), s.Locale(Indonesian, zone)
	en.Now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	at := time.Date(2026, 5, 31, 18, 5, 9, 0, time.UTC) // the next day in Jakarta
	for _, c := range []struct{ got, want string }{
		{en.Moment(at), "1 Jun 2026, 01:05"}, {id.Moment(at), "1 Jun 2026, 01.05"}, {en.Second(at), "1 Jun 2026, 01:05:09 WIB"},
		{id.Date(at.AddDate(0, 0, -5)), "27 Mei 2026"}, {en.Month("2026-11"), "Nov"}, {id.Month("2026-01"), "Jan 2026"}, {en.Month("x"), "x"},
		{en.Ago(en.Now.Add(time.Hour)), "just now"}, {en.Ago(en.Now.Add(-59 * time.Second)), "just now"}, {en.Ago(en.Now.Add(-time.Hour)), "1 hour ago"},
		{en.Ago(en.Now.Add(-47 * time.Hour)), "1 day ago"}, {en.Ago(at), "1 Jun 2026"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "gzip;q=0.000": false, "*": true, "identity": false, "deflate, x-gzip": false,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Encoding", header)
		if got := acceptsGzip(r); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

func TestWrite(t *testing.T) {
	s := newTestSite(t)
	p := Page{L: s.Locale(English, nil), Site: s, Title: "A & B"}
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	if err := s.Write(w, r, http.StatusTeapot, p, templ.Raw(strings.Repeat("x", 2000))); err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	h := w.Header()
	if w.Code != http.StatusTeapot || !bytes.Contains(body, []byte("<title>A &amp; B · Lapak</title>")) || h.Get("HX-Push-Url") != "false" ||
		h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'; style-src 'self'") {
		t.Errorf("%d %v\n%s", w.Code, h, body)
	}
	if strings.Contains(h.Get("Content-Security-Policy"), "shopify") {
		t.Error("a page that nobody embeds runs others' scripts")
	}
}

// TestAppBridgeIsFirst: Shopify wants the key before all, and its script before
// all others.
func TestAppBridgeIsFirst(t *testing.T) {
	s := newTestSite(t)
	var buf bytes.Buffer
	p := Page{L: s.Locale(English, nil), Site: s, Embedded: &Embedding{APIKey: `k"`, AppBridge: "https://cdn.shopify.com/b.js"}}
	if err := layout(p, templ.NopComponent).Render(t.Context(), &buf); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(buf.String(), `<head><meta name="shopify-api-key" content="k&#34;"><script src="https://cdn.shopify.com/b.js"></script>`) {
		t.Error(buf.String())
	}
}

// TestVendored: these are the files of npm's htmx.org 4.0.1, byte by byte.
func TestVendored(t *testing.T) {
	for name, want := range map[string]string{
		"htmx-4.0.1.min.js":   "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
		"hx-sse-4.0.1.min.js": "18ef2761356ec1fe0bb6d92612315b37517a7c1e9856b661c5ae81fef239d103",
	} {
		raw, err := static.ReadFile("static/vendor/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s: %x", name, sum)
		}
	}
}

// TestIcons: each icon that a page names is drawn.
func TestIcons(t *testing.T) {
	var empty bytes.Buffer
	if err := Icon("no such icon").Render(t.Context(), &empty); err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?:Icon\(|Icon: +|Empty\(|icon: +)"([a-z]+)"`).FindAllStringSubmatch(sources(t), -1)
	if len(named) < 20 {
		t.Fatalf("only %d icons are named", len(named))
	}
	for _, m := range named {
		var buf bytes.Buffer
		if err := Icon(m[1]).Render(t.Context(), &buf); err != nil || buf.Len() <= empty.Len() {
			t.Errorf("the icon %q is not drawn: %v", m[1], err)
		}
	}
}

// TestColors: what the stylesheet says of ink on paper can be read, in light and
// dark, inside of Shopify and outside (WCAG 2, AA).
func TestColors(t *testing.T) {
	raw, err := fs.ReadFile(static, "static/css/00-tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`(?s):root(:has\(body\.embedded\))? \{(.*?)\n *\}`).FindAllStringSubmatch(string(raw), -1)
	if len(blocks) < 4 {
		t.Fatalf("%d blocks of colours", len(blocks))
	}
	schemes := map[string]map[string]string{"light": {}, "dark": {}, "embedded": {}, "embedded dark": {}}
	into := [][]string{{"light", "dark", "embedded", "embedded dark"}, {"dark", "embedded dark"}, {"embedded"}, {"embedded dark"}}
	for i, names := range into {
		for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6})`).FindAllStringSubmatch(blocks[i][2], -1) {
			for _, name := range names {
				schemes[name][m[1]] = m[2]
			}
		}
	}
	for name, c := range schemes {
		for _, pair := range [][2]string{
			{"ink", "paper"}, {"ink", "surface"}, {"ink", "sunken"}, {"ink", "accent-soft"}, {"ink", "warn-soft"}, {"ink", "bad-soft"}, {"ink", "good-soft"},
			{"muted", "paper"}, {"muted", "surface"}, {"muted", "sunken"}, {"accent", "paper"}, {"accent", "surface"}, {"accent", "accent-soft"},
			{"accent-strong", "accent-soft"}, {"on-accent", "accent"}, {"on-accent", "accent-strong"}, {"good", "good-soft"}, {"warn", "warn-soft"}, {"bad", "bad-soft"},
			{"bad", "surface"}, {"bad", "paper"}, {"warn", "surface"}, {"paper", "ink"},
		} {
			if r := contrast(t, c[pair[0]], c[pair[1]]); r < 4.5 {
				t.Errorf("%s: %s on %s is %.2f, want 4.5", name, pair[0], pair[1], r)
			}
		}
		for _, under := range []string{"surface", "paper"} {
			if r := contrast(t, c["line-strong"], c[under]); r < 3 {
				t.Errorf("%s: borders on %s are %.2f, want 3", name, under, r)
			}
		}
	}
}
