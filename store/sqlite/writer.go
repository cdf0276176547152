package sqlite

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// maxBatch bounds how many callers share one commit, so that none waits long
// for the others' work.
const maxBatch = 64

// writer is the one writing connection. Callers that arrive while a commit is
// on its way queue up; one of them then leads them all through the next commit.
// So concurrent writers share one fsync, and an idle file needs no goroutine.
type writer struct {
	db   *DB
	conn *Conn // the leader's alone
	open atomic.Bool

	mu    sync.Mutex
	queue []*write
	busy  bool // somebody leads
}

type write struct {
	why      string
	fn       func(*Conn) error
	turn     chan bool // true: lead the next batch; false: done
	leads    bool
	err      error
	panicked any
}

// Write runs fn in a transaction and returns when it is durable. Callers at the
// same time share a commit, each behind its own savepoint: fn's error undoes
// fn's work alone. The context is looked at until fn's batch begins, never
// after: an interrupted statement would take the others' work with it.
func (db *DB) Write(ctx context.Context, why string, fn func(*Conn) error) error {
	j := &write{why: why, fn: fn, turn: make(chan bool, 1)}
	if err := db.w.enter(ctx, j); err != nil {
		return fmt.Errorf("%s: %w", why, err)
	}
	if j.panicked != nil {
		panic(fmt.Sprintf("%s: %v", why, j.panicked))
	}
	return j.err
}

func (w *writer) enter(ctx context.Context, j *write) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	if w.db.isClosed() {
		w.mu.Unlock()
		return ErrClosed
	}
	w.queue = append(w.queue, j)
	lead := !w.busy
	if lead {
		w.busy, j.leads = true, true
	}
	w.mu.Unlock()
	if !lead {
		select {
		case lead = <-j.turn:
		case <-ctx.Done():
			if w.withdraw(j) {
				return fmt.Errorf("wait for the writer: %w", ctx.Err())
			}
			lead = <-j.turn
		}
	}
	if lead {
		w.lead(j)
	}
	return nil
}

func (db *DB) isClosed() bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.closed
}

// withdraw takes j out of the queue if its batch has not begun.
func (w *writer) withdraw(j *write) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.queue, j)
	if i < 0 || j.leads {
		return false
	}
	w.queue = slices.Delete(w.queue, i, i+1)
	return true
}

// lead runs the batch at the head of the queue, j in it, and hands the lead on.
func (w *writer) lead(j *write) {
	w.mu.Lock()
	n := min(len(w.queue), maxBatch)
	batch := slices.Clone(w.queue[:n])
	w.queue = slices.Delete(w.queue, 0, n)
	w.mu.Unlock()

	if err := w.run(batch); err != nil {
		for _, b := range batch {
			if b.err == nil {
				b.err = fmt.Errorf("%s: %w", b.why, err)
			}
		}
	}
	w.mu.Lock()
	if len(w.queue) == 0 {
		w.busy = false
	} else {
		w.queue[0].leads = true
		w.queue[0].turn <- true
	}
	w.mu.Unlock()
	for _, b := range batch {
		if b != j {
			b.turn <- false
		}
	}
}

// run is one transaction. Its error is that of all whose own is nil.
func (w *writer) run(batch []*write) error {
	if before := w.db.opt.BeforeWrite; before != nil {
		if err := before(); err != nil {
			return err
		}
	}
	if err := w.connect(); err != nil {
		return err
	}
	if _, err := w.conn.Exec("BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	done, err := w.runEach(batch)
	if err != nil || done == 0 {
		_, rollbackErr := w.conn.Exec("ROLLBACK")
		return w.sound(err, rollbackErr)
	}
	if _, err := w.conn.Exec("COMMIT"); err != nil {
		_, rollbackErr := w.conn.Exec("ROLLBACK")
		return w.sound(fmt.Errorf("commit: %w", err), rollbackErr)
	}
	if after := w.db.opt.AfterCommit; after != nil {
		after(time.Now())
	}
	return nil
}

// connect opens the writing connection. It takes the place of an idle reader: a
// file that is written and seldom read needs one connection, not two.
func (w *writer) connect() error {
	if w.conn != nil {
		return nil
	}
	c, err := open(w.db.path, w.db.opt.CacheKiB, false)
	if err != nil {
		return err
	}
	w.conn = c
	w.open.Store(true)
	if reader := w.db.giveReader(); reader != nil {
		return reader.close()
	}
	return nil
}

// sound drops the connection when even a rollback failed: nobody knows what
// state it is in, and the next batch opens a new one.
func (w *writer) sound(err, rollbackErr error) error {
	if rollbackErr != nil {
		_ = w.conn.close()
		w.conn = nil
		w.open.Store(false)
	}
	return err
}

// runEach runs every caller's work behind a savepoint and counts the successes.
// Its error means that the whole transaction is lost.
func (w *writer) runEach(batch []*write) (done int, err error) {
	for _, b := range batch {
		if _, err := w.conn.Exec("SAVEPOINT one"); err != nil {
			return 0, fmt.Errorf("savepoint: %w", err)
		}
		w.work(b)
		if b.err == nil {
			done++
		} else if _, err := w.conn.Exec("ROLLBACK TO one"); err != nil {
			return 0, fmt.Errorf("undo one write of a batch: %w", err)
		}
		if _, err := w.conn.Exec("RELEASE one"); err != nil {
			return 0, fmt.Errorf("release savepoint: %w", err)
		}
	}
	return done, nil
}

func (w *writer) work(b *write) {
	start := time.Now()
	defer func() {
		if p := recover(); p != nil {
			b.panicked = fmt.Sprintf("%v\n%s", p, debug.Stack())
			b.err = fmt.Errorf("%s: panic", b.why)
		}
		w.db.observe(b.why, start)
	}()
	b.err = b.fn(w.conn)
}

// close waits for the queue to drain, then closes the connection.
func (w *writer) close() error {
	j := &write{turn: make(chan bool, 1), fn: func(*Conn) error { return errDrained }}
	w.mu.Lock()
	if w.busy {
		w.queue = append(w.queue, j)
		w.mu.Unlock()
		if <-j.turn {
			w.lead(j)
		}
	} else {
		w.mu.Unlock()
	}
	if w.conn == nil {
		return nil
	}
	err := w.conn.close()
	w.conn = nil
	w.open.Store(false)
	return err
}

var errDrained = fmt.Errorf("the queue is drained")
