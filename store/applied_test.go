package store_test

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"lapak/store"
)

var shopifyItself = store.By{UserID: "shopify"}

// applyEverything runs the statements of what Shopify tells, for TestQueryPlans.
func applyEverything(t *testing.T, db *store.DB) {
	t.Helper()
	putConfig(t, db, "9", store.ConfigPatch{Config: json.RawMessage(`{}`)})
	var d store.DataRequest
	write(t, db, func(tx *store.Tx) (err error) {
		_, err1 := tx.CountOrderOnce(owner, unlimited, store.Order{ID: "1", CreatedAt: time.Now().Add(-60 * 24 * time.Hour)})
		_, err2 := tx.SetProduct(owner, store.Product{ID: "9", Title: ptr("t"), UpdatedAt: time.Now()})
		d, err = tx.AddDataRequest(owner, "7", nil, time.Now())
		return errors.Join(err, err1, err2, tx.FetchedDataRequest(owner, d.ID), tx.ForgetApplied())
	})
	read(t, db, func(v *store.View) error {
		_, err1 := v.DataRequest(d.ID)
		_, err2 := v.DataRequests(1, "")
		return errors.Join(err1, err2, v.CustomerData(io.Discard, d, func(string) string { return "" }))
	})
}

func TestOnce(t *testing.T) {
	now := newClock("2026-03-01T10:00:00Z")
	db := openShop(t, now)
	once := func(key string) (first bool) {
		t.Helper()
		write(t, db, func(tx *store.Tx) (err error) {
			first, err = tx.Once(key)
			return errors.Join(err, tx.ForgetApplied())
		})
		return first
	}
	if !once("a") || once("a") || !once("b") {
		t.Error("not once each")
	}
	now.add(99 * 24 * time.Hour)
	if once("a") {
		t.Error("forgotten too early")
	}
	now.add(2 * 24 * time.Hour)
	once("c") // forgets
	if !once("a") {
		t.Error("never forgotten")
	}
	// What is undone did not happen.
	err := db.Write(t.Context(), "test", func(tx *store.Tx) error {
		_, err := tx.Once("undone")
		return errors.Join(err, errors.New("stop"))
	})
	if err == nil || !once("undone") {
		t.Error("noted without its work")
	}
}

func countOrder(t *testing.T, db *store.DB, terms store.Terms, id, created string) (counted bool) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, created)
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, func(tx *store.Tx) (err error) {
		counted, err = tx.CountOrderOnce(shopifyItself, terms, store.Order{ID: id, CreatedAt: at})
		return err
	})
	return counted
}

func orders(t *testing.T, db *store.DB) (months []string, counts []int64) {
	t.Helper()
	read(t, db, func(v *store.View) error {
		history, err := v.UsageHistory(99)
		for _, m := range history {
			months, counts = append(months, m.Month), append(counts, m.Orders)
		}
		return err
	})
	return months, counts
}

// An order belongs to the month in which it was created, on the shop's clock,
// however late it comes.
func TestOrdersCountOnceInTheirMonth(t *testing.T) {
	now := newClock("2026-03-01T10:00:00Z")
	db := openShop(t, now)
	jakarta := unlimited
	jakarta.Zone = time.FixedZone("WIB", 7*3600)
	for _, o := range []struct {
		id, created string
		counted     bool
	}{
		{"1", "2026-03-01T09:00:00Z", true},
		{"1", "2026-03-01T09:00:00Z", false},
		{"2", "2026-02-28T16:59:59Z", true},      // 23:59:59 in Jakarta
		{"3", "2026-02-28T17:00:00Z", true},      // midnight in Jakarta
		{"2", "2026-03-01T09:00:00Z", false},     // the same order, told otherwise
		{"4", "2026-03-01T11:00:00Z", true},      // by a clock that is ahead
		{"5", "2025-12-31T23:00:00-05:00", true}, // January in Jakarta
		{"6", "2026-01-10T00:00:00Z", true},
		{"7", "2025-11-30T10:00:00Z", false}, // nobody could know any more
	} {
		if got := countOrder(t, db, jakarta, o.id, o.created); got != o.counted {
			t.Errorf("order %s of %s: counted %v", o.id, o.created, got)
		}
	}
	months, counts := orders(t, db)
	if !slices.Equal(months, []string{"2026-03", "2026-02", "2026-01"}) || !slices.Equal(counts, []int64{3, 1, 2}) {
		t.Errorf("%v %v", months, counts)
	}
	log := auditLog(t, db, store.AuditFilter{Resource: "order"})
	if len(log) != 6 || *log[0].UserID != "shopify" || *log[0].ResourceID != "6" || string(log[0].After) != `{"month":"2026-01"}` {
		t.Errorf("audit %+v", log)
	}
	if _, m := usage(t, db, jakarta); m != (store.Monthly{Month: "2026-03", Orders: 3}) {
		t.Errorf("this month %+v", m)
	}
}

// A month that is made afterwards has what was used in the months around it.
func TestALateMonthCarriesOn(t *testing.T) {
	now := newClock("2026-01-15T00:00:00Z")
	db := openShop(t, now)
	createDesign(t, db, newDesign("a"))
	now.set("2026-03-15T00:00:00Z")
	createDesign(t, db, newDesign("b"))
	countOrder(t, db, unlimited, "1", "2026-02-15T00:00:00Z")
	countOrder(t, db, unlimited, "2", "2026-02-16T00:00:00Z")
	want := []store.MonthUsage{
		{Monthly: store.Monthly{Month: "2026-03"}, Usage: store.Usage{Designs: 2}},
		{Monthly: store.Monthly{Month: "2026-02", Orders: 2}, Usage: store.Usage{Designs: 1}},
		{Monthly: store.Monthly{Month: "2026-01"}, Usage: store.Usage{Designs: 1}},
	}
	read(t, db, func(v *store.View) error {
		got, err := v.UsageHistory(9)
		if !slices.Equal(got, want) {
			t.Errorf("history %+v", got)
		}
		return err
	})
}

func TestProductsKeepConfigsRight(t *testing.T) {
	now := newClock("2026-03-01T10:00:00Z")
	db := openShop(t, now)
	putConfig(t, db, "42", store.ConfigPatch{Title: ptr("Mug"), Config: json.RawMessage(`{"areas":1}`)})
	at := func(minute int) time.Time { return time.Date(2026, 3, 1, 9, minute, 0, 0, time.UTC) }
	set := func(want bool, p store.Product) {
		t.Helper()
		write(t, db, func(tx *store.Tx) error {
			changed, err := tx.SetProduct(shopifyItself, p)
			if changed != want {
				t.Errorf("%+v: changed %v", p, changed)
			}
			return err
		})
	}
	is := func(title, image string, enabled bool, version int64) {
		t.Helper()
		read(t, db, func(v *store.View) error {
			c, err := v.Config("42")
			if c.Title != title || c.ImageURL != image || c.Enabled != enabled || c.Version != version || string(c.Config) != `{"areas":1}` {
				t.Errorf("got %+v", c)
			}
			return err
		})
	}
	public := db.PublicVersion()
	set(true, store.Product{ID: "gid://shopify/Product/42", Title: ptr("Cup"), ImageURL: ptr("https://x/1.png"), UpdatedAt: at(2)})
	is("Cup", "https://x/1.png", true, 2)
	if db.PublicVersion() == public {
		t.Error("the public would be shown the old title")
	}
	set(false, store.Product{ID: "42", Title: ptr("Old"), UpdatedAt: at(1)})
	set(false, store.Product{ID: "42", Title: ptr("Cup"), UpdatedAt: at(5)}) // nothing new, but newer
	set(false, store.Product{ID: "42", Title: ptr("Older"), UpdatedAt: at(4)})
	set(true, store.Product{ID: "42", ImageURL: ptr(""), UpdatedAt: at(5)})
	is("Cup", "", true, 3)
	set(false, store.Product{ID: "43", Title: ptr("No config"), UpdatedAt: at(5)})

	// A time in the future is not believed for longer than it takes to come.
	set(true, store.Product{ID: "42", Title: ptr("Early"), UpdatedAt: at(5).Add(999 * time.Hour)})
	now.add(time.Minute)
	set(true, store.Product{ID: "42", Title: ptr("Cup"), UpdatedAt: now.Now()})

	now.add(time.Minute)
	for _, want := range []bool{true, false} {
		write(t, db, func(tx *store.Tx) error {
			changed, err := tx.EndProduct(shopifyItself, "42", now.Now())
			if changed != want {
				t.Errorf("ended %v, want %v", changed, want)
			}
			_, err2 := tx.EndProduct(shopifyItself, "43", now.Now())
			return errors.Join(err, err2)
		})
	}
	is("Cup", "", false, 6)
	set(false, store.Product{ID: "42", Title: ptr("Late"), UpdatedAt: at(5)})
	if log := auditLog(t, db, store.AuditFilter{Resource: "config"}); len(log) != 6 || *log[0].UserID != "shopify" {
		t.Errorf("audit: %d entries", len(log))
	}
}
