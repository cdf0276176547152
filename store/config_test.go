package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"lapak/store"
)

func putConfig(t testing.TB, db *store.DB, product string, p store.ConfigPatch) (c store.Config, created bool) {
	t.Helper()
	write(t, db, func(tx *store.Tx) (err error) {
		c, created, err = tx.PutConfig(owner, unlimited, product, p, 0)
		return err
	})
	return c, created
}

func TestConfigLife(t *testing.T) {
	db := openShop(t, newClock("2026-03-01T10:00:00Z"))
	c, created := putConfig(t, db, "gid://shopify/Product/42", store.ConfigPatch{Title: ptr(" Mug "), Config: json.RawMessage(`{"areas": 1}`)})
	if !created || c.ProductID != "42" || c.Title != "Mug" || !c.Enabled || c.Version != 1 {
		t.Fatalf("created %v %+v", created, c)
	}
	c, created = putConfig(t, db, "42", store.ConfigPatch{Enabled: ptr(false)})
	if created || c.Enabled || c.Version != 2 || c.Title != "Mug" || string(c.Config) != `{"areas": 1}` {
		t.Fatalf("changed %v %+v", created, c)
	}
	read(t, db, func(v *store.View) error {
		got, err := v.Config("42")
		want := fmt.Sprintf(`{"id":%q,"shopifyProductId":"42","title":"Mug","imageUrl":"","config":{"areas":1},"enabled":false,`+
			`"createdAt":"2026-03-01T10:00:00.000Z","updatedAt":"2026-03-01T10:00:00.000Z"}`, c.ID)
		if raw, _ := json.Marshal(got); string(raw) != want {
			t.Errorf("got %s\nwant %s", raw, want)
		}
		if got.ETag() != c.ETag() {
			t.Errorf("ETag %s, want %s", got.ETag(), c.ETag())
		}
		return err
	})
	write(t, db, func(tx *store.Tx) error { return tx.DeleteConfig(owner, unlimited, "42", 2) })
	if u, _ := usage(t, db, unlimited); u.Products != 0 {
		t.Errorf("usage %+v", u)
	}
	if again, _ := putConfig(t, db, "42", store.ConfigPatch{Config: json.RawMessage(`{}`)}); again.ID == c.ID {
		t.Error("a new config has the id, and so the ETags, of the deleted one")
	}
}

func TestConfigErrors(t *testing.T) {
	db := openShop(t, nil)
	putConfig(t, db, "1", store.ConfigPatch{Config: json.RawMessage(`{}`)})
	put := func(product string, p store.ConfigPatch, version int64) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			_, _, err := tx.PutConfig(owner, unlimited, product, p, version)
			return err
		}
	}
	for name, c := range map[string]struct {
		fn   func(*store.Tx) error
		want error
	}{
		"put another version":      {put("1", store.ConfigPatch{}, 2), store.ErrChanged},
		"put a version of nothing": {put("2", store.ConfigPatch{Config: json.RawMessage(`{}`)}, 1), store.ErrChanged},
		"delete nothing":           {func(tx *store.Tx) error { return tx.DeleteConfig(owner, unlimited, "2", 0) }, store.ErrNotFound},
		"delete another":           {func(tx *store.Tx) error { return tx.DeleteConfig(owner, unlimited, "1", 2) }, store.ErrChanged},
	} {
		if err := db.Write(t.Context(), name, c.fn); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	big := json.RawMessage(`{"a":"` + strings.Repeat("x", 256<<10) + `"}`)
	for name, c := range map[string]struct {
		fn    func(*store.Tx) error
		field string
	}{
		"new without config": {put("2", store.ConfigPatch{}, 0), "config"},
		"array":              {put("1", store.ConfigPatch{Config: json.RawMessage("[1]")}, 0), "config"},
		"too big":            {put("1", store.ConfigPatch{Config: big}, 0), "config"},
		"title":              {put("1", store.ConfigPatch{Title: ptr(strings.Repeat("x", 201))}, 0), "title"},
		"image":              {put("1", store.ConfigPatch{ImageURL: ptr("a\tb")}, 0), "imageUrl"},
		"product":            {put("a b", store.ConfigPatch{Config: json.RawMessage(`{}`)}, 0), "shopifyProductId"},
	} {
		t.Run(name, func(t *testing.T) { wantInvalid(t, db.Write(t.Context(), name, c.fn), c.field) })
	}
}

func TestConfigsCountOnceAgainstTheLimit(t *testing.T) {
	db := openShop(t, nil)
	one := unlimited
	one.MaxProducts = 1
	put := func(product string) error {
		return db.Write(t.Context(), "test", func(tx *store.Tx) error {
			_, _, err := tx.PutConfig(owner, one, product, store.ConfigPatch{Config: json.RawMessage(`{}`)}, 0)
			return err
		})
	}
	if err := errors.Join(put("1"), put("1")); err != nil {
		t.Fatal(err)
	}
	var limit store.LimitError
	if err := put("2"); !errors.As(err, &limit) || limit.What != "Product" {
		t.Errorf("got %v, want the Product limit", err)
	}
}

func TestConfigsNewestFirst(t *testing.T) {
	db := openShop(t, newClock("2026-03-01T10:00:00Z"))
	for i := range 3 {
		putConfig(t, db, fmt.Sprint(i), store.ConfigPatch{Config: json.RawMessage(`{}`)})
	}
	read(t, db, func(v *store.View) error {
		first, next, err := v.Configs(store.Page{Limit: 2})
		if err != nil {
			return err
		}
		rest, end, err := v.Configs(store.Page{Limit: 2, After: next})
		if len(first) != 2 || len(rest) != 1 || first[0].ProductID != "2" || rest[0].ProductID != "0" || !end.IsZero() {
			t.Errorf("got %v, then %v, %q", first, rest, end)
		}
		return err
	})
}

func TestConfigAuditHoldsSmallConfigs(t *testing.T) {
	db := openShop(t, nil)
	big := `{"a":"` + strings.Repeat("x", 5000) + `"}`
	putConfig(t, db, "1", store.ConfigPatch{Config: json.RawMessage(`{"small":1}`)})
	putConfig(t, db, "1", store.ConfigPatch{Config: json.RawMessage(big)})
	e := auditLog(t, db, store.AuditFilter{Resource: "config", Action: "UPDATE"})[0]
	if !strings.Contains(string(e.Before), `"config":{"small":1}`) || strings.Contains(string(e.After), "xxx") || !strings.Contains(string(e.After), `"bytes":5008`) {
		t.Errorf("before %s, after %s", e.Before, e.After)
	}
}
