package catalog

import (
	"errors"
	"strings"
	"testing"
)

func TestPlans(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	plans, err := db.Plans(ctx)
	check(t, err)
	var names []string
	for _, p := range plans {
		names = append(names, p.Name)
	}
	equal(t, "plans", strings.Join(names, " "), "free basic pro enterprise")
	equal(t, "free", plans[0], Plan{"free", Limits{MaxProducts: 10, MaxAssets: 100, MaxDesigns: 50, StorageLimit: 1 << 30}, 365})
	equal(t, "enterprise designs", plans[3].MaxDesigns, Unlimited)

	got, err := db.SetPlan(ctx, "free", map[string]string{"maxProducts": "-1", "enableWebP": "true", "auditDays": "30"})
	check(t, err)
	again, err := db.Plan(ctx, "free")
	check(t, err)
	equal(t, "free", got, again)
	equal(t, "free", got, Plan{"free", Limits{MaxProducts: -1, MaxAssets: 100, MaxDesigns: 50, StorageLimit: 1 << 30, EnableWebP: true}, 30})

	for key, value := range map[string]string{
		"maxProducts": "-2", "maxAssets": "", "maxDesigns": "1.5", "storageLimit": "1GB", "enableCDN": "yes",
		"auditDays": "0", "name": "x", "": "1", "primaryColor": "#fff",
	} {
		_, err := db.SetPlan(ctx, "free", map[string]string{key: value, "maxDesigns ": "1"})
		wantErr(t, err, ErrInvalid)
		_, err = db.SetPlan(ctx, "free", map[string]string{key: value})
		wantField(t, err, key)
	}
	_, err = db.SetPlan(ctx, "gold", map[string]string{"maxProducts": "1"})
	wantErr(t, err, ErrNotFound)
	_, err = db.Plan(ctx, "gold")
	wantErr(t, err, ErrNotFound)
}

func wantField(t *testing.T, err error, field string) {
	t.Helper()
	var e *FieldError
	if !errors.As(err, &e) || !errors.Is(err, ErrInvalid) {
		t.Fatalf("error %v, want one of field %q", err, field)
	}
	equal(t, "field", e.Field, field)
}

func TestSetShopValues(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := create(t, db, "a")
	text := func(s *string) string {
		if s == nil {
			return "nil"
		}
		return *s
	}
	long := strings.Repeat("a", 64)
	for _, tc := range []struct {
		key   string
		read  func(Shop) string
		good  map[string]string // what is set: what is then read
		wrong []string
	}{
		{"plan", func(s Shop) string { return s.Plan }, map[string]string{"basic": "basic"}, []string{"", "gold", "Free"}},
		{"timezone", func(s Shop) string { return s.Timezone },
			map[string]string{"Europe/Berlin": "Europe/Berlin", "UTC": "UTC"}, []string{"", "Local", "Mars/Base", "../etc/passwd", "+01:00"}},
		{"currency", func(s Shop) string { return s.Currency },
			map[string]string{"EUR": "EUR", "idr": "IDR"}, []string{"", "EURO", "E", "ZZZ", "€"}},
		{"durability", func(s Shop) string { return s.Durability },
			map[string]string{"local": "local", "replicated": "replicated"}, []string{"", "none"}},
		{"primaryColor", func(s Shop) string { return text(s.PrimaryColor) },
			map[string]string{"#fff": "#fff", "#A0b1C2": "#A0b1C2", "": "nil"}, []string{"fff", "#ffff", "red", "#ggg", "#12345", "#fff;x"}},
		{"logoUrl", func(s Shop) string { return text(s.LogoURL) },
			map[string]string{"https://cdn.example.com/a.png?v=1": "https://cdn.example.com/a.png?v=1", "": "nil"},
			[]string{"http://example.com/a.png", "javascript:alert(1)", "//example.com/a", "https://", "https://u:p@example.com/",
				"https://example.com/a b", "https://example.com/\"x", "https://example.com/" + strings.Repeat("a", 2048), "https://ex ample.com/"}},
		{"customDomain", func(s Shop) string { return text(s.CustomDomain) },
			map[string]string{"Designs.Example.com": "designs.example.com", "xn--bcher-kva.example": "xn--bcher-kva.example", "": "nil"},
			[]string{"localhost", "https://example.com", "example.com/x", "example.com:80", "-a.com", "a-.com", "a..com", "a.com.", "10.0.0.1",
				"bücher.example", long + ".com", strings.Repeat("a.", 130) + "com", "a b.com"}},
	} {
		for in, want := range tc.good {
			_, after, err := db.SetShop(ctx, shop, []Change{{tc.key, in}}, Operator)
			if err != nil || tc.read(after) != want {
				t.Errorf("%s=%q: %q, %v; want %q", tc.key, in, tc.read(after), err, want)
			}
		}
		for _, in := range tc.wrong {
			before := record(t, db, shop)
			_, _, err := db.SetShop(ctx, shop, []Change{{tc.key, in}}, Operator)
			var e *FieldError
			if !errors.As(err, &e) || e.Field != tc.key {
				t.Errorf("%s=%q: error %v, want one that names the field", tc.key, in, err)
			}
			equal(t, "version after a refused change", record(t, db, shop).Version, before.Version)
		}
	}
}

func TestSetShopLimits(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := create(t, db, "a")
	before, after, err := db.SetShop(ctx, shop, []Change{
		{"maxProducts", "0"}, {"storageLimit", "-1"}, {"enableWebP", "true"}, {"maxDesigns", "9223372036854775807"}}, Operator)
	check(t, err)
	equal(t, "before", before.Limits, Limits{MaxProducts: 10, MaxAssets: 100, MaxDesigns: 50, StorageLimit: 1 << 30})
	equal(t, "after", after.Limits, Limits{MaxProducts: 0, MaxAssets: 100, MaxDesigns: 1<<63 - 1, StorageLimit: -1, EnableWebP: true})
	equal(t, "overrides", strings.Join(after.Overrides, " "), "maxProducts maxDesigns storageLimit enableWebP")
	equal(t, "version", after.Version, before.Version+1)

	_, after, err = db.SetShop(ctx, shop, []Change{{"plan", "pro"}, {"maxProducts", ""}}, Operator)
	check(t, err)
	equal(t, "the new plan's", after.MaxProducts, 1000)
	equal(t, "its own still", after.StorageLimit, Unlimited)
	_, err = db.SetPlan(ctx, "pro", map[string]string{"maxProducts": "7"})
	check(t, err)
	equal(t, "the plan's new", record(t, db, shop).MaxProducts, 7)
	_, _, err = db.SetShop(ctx, shop, []Change{{"enableCDN", "false"}}, Operator)
	check(t, err)
	equal(t, "an override can be false", record(t, db, shop).EnableCDN, false)
}

func TestSetShopRefusals(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := create(t, db, "a")
	ok := Change{"currency", "EUR"}
	for _, tc := range []struct {
		by      By
		field   string
		changes []Change
	}{
		{Merchant, "plan", []Change{ok, {"plan", "pro"}}},
		{Merchant, "maxProducts", []Change{ok, {"maxProducts", "-1"}}},
		{Merchant, "durability", []Change{ok, {"durability", "local"}}},
		{Operator, "state", []Change{ok, {"state", "active"}}},
		{Operator, "auditDays", []Change{ok, {"auditDays", "1"}}},
		{Operator, "PrimaryColor", []Change{ok, {"PrimaryColor", "#fff"}}},
		{Operator, "currency", []Change{ok, {"currency", "USD"}}},
		{Operator, "plan", []Change{ok, {"plan", "gold"}}},
		{Operator, "enableWebP", []Change{ok, {"enableWebP", "1"}}},
		{Operator, "maxAssets", []Change{ok, {"maxAssets", "-2"}}},
	} {
		_, _, err := db.SetShop(ctx, shop, tc.changes, tc.by)
		wantField(t, err, tc.field)
		equal(t, "currency after "+tc.field, record(t, db, shop).Currency, "USD")
	}
	_, _, err := db.SetShop(ctx, name(t, "none"), []Change{ok}, Merchant)
	wantErr(t, err, ErrNotFound)
	before, after, err := db.SetShop(ctx, shop, nil, Merchant)
	check(t, err)
	equal(t, "version without a change", after.Version, before.Version)
	_, after, err = db.SetShop(ctx, shop, []Change{ok, {"timezone", "Asia/Jakarta"}, {"primaryColor", "#abc"}}, Merchant)
	check(t, err)
	equal(t, "currency", after.Currency, "EUR")
}

// Whatever is accepted for a page's markup must not be able to leave it.
func FuzzShopField(f *testing.F) {
	for _, s := range []string{"#fff", "https://example.com/a.png", "designs.example.com", "EUR", "Europe/Berlin", "-1", "true"} {
		for _, key := range []string{"primaryColor", "logoUrl", "customDomain", "currency", "timezone", "maxAssets", "enableCDN"} {
			f.Add(key, s)
		}
	}
	f.Fuzz(func(t *testing.T, key, in string) {
		values, err := parseChanges([]Change{{key, in}}, Operator)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("%s=%q: %v is not ErrInvalid", key, in, err)
			}
			return
		}
		out, isText := values[0].value.(string)
		if isText && key != "plan" && strings.ContainsAny(out, " \"'<>\\`(){};\n\x00") && key != "logoUrl" {
			t.Fatalf("%s=%q was accepted as %q", key, in, out)
		}
		if key == "logoUrl" && isText && (!strings.HasPrefix(strings.ToLower(out), "https://") || strings.ContainsAny(out, " \"'<>\\`(){}\n\x00")) {
			t.Fatalf("logoUrl=%q was accepted", in)
		}
	})
}
