package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/web/browsertest"
)

// TestLargeShops looks at the lists of a shop with ten thousand designs, and at
// names as long as they may be, without a blank, with pictures and from the right.
func TestLargeShops(t *testing.T) {
	data := t.TempDir()
	name := strings.Repeat("toko", 15) + ".myshopify.com"
	many := "banyak.myshopify.com"
	fill(t, data, name, 3, longName)
	fill(t, data, many, 10_000, func(i int) string { return fmt.Sprintf("Design %d", i) })
	s := startServer(t, data)
	l := newLook(t, browsertest.Start(t, browsertest.Options{}).Tab(t, browsertest.Variant{}))
	l.as = slices.DeleteFunc(l.as, func(v variant) bool { return v.rules != "all" })
	defer func() { t.Logf("the latest largest contentful paint: %.0f ms, %s", l.late, l.last) }()
	becomeOperator(t, l.Tab, data)
	l.page("long-operator-shop", s.url+"/operator/shops/"+name)
	l.page("long-fleet", s.url+"/operator")
	for _, path := range []string{"", "/products", "/designs", "/designs?view=list", "/activity", "/settings", "/backups", "/designs/" + first(l.Tab, s.url+"/shops/"+name+"/designs"), "/products/1"} {
		l.page("long"+pageName(path), s.url+"/shops/"+name+path)
	}
	for _, path := range []string{"", "/designs", "/designs?view=list&sort=name", "/designs?q=99", "/activity"} {
		l.page("many"+pageName(path), s.url+"/shops/"+many+path)
	}
}

// first is the id of the first design of a page.
func first(tab *browsertest.Tab, url string) string {
	tab.Open(url)
	return browsertest.Eval[string](tab, `document.querySelector(".tile-check input").value`)
}

// pageName is what a page's pictures are called.
func pageName(path string) string {
	path, query, _ := strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	if len(parts) > 2 {
		parts[2] = "one"
	}
	if query != "" {
		parts = append(parts, strings.NewReplacer("=", "-", "&", "-").Replace(query))
	}
	return strings.Join(parts, "-")
}

// longName is a name of 200 characters.
func longName(i int) string {
	text := []string{"Namayangtidakpernahselesai", "🧵🎨🪡", "تصميمطويلجدا"}[i%3]
	return string([]rune(strings.Repeat(text, 100))[:200])
}

// fill makes a shop of so many designs, with a product for each of the first few.
func fill(t *testing.T, data, name string, designs int, named func(int) string) {
	t.Helper()
	a := &app{settings: settings{Data: data}, ctx: t.Context(), timeout: time.Minute}
	h, err := a.openHost(t.Context(), "test", slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := h.close(ctx); err != nil {
			t.Error(err)
		}
	}()
	shop := parseShop(t, name)
	if _, err := h.pool.Ensure(t.Context(), shop, "enterprise"); err != nil {
		t.Fatal(err)
	}
	l, err := h.pool.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	err = l.Write(t.Context(), "fill the test's shop", func(tx *store.Tx) error { return fillLarge(tx, l.Terms(), designs, named) })
	if err != nil {
		t.Fatal(err)
	}
}

func fillLarge(tx *store.Tx, terms store.Terms, designs int, named func(int) string) error {
	for i := range min(designs, 20) {
		title := named(i)
		_, _, err := tx.PutConfig(demoBy(), terms, fmt.Sprint(i+1), store.ConfigPatch{Title: &title, Config: json.RawMessage(`{"views":[{"id":"front","label":"Front"}]}`)}, 0)
		if err != nil {
			return err
		}
	}
	for i := range designs {
		_, err := tx.CreateDesign(demoBy(), terms, store.NewDesign{ProductID: fmt.Sprint(i%20 + 1), Name: named(i), DesignJSON: json.RawMessage(
			fmt.Sprintf(`{"version":1,"canvas":{"width":400,"height":400},"layers":[{"type":"text","text":"%d","x":200,"y":200,"fontSize":90,"fill":"#37449c"}]}`, i))})
		if err != nil {
			return err
		}
	}
	return nil
}
