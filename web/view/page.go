package view

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"

	"github.com/a-h/templ"
)

// Page is what stands around a page's content.
type Page struct {
	L        *Locale
	Site     *Site
	Title    string // of the document and of its heading, in the reader's language
	Name     string // whose pages these are: the shop's name, or ""
	Home     string // where the brand leads
	Nav      []NavItem
	Embedded *Embedding      // nil: outside of Shopify
	Top      templ.Component // above everything, such as "you are looking at somebody's shop"; nil: nothing
	Foot     templ.Component // below the navigation, such as who is signed in; nil: nothing
	Toast    *Toast          // what was just done; nil: nothing
	Wide     bool            // use the whole width, for tables with many columns
	Bare     bool            // no navigation, a narrow column: signing in
}

// NavItem is one line of the navigation.
type NavItem struct {
	Href, Label string
	Icon        string // a name of Icon's
	Current     bool
}

// Embedding is what a page inside of Shopify's admin needs.
type Embedding struct {
	APIKey    string // Shopify's client id of the app
	AppBridge string // address of App Bridge's script
}

// Toast says what was just done, with a way back if there is one.
type Toast struct {
	Text string
	Undo string            // where the form that undoes it is sent; "": there is no way back
	With map[string]string // its hidden fields
}

// Policy is the Content-Security-Policy of a page. Who embeds it adds their
// origin to it.
func (p Page) Policy() string {
	script := "script-src 'self'"
	if p.Embedded != nil {
		script += " https://cdn.shopify.com"
	}
	return "default-src 'none'; " + script + "; style-src 'self'; img-src 'self' data: https:; font-src 'self'; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// Write answers with a whole page.
func (s *Site) Write(w http.ResponseWriter, r *http.Request, status int, p Page, body templ.Component) error {
	w.Header().Set("Content-Security-Policy", p.Policy())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		// What a form answers without a redirect has no address of its own.
		w.Header().Set("HX-Push-Url", "false")
	}
	return s.WriteFragment(w, r, status, layout(p, body))
}

// smallest is from how many bytes on an answer is worth compressing.
const smallest = 1 << 10

// WriteFragment answers with a part of a page.
func (s *Site) WriteFragment(w http.ResponseWriter, r *http.Request, status int, body templ.Component) error {
	buf := s.buffers.Get().(*bytes.Buffer)
	defer s.buffers.Put(buf)
	buf.Reset()
	if err := body.Render(r.Context(), buf); err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Encoding, HX-Request")
	out := buf
	if buf.Len() > smallest && acceptsGzip(r) {
		zipped := s.buffers.Get().(*bytes.Buffer)
		defer s.buffers.Put(zipped)
		zipped.Reset()
		if err := s.zip(zipped, buf.Bytes()); err != nil {
			return err
		}
		h.Set("Content-Encoding", "gzip")
		out = zipped
	}
	send(w, r, status, "text/html; charset=utf-8", out.Bytes())
	return nil
}

func (s *Site) zip(to *bytes.Buffer, raw []byte) error {
	z := s.zippers.Get().(*gzip.Writer)
	defer s.zippers.Put(z)
	z.Reset(to)
	if _, err := z.Write(raw); err != nil {
		return fmt.Errorf("compress page: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("compress page: %w", err)
	}
	return nil
}
