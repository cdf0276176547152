package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lapak/store"
)

func audit(t testing.TB, db *store.DB, action, resource string) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error { return tx.Audit(store.By{}, action, resource, "", nil, nil) })
}

func TestAuditOfTheSystem(t *testing.T) {
	db := openShop(t, newClock("2026-03-01T10:00:00Z"))
	write(t, db, func(tx *store.Tx) error {
		return tx.Audit(store.By{}, "RESTORE", "shop", "", nil, map[string]int{"epoch": 2})
	})
	e := auditLog(t, db, store.AuditFilter{})[0]
	want := fmt.Sprintf(`{"id":%q,"action":"RESTORE","resource":"shop","resourceId":null,"userId":null,"userEmail":null,"ipAddress":null,`+
		`"before":null,"after":{"epoch":2},"createdAt":"2026-03-01T10:00:00.000Z"}`, e.ID)
	if raw, err := json.Marshal(e); err != nil || string(raw) != want {
		t.Errorf("got %s, %v\nwant %s", raw, err, want)
	}
	err := db.Write(t.Context(), "test", func(tx *store.Tx) error { return tx.Audit(store.By{}, "X", "x", "", nil, func() {}) })
	if err == nil {
		t.Error("a function became JSON")
	}
}

func TestAuditFilters(t *testing.T) {
	now := newClock("2026-03-01T00:00:00Z")
	db := openShop(t, now)
	for _, s := range []string{"CREATE design", "DELETE design", "CREATE asset", "LOGIN user"} {
		action, resource, _ := strings.Cut(s, " ")
		audit(t, db, action, resource)
		audit(t, db, action, resource)
		now.add(time.Hour)
	}
	hour := func(h int) time.Time { return time.Date(2026, 3, 1, h, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		f    store.AuditFilter
		want string
	}{
		{store.AuditFilter{}, "LOGIN CREATE DELETE CREATE"},
		{store.AuditFilter{Action: "CREATE"}, "CREATE CREATE"},
		{store.AuditFilter{Resource: "design"}, "DELETE CREATE"},
		{store.AuditFilter{Action: "CREATE", Resource: "asset"}, "CREATE"},
		{store.AuditFilter{From: hour(1)}, "LOGIN CREATE DELETE"},
		{store.AuditFilter{To: hour(1)}, "CREATE"},
		{store.AuditFilter{To: hour(1).Add(time.Nanosecond)}, "DELETE CREATE"},
		{store.AuditFilter{From: hour(1).Add(time.Nanosecond)}, "LOGIN CREATE"},
		{store.AuditFilter{From: hour(1), To: hour(3)}, "CREATE DELETE"},
		{store.AuditFilter{From: hour(1), To: hour(3), Action: "DELETE"}, "DELETE"},
		{store.AuditFilter{From: hour(3), To: hour(1)}, ""},
		{store.AuditFilter{Action: "nothing"}, ""},
	} {
		var got []string
		page := store.Page{Limit: 1} // so that the bounds meet the cursor on every row
		for {
			var entries []store.Entry
			read(t, db, func(v *store.View) (err error) {
				entries, page.After, err = v.AuditLog(c.f, page)
				return err
			})
			for _, e := range entries {
				got = append(got, e.Action)
			}
			if page.After.IsZero() {
				break
			}
		}
		var want []string
		for _, action := range strings.Fields(c.want) {
			want = append(want, action, action)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: got %v, want %v", c.f, got, want)
		}
	}
}

// TestAuditBoundAfterTheCursor pages with a bound that the page before had not.
func TestAuditBoundAfterTheCursor(t *testing.T) {
	now := newClock("2026-03-01T00:00:00Z")
	db := openShop(t, now)
	for _, action := range []string{"1", "2", "3", "4"} {
		audit(t, db, action, "x")
		now.add(time.Hour)
	}
	read(t, db, func(v *store.View) error {
		_, next, err1 := v.AuditLog(store.AuditFilter{}, store.Page{Limit: 1})
		to := time.Date(2026, 3, 1, 1, 0, 0, 0, time.UTC)
		got, _, err2 := v.AuditLog(store.AuditFilter{To: to}, store.Page{After: next})
		if len(got) != 1 || got[0].Action != "1" {
			t.Errorf("got %v, want the first entry alone", got)
		}
		return errors.Join(err1, err2)
	})
}

func TestTimesNeverGoBack(t *testing.T) {
	now := newClock("2026-03-01T12:00:00Z")
	path := createShop(t)
	db := openFile(t, path, store.Options{Clock: now.Now})
	d := createDesign(t, db, newDesign("a"))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	now.set("2026-03-01T11:00:00Z") // and the program starts anew
	db = openFile(t, path, store.Options{Clock: now.Now})
	write(t, db, func(tx *store.Tx) error {
		got, err := tx.UpdateDesign(owner, unlimited, d.ID, store.DesignPatch{Name: ptr("b")}, 0)
		if got.UpdatedAt.Before(d.UpdatedAt.Time) {
			t.Errorf("updated at %v, before %v", got.UpdatedAt, d.UpdatedAt)
		}
		return err
	})
	createDesign(t, db, newDesign("c"))
	names, _ := designPage(t, db, store.DesignFilter{}, store.Page{})
	entries := auditLog(t, db, store.AuditFilter{})
	if !slices.Equal(names, []string{"c", "b"}) || entries[0].CreatedAt.Before(entries[2].CreatedAt.Time) || entries[2].Action != "CREATE" || entries[1].Action != "UPDATE" {
		t.Errorf("out of order: %v, %v", names, entries)
	}
}
