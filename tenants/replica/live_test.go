package replica

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lapak/store/sqlite"
)

func TestFirstSyncUploadsAllAndEachSyncIsAPoint(t *testing.T) {
	s, _ := newSet(t)
	f := newFile(t)
	f.write(10)
	l := f.live(s)
	if l.Attached() {
		t.Fatal("attached before the first Sync")
	}
	var points []uint64
	for range 4 {
		f.write(100)
		sync1(t, l)
		at, _, err := s.Find(t.Context(), "shop/0001.db", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		points = append(points, at.ID)
	}
	for i, p := range points {
		wantState(t, s, p, i+2)
	}
	f.close(l)
	if l.Attached() {
		t.Fatal("still attached")
	}
	wantState(t, s, 0, 5)
}

func TestDetachSendsTheTailAndLeavesEqualBytes(t *testing.T) {
	s, _ := newSet(t)
	f := newFile(t)
	l := f.live(s)
	f.write(10)
	sync1(t, l)
	f.write(10)
	f.close(l)
	wantState(t, s, 0, 2)
	// A checkpoint puts the log into the file: then both are the same bytes.
	restoredPath := filepath.Join(t.TempDir(), "r.db")
	if err := s.Restore(t.Context(), "shop/0001.db", 0, restoredPath); err != nil {
		t.Fatal(err)
	}
	db := sqlite.Open(f.path, sqlite.Options{})
	if err := errors.Join(db.Checkpoint(), db.Close()); err != nil {
		t.Fatal(err)
	}
	wantEqualFiles(t, f.path, restoredPath)
}

func wantEqualFiles(t *testing.T, a, b string) {
	t.Helper()
	x, errX := os.ReadFile(a)
	y, errY := os.ReadFile(b)
	if err := errors.Join(errX, errY); err != nil {
		t.Fatal(err)
	}
	if string(x) != string(y) {
		t.Fatalf("%s (%d bytes) and %s (%d bytes) differ", a, len(x), b, len(y))
	}
}

func TestRestartGoesOnWithoutAFullCopy(t *testing.T) {
	t.Parallel()
	s, _ := newSet(t)
	f := newFile(t)
	log, full := countFullCopies()
	for round := range 3 {
		l := f.live(s)
		l.log = log
		for range pruneEvery + 3 {
			f.write(50)
			sync1(t, l)
		}
		if left, err := localSpan(f.path); err != nil || left.last-left.first > pruneEvery {
			t.Fatalf("round %d: local files %v, %v", round, left, err)
		}
		f.close(l)
		if left, err := localSpan(f.path); err != nil || left.first != left.last || left.last == 0 {
			t.Fatalf("round %d: after Detach local files %v, %v", round, left, err)
		}
		f.open()
	}
	if n := full.Load(); n != 1 {
		t.Fatalf("%d full copies, want the first alone", n)
	}
	wantState(t, s, 0, f.n)
}

func TestCheckpointKeepsTheLogShortAndTakesNoFullCopy(t *testing.T) {
	t.Parallel()
	s, _ := newSet(t)
	f := newFile(t)
	l := f.live(s)
	log, full := countFullCopies()
	l.log = log
	for i := range 70 {
		f.write(40_000) // ten pages
		sync1(t, l)
		if fi, err := os.Stat(f.path + "-wal"); err != nil || fi.Size() > 3<<20 {
			t.Fatalf("after %d writes the log has %v bytes, %v", i+1, fi.Size(), err)
		}
	}
	if n := full.Load(); n != 1 {
		t.Fatalf("%d full copies, want the first alone", n)
	}
	wantState(t, s, 0, 70)
	f.close(l)
}

func TestOutageKeepsPointsApart(t *testing.T) {
	s, b := newSet(t)
	f := newFile(t)
	l := f.live(s)
	base := time.Now().Add(-time.Hour).Truncate(time.Second)
	f.writeAt(base, 10)
	sync1(t, l)
	b.down()
	for i := 1; i <= 5; i++ {
		f.writeAt(base.Add(time.Duration(i)*time.Second), 10)
		if err := l.Sync(t.Context()); !errors.Is(err, errDown) {
			t.Fatalf("Sync during the outage: %v", err)
		}
	}
	if !l.Attached() {
		t.Fatal("an outage must not detach")
	}
	b.set(nil)
	if err := l.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		at, next, err := s.Find(t.Context(), "shop/0001.db", base.Add(time.Duration(i)*time.Second+time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if want := base.Add(time.Duration(i) * time.Second); !at.At.Equal(want) {
			t.Errorf("point %d is of %s, want %s", i, at.At, want)
		}
		if i < 5 && !next.At.Equal(at.At.Add(time.Second)) || i == 5 && next.ID != 0 {
			t.Errorf("point %d: next is %+v", i, next)
		}
		wantState(t, s, at.ID, i+1)
	}
	f.close(l)
}

func TestBucketThatIsDownAtTheStart(t *testing.T) {
	s, b := newSet(t)
	f := newFile(t)
	l := f.live(s)
	b.down()
	f.write(10)
	for range 3 {
		if err := l.Sync(t.Context()); !errors.Is(err, errDown) {
			t.Fatalf("Sync: %v", err)
		}
		f.write(10) // the file stays usable
	}
	if l.Attached() {
		t.Fatal("attached without knowing where the replica stands")
	}
	b.set(nil)
	sync1(t, l)
	wantState(t, s, 0, 4)
	f.close(l)
}

func TestHangingBucketEndsWithTheContext(t *testing.T) {
	for _, attached := range []bool{false, true} {
		s, b := newSet(t)
		f := newFile(t)
		l := f.live(s)
		f.write(10)
		if attached {
			sync1(t, l)
			f.write(10)
		}
		ctx, cancel := context.WithCancel(t.Context())
		hung := make(chan struct{}, 8)
		b.before = func(ctx context.Context, op, key string) {
			hung <- struct{}{}
			<-ctx.Done()
		}
		done := make(chan error, 1)
		go func() { done <- l.Sync(ctx) }()
		<-hung
		f.write(10) // nobody who writes waits for the bucket
		_ = l.Attached()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatalf("Sync: %v", err)
		}
		b.before = nil
		sync1(t, l)
		wantState(t, s, 0, f.n)
		f.close(l)
	}
}

// A cancelled context at every step of the attach must not leave a Live that
// never works again.
func TestCancelledAttachCanBeRepeated(t *testing.T) {
	s, _ := newSet(t)
	f := newFile(t)
	l := f.live(s)
	f.write(10)
	for wait := time.Duration(0); wait < 5*time.Millisecond; wait += 250 * time.Microsecond {
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		_ = l.Cut(ctx)
		cancel()
	}
	sync1(t, l)
	wantState(t, s, 0, 1)
	f.close(l)
}

func TestLostAnswersAreNoFence(t *testing.T) {
	s, b := newSet(t)
	f := newFile(t)
	l := f.live(s)
	b.after = func(string, string) error { return errDown }
	for range 3 {
		f.write(10)
		if err := l.Sync(t.Context()); !errors.Is(err, errDown) {
			t.Fatal(err)
		}
	}
	b.after = nil
	f.write(10)
	sync1(t, l)
	f.close(l)
	wantState(t, s, 0, 4)
}

func TestNoFileIsSaid(t *testing.T) {
	s, _ := newSet(t)
	l := s.Live(filepath.Join(t.TempDir(), "none.db"), "shop/0001.db", func() time.Time { return time.Time{} }, quiet())
	if err := l.Sync(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err := l.Detach(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestMetaFolderLost(t *testing.T) {
	s, _ := newSet(t)
	f := newFile(t)
	l := f.live(s)
	for range 5 {
		f.write(10)
		sync1(t, l)
	}
	f.close(l)
	before, _, err := s.Find(t.Context(), "shop/0001.db", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	// Another machine: the file from the bucket, nothing else.
	g := &file{t: t, path: filepath.Join(t.TempDir(), "0001.db"), n: f.n}
	if err := s.Restore(t.Context(), "shop/0001.db", 0, g.path); err != nil {
		t.Fatal(err)
	}
	g.open()
	l = g.live(s)
	for range 3 {
		g.write(10)
		sync1(t, l)
	}
	after, _, err := s.Find(t.Context(), "shop/0001.db", time.Now())
	if err != nil || after.ID <= before.ID {
		t.Fatalf("transactions go from %d to %d, %v", before.ID, after.ID, err)
	}
	wantState(t, s, before.ID, 5)
	wantState(t, s, 0, 8)
	g.close(l)
}

func TestKill(t *testing.T) {
	s, b := newSet(t)
	f := newFile(t)
	l := f.live(s)
	for range 3 {
		f.write(10)
		sync1(t, l)
	}
	b.down()
	f.write(10)
	if err := l.Sync(t.Context()); err == nil { // cut, not sent
		t.Fatal("the bucket is not down")
	}
	f.write(10) // not even cut
	b.set(nil)
	g := f.copy() // what kill -9 leaves
	m := g.live(s)
	log, full := countFullCopies()
	m.log = log
	g.write(10)
	sync1(t, m)
	if full.Load() != 0 {
		t.Error("a full copy was made")
	}
	wantState(t, s, 0, 6)
	g.close(m)
}

func TestReplicaEmptiedOrSetBack(t *testing.T) {
	s, b := newSet(t)
	f := newFile(t)
	l := f.live(s)
	for range 4 {
		f.write(10)
		sync1(t, l)
	}
	f.close(l)
	// The newest files are lost: a full copy goes on from what is left.
	c := s.client("shop/0001.db")
	names := keys(t, s, 0)
	for _, name := range names[len(names)-2:] {
		if err := b.Delete(t.Context(), c.dir(0)+name); err != nil {
			t.Fatal(err)
		}
	}
	wantState(t, s, 0, 2)
	f.open()
	l = f.live(s)
	f.write(10)
	sync1(t, l)
	wantState(t, s, 0, 5)
	f.close(l)
	// Another bucket, or an emptied one.
	if err := s.DeleteAll(t.Context(), "shop/0001.db"); err != nil {
		t.Fatal(err)
	}
	f.open()
	l = f.live(s)
	f.write(10)
	sync1(t, l)
	wantState(t, s, 0, 6)
	// Emptied while attached and idle for long: what is on disk still goes up, or
	// a full copy where that is not all.
	for _, pruned := range []bool{false, true} {
		if pruned {
			if err := l.prune(); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.DeleteAll(t.Context(), "shop/0001.db"); err != nil {
			t.Fatal(err)
		}
		l.up.asked = time.Now().Add(-2 * trustFor)
		f.write(10)
		if err := l.Sync(t.Context()); pruned != errors.Is(err, errBehind) {
			t.Fatalf("Sync to an emptied replica (pruned: %v): %v", pruned, err)
		}
		sync1(t, l)
		wantState(t, s, 0, f.n)
	}
	f.close(l)
}

// A bucket that only seems empty must not make the file forget what it had.
func TestReplicaThatSeemsEmpty(t *testing.T) {
	s, b := newSet(t)
	f := newFile(t)
	l := f.live(s)
	for range 3 {
		f.write(10)
		sync1(t, l)
	}
	f.close(l)
	f.open()
	l = f.live(s)
	b.blind = true
	b.set(func(op, _ string) error {
		if op == "put" {
			return errDown
		}
		return nil
	})
	for range 3 {
		f.write(10)
		if err := l.Sync(t.Context()); !errors.Is(err, errDown) {
			t.Fatalf("Sync: %v", err)
		}
		if err := l.Send(t.Context()); err == nil {
			t.Fatal("Send says that all is in the bucket")
		}
	}
	b.blind = false
	b.set(nil)
	sync1(t, l)
	wantState(t, s, 0, 6)
	f.close(l)
}
