package catalog

import (
	"maps"
	"testing"
)

// TestImports goes through an import's life: while it is noted nobody else gets the
// name, and the shop appears with its config in one step.
func TestImports(t *testing.T) {
	db, ctx := open(t, Options{}), t.Context()
	there, toko := create(t, db, "there"), name(t, "toko")
	wantErr(t, db.BeginImport(ctx, there, "u"), ErrExists)
	check(t, db.BeginImport(ctx, toko, "u1"))
	check(t, db.BeginImport(ctx, toko, "u2"))
	left, err := db.Imports(ctx)
	check(t, err)
	if len(left) != 1 || left[0] != (Import{toko, "u2"}) {
		t.Fatalf("noted: %v", left)
	}
	_, err = db.CreateShop(ctx, NewShop{Shop: toko})
	wantErr(t, err, ErrState)
	check(t, db.AbortImport(ctx, toko))
	check(t, db.AbortImport(ctx, toko))
	check(t, db.BeginImport(ctx, toko, "u3"))
	_, err = db.FinishImport(ctx, NewShop{Shop: toko, Plan: "gold"}, nil, false)
	wantErr(t, err, ErrInvalid)
	if left, err = db.Imports(ctx); err != nil || len(left) != 1 {
		t.Fatalf("after a failure: %v, %v", left, err)
	}
	s, err := db.FinishImport(ctx, NewShop{Shop: toko, Plan: "pro"}, []Change{{"timezone", "Asia/Jakarta"}}, true)
	check(t, err)
	if s.State != Suspended || s.Timezone != "Asia/Jakarta" || s.Plan != "pro" || s.Epoch != 1 {
		t.Errorf("%+v", s)
	}
	if left, err = db.Imports(ctx); err != nil || len(left) != 0 {
		t.Errorf("after the end: %v, %v", left, err)
	}
	_, err = db.FinishImport(ctx, NewShop{Shop: toko}, nil, false)
	wantErr(t, err, ErrExists)
}

// TestPortable takes a shop's whole config to another one.
func TestPortable(t *testing.T) {
	db, ctx := open(t, Options{}), t.Context()
	_, from, err := db.SetShop(ctx, create(t, db, "from"), []Change{
		{"plan", "basic"}, {"customDomain", "x.example.com"}, {"logoUrl", "https://x.test/l.png"}, {"primaryColor", "#abc"},
		{"timezone", "Asia/Jakarta"}, {"currency", "IDR"}, {"language", "id"}, {"alertEmails", "a@x.test"}, {"durability", "replicated"},
		{"maxProducts", "1"}, {"maxAssets", "2"}, {"maxDesigns", "-1"}, {"storageLimit", "4"},
		{"enableWebP", "true"}, {"enableCDN", "false"}, {"enableAdvancedTools", "true"},
	}, Operator)
	check(t, err)
	config, limits := from.Portable()
	equal(t, "settings", len(config), 9)
	equal(t, "limits", len(limits), 7)
	for keep, want := range map[bool]int{true: 15, false: 8} {
		changes, err := PortableChanges(config, limits, keep)
		check(t, err)
		equal(t, "changes", len(changes), want)
		label := map[bool]string{true: "kept", false: "left"}[keep]
		s, err := db.FinishImport(ctx, NewShop{Shop: name(t, label), Plan: "basic"}, changes, false)
		check(t, err)
		gotConfig, gotLimits := s.Portable()
		if !maps.Equal(gotConfig, config) || keep && !maps.Equal(gotLimits, limits) || !keep && len(gotLimits) > 0 {
			t.Errorf("%v, %v, want %v, %v", gotConfig, gotLimits, config, limits)
		}
	}
	for _, bad := range []map[string]string{{"maxDesigns": "1"}, {"more": "1"}, {"timezone": "x"}} {
		_, err := PortableChanges(bad, nil, true)
		wantErr(t, err, ErrInvalid)
	}
	_, err = PortableChanges(nil, map[string]string{"plan": "pro"}, false)
	wantErr(t, err, ErrInvalid)
}
