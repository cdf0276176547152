package main

import (
	"fmt"
	"testing"

	"lapak/web/browsertest"
)

// TestOperator does what operators do, from the first sign-in on.
func TestOperator(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data, "--demo")
	b := browsertest.Start(t, browsertest.Options{})
	p := &place{t: t, base: "/operator", server: s, Tab: b.Tab(t, browsertest.Variant{})}
	p.visit = func(path string) { p.Open(s.url + p.base + path) }
	becomeOperator(t, p.Tab, data)

	p.health()
	p.signInAgain(b)
	p.createShop("toko-baru")
	p.suspend("toko-baru")
	p.openAsMerchant()
	p.erase("toko-baru")
	p.endedElsewhere(b)
	calm(t, p.Tab)
}

// health is good on a server to which nothing has happened yet.
func (p *place) health() {
	p.t.Helper()
	p.visit("/health")
	p.Until(`document.querySelectorAll(".check-card").length >= 6`)
	if bad := browsertest.Eval[int](p.Tab, `document.querySelectorAll(".check-card.bad").length`); bad > 0 {
		p.t.Errorf("health: %s", p.Text("main"))
	}
}

// signInAgain signs out and in by password, first by a wrong one.
func (p *place) signInAgain(b *browsertest.Browser) {
	p.t.Helper()
	p.aside("Sign out")
	p.Until(`location.pathname == "/signin"`)
	p.visit("/health")
	p.Until(`location.pathname == "/signin" && new URL(location).searchParams.get("return") == "/operator/health"`)
	p.Fill("input[name=name]", "sari@example.com")
	p.Fill("input[name=password]", "a warung by the new bridge")
	p.press("Sign in")
	p.Until(`document.querySelector(".banner.bad")`)
	p.ignore("422")
	p.Fill("input[name=password]", operatorPassword)
	p.press("Sign in")
	p.Until(`location.pathname == "/operator/health"`)
	other := b.Guest(p.t, browsertest.Variant{})
	other.Open(p.server.url + "/operator")
	other.Until(`location.pathname == "/signin"`) // its cookies are its own
}

// aside clicks a button that stands beside the page's main part.
func (p *place) aside(text string) {
	p.t.Helper()
	browsertest.Eval[int](p.Tab, fmt.Sprintf(`([...document.querySelectorAll("button")].find(b => b.innerText.trim() == %q).click(), 0)`, text))
}

func (p *place) createShop(name string) {
	p.t.Helper()
	p.visit("/new")
	p.Fill("input[name=name]", "not a name")
	p.press("Create the shop")
	p.Until(`document.querySelector(".field.wrong .error")`)
	p.ignore("422")
	p.Fill("input[name=name]", name+".myshopify.com")
	p.press("Create the shop")
	p.Until(fmt.Sprintf(`location.pathname == "/operator/shops/%s.myshopify.com"`, name))
}

func (p *place) suspend(name string) {
	p.t.Helper()
	p.press("Suspend")
	p.Until(`document.querySelector("#question").open`)
	p.press("Yes, do it")
	p.Until(`document.querySelector("h1 ~ .badge")?.innerText == "suspended"`)
	p.Open(p.server.url + "/shops/" + name + ".myshopify.com")
	p.says("suspended")
	p.ignore("403")
	p.visit("/shops/" + name + ".myshopify.com")
	p.press("Resume")
	p.Until(`document.querySelector("h1 ~ .badge")?.innerText == "active"`)
}

func (p *place) openAsMerchant() {
	p.t.Helper()
	p.press("Open as merchant")
	p.Until(`location.pathname.startsWith("/shops/") && document.querySelector(".visiting")`)
	browsertest.Eval[int](p.Tab, `(document.querySelector(".visiting a").click(), 0)`)
	p.Until(`location.pathname.startsWith("/operator/shops/")`)
}

func (p *place) erase(name string) {
	p.t.Helper()
	p.press("Erase…")
	p.Until(`location.pathname.endsWith("/erase")`)
	p.Fill("input[name=name]", name)
	p.press("Erase for good")
	p.Until(`document.querySelector(".field.wrong .error")`)
	p.ignore("422")
	p.Fill("input[name=name]", name+".myshopify.com")
	p.press("Erase for good")
	p.Until(`location.pathname == "/operator" && document.querySelector("[data-toast]")`)
	p.lacks(name)
}

// endedElsewhere ends the tab's session from another browser: the next click
// leads to the sign-in, and from there back.
func (p *place) endedElsewhere(b *browsertest.Browser) {
	p.t.Helper()
	p.visit("/health")
	other := b.Guest(p.t, browsertest.Variant{})
	other.Open(p.server.url + "/signin?return=/operator/account")
	other.Fill("input[name=name]", "sari@example.com")
	other.Fill("input[name=password]", operatorPassword)
	other.Click("main button[type=submit]")
	other.Until(`location.pathname == "/operator/account"`)
	other.Click("form[action$='/signins/end'] button")
	other.Until(`document.querySelectorAll("form[action*='/signins/']").length == 1`)

	browsertest.Eval[int](p.Tab, `(document.querySelector("nav a[href='/operator']").click(), 0)`)
	p.Until(`location.pathname == "/signin" && new URL(location).searchParams.get("return") == "/operator"`)
	p.ignore("401")
	p.Fill("input[name=name]", "sari@example.com")
	p.Fill("input[name=password]", operatorPassword)
	p.press("Sign in")
	p.Until(`location.pathname == "/operator"`)
}

// TestTwoMerchants: two shops' merchants in one browser, each with cookies of its
// own, see their own shop alone.
func TestTwoMerchants(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data, "--demo")
	b := browsertest.Start(t, browsertest.Options{})
	shops := []string{demoShop, "sanggar-lereng.myshopify.com"}
	for i, shop := range shops {
		tab := b.Guest(t, browsertest.Variant{})
		becomeMerchant(t, tab, shop, data)
		calm(t, tab)
		tab.Open(s.url + "/shops/" + shops[1-i] + "/designs")
		if n := browsertest.Eval[int](tab, `document.querySelectorAll(".tile").length`); n > 0 {
			t.Errorf("%s sees %d designs of %s", shop, n, shops[1-i])
		}
		tab.Open(s.url + "/shops/" + shop + "/designs")
		tab.Until(`document.querySelectorAll(".tile").length > 0`)
	}
}
