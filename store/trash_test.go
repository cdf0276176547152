package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

func trash(t testing.TB, db *store.DB) (items []store.Trashed) {
	t.Helper()
	read(t, db, func(v *store.View) (err error) {
		items, _, err = v.Trash(store.Page{Limit: 100})
		return err
	})
	return items
}

func undelete(t testing.TB, db *store.DB, terms store.Terms, id string) (gone store.Trashed, err error) {
	t.Helper()
	err = db.Write(t.Context(), "test", func(tx *store.Tx) (err error) {
		gone, err = tx.Undelete(owner, terms, id)
		return err
	})
	return gone, err
}

func wantGone(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

// What is brought back is what was deleted: every field, byte by byte.
func TestUndelete(t *testing.T) {
	db := openShop(t, newClock("2026-03-01T10:00:00Z"))
	odd := json.RawMessage("{ \"a\":\"<b>&\u2028\\u00e9\", \"n\": 1.0e2 }")
	in := newDesign("Kaos")
	in.DesignJSON, in.Owner = odd, store.CustomerOwner("7")
	d := createDesign(t, db, in)
	a, err := createAsset(t, db, unlimited, newAsset("gallery", "a", 100))
	if err != nil {
		t.Fatal(err)
	}
	var c store.Config
	write(t, db, func(tx *store.Tx) (err error) {
		c, _, err = tx.PutConfig(owner, unlimited, "9", store.ConfigPatch{Config: odd, Title: ptr("Baju"), ImageURL: ptr("https://x.test/a"), Enabled: ptr(false)}, 0)
		if err == nil {
			d, err = tx.UpdateDesign(owner, unlimited, d.ID, store.DesignPatch{Name: ptr("Kaos 2")}, 0)
		}
		return err
	})
	before, _ := usage(t, db, unlimited)
	all := func() (got [3]any) {
		read(t, db, func(v *store.View) error {
			d, err1 := v.Design(d.ID)
			a, err2 := v.Asset(a.ID)
			c, err3 := v.Config("9")
			got = [3]any{d, a, c}
			return errors.Join(err1, err2, err3)
		})
		return got
	}
	was := all()
	write(t, db, func(tx *store.Tx) error {
		_, last, err := tx.DeleteAsset(owner, unlimited, a.ID)
		if !last {
			t.Error("the object's last asset was not the last")
		}
		return errors.Join(err, tx.DeleteDesign(owner, unlimited, d.ID, 0), tx.DeleteConfig(owner, unlimited, "9", 0))
	})
	if u, _ := usage(t, db, unlimited); u != (store.Usage{}) {
		t.Errorf("in the trash things still count: %+v", u)
	}
	items := trash(t, db)
	if len(items) != 3 || items[0].ID != c.ID || items[0].Name != "Baju" || items[0].ProductID != "9" || items[1].Owner != "customer:7" ||
		items[2].Resource != "asset" || items[2].Object != a.Object {
		t.Errorf("trash %+v", items)
	}
	for _, item := range items {
		if gone, err := undelete(t, db, unlimited, item.ID); err != nil || gone.ID != item.ID || gone.Resource != item.Resource {
			t.Errorf("%+v, %v", gone, err)
		}
		_, err := undelete(t, db, unlimited, item.ID)
		wantGone(t, err)
	}
	if now := all(); seen(t, now) != seen(t, was) {
		t.Errorf("came back as %+v, was %+v", now, was)
	}
	if after, m := usage(t, db, unlimited); after != before || m.Uploads != 1 {
		t.Errorf("usage %+v, before %+v, %d uploads", after, before, m.Uploads)
	}
	if len(trash(t, db)) != 0 {
		t.Error("what was brought back is still in the trash")
	}
	if n := len(auditLog(t, db, store.AuditFilter{Action: "RESTORE"})); n != 3 {
		t.Errorf("%d audit entries, want 3", n)
	}
}

// seen is what of the rows anybody outside sees, owners, tags and JSON included.
func seen(t *testing.T, rows [3]any) (s string) {
	t.Helper()
	for _, row := range rows {
		raw, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		s += string(raw) + "\n"
	}
	d, c := rows[0].(store.Design), rows[2].(store.Config)
	return s + string(d.DesignJSON) + d.Owner + d.ETag() + string(c.Config) + c.ETag() + rows[1].(store.Asset).Object
}

func TestUndeleteLimits(t *testing.T) {
	db := openShop(t, nil)
	terms := store.Terms{MaxProducts: 1, MaxAssets: 1, MaxDesigns: 1, StorageBytes: 100}
	d := createDesign(t, db, newDesign("a"))
	a, err := createAsset(t, db, terms, newAsset("gallery", "a", 100))
	config := store.ConfigPatch{Config: json.RawMessage(`{}`)}
	var c store.Config
	write(t, db, func(tx *store.Tx) (err error) {
		c, _, err = tx.PutConfig(owner, terms, "1", config, 0)
		_, _, err2 := tx.DeleteAsset(owner, terms, a.ID)
		return errors.Join(err, err2, tx.DeleteDesign(owner, terms, d.ID, 0), tx.DeleteConfig(owner, terms, "1", 0))
	})
	b, err2 := createAsset(t, db, terms, newAsset("fonts", "b", 1))
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	createDesign(t, db, newDesign("b"))
	var again store.Config
	write(t, db, func(tx *store.Tx) (err error) {
		again, _, err = tx.PutConfig(owner, terms, "1", config, 0)
		return err
	})
	var limit store.LimitError
	if _, err := undelete(t, db, terms, d.ID); !errors.As(err, &limit) || limit.What != "Design" {
		t.Errorf("design: %v", err)
	}
	if _, err := undelete(t, db, terms, a.ID); !errors.As(err, &limit) || limit.What != "Asset" {
		t.Errorf("asset: %v", err)
	}
	terms.MaxAssets = 2
	if _, err := undelete(t, db, terms, a.ID); !errors.As(err, &limit) || limit.What != "Storage" {
		t.Errorf("asset: %v", err)
	}
	if _, err := undelete(t, db, terms, c.ID); !errors.Is(err, store.ErrExists) {
		t.Errorf("config beside a new one: %v", err)
	}
	write(t, db, func(tx *store.Tx) error { return tx.DeleteConfig(owner, terms, "1", 0) })
	if len(trash(t, db)) != 4 || again.ID == c.ID {
		t.Errorf("a refused undelete changed the trash: %+v", trash(t, db))
	}
	for _, id := range []string{c.ID, a.ID} {
		terms.StorageBytes = 101
		if _, err := undelete(t, db, terms, id); err != nil {
			t.Error(err)
		}
	}
	write(t, db, func(tx *store.Tx) error { _, _, err := tx.DeleteAsset(owner, terms, b.ID); return err })
	if u, _ := usage(t, db, terms); u != (store.Usage{Products: 1, Assets: 1, Designs: 1, StorageBytes: 100}) {
		t.Errorf("usage %+v", u)
	}
}

func TestUndeletePublic(t *testing.T) {
	db := openShop(t, nil)
	in := newDesign("template")
	in.IsTemplate = true
	template, plain := createDesign(t, db, in), createDesign(t, db, newDesign("plain"))
	write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.DeleteDesign(owner, unlimited, template.ID, 0), tx.DeleteDesign(owner, unlimited, plain.ID, 0))
	})
	for _, c := range []struct {
		id     string
		public bool
	}{{template.ID, true}, {plain.ID, false}} {
		before := db.PublicVersion()
		if _, err := undelete(t, db, unlimited, c.id); err != nil || (db.PublicVersion() != before) != c.public {
			t.Errorf("public version %d, was %d: %v", db.PublicVersion(), before, err)
		}
	}
}

// After its time nothing comes back, and later deletions clear it away.
func TestTrashEnds(t *testing.T) {
	now := newClock("2026-03-01T10:00:00Z")
	db := openShop(t, now)
	a, err := createAsset(t, db, unlimited, newAsset("gallery", "a", 1))
	if err != nil {
		t.Fatal(err)
	}
	d := createDesign(t, db, newDesign("a"))
	write(t, db, func(tx *store.Tx) error {
		_, _, err := tx.DeleteAsset(owner, unlimited, a.ID)
		return errors.Join(err, tx.DeleteDesign(owner, unlimited, d.ID, 0))
	})
	read(t, db, func(v *store.View) error {
		until, err := v.TrashedUntil(a.Object)
		if !until.Equal(now.Now().Add(store.TrashFor)) {
			t.Errorf("the bytes are wanted until %s", until)
		}
		nothing, err2 := v.TrashedUntil("gallery/x")
		if !nothing.IsZero() {
			t.Errorf("bytes of nobody are wanted until %s", nothing)
		}
		return errors.Join(err, err2)
	})
	now.add(store.TrashFor - time.Millisecond)
	if n := len(trash(t, db)); n != 2 {
		t.Errorf("%d things in the trash a moment before the end, want 2", n)
	}
	now.add(time.Millisecond)
	for _, id := range []string{a.ID, d.ID} {
		_, err := undelete(t, db, unlimited, id)
		wantGone(t, err)
	}
	if n := len(trash(t, db)); n != 0 {
		t.Errorf("%d things in the trash after the end", n)
	}
	other := createDesign(t, db, newDesign("b"))
	write(t, db, func(tx *store.Tx) error { return tx.DeleteDesign(owner, unlimited, other.ID, 0) })
	if n := trashRows(t, db); n != 1 {
		t.Errorf("%d rows left, want the new one", n)
	}
}

func trashRows(t testing.TB, db *store.DB) (n int64) {
	t.Helper()
	err := db.DB.Read(t.Context(), "count", func(c *sqlite.Conn) (err error) {
		n, err = c.Int("SELECT count(*) FROM trash")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The trash holds some thousands of small things or fewer large ones, whatever
// the other side throws away.
func TestTrashIsBounded(t *testing.T) {
	db := openShop(t, nil)
	first := createDesign(t, db, newDesign("first"))
	write(t, db, func(tx *store.Tx) error { return tx.DeleteDesign(owner, unlimited, first.ID, 0) })
	large := json.RawMessage(`{"a":"` + strings.Repeat("x", 1<<20-100) + `"}`)
	churn := func(n int, in store.NewDesign) (last string) {
		write(t, db, func(tx *store.Tx) error {
			for range n {
				d, err := tx.CreateDesign(owner, unlimited, in)
				if last = d.ID; err == nil && in.Owner == "" {
					err = tx.DeleteDesign(owner, unlimited, d.ID, 0)
				} else if err == nil {
					err = tx.DeleteOwnDesign(owner, unlimited, in.Owner, d.ID, 0)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		return last
	}
	in := newDesign("")
	in.DesignJSON, in.Owner = large, store.ClaimOwner("x")
	churn(70, in)
	if n := trashRows(t, db); n > 65 || n < 60 {
		t.Errorf("%d rows of 1 MiB each", n)
	}
	if items := trash(t, db); len(items) != 1 || items[0].ID != first.ID {
		t.Errorf("the merchant's trash is %+v", items)
	}
	in.Owner = ""
	last := churn(70, in)
	_, err := undelete(t, db, unlimited, first.ID)
	wantGone(t, err)
	if _, err := undelete(t, db, unlimited, last); err != nil {
		t.Error(err)
	}
}

func TestTrashPages(t *testing.T) {
	db := openShop(t, nil)
	for i := range 5 {
		d := createDesign(t, db, newDesign(fmt.Sprint(i)))
		write(t, db, func(tx *store.Tx) error { return tx.DeleteDesign(owner, unlimited, d.ID, 0) })
	}
	read(t, db, func(v *store.View) error {
		first, next, err := v.Trash(store.Page{Limit: 3})
		again, parseErr := store.ParseCursor(next.String())
		rest, end, err2 := v.Trash(store.Page{After: again})
		if len(first) != 3 || first[0].Name != "4" || len(rest) != 2 || rest[1].Name != "0" || !end.IsZero() {
			t.Errorf("%+v, then %+v", first, rest)
		}
		_, _, err3 := v.Designs(store.DesignFilter{}, store.Page{After: next})
		wantInvalid(t, err3, "cursor")
		return errors.Join(err, err2, parseErr)
	})
}
