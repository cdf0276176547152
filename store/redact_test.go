package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// redactEverything makes both connections prepare the statements of redactions
// and digests.
func redactEverything(t *testing.T, db *store.DB) {
	t.Helper()
	shopper{t, db, "1", "x"}.asset("e")
	objectsOf(t, db, "1")
	redact(t, db, "1", time.Time{})
	read(t, db, func(v *store.View) error { _, err := v.Digest(); return err })
}

func redact(t testing.TB, db *store.DB, customer string, until time.Time) (done store.Redacted) {
	t.Helper()
	write(t, db, func(tx *store.Tx) (err error) {
		done, err = tx.RedactCustomer(unlimited, customer, until)
		return err
	})
	return done
}

func objectsOf(t testing.TB, db *store.DB, customer string) (objects []string) {
	t.Helper()
	read(t, db, func(v *store.View) (err error) {
		objects, err = v.ObjectsOf(customer, time.Time{})
		return err
	})
	slices.Sort(objects)
	return objects
}

// shopper acts for a customer, whose name stands in all that they make.
type shopper struct {
	t     testing.TB
	db    *store.DB
	id    string
	token string
}

func (s shopper) by() store.By {
	return store.By{UserID: store.CustomerOwner(s.id), Email: s.token + "@example.com", IP: "192.0.2.9"}
}

func (s shopper) design(json string) (d store.Design) {
	s.t.Helper()
	write(s.t, s.db, func(tx *store.Tx) (err error) {
		in := newDesign("for " + s.token)
		in.Owner, in.DesignJSON = store.CustomerOwner(s.id), []byte(json)
		d, err = tx.CreateDesign(s.by(), unlimited, in)
		return err
	})
	return d
}

func (s shopper) asset(letter string) (a store.Asset) {
	s.t.Helper()
	write(s.t, s.db, func(tx *store.Tx) (err error) {
		in := newAsset("designs", letter, 10)
		in.Owner, in.Name = store.CustomerOwner(s.id), "photo of "+s.token
		a, err = tx.CreateAsset(s.by(), unlimited, in)
		return err
	})
	return a
}

func (s shopper) drop(do func(*store.Tx) error) { s.t.Helper(); write(s.t, s.db, do) }

// TestRedactVisitor redacts a customer in a state in which they were a visitor
// still, beside another visitor with the same picture.
func TestRedactVisitor(t *testing.T) {
	db := openShop(t, newClock("2026-01-10T00:00:00Z"))
	was, another := store.ClaimOwner("anna"), store.ClaimOwner("bert")
	var photo store.NewAsset
	write(t, db, func(tx *store.Tx) error {
		for i, visitor := range []store.Owner{was, another} {
			in := newDesign("visitor")
			in.Owner = visitor
			_, err1 := tx.CreateShopperDesign(owner, unlimited, in)
			gone, err2 := tx.CreateShopperDesign(owner, unlimited, in)
			err3 := tx.DeleteOwnDesign(owner, unlimited, visitor, gone.ID, 0)
			photo = newAsset("designs", string("ab"[i]), 10)
			photo.Owner = visitor
			_, err4 := tx.CreateShopperAsset(owner, unlimited, photo)
			shared := newAsset("designs", "c", 10)
			shared.Owner = visitor
			_, err5 := tx.CreateShopperAsset(owner, unlimited, shared)
			if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
				return err
			}
		}
		return nil
	})
	var objects []string
	var done store.Redacted
	write(t, db, func(tx *store.Tx) (err error) {
		if objects, err = tx.ObjectsOf("77", time.Time{}, was); err == nil {
			done, err = tx.RedactCustomer(unlimited, "77", time.Time{}, was)
		}
		return err
	})
	if done.Designs != 1 || done.Assets != 2 || done.Trashed != 1 {
		t.Errorf("redacted %+v", done)
	}
	if want := []string{newAsset("designs", "a", 1).Object}; !slices.Equal(objects, want) {
		t.Errorf("objects %v, want %v", objects, want)
	}
	if after, _ := usage(t, db, unlimited); after != recount(t, db) || after.Designs != 1 || after.Assets != 2 {
		t.Errorf("usage %+v", after)
	}
}

// TestRedactCustomer fills a shop with two customers and the merchant, and wants
// one customer to be gone from it without a trace, the others to be as before.
func TestRedactCustomer(t *testing.T) {
	db := openShop(t, newClock("2026-01-10T00:00:00Z"))
	anna := shopper{t, db, "77", "anna-canary"}
	bert := shopper{t, db, "777", "bert-canary"}
	for _, s := range []shopper{anna, bert} {
		kept := s.design(`{"text":"` + s.token + `"}`)
		gone := s.design(`{"text":"` + strings.Repeat(s.token+" deleted ", 2000) + `"}`)
		s.asset("a") // all have the same object
		dropped := s.asset(map[string]string{"77": "b", "777": "c"}[s.id])
		s.drop(func(tx *store.Tx) error {
			if _, err := tx.UpdateDesign(owner, unlimited, kept.ID, store.DesignPatch{Name: ptr("by the merchant for " + s.token)}, 0); err != nil {
				return err
			}
			if err := tx.DeleteDesign(s.by(), unlimited, gone.ID, 0); err != nil {
				return err
			}
			_, _, err := tx.DeleteAsset(owner, unlimited, dropped.ID)
			return err
		})
		requestData(t, db, s)
	}
	_, err := createAsset(t, db, unlimited, newAsset("gallery", "f", 5))
	if err != nil {
		t.Fatal(err)
	}
	mine, err := createAsset(t, db, unlimited, newAsset("designs", "d", 10))
	if err != nil {
		t.Fatal(err)
	}
	anna.asset("d") // the merchant's bytes too
	anna.asset("e")

	want := []string{newAsset("designs", "b", 1).Object, newAsset("designs", "e", 1).Object}
	if got := objectsOf(t, db, "77"); !slices.Equal(got, want) {
		t.Errorf("objects that only the customer names: %v, want %v", got, want)
	}
	before, _ := usage(t, db, unlimited)
	lines := auditLines(t, db)
	done := redact(t, db, "77", time.Time{})
	if done.Designs != 1 || done.Assets != 3 || done.Trashed != 2 || done.Requests != 1 || done.Entries != 10 {
		t.Errorf("redacted %+v", done)
	}
	after, _ := usage(t, db, unlimited)
	counted := recount(t, db)
	if after != counted || after.StorageBytes != before.StorageBytes-10 {
		t.Errorf("usage %+v, counted anew %+v, before %+v", after, counted, before)
	}
	if got := auditLines(t, db); got != lines+1 {
		t.Errorf("%d lines in the audit log, want %d and one", got, lines)
	}
	if again := redact(t, db, "77", time.Time{}); again.Any() {
		t.Errorf("redacted again: %+v", again)
	}
	wantAsset(t, db, mine.ID)
	if err := db.Vacuum(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(db.Path())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"anna-canary": false, `customer:77"`: false, "bert-canary": true, "by the merchant for bert": true} {
		if got := bytes.Contains(raw, []byte(text)); got != want {
			t.Errorf("the file holds %q: %t, want %t", text, got, want)
		}
	}
	if got := objectsOf(t, db, "777"); !slices.Equal(got, []string{newAsset("designs", "a", 1).Object, newAsset("designs", "c", 1).Object}) {
		t.Errorf("the other customer's objects: %v", got)
	}
}

func requestData(t testing.TB, db *store.DB, s shopper) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		return tx.Audit(store.By{}, "DATA_REQUEST", "customer", s.id, nil, map[string]string{"customer": s.id, "note": s.token})
	})
	err := db.DB.Write(t.Context(), "request", func(c *sqlite.Conn) error {
		_, err := c.Exec("INSERT INTO data_requests (id, customer, requested_at) VALUES (?1, ?2, 1)", "request of "+s.token, s.id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func auditLines(t testing.TB, db *store.DB) (n int) {
	t.Helper()
	read(t, db, func(v *store.View) error {
		all, _, err := v.AuditLog(store.AuditFilter{}, store.Page{Limit: 100})
		n = len(all)
		for _, e := range all {
			if e.After != nil && !json.Valid(e.After) || e.Before != nil && !json.Valid(e.Before) {
				t.Errorf("no JSON: %+v", e)
			}
		}
		return err
	})
	return n
}

func recount(t testing.TB, db *store.DB) (u store.Usage) {
	t.Helper()
	write(t, db, func(tx *store.Tx) (err error) { u, err = tx.RecountUsage(unlimited); return err })
	return u
}

func wantAsset(t testing.TB, db *store.DB, id string) {
	t.Helper()
	read(t, db, func(v *store.View) error { _, err := v.Asset(id); return err })
}

// TestRedactUntil leaves alone what a customer made after the moment: of a state
// that is restored from later, nothing is to go.
func TestRedactUntil(t *testing.T) {
	now := newClock("2026-01-10T00:00:00Z")
	db := openShop(t, now)
	anna := shopper{t, db, "77", "anna"}
	anna.design(`{}`)
	anna.asset("a")
	now.add(time.Hour)
	until := now.Now()
	now.add(time.Hour)
	anna.design(`{}`)
	anna.asset("a")
	if got := (store.Redacted{Designs: 1, Assets: 1, Entries: 2}); redact(t, db, "77", until) != got {
		t.Errorf("not %+v", got)
	}
	if u, _ := usage(t, db, unlimited); u != (store.Usage{Designs: 1, Assets: 1, StorageBytes: 10}) {
		t.Errorf("left: %+v", u)
	}
	if got := redact(t, db, "nobody", time.Time{}); got.Any() {
		t.Errorf("of nobody: %+v", got)
	}
}

// TestDigest tells files of different content apart, and not those whose pages
// differ alone.
func TestDigest(t *testing.T) {
	db := openShop(t, newClock("2026-01-10T00:00:00Z"))
	digest := func() (sum string) {
		t.Helper()
		err := db.Snapshot(t.Context(), "digest", func(v *store.View) (err error) { sum, err = v.Digest(); return err })
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	exec := func(sql string) {
		t.Helper()
		err := db.DB.Write(t.Context(), "test", func(c *sqlite.Conn) error { _, err := c.Exec(sql); return err })
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]string{"": "nothing"}
	anna := shopper{t, db, "77", "anna"}
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"a new file", func() {}},
		{"a design", func() { anna.design(`{"a":1}`) }},
		{"its JSON", func() { exec(`UPDATE design_json SET json = '{"a":2}'`) }},
		{"a time", func() { exec("UPDATE designs SET updated_at = updated_at + 1") }},
		{"NULL for no text", func() { exec("UPDATE audit SET user_email = NULL") }},
		{"no text for NULL", func() { exec("UPDATE audit SET user_email = ''") }},
		{"a value in the next column", func() { exec("UPDATE audit SET user_email = NULL, ip_address = ''") }},
		{"the seal", func() { exec("UPDATE seal SET epoch = 2") }},
		{"an index less", func() { exec("DROP INDEX audit_action") }},
	} {
		step.do()
		sum := digest()
		if was, ok := seen[sum]; ok {
			t.Errorf("%s: the digest is that of: %s", step.name, was)
		}
		seen[sum] = step.name
	}
	was := digest()
	exec("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)")
	if err := db.Vacuum(t.Context()); err != nil {
		t.Fatal(err)
	}
	if digest() != was {
		t.Error("the same content has another digest")
	}
}
