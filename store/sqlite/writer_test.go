package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// writeTogether runs all writes in one batch and returns their errors, a panic
// as an error too.
func writeTogether(t *testing.T, db *DB, fns ...func(*Conn) error) []error {
	t.Helper()
	release := holdWriter(t, db, func(*Conn) error { return nil })
	errs := make([]error, len(fns))
	var wg sync.WaitGroup
	for i, fn := range fns {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					errs[i] = fmt.Errorf("panic: %v", p)
				}
			}()
			errs[i] = db.Write(t.Context(), "test", fn)
		})
		waitQueued(db, i+1)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	return errs
}

func TestWritersShareACommit(t *testing.T) {
	var commits atomic.Int32
	db := newDB(t, Options{AfterCommit: func(time.Time) { commits.Add(1) }})
	var fns []func(*Conn) error
	var want []int
	for i := range 20 {
		fns, want = append(fns, insert(i)), append(want, i)
	}
	for _, err := range writeTogether(t, db, fns...) {
		if err != nil {
			t.Error(err)
		}
	}
	if got := values(t, db); !slices.Equal(got, want) {
		t.Errorf("got %v, want each exactly once", got)
	}
	if n := commits.Load(); n != 2 { // that of the holder and one for all others
		t.Errorf("%d commits, want 2", n)
	}
}

func TestABatchIsBounded(t *testing.T) {
	var commits atomic.Int32
	db := newDB(t, Options{AfterCommit: func(time.Time) { commits.Add(1) }})
	var fns []func(*Conn) error
	for i := range maxBatch + 1 {
		fns = append(fns, insert(i))
	}
	if err := errors.Join(writeTogether(t, db, fns...)...); err != nil {
		t.Error(err)
	}
	if n := commits.Load(); n != 3 {
		t.Errorf("%d commits, want 3", n)
	}
}

func TestAnErrorUndoesItsOwnWorkAlone(t *testing.T) {
	db := newDB(t, Options{})
	errs := writeTogether(t, db,
		insert(1),
		func(c *Conn) error { return errors.Join(insert(2)(c), errStop) },
		insert(1), // breaks UNIQUE
		insert(3),
	)
	if errs[0] != nil || !errors.Is(errs[1], errStop) || !errors.Is(errs[2], ErrConstraint) || errs[3] != nil {
		t.Errorf("errors: %v", errs)
	}
	if got := values(t, db); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("got %v, want 1 and 3", got)
	}
}

func TestAPanicHurtsItsOwnCallerAlone(t *testing.T) {
	db := newDB(t, Options{})
	const list = "SELECT v FROM t"
	errs := writeTogether(t, db,
		insert(1),
		func(c *Conn) error { _ = insert(2)(c); panic("boom") },
		func(c *Conn) error { return c.Query(list, nil, func(*Row) error { panic("amid the rows") }) },
		func(c *Conn) error { return c.Query(list, nil, func(*Row) error { return nil }) },
		insert(3),
	)
	for i, want := range []string{"", "boom", "amid the rows", "", ""} {
		if (errs[i] == nil) != (want == "") || want != "" && !strings.Contains(errs[i].Error(), want) {
			t.Errorf("caller %d: %v, want %q", i, errs[i], want)
		}
	}
	if got := values(t, db); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("got %v, want 1 and 3", got)
	}
}

func TestAWriterThatWaitsObeysItsContext(t *testing.T) {
	db := newDB(t, Options{})
	release := holdWriter(t, db, insert(1))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- db.Write(ctx, "impatient", insert(2)) }()
	waitQueued(db, 1)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if err := db.Write(ctx, "late", insert(3)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if got := values(t, db); !slices.Equal(got, []int{1}) {
		t.Errorf("got %v, want 1", got)
	}
}

// TestAContextThatEndsAmidABatch proves that a write that has begun is finished:
// an interrupt would take the others' work with it.
func TestAContextThatEndsAmidABatch(t *testing.T) {
	db := newDB(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Write(ctx, "test", func(c *Conn) error {
		cancel()
		return insert(1)(c)
	})
	if got := values(t, db); err != nil || !slices.Equal(got, []int{1}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestBeforeWriteRefuses(t *testing.T) {
	db := newDB(t, Options{BeforeWrite: func() error { return errStop }})
	if err := db.Write(t.Context(), "test", insert(1)); !errors.Is(err, errStop) {
		t.Errorf("got %v, want the hook's error", err)
	}
	if got := values(t, db); len(got) != 0 {
		t.Errorf("wrote %v", got)
	}
}

func TestAfterCommitOnlyAfterACommit(t *testing.T) {
	commits := 0
	db := newDB(t, Options{AfterCommit: func(time.Time) { commits++ }})
	_ = db.Write(t.Context(), "fails", func(*Conn) error { return errStop })
	if commits != 0 {
		t.Error("a batch without a success was reported")
	}
	mustWrite(t, db, insert(1))
	if commits != 1 {
		t.Errorf("%d commits reported, want 1", commits)
	}
}

func TestCloseWaitsForTheQueue(t *testing.T) {
	db := newDB(t, Options{})
	release := holdWriter(t, db, insert(1))
	queued := make(chan error, 1)
	go func() { queued <- db.Write(t.Context(), "queued", insert(2)) }()
	waitQueued(db, 1)
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	waitQueued(db, 2) // Close stands in line
	if err := db.Write(t.Context(), "late", insert(3)); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if err := errors.Join(release(), <-queued, <-closed); err != nil {
		t.Error(err)
	}
	if got := values(t, openFile(t, db.Path(), Options{})); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("got %v, want 1 and 2", got)
	}
}

func TestManyWritersAndReaders(t *testing.T) {
	db := newDB(t, Options{})
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			if err := db.Write(t.Context(), "test", insert(i)); err != nil {
				t.Error(err)
			}
			values(t, db)
		})
	}
	wg.Wait()
	if got := values(t, db); len(got) != 200 {
		t.Errorf("%d rows, want 200", len(got))
	}
}
