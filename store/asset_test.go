package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lapak/store"
)

// newAsset is an asset of the bytes that one letter of a to f stands for.
func newAsset(assetType, letter string, size int64) store.NewAsset {
	return store.NewAsset{
		Type: assetType, Name: letter, ContentType: "image/png", Size: size,
		Object: assetType + "/" + strings.Repeat(letter, 64) + ".png", Width: ptr(int64(640)), Height: ptr(int64(480)),
	}
}

func createAsset(t testing.TB, db *store.DB, terms store.Terms, in store.NewAsset) (a store.Asset, err error) {
	t.Helper()
	err = db.Write(t.Context(), "test", func(tx *store.Tx) (err error) {
		a, err = tx.CreateAsset(owner, terms, in)
		return err
	})
	return a, err
}

func TestSharedObjectsTakeStorageOnce(t *testing.T) {
	db := openShop(t, newClock("2026-03-01T10:00:00Z"))
	terms := unlimited
	terms.StorageBytes = 150
	a1, err1 := createAsset(t, db, terms, newAsset("gallery", "a", 100))
	a2, err2 := createAsset(t, db, terms, newAsset("gallery", "a", 100))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	var limit store.LimitError
	if _, err := createAsset(t, db, terms, newAsset("fonts", "b", 51)); !errors.As(err, &limit) || limit.What != "Storage" {
		t.Errorf("got %v, want the Storage limit", err)
	}
	if _, err := createAsset(t, db, terms, newAsset("gallery", "a", 99)); err != nil {
		wantInvalid(t, err, "size")
	} else {
		t.Error("the same object was accepted with another size")
	}
	u, m := usage(t, db, terms)
	if u != (store.Usage{Assets: 2, StorageBytes: 100}) || m.Uploads != 2 {
		t.Errorf("usage %+v %+v", u, m)
	}
	for i, a := range []store.Asset{a1, a2} {
		write(t, db, func(tx *store.Tx) error {
			gone, last, err := tx.DeleteAsset(owner, terms, a.ID)
			if gone.Object != a.Object || last != (i == 1) {
				t.Errorf("deletion %d: %+v, last %v", i, gone, last)
			}
			return err
		})
	}
	if u, m := usage(t, db, terms); u != (store.Usage{}) || m.Uploads != 2 {
		t.Errorf("after deletions: %+v %+v", u, m)
	}
	err := db.Write(t.Context(), "test", func(tx *store.Tx) error { _, _, err := tx.DeleteAsset(owner, terms, a1.ID); return err })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if n := len(auditLog(t, db, store.AuditFilter{Resource: "asset"})); n != 4 {
		t.Errorf("%d audit entries, want 4", n)
	}
}

func TestAssetLimit(t *testing.T) {
	db := openShop(t, nil)
	terms := unlimited
	terms.MaxAssets = 1
	if _, err := createAsset(t, db, terms, newAsset("gallery", "a", 1)); err != nil {
		t.Fatal(err)
	}
	var limit store.LimitError
	if _, err := createAsset(t, db, terms, newAsset("gallery", "a", 1)); !errors.As(err, &limit) || limit.What != "Asset" {
		t.Errorf("got %v, want the Asset limit", err)
	}
}

func TestAssetsAndObjects(t *testing.T) {
	db := openShop(t, newClock("2026-03-01T10:00:00Z"))
	for _, in := range []store.NewAsset{newAsset("gallery", "b", 1), newAsset("fonts", "a", 1), newAsset("gallery", "a", 1), newAsset("gallery", "a", 1)} {
		if _, err := createAsset(t, db, unlimited, in); err != nil {
			t.Fatal(err)
		}
	}
	read(t, db, func(v *store.View) error {
		all, _, err1 := v.Assets(store.AssetFilter{}, store.Page{})
		gallery, next, err2 := v.Assets(store.AssetFilter{Type: "gallery"}, store.Page{Limit: 2})
		rest, _, err3 := v.Assets(store.AssetFilter{Type: "gallery"}, store.Page{After: next})
		if len(all) != 4 || len(gallery) != 2 || len(rest) != 1 || rest[0].Name != "b" || all[0].Name != "a" {
			t.Errorf("all %v, gallery %v, rest %v", all, gallery, rest)
		}
		want := fmt.Sprintf(`{"id":%q,"type":"gallery","name":"b","contentType":"image/png","size":1,"width":640,"height":480,"createdAt":"2026-03-01T10:00:00.000Z"}`, rest[0].ID)
		if raw, _ := json.Marshal(rest[0]); string(raw) != want {
			t.Errorf("got %s\nwant %s", raw, want)
		}
		_, _, err := v.Assets(store.AssetFilter{Type: "movies"}, store.Page{})
		wantInvalid(t, err, "type")
		return errors.Join(err1, err2, err3)
	})
	a, b := strings.Repeat("a", 64)+".png", strings.Repeat("b", 64)+".png"
	read(t, db, func(v *store.View) error {
		var got []string
		err := v.Objects(func(o string) error { got = append(got, o); return nil })
		if want := []string{"fonts/" + a, "gallery/" + a, "gallery/" + b}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		for object, want := range map[string]bool{"gallery/" + a: true, "fonts/" + b: false, "": false} {
			if has, err := v.HasObject(object); has != want || err != nil {
				t.Errorf("HasObject(%q) = %v, %v", object, has, err)
			}
		}
		stop := errors.New("stop")
		if err := v.Objects(func(string) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("got %v, want the caller's error", err)
		}
		return err
	})
}

func TestAssetInput(t *testing.T) {
	good := strings.Repeat("a", 64)
	for name, c := range map[string]struct {
		change func(*store.NewAsset)
		field  string
	}{
		"type":            {func(a *store.NewAsset) { a.Type = "movies" }, "type"},
		"no type":         {func(a *store.NewAsset) { a.Type = "" }, "type"},
		"name":            {func(a *store.NewAsset) { a.Name = "a\nb" }, "name"},
		"content type":    {func(a *store.NewAsset) { a.ContentType = "image" + "/" }, "contentType"},
		"no content type": {func(a *store.NewAsset) { a.ContentType = "" }, "contentType"},
		"size":            {func(a *store.NewAsset) { a.Size = -1 }, "size"},
		"other type":      {func(a *store.NewAsset) { a.Object = "fonts/" + good + ".png" }, "object"},
		"no extension":    {func(a *store.NewAsset) { a.Object = "gallery/" + good }, "object"},
		"empty extension": {func(a *store.NewAsset) { a.Object = "gallery/" + good + "." }, "object"},
		"upper case":      {func(a *store.NewAsset) { a.Object = "gallery/" + strings.ToUpper(good) + ".png" }, "object"},
		"up a folder":     {func(a *store.NewAsset) { a.Object = "gallery/../" + good + ".png" }, "object"},
		"two extensions":  {func(a *store.NewAsset) { a.Object = "gallery/" + good + ".png.exe" }, "object"},
		"newline":         {func(a *store.NewAsset) { a.Object = "gallery/" + good + ".png\n" }, "object"},
	} {
		in := newAsset("gallery", "a", 1)
		c.change(&in)
		t.Run(name, func(t *testing.T) { wantInvalid(t, in.Validate(), c.field) })
	}
}
