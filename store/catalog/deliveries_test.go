package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// deliver stores a delivery that was triggered and received at these seconds.
func deliver(t *testing.T, db *DB, shop store.Shop, id string, triggered, received int) {
	t.Helper()
	added, err := db.AddDelivery(t.Context(), Delivery{
		ID: id, Shop: shop, Topic: "orders/create", Event: json.RawMessage(`{"id":"1"}`),
		TriggeredAt: at(triggered), ReceivedAt: at(received),
	})
	check(t, err)
	equal(t, "added "+id, added, true)
}

func due(t *testing.T, db *DB, shop store.Shop, now time.Time) []Delivery {
	t.Helper()
	all, err := db.DueDeliveries(t.Context(), shop, now, 100)
	check(t, err)
	return all
}

func ids(all []Delivery) string {
	var names []string
	for _, d := range all {
		names = append(names, d.ID)
	}
	return strings.Join(names, " ")
}

func TestADeliveryIsStoredOnce(t *testing.T) {
	db := open(t, Options{})
	shop := name(t, "unknown") // deliveries come for shops that are not there
	deliver(t, db, shop, "a", 1, 2)
	again := Delivery{ID: "a", Shop: name(t, "other"), Topic: "shop/redact", Event: json.RawMessage(`{}`), TriggeredAt: at(8), ReceivedAt: at(9)}
	for _, when := range []string{"queued", "done"} {
		added, err := db.AddDelivery(t.Context(), again)
		check(t, err)
		equal(t, "added when "+when, added, false)
		all := due(t, db, shop, at(2))
		if when == "queued" {
			equal(t, "event", string(all[0].Event), `{"id":"1"}`)
			equal(t, "topic", all[0].Topic, "orders/create")
			equal(t, "times", all[0].TriggeredAt.String()+all[0].ReceivedAt.String(), at(1).String()+at(2).String())
			check(t, db.FinishAttempts(t.Context(), []Attempt{{Delivery: all[0], Done: true}}))
		}
	}
	equal(t, "left", len(due(t, db, shop, at(99)))+len(due(t, db, name(t, "other"), at(99))), 0)
}

func TestDeliveriesInOrder(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a, b := name(t, "a"), name(t, "b")
	deliver(t, db, a, "late", 5, 10)
	deliver(t, db, b, "other", 1, 11)
	deliver(t, db, a, "same1", 3, 12)
	deliver(t, db, a, "same2", 3, 13)
	deliver(t, db, a, "early", 1, 14)
	equal(t, "due", ids(due(t, db, a, at(99))), "early same1 same2 late")
	equal(t, "due at 12", ids(due(t, db, a, at(12))), "same1 late")
	shops, more, err := db.DueShops(ctx, at(12), 10)
	check(t, err)
	equal(t, "shops", fmt.Sprint(shops, more), fmt.Sprint([]store.Shop{a, b}, false))
	shops, more, err = db.DueShops(ctx, at(99), 1)
	check(t, err)
	equal(t, "one shop", fmt.Sprint(shops, more), fmt.Sprint([]store.Shop{a}, true))
	next, ok, err := db.NextDelivery(ctx, at(12))
	check(t, err)
	equal(t, "next", fmt.Sprint(next, ok), fmt.Sprint(at(13), true))
	_, ok, err = db.NextDelivery(ctx, at(14))
	check(t, err)
	equal(t, "any later", ok, false)
}

func TestAttempts(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := name(t, "a")
	for i, id := range []string{"done", "retry", "dead", "gone"} {
		deliver(t, db, shop, id, i, i)
	}
	all := due(t, db, shop, at(9))
	check(t, db.FinishAttempts(ctx, []Attempt{{Delivery: all[3], Gone: true}}))
	_, err := db.RetryDelivery(ctx, "gone")
	wantErr(t, err, ErrNotFound)
	long := strings.Repeat("x", maxError-1) + "ä"
	check(t, db.FinishAttempts(ctx, []Attempt{
		{Delivery: all[0], Done: true, Error: "nothing to do"},
		{Delivery: all[1], Retry: at(20), Error: long},
		{Delivery: all[2], Error: "broken"},
	}))
	equal(t, "due", len(due(t, db, shop, at(19))), 0)
	again := due(t, db, shop, at(20))
	equal(t, "due again", ids(again), "retry")
	equal(t, "attempts", again[0].Attempts, 1)
	equal(t, "error", again[0].Error, long[:maxError-1])
	counts, err := db.CountDeliveries(ctx)
	check(t, err)
	equal(t, "counts", counts, DeliveryCounts{Queued: 1, OldestDue: at(20), Dead: 1})

	check(t, db.PostponeDeliveries(ctx, shop, at(20), at(30), "being restored"))
	later := due(t, db, shop, at(30))
	equal(t, "postponed", ids(due(t, db, shop, at(29)))+ids(later), "retry")
	equal(t, "attempts of one that waited", later[0].Attempts, 1)

	// What is finished already stays so: two workers would not undo each other.
	check(t, db.FinishAttempts(ctx, []Attempt{{Delivery: all[0], Retry: at(1)}, {Delivery: all[2], Done: true}}))
	counts, err = db.CountDeliveries(ctx)
	check(t, err)
	equal(t, "counts", counts, DeliveryCounts{Queued: 1, OldestDue: at(30), Dead: 1})
}

func TestDeadDeliveries(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := name(t, "a")
	for i := range 5 {
		deliver(t, db, shop, fmt.Sprint("d", i), 9, i/2) // some at the same moment
	}
	for _, d := range due(t, db, shop, at(9)) {
		check(t, db.FinishAttempts(ctx, []Attempt{{Delivery: d, Error: "broken"}}))
	}
	var got []string
	p := Page{Limit: 2}
	for {
		dead, next, err := db.DeadDeliveries(ctx, p)
		check(t, err)
		got = append(got, ids(dead))
		if p.After = next; next == "" {
			break
		}
	}
	equal(t, "pages", strings.Join(got, ","), "d4 d3,d2 d1,d0")
	_, _, err := db.DeadDeliveries(ctx, Page{After: "x"})
	wantErr(t, err, ErrInvalid)

	d, err := db.RetryDelivery(ctx, "d1")
	check(t, err)
	equal(t, "shop", d.Shop, shop)
	again := due(t, db, shop, time.Now())
	equal(t, "queued again", ids(again), "d1")
	equal(t, "attempts", again[0].Attempts, 0)
	equal(t, "event", string(again[0].Event), `{"id":"1"}`)
	_, err = db.RetryDelivery(ctx, "d1")
	wantErr(t, err, ErrState)
	_, err = db.RetryDelivery(ctx, "none")
	wantErr(t, err, ErrNotFound)
}

// A delivery that is gone, as its shop is, must not be taken for the one that has
// its number now.
func TestANumberIsNoName(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a, b := name(t, "a"), name(t, "b")
	deliver(t, db, a, "redact", 1, 1)
	gone := due(t, db, a, at(9))[0]
	check(t, db.db.Write(ctx, "erase", func(c *sqlite.Conn) error {
		_, err := c.Exec("DELETE FROM deliveries WHERE shop = ?1", a.String())
		return err
	}))
	deliver(t, db, b, "order", 1, 1)
	equal(t, "number", due(t, db, b, at(9))[0].n, gone.n)
	check(t, db.FinishAttempts(ctx, []Attempt{{Delivery: gone, Done: true}}))
	equal(t, "left", ids(due(t, db, b, at(9))), "order")
}

// What is done is forgotten after a week and what is dead after 90 days, by the
// next attempt that ends.
func TestOldDeliveriesAreForgotten(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := name(t, "a")
	add := func(id string, age time.Duration) {
		t.Helper()
		_, err := db.AddDelivery(ctx, Delivery{ID: id, Shop: shop, Topic: "t", TriggeredAt: at(1), ReceivedAt: time.Now().Add(-age)})
		check(t, err)
	}
	add("young", deadKept-time.Hour)
	add("old", deadKept+time.Hour)
	add("done", 0)
	all := due(t, db, shop, time.Now())
	check(t, db.FinishAttempts(ctx, []Attempt{{Delivery: all[0]}, {Delivery: all[1]}, {Delivery: all[2], Done: true}}))
	dead, _, err := db.DeadDeliveries(ctx, Page{})
	check(t, err)
	equal(t, "dead", ids(dead), "young")
	_, err = db.RetryDelivery(ctx, "done")
	wantErr(t, err, ErrState) // it is still there
	age := func(kept time.Duration) {
		t.Helper()
		check(t, db.db.Write(ctx, "age", func(c *sqlite.Conn) error {
			_, err := c.Exec("UPDATE deliveries SET finished_at = ?2 WHERE id = ?1", "done", time.Now().Add(-kept).UnixMilli())
			return err
		}))
		check(t, db.FinishAttempts(ctx, nil))
		_, err = db.RetryDelivery(ctx, "done")
	}
	age(doneKept - time.Hour)
	wantErr(t, err, ErrState)
	age(doneKept + time.Hour)
	wantErr(t, err, ErrNotFound)
}

func TestDeliveriesReadIndexes(t *testing.T) {
	db := open(t, Options{})
	for _, tc := range []struct{ what, sql, index string }{
		{"DueShops", dueShopsSQL, "deliveries_due"},
		{"NextDelivery", nextDeliverySQL, "deliveries_due"},
		{"DueDeliveries", dueSQLOfShop, "deliveries_queue"},
		{"PostponeDeliveries", postponeSQL, "deliveries_queue"},
		{"DeadDeliveries", deadSQL, "deliveries_dead"},
		{"CountDeliveries", countsSQL, "deliveries_due"},
		{"done ones", oldDoneSQL, "deliveries_done"},
		{"dead ones", oldDeadSQL, "deliveries_dead"},
	} {
		plan := explain(t, db, tc.sql)
		if !strings.Contains(plan, " "+tc.index) {
			t.Errorf("%s does not use %s:\n%s", tc.what, tc.index, plan)
		}
		for line := range strings.Lines(plan) {
			whole := strings.HasPrefix(line, "SCAN deliveries") && !strings.Contains(line, " deliveries_")
			if whole || strings.Contains(line, "TEMP B-TREE") {
				t.Errorf("%s scans or sorts: %s", tc.what, line)
			}
		}
	}
}
