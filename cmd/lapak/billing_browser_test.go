package main

import (
	"strings"
	"testing"

	"lapak/web/browsertest"
	"lapak/web/shopify/shopifytest"
)

// TestChoosePlan is a merchant who pays: from the frame to Shopify's question in
// the whole window, and back into the frame with the new plan.
func TestChoosePlan(t *testing.T) {
	t.Setenv("LAPAK_BILLING", `{"plans": {"basic": {"price": "9.00"}, "pro": {"price": "29.00", "trialDays": 7}}}`)
	e := startEmbedded(t, shopifytest.Options{})
	shop := "one.myshopify.com"
	e.shopify.Install(shop)
	tab := e.browser.Tab(t, browsertest.Variant{})
	frame := e.open(t, tab, shop, "/app/settings/plan")
	frame.Until(`document.querySelector("form [name=plan][value=pro], form button[value=pro]")`)
	browsertest.Eval[int](tab, "window.before = 1")
	browsertest.Eval[int](frame, `(document.querySelector("form [name=plan][value=pro], form button[value=pro]").closest("form").requestSubmit(), 0)`)
	tab.Until(`location.pathname.endsWith("/confirm")`)
	browsertest.Eval[int](tab, `([...document.querySelectorAll("a, button")].find(b => b.innerText == "Approve").click(), 0)`)
	tab.Until(`!window.before && location.pathname.includes("/apps/") && document.querySelector("iframe")`)
	back := e.browser.Frame(t, "/app/settings/plan")
	back.Until(`document.querySelector("main h1")`)
	if got := lapak(t, "shops", "show", shop, "--data", e.data); !strings.Contains(got, "pro") {
		t.Errorf("the plan was not changed:\n%s", got)
	}
	calm(t, back)
}
