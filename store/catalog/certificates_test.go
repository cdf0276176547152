package catalog

import (
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

func TestCertificates(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a, b := create(t, db, "a"), create(t, db, "b")
	uuid := record(t, db, a).UUID
	check(t, db.MarkDirty(ctx, a))
	check(t, db.SetReplicaError(ctx, a, "down"))
	_, err := db.Draft(ctx, uuid)
	wantErr(t, err, ErrNotFound)
	check(t, db.BeginErase(ctx, a, "first"))
	check(t, db.BeginErase(ctx, a, "second")) // another call: the first wish stays
	draft, err := db.Draft(ctx, uuid)
	check(t, err)
	equal(t, "draft", draft, "first")
	check(t, db.SetDraft(ctx, uuid, "counted"))
	equal(t, "dirty", dirty(t, db), "")
	equal(t, "replica", record(t, db, a).Replica, Replica{})
	_, err = db.Certificate(ctx, uuid)
	wantErr(t, err, ErrNotFound)

	for _, shop := range []store.Shop{a, b} {
		_, err := db.AddDelivery(ctx, Delivery{ID: "of " + shop.String(), Shop: shop, Topic: "x", Event: []byte("{}"), ReceivedAt: time.Now().Add(-time.Minute)})
		check(t, err)
		_, err = db.CreateJob(ctx, shop, "restore", nil)
		check(t, err)
		_, err = db.NoteRedaction(ctx, b, "77", at(1), at(2))
		check(t, err)
		_, _, err = db.CreateKey(ctx, shop, RoleAdmin, "")
		check(t, err)
	}
	check(t, db.DeleteShop(ctx, a, "signed", at(10)))
	wantErr(t, db.SetDraft(ctx, uuid, "late"), ErrNotFound)
	got, err := db.Certificate(ctx, uuid)
	check(t, err)
	equal(t, "certificate", got, Certificate{UUID: uuid, Shop: a, Text: "signed", ErasedAt: at(10)})
	jobs, err := db.Jobs(ctx, b, 10)
	check(t, err)
	equal(t, "the other shop's jobs", len(jobs), 1)
	due, _, err := db.DueShops(ctx, time.Now(), 10)
	check(t, err)
	equal(t, "shops with deliveries", len(due), 1)

	again := create(t, db, "a")
	second := record(t, db, again).UUID
	check(t, db.BeginErase(ctx, again, "{}"))
	check(t, db.DeleteShop(ctx, again, "signed again", at(20)))
	all, err := db.Certificates(ctx, a, 10)
	check(t, err)
	equal(t, "certificates", len(all), 2)
	equal(t, "newest", all[0].UUID, second)
	none, err := db.Certificates(ctx, b, 10)
	check(t, err)
	equal(t, "of a shop that is there", len(none), 0)
}

// TestDeleteShopLooksEverywhere wants a table that nobody thought of to keep the
// shop's record from going.
func TestDeleteShopLooksEverywhere(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a := create(t, db, "a")
	check(t, db.db.Write(ctx, "test", func(c *sqlite.Conn) error {
		return c.Script("CREATE TABLE novel (n INTEGER PRIMARY KEY, shop TEXT); INSERT INTO novel (shop) VALUES ('" + a.String() + "')")
	}))
	check(t, db.BeginErase(ctx, a, "{}"))
	err := db.DeleteShop(ctx, a, "signed", at(10))
	if err == nil || !strings.Contains(err.Error(), "novel") {
		t.Fatalf("deleted though a table names it: %v", err)
	}
	equal(t, "state", record(t, db, a).State, Erasing)
	_, err = db.Certificate(ctx, record(t, db, a).UUID)
	wantErr(t, err, ErrNotFound)
}
