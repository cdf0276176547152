package operator_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
	"lapak/web/operator"
)

func TestOnlyOperatorsComeIn(t *testing.T) {
	h := newHouse(t)
	shop := tenanttest.Shop(t, h.pool, "a")
	op, _ := h.operator(t, "Ayu")
	stranger, merchant := h.person(t), h.as(t, catalog.Signer{Shop: shop})
	for _, rt := range operator.New(operator.Options{Pool: h.pool, Signin: h.signin}).Routes() {
		path := strings.NewReplacer("{name}", shop.String(), "{id}", "x").Replace(rt.Pattern)
		ask := func(p *person) answer {
			if rt.Method == "POST" {
				return p.post(path, url.Values{})
			}
			return p.get(path)
		}
		if a := ask(stranger); a.StatusCode != http.StatusSeeOther && a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s %s for a stranger: %d", rt.Method, path, a.StatusCode)
		}
		if a := ask(merchant); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s for a merchant: %d", rt.Method, path, a.StatusCode)
		}
		if rt.Method == "GET" {
			if a := ask(op); a.StatusCode != http.StatusOK {
				t.Errorf("%s for an operator: %d", path, a.StatusCode)
			}
		}
	}
	// An operator's API key is for programs: it opens no page.
	req, err := http.NewRequestWithContext(t.Context(), "GET", h.url+"/operator", nil)
	check(t, err)
	req.Header.Set("Authorization", "Bearer "+tenanttest.Key(t, h.pool, store.Shop{}, catalog.RoleOperator))
	if a := stranger.send(req); a.StatusCode != http.StatusSeeOther {
		t.Errorf("an API key: %d", a.StatusCode)
	}
	if lines := h.audit(t, shop); len(lines) != 0 {
		t.Errorf("those who were refused left %q", lines)
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	h := newHouse(t)
	shop := tenanttest.Shop(t, h.pool, "a")
	op, _ := h.operator(t, "Ayu")
	req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/operator/shops/"+shop.String()+"/suspend", nil)
	check(t, err)
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if a := op.send(req); a.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %d", a.StatusCode)
	}
	if rec, err := h.catalog.Shop(t.Context(), shop); err != nil || rec.State != catalog.Active {
		t.Errorf("the shop is %s, %v", rec.State, err)
	}
}

// Everything that an operator does to a shop is in the shop's own audit log, be
// it suspended or not.
func TestActsAreAudited(t *testing.T) {
	h := newHouse(t)
	op, id := h.operator(t, "Ayu")
	at := "/operator/shops/kopi.myshopify.com"
	shop := tenanttest.Name(t, "kopi")

	op.says(op.post("/operator/new", url.Values{"name": {"kopi"}, "plan": {"free"}}), "no name like")
	op.says(op.post("/operator/new", url.Values{"name": {shop.String()}, "plan": {"gold"}}), "no such plan")
	op.wants(op.post("/operator/new", url.Values{"name": {shop.String()}, "plan": {"basic"}}), 303, at+"?done=shop-created")
	op.says(op.post("/operator/new", url.Values{"name": {shop.String()}, "plan": {"basic"}}), "there already")

	op.wants(op.post(at+"/open", nil), 303, "/shops/"+shop.String())
	if a := op.get("/shops/" + shop.String()); a.StatusCode != 200 {
		t.Errorf("as the merchant: %d", a.StatusCode)
	}
	link := op.post(at+"/link", nil)
	op.says(link, h.url+"/signin/link?token=", "shown only once")

	op.says(op.post(at+"/limits", url.Values{"maxDesigns": {"many"}}), "whole number")
	op.wants(op.post(at+"/limits", url.Values{
		"plan": {"pro"}, "maxProducts": {""}, "maxDesigns": {"7"}, "enableCDN": {"false"}, "durability": {"local"},
	}), 303, at+"?done=limits-saved")
	op.wants(op.post(at+"/suspend", nil), 303, at+"?done=shop-suspended")
	op.wants(op.post(at+"/suspend", nil), 303, at+"?done=shop-suspended") // nothing changes
	op.says(op.get(at), "This shop is suspended", "Resume")

	made := op.post(at+"/keys", url.Values{"name": {"till"}, "role": {"write"}})
	secret := regexp.MustCompile(`lapak_[a-z2-7]{52}`).FindString(made.body)
	key, err := h.catalog.FindKey(t.Context(), secret)
	check(t, err)
	op.says(op.post(at+"/keys", url.Values{"name": {"a\nb"}, "role": {"write"}}), "shorter name")
	op.wants(op.post(at+"/keys/"+key.ID+"/revoke", nil), 303, at+"?done=key-revoked")

	merchant := h.as(t, catalog.Signer{Shop: shop})
	all, err := h.catalog.Signins(t.Context(), catalog.Signer{Shop: shop})
	check(t, err)
	op.says(op.get(at), "Chrome on Linux")
	op.wants(op.post(at+"/signins/"+all[0].ID+"/end", nil), 303, at+"?done=signin-ended")
	if a := merchant.get("/shops/" + shop.String()); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a merchant who was signed out: %d", a.StatusCode)
	}
	op.wants(op.post(at+"/resume", nil), 303, at+"?done=shop-resumed")

	by := "operator:" + id + "(Ayu)"
	want := []string{
		`CREATE shop ` + by + `  {"plan":"basic"}`,
		`OPEN shop ` + by + `  `,
		`CREATE signin-link ` + by + `  {"expiresAt":…}`,
		`UPDATE settings ` + by + ` {"enableCDN":false,"maxDesigns":500,"plan":"basic"} {"enableCDN":false,"maxDesigns":7,"plan":"pro"}`,
		`SUSPEND shop ` + by + ` {"state":"active"} {"state":"suspended"}`,
		`CREATE key ` + by + `  {…}`,
		`DELETE key ` + by + ` {…} `,
		`DELETE signin ` + by + `  `,
		`RESUME shop ` + by + ` {"state":"suspended"} {"state":"active"}`,
	}
	got := h.audit(t, shop)
	for i := range max(len(got), len(want)) {
		line := ""
		if i < len(got) {
			line = regexp.MustCompile(`"expiresAt":"[^"]*"`).ReplaceAllString(got[i], `"expiresAt":…`)
			line = regexp.MustCompile(`\{"id":[^}]*\}`).ReplaceAllString(line, `{…}`)
		}
		if i >= len(want) || line != want[i] {
			t.Errorf("line %d: %s\nall: %s", i, line, strings.Join(got, "\n"))
		}
		if strings.Contains(line, secret) {
			t.Error("the audit log holds the key's secret")
		}
	}
}

// A key of another shop, or another operator's browser, is not found by its id.
func TestIdsOfOthers(t *testing.T) {
	h := newHouse(t)
	a, b := tenanttest.Shop(t, h.pool, "a"), tenanttest.Shop(t, h.pool, "b")
	op, _ := h.operator(t, "Ayu")
	other, otherID := h.operator(t, "Budi")
	tenanttest.Key(t, h.pool, b, catalog.RoleAdmin)
	keys, err := h.catalog.Keys(t.Context(), b)
	check(t, err)
	h.as(t, catalog.Signer{Shop: b})
	signins, err := h.catalog.Signins(t.Context(), catalog.Signer{Shop: b})
	check(t, err)
	others, err := h.catalog.Signins(t.Context(), catalog.Signer{Operator: otherID})
	check(t, err)
	for _, path := range []string{
		"/operator/shops/" + a.String() + "/keys/" + keys[0].ID + "/revoke",
		"/operator/shops/" + a.String() + "/signins/" + signins[0].ID + "/end",
		"/operator/account/signins/" + others[0].ID + "/end",
		"/operator/account/passkeys/AAAA/remove",
		"/operator/account/passkeys/!/remove",
		"/operator/shops/none.myshopify.com/suspend",
		"/operator/shops/NONE/suspend",
		"/operator/account/operators/none/remove",
	} {
		if got := op.post(path, nil); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
	if got := other.get("/operator"); got.StatusCode != 200 {
		t.Errorf("the other operator: %d", got.StatusCode)
	}
}

func TestErase(t *testing.T) {
	h := newHouse(t)
	shop := tenanttest.Shop(t, h.pool, "a")
	op, _ := h.operator(t, "Ayu")
	at := "/operator/shops/" + shop.String() + "/erase"
	op.says(op.get(at), "for good")
	for _, typed := range []string{"", "a", "A.MYSHOPIFY.COM", "b.myshopify.com"} {
		if a := op.post(at, url.Values{"name": {typed}}); a.StatusCode != http.StatusUnprocessableEntity || len(h.erased) > 0 {
			t.Errorf("%q: %d, erased %v", typed, a.StatusCode, h.erased)
		}
	}
	op.wants(op.post(at, url.Values{"name": {shop.String()}}), 303, "/operator?done=shop-erased")
	if len(h.erased) != 1 || h.erased[0] != shop {
		t.Errorf("erased %v", h.erased)
	}
	h.eraseFails = errors.New("the bucket is away")
	if a := op.post(at, url.Values{"name": {shop.String()}}); a.StatusCode != http.StatusInternalServerError {
		t.Errorf("an erasure that did not begin: %d", a.StatusCode)
	}
	check(t, h.catalog.BeginErase(t.Context(), shop, "{}"))
	op.wants(op.post(at, url.Values{"name": {shop.String()}}), 303, "/operator/shops/"+shop.String()+"?done=shop-erasing")
	op.says(op.get("/operator/shops/"+shop.String()), "being erased", "no way back")
}

func TestAccount(t *testing.T) {
	h := newHouse(t)
	address, err := h.signin.FirstLink(t.Context())
	check(t, err)
	op := h.person(t)
	op.wants(op.post("/signin/link", url.Values{"token": {address[strings.IndexByte(address, '=')+1:]}, "name": {"Ayu"}, "password": {password}}), 303, "/operator")
	other := h.person(t)
	other.wants(other.post("/signin", url.Values{"name": {"Ayu"}, "password": {password}}), 303, "/operator")

	const at = "/operator/account"
	op.says(op.get(at), "this browser", "Sign out everywhere else")
	op.says(op.post(at, url.Values{"old": {"wrong"}, "password": {"another long password"}}), "This is not your password")
	op.says(op.post(at, url.Values{"old": {password}, "password": {"short"}}), "at least 12")
	if a := other.get("/operator"); a.StatusCode != 200 {
		t.Fatalf("before: %d", a.StatusCode)
	}
	op.wants(op.post(at, url.Values{"old": {password}, "password": {"another long password"}}), 303, at+"?done=password-changed")
	if a := op.get("/operator"); a.StatusCode != 200 {
		t.Errorf("this browser: %d", a.StatusCode)
	}
	other.wants(other.get("/operator"), 303, "/signin?return=%2Foperator")

	op.wants(op.post(at+"/language", url.Values{"language": {"id"}}), 303, at+"?done=language-set")
	op.says(op.get(at), "Akunmu", `lang="id"`)
	op.wants(op.post(at+"/language", url.Values{"language": {""}}), 303, at+"?done=language-set")

	invited := op.post(at+"/invite", nil)
	op.says(invited, "/signin/link?token=")
	_, budi := h.operator(t, "Budi")
	op.says(op.get(at), "Budi")
	op.wants(op.post(at+"/operators/"+budi+"/remove", nil), 303, at+"?done=operator-removed")
	operators, err := h.catalog.Operators(t.Context())
	check(t, err)
	if a := op.post(at+"/operators/"+operators[0].ID+"/remove", nil); a.StatusCode != http.StatusConflict {
		t.Errorf("removing oneself: %d", a.StatusCode)
	}
	op.wants(op.post("/signout", nil), 303, "/signin")
	op.wants(op.get("/operator"), 303, "/signin?return=%2Foperator")
}

func TestHealthSaysWhatToDo(t *testing.T) {
	h := newHouse(t)
	op, _ := h.operator(t, "Ayu")
	shop := tenanttest.Shop(t, h.pool, "a")
	op.says(op.get("/operator/health"), "All safe", "Open shops", "Disk", "1.0", "of memory")
	check(t, h.catalog.SetReplicaError(t.Context(), shop, "access denied by the bucket"))
	job, err := h.catalog.CreateJob(t.Context(), shop, "restore", nil)
	check(t, err)
	check(t, h.catalog.FailJob(t.Context(), job.ID, "There is no backup of that moment."))
	_, err = h.catalog.AddDelivery(t.Context(), catalog.Delivery{ID: "d1", Shop: shop, Topic: "app/uninstalled", Event: []byte("{}"), TriggeredAt: time.Now(), ReceivedAt: time.Now()})
	check(t, err)
	due, err := h.catalog.DueDeliveries(t.Context(), shop, dayAfter(), 1)
	check(t, err)
	check(t, h.catalog.FinishAttempts(t.Context(), []catalog.Attempt{{Delivery: due[0], Error: "it never worked"}}))
	h.slow.Observe(shop, "GET", "/imcst_api/export", 200, 3_200_000_000)
	log := logger(h)
	log.Error("request failed", "error", "disk on fire")
	log.Warn("slow request")
	a := op.get("/operator/health")
	op.says(a, "need", "lapak doctor", "access denied by the bucket", "There is no backup of that moment.", "app/uninstalled", "it never worked",
		"GET /imcst_api/export", "3.2 s", "request failed", "error=disk on fire", "1 in the last hour", "1 warning in the last hour")
	op.wants(op.post("/operator/webhooks/d1/retry", nil), 303, "/operator/health?done=webhook-retried")
	if fmt.Sprint(h.retried) != "[d1]" {
		t.Errorf("retried %v", h.retried)
	}
	op.says(op.get("/operator/shops/"+shop.String()), "cannot be backed up", "access denied by the bucket", "GET /imcst_api/export")
	op.says(op.get("/operator?backup=failing"), "a", "failing")
}
