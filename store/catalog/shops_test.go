package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lapak/store"
)

func TestCreateShop(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	uuid := "0192f3a4-0000-7000-8000-000000000001"
	s, err := db.CreateShop(ctx, NewShop{Shop: name(t, "a"), Plan: "pro", UUID: uuid, CreatedAt: at})
	check(t, err)
	equal(t, "state", s.State, Active)
	equal(t, "epoch", s.Epoch, 1)
	equal(t, "products", s.MaxProducts, 1000)
	equal(t, "tools", s.EnableAdvancedTools, true)
	equal(t, "audit days", s.AuditDays, 365)
	equal(t, "created", s.CreatedAt, at)
	equal(t, "active", s.LastActiveAt, at)
	if len(s.Overrides) != 0 || s.LogoURL != nil {
		t.Fatalf("a new shop has %v, %v", s.Overrides, s.LogoURL)
	}
	for _, tc := range []struct {
		n    NewShop
		want error
	}{
		{NewShop{Shop: name(t, "a")}, ErrExists},
		{NewShop{Shop: name(t, "b"), UUID: uuid}, ErrExists},
		{NewShop{Shop: name(t, "b"), Plan: "gold"}, ErrInvalid},
		{NewShop{Shop: name(t, "b"), UUID: "{" + uuid + "}"}, ErrInvalid},
		{NewShop{}, ErrInvalid},
	} {
		_, err := db.CreateShop(ctx, tc.n)
		wantErr(t, err, tc.want)
	}
	_, err = db.Shop(ctx, name(t, "b"))
	wantErr(t, err, ErrNotFound)
}

func TestShopJSON(t *testing.T) {
	db := open(t, Options{})
	text, err := json.Marshal(record(t, db, create(t, db, "a")))
	check(t, err)
	var got map[string]any
	check(t, json.Unmarshal(text, &got))
	var keys []string
	for k := range got {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	equal(t, "keys", strings.Join(keys, " "), "alertEmails createdAt currency customDomain durability enableAdvancedTools enableCDN "+
		"enableWebP epoch id language lastActiveAt logoUrl maxAssets maxDesigns maxProducts plan primaryColor shop state storageLimit timezone updatedAt")
	equal(t, "shop", got["shop"], any("a.myshopify.com"))
	equal(t, "logoUrl", got["logoUrl"], nil)
	equal(t, "storageLimit", got["storageLimit"], any(float64(1<<30)))
}

func TestShopsPages(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	for i := range 25 {
		create(t, db, fmt.Sprintf("shop-%02d", i))
	}
	check(t, db.Suspend(ctx, name(t, "shop-07")))
	_, _, err := db.SetShop(ctx, name(t, "shop-11"), []Change{{"plan", "pro"}}, Operator)
	check(t, err)
	var got []string
	for after := ""; ; {
		page, err := db.Shops(ctx, Filter{}, Page{Limit: 10, After: after})
		check(t, err)
		for _, s := range page {
			got = append(got, s.Name.String())
		}
		if len(page) < 10 {
			break
		}
		after = page[9].Name.String()
	}
	equal(t, "shops over all pages", len(got), 25)
	if !slices.IsSorted(got) || len(slices.Compact(got)) != 25 {
		t.Fatalf("not in order: %v", got)
	}
	for _, tc := range []struct {
		f    Filter
		want int
	}{
		{Filter{}, 25}, {Filter{Search: " SHOP-1"}, 10}, {Filter{Search: "%"}, 0}, {Filter{State: Suspended}, 1},
		{Filter{Plan: "pro"}, 1}, {Filter{Plan: "pro", State: Suspended}, 0}, {Filter{Search: "07", State: Suspended, Plan: "free"}, 1},
	} {
		n, err := db.CountShops(ctx, tc.f)
		check(t, err)
		list, err := db.Shops(ctx, tc.f, Page{Limit: 100})
		check(t, err)
		if n != tc.want || len(list) != tc.want {
			t.Errorf("%+v: count %d, list %d, want %d", tc.f, n, len(list), tc.want)
		}
	}
	page, err := db.Shops(ctx, Filter{}, Page{})
	check(t, err)
	equal(t, "default page", len(page), 20)
}

func TestTouch(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a, b := create(t, db, "a"), create(t, db, "b")
	was := record(t, db, b).LastActiveAt
	at := was.Add(time.Hour)
	check(t, db.Touch(ctx, map[store.Shop]time.Time{a: at, b: was.Add(-time.Hour), name(t, "none"): at}))
	equal(t, "a", record(t, db, a).LastActiveAt, at)
	equal(t, "b", record(t, db, b).LastActiveAt, was)
}

func TestSuspendAndErase(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a, b := create(t, db, "a"), create(t, db, "b")
	for range 2 {
		check(t, db.Suspend(ctx, a))
		equal(t, "state", record(t, db, a).State, Suspended)
	}
	for range 2 {
		check(t, db.Resume(ctx, a))
		equal(t, "state", record(t, db, a).State, Active)
	}
	none := name(t, "none")
	wantErr(t, db.Suspend(ctx, none), ErrNotFound)
	wantErr(t, db.BeginErase(ctx, none, "{}"), ErrNotFound)
	wantErr(t, db.DeleteShop(ctx, a, "{}", time.Now()), ErrState)

	_, secret, err := db.CreateKey(ctx, a, RoleAdmin, "")
	check(t, err)
	_, err = db.FindKey(ctx, secret)
	check(t, err)
	job, err := db.CreateJob(ctx, a, "restore", nil)
	check(t, err)
	check(t, db.AddDead(ctx, a, []string{"fonts/x"}, time.UnixMilli(1)))

	check(t, db.BeginErase(ctx, a, "{}"))
	check(t, db.BeginErase(ctx, a, "{}"))
	wantErr(t, db.Resume(ctx, a), ErrState)
	_, _, err = db.BeginRestore(ctx, a, "")
	wantErr(t, err, ErrState)
	erasing, err := db.Erasing(ctx)
	check(t, err)
	if len(erasing) != 1 || erasing[0].Name != a {
		t.Fatalf("erasing: %v", erasing)
	}
	check(t, db.DeleteShop(ctx, a, "{}", time.Now()))
	wantErr(t, db.DeleteShop(ctx, a, "{}", time.Now()), ErrNotFound)
	_, err = db.FindKey(ctx, secret)
	wantErr(t, err, ErrNotFound)
	_, err = db.Job(ctx, a, job.ID)
	wantErr(t, err, ErrNotFound)
	dead, err := db.DeadBefore(ctx, time.Now(), 10)
	check(t, err)
	equal(t, "dead objects", len(dead), 0)
	equal(t, "other shop", record(t, db, b).State, Active)
	create(t, db, "a")
	equal(t, "epoch of a shop that came again", record(t, db, a).Epoch, 1)
}

func TestOnChange(t *testing.T) {
	ctx := t.Context()
	var mu sync.Mutex
	var told []string
	var db *DB
	db = open(t, Options{OnChange: func(s store.Shop) {
		mu.Lock()
		defer mu.Unlock()
		state := "*"
		if !s.IsZero() {
			state = string(record(t, db, s).State) // what was told is committed
		}
		told = append(told, state)
	}})
	a := create(t, db, "a")
	check(t, db.Suspend(ctx, a))
	_, to, err := db.BeginRestore(ctx, a, "")
	check(t, err)
	check(t, db.FinishRestore(ctx, a, to, time.Now()))
	_, _, err = db.SetShop(ctx, a, []Change{{"currency", "EUR"}}, Merchant)
	check(t, err)
	_, err = db.SetPlan(ctx, "free", map[string]string{"maxAssets": "1"})
	check(t, err)
	check(t, db.MarkDirty(ctx, a))
	check(t, db.Touch(ctx, map[store.Shop]time.Time{a: time.Now()}))
	wantErr(t, db.AbortRestore(ctx, a), ErrState)
	equal(t, "told", strings.Join(told, " "), "active suspended restoring suspended suspended *")
}
