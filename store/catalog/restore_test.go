package catalog

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func at(second int) time.Time { return time.Date(2100, 1, 1, 0, 0, second, 0, time.UTC) }

func TestRestoreAndUndo(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := create(t, db, "a")
	epochs := func(want string) {
		t.Helper()
		s := record(t, db, shop)
		equal(t, "state, epoch, previous", fmt.Sprint(s.State, " ", s.Epoch, " ", s.PreviousEpoch), want)
	}
	_, _, err := db.BeginUndo(ctx, shop, "")
	wantErr(t, err, ErrState)

	from, to, err := db.BeginRestore(ctx, shop, "job")
	check(t, err)
	equal(t, "from, to", [2]int{from, to}, [2]int{1, 2})
	epochs("restoring 1 0")
	equal(t, "job", record(t, db, shop).RestoreJob, "job")
	wantErr(t, db.Suspend(ctx, shop), ErrState)
	wantErr(t, db.BeginErase(ctx, shop, "{}"), ErrState)
	_, _, err = db.BeginRestore(ctx, shop, "")
	wantErr(t, err, ErrState)
	wantErr(t, db.FinishRestore(ctx, shop, 3, at(1)), ErrState)

	check(t, db.AbortRestore(ctx, shop))
	epochs("active 1 0")
	wantErr(t, db.AbortRestore(ctx, shop), ErrState)

	_, to, err = db.BeginRestore(ctx, shop, "")
	check(t, err)
	equal(t, "a number is used once", to, 3)
	check(t, db.FinishRestore(ctx, shop, to, at(10)))
	wantErr(t, db.FinishRestore(ctx, shop, to, at(10)), ErrState)
	epochs("active 3 1")

	for i, want := range []string{"suspended 1 3", "suspended 3 1"} {
		check(t, db.Suspend(ctx, shop))
		_, to, err := db.BeginUndo(ctx, shop, "")
		check(t, err)
		check(t, db.FinishUndo(ctx, shop, to, at(20+i)))
		epochs(want)
	}
	_, to, err = db.BeginRestore(ctx, shop, "")
	check(t, err)
	check(t, db.FinishRestore(ctx, shop, to, at(30)))
	epochs("suspended 4 3")

	var got string
	periods, err := db.Lineage(ctx, shop)
	check(t, err)
	for i, p := range periods {
		got += fmt.Sprint(p.Epoch, " ")
		if i > 0 && !p.From.Equal(periods[i-1].To) {
			t.Errorf("a gap before %v", p)
		}
	}
	equal(t, "lineage", got, "1 3 1 3 4 ")
	for second, want := range map[int]int{9: 1, 10: 3, 19: 3, 20: 1, 21: 3, 29: 3, 30: 4, 99: 4} {
		epoch, err := db.LiveAt(ctx, shop, at(second))
		check(t, err)
		equal(t, fmt.Sprint("live at ", second), epoch, want)
	}
	_, err = db.LiveAt(ctx, shop, time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC))
	wantErr(t, err, ErrNotFound)
}

// A clock that went backwards must not make a period of negative length.
func TestLineageWhenTheClockGoesBack(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := create(t, db, "a")
	for _, when := range []time.Time{at(50), at(50), at(20)} {
		_, to, err := db.BeginRestore(ctx, shop, "")
		check(t, err)
		check(t, db.FinishRestore(ctx, shop, to, when))
	}
	for second, want := range map[int]int{49: 1, 50: 4, 60: 4} {
		epoch, err := db.LiveAt(ctx, shop, at(second))
		check(t, err)
		equal(t, fmt.Sprint("live at ", second), epoch, want)
	}
}

func TestRestoreOfNoShop(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	none := name(t, "none")
	_, _, err := db.BeginRestore(ctx, none, "")
	wantErr(t, err, ErrNotFound)
	_, _, err = db.BeginUndo(ctx, none, "")
	wantErr(t, err, ErrNotFound)
	wantErr(t, db.FinishRestore(ctx, none, 2, at(1)), ErrNotFound)
	wantErr(t, db.AbortRestore(ctx, none), ErrNotFound)
	_, err = db.Lineage(ctx, none)
	wantErr(t, err, ErrNotFound)
	_, err = db.LiveAt(ctx, none, at(1))
	wantErr(t, err, ErrNotFound)
}

func TestOneOfManyBeginsARestore(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := create(t, db, "a")
	create(t, db, "b")
	var begun, refused atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			switch _, _, err := db.BeginRestore(ctx, shop, ""); {
			case err == nil:
				begun.Add(1)
			case errors.Is(err, ErrState):
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	equal(t, "begun", begun.Load(), 1)
	equal(t, "refused", refused.Load(), 19)
	all, err := db.Restoring(ctx)
	check(t, err)
	if len(all) != 1 || all[0].Name != shop || all[0].RestoreTo != 2 {
		t.Fatalf("restoring: %+v", all)
	}
}
