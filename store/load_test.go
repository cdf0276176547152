package store_test

import (
	"encoding/json"
	"errors"
	"testing"

	"lapak/store"
)

// loadEverything loads a row of each kind, reads them and unloads them again.
func loadEverything(t *testing.T, db *store.DB) {
	t.Helper()
	extra := json.RawMessage(`{"x":1}`)
	write(t, db, func(tx *store.Tx) error {
		err1 := tx.LoadDesign(store.Design{ID: "l", ProductID: "1", Name: "n", DesignJSON: json.RawMessage(`{}`)}, extra)
		err2 := tx.LoadConfig(store.Config{ID: "l", ProductID: "9", Config: json.RawMessage(`{}`)}, extra)
		err3 := tx.LoadAsset(store.Asset{ID: "l", Type: "fonts", Object: "fonts/x"}, extra)
		err4 := tx.LoadSession(store.Session{ID: "l"}, extra)
		err5 := tx.LoadEntry(store.Entry{ID: "l"}, nil)
		err6 := tx.LoadMonth(store.MonthUsage{Monthly: store.Monthly{Month: "2020-01", Orders: 2}}, nil)
		return errors.Join(err1, err2, err3, err4, err5, err6, tx.SetAdopted("there", extra))
	})
	seen := map[string]string{}
	read(t, db, func(v *store.View) error {
		note := func(kind, id string, extra json.RawMessage) error { seen[kind+id] = string(extra); return nil }
		ignore := func(store.Stamp) error { return nil }
		return errors.Join(
			v.LoadedDesigns(func(d store.Design, extra json.RawMessage) error { return note("design ", d.ID, extra) }),
			v.LoadedConfigs(func(c store.Config, extra json.RawMessage) error { return note("config ", c.ID, extra) }),
			v.LoadedAssets(func(a store.Asset, extra json.RawMessage) error { return note("asset ", a.ID, extra) }),
			v.LoadedSessions(func(s store.Session, extra json.RawMessage) error { return note("session ", s.ID, extra) }),
			v.LoadedEntries(func(e store.Entry, extra json.RawMessage) error { return note("entry ", e.ID, extra) }),
			v.LoadedMonths(func(m store.MonthUsage, extra json.RawMessage) error { return note("month ", m.Month, extra) }),
			v.DesignStamps(ignore), v.ConfigStamps(ignore), v.EntryStamps(ignore))
	})
	for row, want := range map[string]string{"design l": string(extra), "config l": string(extra), "asset l": string(extra),
		"session l": string(extra), "entry l": "", "month 2020-01": "{}"} {
		if got, ok := seen[row]; !ok || got != want {
			t.Errorf("%s: %q, want %q", row, got, want)
		}
	}
	write(t, db, func(tx *store.Tx) error {
		a, err := tx.Adopted()
		if err != nil || a.Source != "there" || a.Changed || string(a.Settings) != string(extra) {
			t.Errorf("%+v, %v", a, err)
		}
		errs := []error{tx.Unload(store.LoadMonths, "2020-01")}
		for k := store.LoadDesigns; k < store.LoadMonths; k++ {
			errs = append(errs, tx.Unload(k, "l", "none"))
		}
		errs = append(errs, tx.SetAdopted("there", extra))
		return errors.Join(errs...)
	})
	read(t, db, func(v *store.View) error {
		if _, err := v.Design("l"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an unloaded design: %v", err)
		}
		return nil
	})
}

func TestLoad(t *testing.T) {
	db := openShop(t, nil)
	read(t, db, func(v *store.View) error {
		if _, err := v.Adopted(); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("not adopted: %v", err)
		}
		return nil
	})
	loadEverything(t, db)
	write(t, db, func(tx *store.Tx) error {
		d := store.Design{ID: "d", ProductID: "1", DesignJSON: json.RawMessage(`{}`)}
		if err := errors.Join(tx.LoadDesign(d, nil)); err != nil {
			t.Error(err)
		}
		if err := tx.LoadDesign(d, nil); !errors.Is(err, store.ErrExists) {
			t.Errorf("twice: %v", err)
		}
		_, err := tx.CreateDesign(owner, unlimited, newDesign("here"))
		return err
	})
	read(t, db, func(v *store.View) error {
		if a, err := v.Adopted(); err != nil || !a.Changed {
			t.Errorf("%+v, %v", a, err)
		}
		return nil
	})
}
