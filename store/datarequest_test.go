package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"lapak/store"
)

func addRequest(t *testing.T, db *store.DB, customer string, orders ...string) (d store.DataRequest) {
	t.Helper()
	write(t, db, func(tx *store.Tx) (err error) {
		d, err = tx.AddDataRequest(shopifyItself, customer, orders, time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
		return err
	})
	return d
}

func requests(t *testing.T, db *store.DB, limit int, before string) (all []store.DataRequest) {
	t.Helper()
	read(t, db, func(v *store.View) (err error) {
		all, err = v.DataRequests(limit, before)
		return err
	})
	return all
}

func TestDataRequests(t *testing.T) {
	now := newClock("2026-03-01T10:00:00Z")
	db := openShop(t, now)
	first := addRequest(t, db, "7", "11", "12")
	now.add(time.Minute)
	second := addRequest(t, db, "")
	all := requests(t, db, 9, "")
	if len(all) != 2 || all[0].ID != second.ID || all[1].ID != first.ID {
		t.Fatalf("%+v", all)
	}
	if page := requests(t, db, 1, second.ID); len(page) != 1 || page[0].ID != first.ID {
		t.Errorf("second page %+v", page)
	}
	raw, _ := json.Marshal(all[1])
	want := `{"id":"` + first.ID + `","customer":"7","orders":["11","12"],"requestedAt":"2026-03-01T09:00:00.000Z","fetchedAt":null}`
	if string(raw) != want {
		t.Errorf("got %s\nwant %s", raw, want)
	}
	write(t, db, func(tx *store.Tx) error { return tx.FetchedDataRequest(owner, first.ID) })
	if d := requests(t, db, 9, "")[1]; d.FetchedAt == nil || !d.FetchedAt.Equal(now.Now()) {
		t.Errorf("fetched %+v", d)
	}
	if log := auditLog(t, db, store.AuditFilter{Resource: "data_request"}); len(log) != 3 || log[0].Action != "EXPORT" || *log[0].UserID != owner.UserID {
		t.Errorf("audit %+v", log)
	}
	for _, missing := range []error{
		db.Write(t.Context(), "test", func(tx *store.Tx) error { return tx.FetchedDataRequest(owner, "x") }),
		db.Read(t.Context(), "test", func(v *store.View) error { _, err := v.DataRequest("x"); return err }),
	} {
		if !errors.Is(missing, store.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", missing)
		}
	}
	now.add(200 * 24 * time.Hour)
	write(t, db, func(tx *store.Tx) error { _, err := tx.AddDataRequest(owner, "9", nil, now.Now()); return err })
	if all := requests(t, db, 9, ""); len(all) != 1 || all[0].Customer != "9" {
		t.Errorf("%+v: those of half a year ago are still there", all)
	}
}

// TestCustomerData: the answer holds all that is the customer's and nothing that
// is anybody else's.
func TestCustomerData(t *testing.T) {
	db := openShop(t, newClock("2026-03-01T10:00:00Z"))
	mine, others := store.CustomerOwner("7"), []store.Owner{"", store.CustomerOwner("77"), store.CustomerOwner(""), store.ClaimOwner("7")}
	made := map[string]bool{} // id: is the customer's
	var link string
	for _, who := range append(others, mine) {
		for _, name := range []string{"one", "two"} {
			in := newDesign(name + " of " + who)
			in.Owner = who
			made[createDesign(t, db, in).ID] = who == mine
		}
		asset := newAsset("designs", "a", 10)
		asset.Owner = who
		a, err := createAsset(t, db, unlimited, asset)
		if err != nil {
			t.Fatal(err)
		}
		made[a.ID] = who == mine
		if who == mine {
			link = "https://app.example/assets/" + a.ID
		}
		deleted := newDesign("gone of " + who)
		deleted.Owner = who
		d := createDesign(t, db, deleted)
		made[d.ID] = who == mine
		write(t, db, func(tx *store.Tx) error {
			return tx.DeleteDesign(store.By{UserID: "customer", IP: "192.0.2.9"}, unlimited, d.ID, 0)
		})
	}
	answer := func(customer string) string {
		t.Helper()
		var w bytes.Buffer
		d := addRequest(t, db, customer, "11")
		read(t, db, func(v *store.View) error {
			return v.CustomerData(&w, d, func(id string) string { return "https://app.example/assets/" + id })
		})
		return w.String()
	}
	text := answer("7")
	var got struct {
		Customer                            string
		Orders                              []string
		Designs, Uploads, Deleted, Activity []map[string]any
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if got.Customer != "7" || !slices.Equal(got.Orders, []string{"11"}) || len(got.Designs) != 2 || len(got.Uploads) != 1 || len(got.Deleted) != 1 || len(got.Activity) != 1 {
		t.Errorf("got %+v", got)
	}
	for id, is := range made {
		if strings.Contains(text, id) != is {
			t.Errorf("%s is in it: %v, want %v", id, !is, is)
		}
	}
	if got.Designs[0]["designJson"] == nil || got.Uploads[0]["url"] != link || got.Activity[0]["ipAddress"] != "192.0.2.9" {
		t.Errorf("got %s", text)
	}
	if text := answer(""); strings.Count(text, "[]") != 4 {
		t.Errorf("of nobody: %s", text)
	}
}
