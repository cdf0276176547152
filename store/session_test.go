package store_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"lapak/store"
)

func TestSessions(t *testing.T) {
	now := newClock("2026-03-01T10:00:00Z")
	db := openShop(t, now)
	at := func(h int) time.Time { return time.Date(2026, 3, 1, h, 0, 0, 0, time.UTC) }
	full := store.Session{
		ID: "online", State: "s", IsOnline: true, Scope: "read_products", AccessToken: []byte{0, 1, 255}, RefreshToken: []byte("r"),
		UserID: "7", UserJSON: json.RawMessage(`{"id":7}`), ExpiresAt: at(11), RefreshExpiresAt: at(12),
	}
	offline := store.Session{ID: "offline_example", AccessToken: []byte("a")}
	write(t, db, func(tx *store.Tx) error { return errors.Join(tx.StoreSession(full), tx.StoreSession(offline)) })
	now.add(time.Minute)
	offline.Scope = "write_products"
	write(t, db, func(tx *store.Tx) error { return tx.StoreSession(offline) })
	read(t, db, func(v *store.View) error {
		got, err1 := v.Session("online")
		full.CreatedAt, full.UpdatedAt = store.Time{Time: at(10)}, store.Time{Time: at(10)}
		if !reflect.DeepEqual(got, full) {
			t.Errorf("got %+v\nwant %+v", got, full)
		}
		got, err2 := v.Session("offline_example")
		offline.CreatedAt, offline.UpdatedAt = store.Time{Time: at(10)}, store.Time{Time: at(10).Add(time.Minute)}
		if !reflect.DeepEqual(got, offline) {
			t.Errorf("got %+v\nwant %+v", got, offline)
		}
		all, err3 := v.Sessions()
		if len(all) != 2 || all[0].ID != "offline_example" {
			t.Errorf("all: %+v", all)
		}
		if _, err := v.Session("no"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		return errors.Join(err1, err2, err3)
	})
	write(t, db, func(tx *store.Tx) error {
		n, err := tx.DeleteSessions("online", "no", "offline_example")
		if n != 2 {
			t.Errorf("deleted %d, want 2", n)
		}
		return err
	})
	wantInvalid(t, db.Write(t.Context(), "test", func(tx *store.Tx) error { return tx.StoreSession(store.Session{}) }), "id")
}

func TestDeleteExpiredSessions(t *testing.T) {
	db := openShop(t, nil)
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	write(t, db, func(tx *store.Tx) error {
		return errors.Join(
			tx.StoreSession(store.Session{ID: "1 never ends"}),
			tx.StoreSession(store.Session{ID: "2 valid", ExpiresAt: future}),
			tx.StoreSession(store.Session{ID: "3 over", ExpiresAt: past}),
			tx.StoreSession(store.Session{ID: "4 renewable", ExpiresAt: past, RefreshToken: []byte("r"), RefreshExpiresAt: future}),
			tx.StoreSession(store.Session{ID: "5 renewable for ever", ExpiresAt: past, RefreshToken: []byte("r")}),
			tx.StoreSession(store.Session{ID: "6 both over", ExpiresAt: past, RefreshToken: []byte("r"), RefreshExpiresAt: past}),
		)
	})
	write(t, db, func(tx *store.Tx) error {
		n, err := tx.DeleteExpiredSessions(time.Now())
		if n != 2 {
			t.Errorf("deleted %d, want 2", n)
		}
		return err
	})
	read(t, db, func(v *store.View) error {
		all, err := v.Sessions()
		left := ""
		for _, s := range all {
			left += s.ID[:1]
		}
		if left != "1245" {
			t.Errorf("left %s, want 1245", left)
		}
		return err
	})
}
