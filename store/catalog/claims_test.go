package catalog

import (
	"testing"
	"time"

	"lapak/store"
)

func TestClaims(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a, b := create(t, db, "a"), create(t, db, "b")
	one, two := store.ClaimOwner("one"), store.ClaimOwner("two")
	check(t, db.NoteClaim(ctx, a, "77", one, at(10)))
	check(t, db.NoteClaim(ctx, a, "77", one, at(30))) // the first time counts
	check(t, db.NoteClaim(ctx, a, "77", two, at(20)))
	check(t, db.NoteClaim(ctx, a, "78", one, at(20)))
	check(t, db.NoteClaim(ctx, b, "77", one, at(5)))
	known := func(shop store.Shop, customer string, until time.Time) int {
		t.Helper()
		claims, err := db.Claims(ctx, shop, customer, until)
		check(t, err)
		return len(claims)
	}
	equal(t, "before", known(a, "77", at(9)), 0)
	equal(t, "the first", known(a, "77", at(10)), 1)
	equal(t, "both", known(a, "77", at(20)), 2)
	equal(t, "another shop's", known(b, "77", at(20)), 1)
	wantErr(t, db.NoteClaim(ctx, name(t, "none"), "77", one, at(1)), ErrNotFound)

	r, err := db.NoteRedaction(ctx, a, "77", at(15), at(1000))
	check(t, err)
	check(t, db.ForgetRedaction(ctx, r))
	equal(t, "the redacted customer's, from after", known(a, "77", at(99)), 1)
	equal(t, "another customer's", known(a, "78", at(99)), 1)
	check(t, db.NoteClaim(ctx, a, "79", one, at(20).Add(claimsKept+time.Second)))
	equal(t, "an old one", known(a, "78", at(99)), 0)
	check(t, db.BeginErase(ctx, b, "{}"))
	check(t, db.DeleteShop(ctx, b, "{}", time.Now()))
	equal(t, "an erased shop's", known(b, "77", at(99)), 0)
}
