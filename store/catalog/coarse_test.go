package catalog

import (
	"testing"
	"time"
)

func TestCoarseTimes(t *testing.T) {
	db := open(t, Options{})
	shop := create(t, db, "toko")
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	spans := []Coarse{{shop, at.Add(time.Hour), at.Add(2 * time.Hour), time.Minute}, {shop, at, at.Add(time.Second), time.Second}, {name(t, "nobody"), at, at, 0}}
	if err := db.NoteCoarse(t.Context(), spans); err != nil {
		t.Fatal(err)
	}
	got, err := db.Coarse(t.Context(), shop)
	if err != nil || len(got) != 2 || got[0] != spans[1] || got[1] != spans[0] {
		t.Fatalf("Coarse: %v %v", got, err)
	}
	if err := db.ForgetCoarse(t.Context(), at.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Coarse(t.Context(), shop); err != nil || len(got) != 1 || got[0] != spans[0] {
		t.Fatalf("Coarse after ForgetCoarse: %v %v", got, err)
	}
}
