package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/web/browsertest"
)

// TestWithoutScripts reads each page with JavaScript switched off, and sends the
// forms that matter.
func TestWithoutScripts(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data, "--demo")
	b := browsertest.Start(t, browsertest.Options{NoScript: true})
	p := &place{t: t, base: "/shops/" + demoShop, server: s, Tab: b.Tab(t, browsertest.Variant{})}
	p.visit = func(path string) { p.Open(s.url + p.base + path) }
	becomeOperator(t, p.Tab, data)
	for _, page := range operatorPages() {
		p.Open(s.url + page.path)
		p.readable(page.name)
	}
	for _, page := range merchantPages(t, p.Tab, s.url+p.base) {
		p.visit(page.path)
		p.readable(page.name)
	}
	p.Forget() // the 404 among them
	p.plainSettings()
	p.plainDelete()
	p.plainUpload()
	p.plainSearch()
	p.plainRestore()
	calm(t, p.Tab)
}

// readable is a page with its heading, in which nothing is offered that needs a
// script.
func (p *place) readable(name string) {
	p.t.Helper()
	p.Until(`document.querySelector("main h1")`)
	if dead := browsertest.Eval[string](p.Tab, `[...document.querySelectorAll("button[type=button]:not([popovertarget]), [data-script]")].filter(b => b.checkVisibility()).map(b => b.outerHTML).join(" ")`); dead != "" {
		p.t.Errorf("%s: needs scripts: %s", name, dead)
	}
	if px := p.Sideways(); px > 0 {
		p.t.Errorf("%s: %v px too wide", name, px)
	}
}

func (p *place) plainSettings() {
	p.t.Helper()
	p.visit("/settings")
	p.Fill("input[name=primaryColor]", "no colour")
	p.Click(".settings .primary")
	p.Until(`document.querySelector(".field.wrong .error")`)
	p.Forget() // the 422
	p.Fill("input[name=primaryColor]", "#226644")
	p.Click(".settings .primary")
	p.Until(`document.querySelector("[data-toast]")`)
}

func (p *place) plainDelete() {
	p.t.Helper()
	p.visit("/designs")
	p.Open(p.server.url + browsertest.Eval[string](p.Tab, tile("Kintamani")+`.querySelector("a").getAttribute("href")`))
	p.Click("form[action$='/delete'] button")
	p.Until(`document.querySelector("#toasts form") && !` + tile("Kintamani"))
	p.Click("#toasts form button")
	p.Until(`document.querySelector("h1").innerText.includes("Kintamani")`)
}

func (p *place) plainUpload() {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "plain-motif.png")
	if err := os.WriteFile(file, testPicture(p.t), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.visit("/assets")
	p.Files("#upload-file", file)
	p.Click("form[data-upload] [type=submit]")
	p.Until(`document.querySelector("[data-toast]") && document.body.innerText.includes("plain-motif.png")`)
}

func (p *place) plainSearch() {
	p.t.Helper()
	p.visit("/designs")
	p.Fill("#designs-text", "toraja")
	p.Click(".filter-button")
	p.Until(`document.querySelectorAll(".tile").length == 1 && location.search.includes("q=toraja")`)
}

func (p *place) plainRestore() {
	p.t.Helper()
	wait := func() time.Time { // the form counts in whole seconds
		now := time.Now()
		time.Sleep(now.Truncate(time.Second).Add(time.Second).Sub(now))
		return time.Now().Truncate(time.Second)
	}
	moment := wait()
	wait()
	p.visit("/designs")
	p.Open(p.server.url + browsertest.Eval[string](p.Tab, tile("Gayo Honey")+`.querySelector("a").getAttribute("href")`))
	p.Click("form[action$='/delete'] button")
	p.Until(`document.querySelector("#toasts form")`)
	p.visit("/backups")
	browsertest.Eval[int](p.Tab, fmt.Sprintf(`(document.querySelector("#moment-at").value = %q, 0)`, localTime(moment)))
	p.Click("#moment [type=submit]")
	p.Until(`document.querySelector("#wish form button")`)
	p.Click("#wish form button")
	p.Until(`location.search.includes("done=restored") && document.querySelector("[data-toast]")`)
	p.visit("/designs")
	p.Until(tile("Gayo Honey"))
	p.Forget() // 503 while it was restored
}

// localTime is a moment as the demo shop's fields have it.
func localTime(t time.Time) string {
	return t.In(time.FixedZone("WIB", 7*60*60)).Format("2006-01-02T15:04:05")
}

// TestKeyboard uses nothing but keys: past the navigation, into the menu of a
// phone, and through a window that asks.
func TestKeyboard(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data, "--demo")
	b := browsertest.Start(t, browsertest.Options{})
	p := &place{t: t, base: "/shops/" + demoShop, server: s, Tab: b.Tab(t, browsertest.Variant{})}
	p.visit = func(path string) { p.Open(s.url + p.base + path) }
	p.Open(strings.TrimSpace(lapak(t, "signin", "--shop", demoShop, "--data", data)))
	p.Press("\t")
	p.tabTo(`main button[type=submit]`)
	p.Press("\r")
	p.at("")

	p.visit("/designs")
	p.Press("\t")
	p.focused(".skip")
	p.Press("\r")
	p.Until(`document.activeElement.id == "main"`)
	p.Press("\t")
	p.Until(`document.activeElement.closest("main")`)

	p.Show(browsertest.Phone())
	p.visit("")
	p.tabTo(".menu-button")
	p.Press("\r")
	p.Until(`document.querySelector("#nav:popover-open")`)
	p.tabTo(`#nav a[href$="/backups"]`)
	p.Press(escape)
	p.Until(`!document.querySelector("#nav:popover-open") && document.activeElement.matches(".menu-button")`)
	p.Press("\r")
	p.tabTo(`#nav a[href$="/settings"]`)
	p.Press("\r")
	p.at("/settings")
	p.Until(`!document.querySelector("#nav:popover-open")`)

	p.visit("/settings/keys")
	p.tabTo("tr .danger")
	p.Press("\r")
	p.Until(`document.querySelector("#question").open`)
	p.focused("#question [value=no]")
	for range 4 {
		p.Press("\t") // out of the page into the browser's own, and back in: never behind the window
		if browsertest.Eval[bool](p.Tab, `document.activeElement != document.body && !document.activeElement.closest("#question")`) {
			t.Error("the focus left the window")
		}
	}
	p.Press(escape)
	p.Until(`!document.querySelector("#question").open && document.activeElement.matches("tr .danger")`)
	if browsertest.Eval[bool](p.Tab, `document.body.innerText.includes("Revoked")`) {
		t.Error("Escape said yes")
	}
	calm(t, p.Tab)
}

const escape = "\x1b"

// tabTo presses Tab until an element has the focus, and then sees it there.
func (p *place) tabTo(selector string) {
	p.t.Helper()
	for range 80 {
		if browsertest.Eval[bool](p.Tab, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			p.focused(selector)
			return
		}
		p.Press("\t")
	}
	p.t.Fatalf("Tab never comes to %s", selector)
}

// focused fails where it cannot be seen that an element has the focus.
func (p *place) focused(selector string) {
	p.t.Helper()
	p.Until(fmt.Sprintf("document.activeElement.matches(%q)", selector))
	seen := `(e => { const s = getComputedStyle(e), r = e.getBoundingClientRect();
		return s.outlineStyle != "none" && parseFloat(s.outlineWidth) >= 2 && r.bottom > 0 && r.top < innerHeight })(document.activeElement)`
	if !browsertest.Eval[bool](p.Tab, seen) {
		p.t.Errorf("the focus on %s cannot be seen", selector)
	}
}
