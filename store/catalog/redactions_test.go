package catalog

import (
	"testing"
	"time"
)

func TestRedactions(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a, b := create(t, db, "a"), create(t, db, "b")
	first, err := db.NoteRedaction(ctx, a, "77", at(10), at(1000))
	check(t, err)
	equal(t, "redaction", first, Redaction{Shop: a, Customer: "77", Since: at(10)})
	equal(t, "maintenance", record(t, db, a).Replica.MaintainAt, at(1000))
	again, err := db.NoteRedaction(ctx, a, "77", at(20), at(1010))
	check(t, err)
	equal(t, "one that is not done", again, first)
	equal(t, "maintenance", record(t, db, a).Replica.MaintainAt, at(1000))
	_, err = db.NoteRedaction(ctx, b, "77", at(5), at(1000))
	check(t, err)
	open, err := db.OpenRedactions(ctx)
	check(t, err)
	equal(t, "open", len(open), 2)
	equal(t, "oldest", open[0].Shop, b)

	check(t, db.FinishRedaction(ctx, first, at(30)))
	later, err := db.NoteRedaction(ctx, a, "77", at(40), at(1040))
	check(t, err)
	equal(t, "another one", later, Redaction{Shop: a, Customer: "77", Since: at(40)})
	all, err := db.Redactions(ctx, a)
	check(t, err)
	equal(t, "of the shop", len(all), 2)
	equal(t, "done", all[0], Redaction{Shop: a, Customer: "77", Since: at(10), CleanedAt: at(30)})
	check(t, db.ForgetRedaction(ctx, first))
	all, err = db.Redactions(ctx, a)
	check(t, err)
	equal(t, "left", len(all), 1)

	_, err = db.NoteRedaction(ctx, name(t, "none"), "77", at(1), at(2))
	wantErr(t, err, ErrNotFound)
	check(t, db.BeginErase(ctx, b, "{}"))
	_, err = db.NoteRedaction(ctx, b, "78", at(1), at(2))
	wantErr(t, err, ErrNotFound)
	check(t, db.DeleteShop(ctx, b, "{}", time.Now()))
	open, err = db.OpenRedactions(ctx)
	check(t, err)
	equal(t, "open", len(open), 1)
}
