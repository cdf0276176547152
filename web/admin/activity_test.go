package admin_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
)

func TestActivity(t *testing.T) {
	s := newSite(t)
	fill(s)
	title := "Mug <Besar>"
	s.write(func(tx *store.Tx) error {
		_, _, err := tx.PutConfig(store.By{UserID: "key:7", IP: "192.0.2.9"}, s.lease.Terms(), product, store.ConfigPatch{Title: &title}, 0)
		return err
	})
	p := s.get("/activity").has("Product changed:", "Mug &lt;Besar&gt;", "an API key", "from 192.0.2.9", "rini@toko.example", "Your plan keeps this list for 365 days")
	p.has("<del>Mug Keramik 330 ml</del>", "<ins>Mug &lt;Besar&gt;</ins>", "<del>1</del>", "<ins>2</ins>")
	s.get("/activity?resource=design").has("Design added:").hasNot("Product changed:")
	s.get("/activity?action=UPDATE").has("Product changed:").hasNot("Design added:")
	today := time.Now().UTC().Format(time.DateOnly)
	s.get("/activity?from="+today+"&to="+today).has("Product changed:", `value="`+today+`"`)
	s.get("/activity?to=2020-01-01").has("Nothing matches").hasNot("Product changed:")
	s.get("/activity?from=never").want(http.StatusUnprocessableEntity).has("This is not a date.", `value="never"`)
	s.get("/activity?action=%3Cb%3E").want(http.StatusOK).has("&lt;b&gt;")
}

func TestActivityPages(t *testing.T) {
	s := newSite(t)
	s.write(func(tx *store.Tx) error {
		for i := range 25 {
			if err := tx.Audit(store.By{}, "CREATE", "design", "x", nil, map[string]string{"name": "Thing " + string(rune('A'+i))}); err != nil {
				return err
			}
		}
		return nil
	})
	p := s.get("/activity?action=CREATE").has("Thing Y", "Thing F", "Next page").hasNot("Thing E")
	_, next, _ := strings.Cut(p.body, `action=CREATE&amp;after=`)
	next, _, _ = strings.Cut(next, `"`)
	s.get("/activity?action=CREATE&after="+next).has("Thing E", "Thing A", "Back to the start").hasNot("Thing F")
}

func TestActivityExport(t *testing.T) {
	s := newSite(t)
	s.write(func(tx *store.Tx) error {
		for range 150 {
			if err := tx.Audit(store.By{Email: "=cmd|' /C calc'!A0", IP: "::1"}, "UPDATE", "design", "-1+1", nil, map[string]string{"name": "a,b\n\"c\""}); err != nil {
				return err
			}
		}
		return tx.Audit(store.By{}, "DELETE", "asset", "", nil, nil)
	})
	p := s.get("/activity/export?action=UPDATE").want(http.StatusOK)
	if p.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(p.header.Get("Content-Disposition"), "toko.myshopify.com-activity-") {
		t.Errorf("headers: %v", p.header)
	}
	lines, err := csv.NewReader(strings.NewReader(p.body)).ReadAll()
	if err != nil || len(lines) != 151 {
		t.Fatalf("%d lines: %v", len(lines), err)
	}
	last := lines[150]
	if last[1] != "UPDATE" || last[3] != "'-1+1" || last[5] != "'=cmd|' /C calc'!A0" || last[8] != `{"name":"a,b\n\"c\""}` {
		t.Errorf("line: %q", last)
	}
	s.get("/activity/export?from=x").want(http.StatusBadRequest)
}

func TestSettings(t *testing.T) {
	s := newSite(t)
	s.get("/settings").has(`value="UTC"`, "What customers see")
	f := form("logoUrl", "https://example.com/logo.svg", "primaryColor", "#fc0", "customDomain", "", "timezone", "Asia/Jakarta", "currency", "IDR", "language", "id", "alertEmails", "Rini <rini@toko.example>, b@toko.example")
	to := s.post("/settings", f).leads("done=settings-saved")
	s.do("GET", to, nil).has("Pengaturanmu tersimpan", `value="https://example.com/logo.svg"`, `value="rini@toko.example, b@toko.example"`, `<html lang="id"`, `fill="#ffcc00"`, `fill="#1d1a16"`)
	rec := s.lease.Shop()
	if rec.Timezone != "Asia/Jakarta" || *rec.PrimaryColor != "#fc0" || rec.AlertEmails != "rini@toko.example,b@toko.example" {
		t.Errorf("%+v", rec)
	}
	s.get("/activity").has("Pengaturan diubah", "<ins>Asia/Jakarta</ins>", "rini@toko.example")
	f.Set("primaryColor", "")
	s.post("/settings", f).leads("done=settings-saved")
	if s.lease.Shop().PrimaryColor != nil {
		t.Error("the colour is still there")
	}
}

func TestSettingsErrors(t *testing.T) {
	s := newSite(t)
	for field, c := range map[string]struct{ value, want string }{
		"logoUrl": {"http://x.example/l.png", "no address that begins with https"}, "primaryColor": {"red;}", "A colour looks like"},
		"customDomain": {"nothing", "A domain looks like"}, "timezone": {"Mars/Base", "no such time zone"}, "currency": {"NOPE", "no such currency"},
		"language": {"tlh", "one of the languages"}, "alertEmails": {"nobody", "Look at the addresses once more"},
	} {
		t.Run(field, func(t *testing.T) {
			p := s.post("/settings", form(field, c.value)).want(http.StatusUnprocessableEntity).has(c.want, `id="`+field+`-error"`)
			if field != "language" {
				p.has(`value="` + c.value + `"`)
			}
		})
	}
	s.post("/settings", form("plan", "enterprise", "maxDesigns", "9")).leads("done=")
	if rec := s.lease.Shop(); rec.Plan != "pro" || rec.Version != 1 {
		t.Errorf("a merchant changed %+v", rec)
	}
}

func TestKeys(t *testing.T) {
	s := newSite(t)
	s.get("/settings/keys").has("https://lapak.example/imcst_api")
	p := s.post("/settings/keys", form("name", "Till & co", "role", "write")).want(http.StatusCreated).has("Till &amp; co", "it is not kept")
	if p.header.Get("HX-Push-Url") != "false" || p.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers: %v", p.header)
	}
	_, secret, _ := strings.Cut(p.body, `value="lapak_`)
	secret, _, _ = strings.Cut("lapak_"+secret, `"`)
	key, err := s.pool.Catalog().FindKey(t.Context(), secret)
	if err != nil || key.Role != catalog.RoleWrite || key.Shop != s.shop {
		t.Fatalf("key %+v: %v", key, err)
	}
	s.get("/settings/keys").has("Till & co", key.Prefix).hasNot(secret)
	other := tenanttest.Shop(t, s.pool, "warung")
	foreign, _, err := s.pool.Catalog().CreateKey(t.Context(), other, catalog.RoleAdmin, "")
	if err != nil {
		t.Fatal(err)
	}
	s.post("/settings/keys/"+foreign.ID+"/revoke", form()).want(http.StatusNotFound)
	s.do("GET", s.post("/settings/keys/"+key.ID+"/revoke", form()).leads("done="), nil).has("Revoked")
	if _, err := s.pool.Catalog().FindKey(t.Context(), secret); err == nil {
		t.Error("the key still works")
	}
	s.get("/activity").has("API key made:", "API key revoked:").hasNot(secret)
	s.post("/settings/keys", form("role", "operator")).want(http.StatusForbidden)
	s.post("/settings/keys", form("role", "king", "name", "x")).want(http.StatusUnprocessableEntity).has("Choose what it may do.")
	s.post("/settings/keys", form("role", "read", "name", strings.Repeat("x", 101))).want(http.StatusUnprocessableEntity).has("at most 100 characters")
}

func TestPlans(t *testing.T) {
	s := newSite(t)
	s.get("/settings/plan").has("Your plan", "5,000 designs", "Any number of designs", "write to us").hasNot("Choose this plan")
	s.post("/settings/plan", form("plan", "enterprise")).want(http.StatusForbidden)
	tenanttest.Set(t, s.pool, s.shop, "maxDesigns", "7")
	s.get("/settings/plan").has("0 of 7", "for your shop alone")
}

func TestExport(t *testing.T) {
	s := newSite(t)
	fill(s)
	p := s.get("/settings/export").want(http.StatusOK).has(`"designs"`, "Design 2")
	if !strings.HasPrefix(p.header.Get("Content-Disposition"), `attachment; filename="toko.myshopify.com-`) {
		t.Error(p.header)
	}
}
