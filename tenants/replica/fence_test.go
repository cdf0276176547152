package replica

import (
	"errors"
	"testing"
	"time"

	"lapak/store/bucket"
)

// takenOver makes two servers of one shop: the file is copied with all its
// state, then the copy writes first.
func takenOver(t *testing.T, s *Set) (loser *file, l *Live, winner *file, w *Live) {
	t.Helper()
	loser = newFile(t)
	l = loser.live(s)
	for range 3 {
		loser.write(10)
		sync1(t, l)
	}
	winner = loser.copy()
	w = winner.live(s)
	for range 2 {
		winner.write(3000)
		sync1(t, w)
	}
	return loser, l, winner, w
}

func wantFenced(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, ErrFenced) {
		t.Fatalf("want ErrFenced, got %v", err)
	}
}

func TestSecondWriterIsFencedForGood(t *testing.T) {
	s, b := newSet(t)
	loser, l, winner, w := takenOver(t, s)
	puts := b.counted(func() {
		for range 3 { // also when it is tried again
			loser.write(10)
			wantFenced(t, l.Sync(t.Context()))
		}
		if err := loser.db.Close(); err != nil {
			t.Fatal(err)
		}
		wantFenced(t, l.Detach(t.Context()))
		loser.open() // and after a restart
		loser.write(10)
		l = loser.live(s)
		wantFenced(t, l.Sync(t.Context()))
		wantFenced(t, l.Sync(t.Context()))
	})["put"]
	if puts != 1 {
		t.Errorf("the loser tried %d puts, want the one that met the fence", puts)
	}
	winner.write(10)
	sync1(t, w)
	wantState(t, s, 0, winner.n)
	winner.close(w)
}

// The loser may have cut more than the winner stored, while it could send nothing.
func TestFenceWhereTheLoserIsAhead(t *testing.T) {
	s, b := newSet(t)
	loser, l, winner, w := takenOver(t, s)
	b.down()
	for range 5 {
		loser.write(10)
		if err := l.Sync(t.Context()); !errors.Is(err, errDown) {
			t.Fatal(err)
		}
	}
	if err := loser.db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Detach(t.Context()); !errors.Is(err, errDown) || l.Attached() {
		t.Fatalf("Detach without a bucket: %v", err)
	}
	b.set(nil)
	loser.open()
	loser.write(10)
	l = loser.live(s)
	wantFenced(t, l.Sync(t.Context()))
	wantState(t, s, 0, winner.n)
	winner.close(w)
}

// What the winner stored where the loser goes on may have been merged and pruned.
func TestFenceWhereLevel0WasPruned(t *testing.T) {
	s, b := newSet(t)
	loser, l, winner, w := takenOver(t, s)
	winner.write(10)
	sync1(t, w)
	c := s.client("shop/0001.db")
	var old []string
	if err := b.List(t.Context(), c.dir(0), "", func(o bucket.Info) error { old = append(old, o.Key); return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Maintain(t.Context(), "shop/0001.db", DefaultPolicy(), time.Now().Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if left := keys(t, s, 0); len(left) != 1 || len(old) < 6 {
		t.Fatalf("level 0 has %v of %v", left, old)
	}
	l.up.asked = time.Now().Add(-2 * trustFor) // it slept meanwhile
	loser.write(10)
	wantFenced(t, l.Sync(t.Context()))
	if left := keys(t, s, 0); len(left) != 1 {
		t.Fatalf("the loser wrote: %v", left)
	}
	_ = loser.db.Close()
	wantFenced(t, l.Detach(t.Context()))
	loser.open()
	l = loser.live(s)
	wantFenced(t, l.Sync(t.Context()))
	wantState(t, s, 0, winner.n)
	winner.close(w)
}

// A machine set back to an older image holds an older copy of what the replica
// has; going on from there would hide the newer.
func TestOlderCopyIsFenced(t *testing.T) {
	s, _ := newSet(t)
	f := newFile(t)
	l := f.live(s)
	f.write(10)
	sync1(t, l)
	old := f.copy()
	for range 3 {
		f.write(10)
		sync1(t, l)
	}
	f.close(l)
	old.write(10)
	m := old.live(s)
	wantFenced(t, m.Sync(t.Context()))
	wantState(t, s, 0, 4)
}

func TestTimesNeverGoBack(t *testing.T) {
	s, _ := newSet(t)
	f := newFile(t)
	l := f.live(s)
	base := time.Now().Add(-time.Hour).Truncate(time.Second)
	f.writeAt(base, 10)
	sync1(t, l)
	f.writeAt(base.Add(-10*time.Minute), 10) // the clock was set back
	sync1(t, l)
	f.close(l)
	f.open()
	l = f.live(s)
	f.writeAt(base.Add(-5*time.Minute), 10)
	sync1(t, l)
	f.close(l)
	files, err := s.client("shop/0001.db").files(t.Context(), levelExact, 0, 0)
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if !file.CreatedAt.Equal(base) {
			t.Errorf("%s is of %s, want %s", file.MaxTXID, file.CreatedAt, base)
		}
	}
}
