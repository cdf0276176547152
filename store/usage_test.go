package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

func TestFiftyCallersAtTheEdgeOfALimit(t *testing.T) {
	db := openShop(t, nil)
	terms := unlimited
	terms.MaxDesigns = 7
	errs := make([]error, 50)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			errs[i] = db.Write(t.Context(), "create design", func(tx *store.Tx) error {
				_, err := tx.CreateDesign(owner, terms, newDesign(fmt.Sprint(i)))
				return err
			})
		})
	}
	wg.Wait()
	saved := 0
	for _, err := range errs {
		var limit store.LimitError
		if err == nil {
			saved++
		} else if !errors.As(err, &limit) || limit.What != "Design" {
			t.Errorf("got %v, want the Design limit", err)
		}
	}
	u, _ := usage(t, db, terms)
	names, _ := designPage(t, db, store.DesignFilter{}, store.Page{Limit: 100})
	audited := len(auditLog(t, db, store.AuditFilter{}))
	if saved != 7 || u.Designs != 7 || len(names) != 7 || audited != 7 {
		t.Errorf("%d saved, usage %d, %d rows, %d audited, want 7 of each", saved, u.Designs, len(names), audited)
	}
}

func TestOverALimitAfterADowngrade(t *testing.T) {
	db := openShop(t, nil)
	d := createDesign(t, db, newDesign("a"))
	createDesign(t, db, newDesign("b"))
	if _, err := createAsset(t, db, unlimited, newAsset("gallery", "a", 100)); err != nil {
		t.Fatal(err)
	}
	less := store.Terms{MaxDesigns: 1, MaxAssets: 2, StorageBytes: 50}
	if _, err := createAsset(t, db, less, newAsset("gallery", "a", 100)); err != nil {
		t.Errorf("an object that is there already: %v", err)
	}
	write(t, db, func(tx *store.Tx) error {
		if err := tx.CountOrder(less); err != nil {
			return fmt.Errorf("count order: %w", err)
		}
		if _, err := tx.UpdateDesign(owner, less, d.ID, store.DesignPatch{Name: ptr("c")}, 0); err != nil {
			return fmt.Errorf("update: %w", err)
		}
		return tx.DeleteDesign(owner, less, d.ID, 0)
	})
	err := db.Write(t.Context(), "test", func(tx *store.Tx) error {
		_, err := tx.CreateDesign(owner, less, newDesign("d"))
		return err
	})
	if !errors.Is(err, store.ErrLimit) {
		t.Errorf("got %v, want ErrLimit", err)
	}
}

func TestMonthChange(t *testing.T) {
	now := newClock("2026-01-31T16:59:59Z")
	db := openShop(t, now)
	terms := unlimited
	terms.Zone = time.FixedZone("Jakarta", 7*3600)
	upload := func() {
		t.Helper()
		if _, err := createAsset(t, db, terms, newAsset("gallery", "a", 10)); err != nil {
			t.Fatal(err)
		}
		write(t, db, func(tx *store.Tx) error { return tx.CountOrder(terms) })
	}
	upload()
	now.add(time.Second) // midnight in Jakarta
	if u, m := usage(t, db, terms); u.Assets != 1 || m != (store.Monthly{Month: "2026-02"}) {
		t.Errorf("before the month's first change: %+v %+v", u, m)
	}
	if _, m := usage(t, db, unlimited); m.Month != "2026-01" || m.Uploads != 1 || m.Orders != 1 {
		t.Errorf("in UTC: %+v", m)
	}
	upload()
	now.set("2026-06-01T00:00:00Z")
	upload()
	now.set("2026-02-10T00:00:00Z") // the clock steps back
	upload()
	want := []store.MonthUsage{
		{Monthly: store.Monthly{Month: "2026-06", Uploads: 2, Orders: 2}, Usage: store.Usage{Assets: 4, StorageBytes: 10}},
		{Monthly: store.Monthly{Month: "2026-02", Uploads: 1, Orders: 1}, Usage: store.Usage{Assets: 2, StorageBytes: 10}},
		{Monthly: store.Monthly{Month: "2026-01", Uploads: 1, Orders: 1}, Usage: store.Usage{Assets: 1, StorageBytes: 10}},
	}
	read(t, db, func(v *store.View) error {
		got, err := v.UsageHistory(12)
		if !slices.Equal(got, want) {
			t.Errorf("history %+v\nwant %+v", got, want)
		}
		if two, _ := v.UsageHistory(2); len(two) != 2 {
			t.Errorf("two months: %+v", two)
		}
		return err
	})
}

func TestMonthNeverGoesBackInAnotherZone(t *testing.T) {
	now := newClock("2026-02-01T00:30:00Z")
	db := openShop(t, now)
	west := unlimited
	west.Zone = time.FixedZone("", -5*3600)
	write(t, db, func(tx *store.Tx) error { return tx.CountOrder(unlimited) })
	write(t, db, func(tx *store.Tx) error { return tx.CountOrder(west) })
	if _, m := usage(t, db, west); m != (store.Monthly{Month: "2026-02", Orders: 2}) {
		t.Errorf("got %+v", m)
	}
}

func TestWarnings(t *testing.T) {
	terms := store.Terms{MaxProducts: 10, MaxAssets: 15, MaxDesigns: -1, StorageBytes: 1000}
	for _, c := range []struct {
		u    store.Usage
		want []string
	}{
		{store.Usage{Products: 8, Assets: 13, Designs: 1e9, StorageBytes: 899}, []string{}},
		{store.Usage{Assets: 14}, []string{"Asset limit at 90%"}},
		{store.Usage{Products: 9, Assets: 99, StorageBytes: 900}, []string{"Product limit at 90%", "Asset limit at 90%", "Storage limit at 90%"}},
	} {
		if got := store.Warnings(c.u, terms); !slices.Equal(got, c.want) || got == nil {
			t.Errorf("%+v: got %v, want %v", c.u, got, c.want)
		}
	}
	if got := store.Warnings(store.Usage{Designs: 45}, store.Terms{MaxDesigns: 50}); !slices.Equal(got, []string{"Design limit at 90%"}) {
		t.Errorf("got %v", got)
	}
}

func TestRecountUsage(t *testing.T) {
	path := createShop(t)
	db := openFile(t, path, store.Options{})
	createDesign(t, db, newDesign("a"))
	for _, letter := range []string{"a", "a", "b"} {
		if _, err := createAsset(t, db, unlimited, newAsset("gallery", letter, 10)); err != nil {
			t.Fatal(err)
		}
	}
	want, month := usage(t, db, unlimited)
	engine := sqlite.Open(path, sqlite.Options{})
	err := engine.Write(t.Context(), "spoil", func(c *sqlite.Conn) error {
		_, err := c.Exec("UPDATE usage SET products = 5, assets = 6, designs = 7, storage_bytes = 8")
		return err
	})
	if err = errors.Join(err, engine.Close()); err != nil {
		t.Fatal(err)
	}
	write(t, db, func(tx *store.Tx) error {
		got, err := tx.RecountUsage(unlimited)
		if got != want {
			t.Errorf("recounted %+v, want %+v", got, want)
		}
		return err
	})
	if u, m := usage(t, db, unlimited); u != want || m != month {
		t.Errorf("got %+v %+v, want %+v %+v", u, m, want, month)
	}
}
