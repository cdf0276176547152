package replica

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/superfly/ltx"

	"lapak/store/bucket"
)

// longHistory writes 40 days of a shop's life that ends at now, maintained
// whenever Maintain asked for it and sometimes late.
func longHistory(t *testing.T, s *Set, rnd *rand.Rand, f *file, now time.Time) []moment {
	t.Helper()
	l := f.live(s)
	at := now.Add(-40 * 24 * time.Hour)
	var history []moment
	var due time.Time
	for at.Before(now.Add(-2 * time.Hour)) {
		f.writeAt(at, 20)
		sync1(t, l)
		history = append(history, moment{at, at, f.n})
		if due.IsZero() {
			due = at.Add(compactEvery) // as the program does after a commit
		}
		switch rnd.IntN(4) { // bursts by hand, work, nights, weekends
		case 0:
			at = at.Add(time.Duration(rnd.IntN(3000)) * time.Millisecond)
		case 1:
			at = at.Add(time.Duration(rnd.IntN(180)) * time.Second)
		case 2:
			at = at.Add(time.Duration(rnd.IntN(180)) * time.Minute)
		default:
			at = at.Add(time.Duration(rnd.IntN(36)) * time.Hour)
		}
		for !due.IsZero() && due.Before(at) && rnd.IntN(3) > 0 {
			due = maintain(t, s, due)
		}
	}
	for _, ago := range []time.Duration{90 * time.Minute, 5 * time.Second, 4 * time.Second, time.Second} {
		at := now.Add(-ago)
		if last := history[len(history)-1].at; !at.After(last) {
			continue
		}
		f.writeAt(at, 20)
		sync1(t, l)
		history = append(history, moment{at, at, f.n})
	}
	f.close(l)
	maintain(t, s, now)
	return history
}

func maintain(t testing.TB, s *Set, now time.Time) time.Time {
	t.Helper()
	next, err := s.Maintain(t.Context(), "shop/0001.db", DefaultPolicy(), now)
	if err != nil {
		t.Fatal(err)
	}
	if !next.IsZero() && next.Before(now.Add(compactEvery)) {
		t.Fatalf("due again at %s, %s after", next, next.Sub(now))
	}
	return next
}

func TestFortyDays(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 2))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	s, _ := newSet(t)
	f := newFile(t)
	now := time.Now().Truncate(time.Second)
	history := longHistory(t, s, rnd, f, now)

	var kept []moment // older ones may be gone
	for _, m := range history {
		if m.at.After(now.Add(-29 * 24 * time.Hour)) {
			kept = append(kept, m)
		}
	}
	checkMoments(t, s, rnd, kept, 40, func(wish time.Time) time.Duration {
		switch age := now.Sub(wish); {
		case age < 24*time.Hour:
			return 0 // exact: one Sync per commit
		case age < 7*24*time.Hour:
			return time.Minute
		default:
			return time.Hour
		}
	})
	checkFiles(t, s, history, now)
	checkIdle(t, s, now, f.n)
}

// checkFiles looks at what lies in the bucket.
func checkFiles(t *testing.T, s *Set, history []moment, now time.Time) {
	t.Helper()
	c := s.client("shop/0001.db")
	for level, window := range map[int]time.Duration{levelMinute: time.Minute, levelHour: time.Hour} {
		files, err := c.files(t.Context(), level, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, file := range files {
			if i > 0 && file.MinTXID != files[i-1].MaxTXID+1 {
				t.Errorf("level %d: %s does not follow %s", level, file.MinTXID, files[i-1].MaxTXID)
			}
			if i > 0 && file.CreatedAt.Truncate(window).Equal(files[i-1].CreatedAt.Truncate(window)) {
				t.Errorf("level %d: two files of %s", level, file.CreatedAt.Truncate(window))
			}
		}
	}
	snaps := keys(t, s, levelSnapshot)
	if len(snaps) < 5 || len(snaps) > 34 {
		t.Errorf("%d full copies", len(snaps))
	}
	if first, err := s.First(t.Context(), "shop/0001.db"); err != nil || first.At.After(now.Add(-30*24*time.Hour)) {
		t.Errorf("first point %+v, %v", first, err)
	}
	var early *BeforeFirstError
	if _, _, err := s.Find(t.Context(), "shop/0001.db", history[0].at.Add(-time.Hour)); !errors.As(err, &early) {
		t.Errorf("a wish before all: %v", err)
	} else if first, err := s.First(t.Context(), "shop/0001.db"); err != nil || early.Oldest != first {
		t.Errorf("oldest %+v, first %+v, %v", early.Oldest, first, err)
	}
	line, err := s.Timeline(t.Context(), "shop/0001.db")
	if err != nil || len(line.Stretches) != 3 {
		t.Fatalf("%+v, %v", line, err)
	}
	for i, want := range []float64{3600, 60, Granularity.Seconds()} {
		st := line.Stretches[i]
		if st.Granularity != want || !st.From.Before(st.To) || i > 0 && !st.From.Equal(line.Stretches[i-1].To) {
			t.Errorf("stretch %d: %+v", i, st)
		}
	}
	if !line.Newest.Equal(history[len(history)-1].at) {
		t.Errorf("newest %s, want %s", line.Newest, history[len(history)-1].at)
	}
}

// checkIdle lets everything age: in the end there is nothing to do, ever, and
// little is left.
func checkIdle(t *testing.T, s *Set, now time.Time, newest int) {
	t.Helper()
	rounds := 0
	for next := now; ; rounds++ {
		if next = maintain(t, s, next); next.IsZero() {
			break
		}
		if rounds > 2000 {
			t.Fatal("an idle replica is due again and again")
		}
	}
	for level, most := range map[int]int{levelExact: 1, levelMinute: 1, levelHour: 26, levelSnapshot: 1} {
		if got := keys(t, s, level); len(got) > most {
			t.Errorf("level %d has %d files, want at most %d", level, len(got), most)
		}
	}
	if next := maintain(t, s, now.Add(1000*24*time.Hour)); !next.IsZero() {
		t.Errorf("due at %s", next)
	}
	wantState(t, s, 0, newest)
}

// An interruption at any operation leaves every kept point restorable, and the
// next round goes on.
func TestMaintainCutOffAnywhere(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Hour)
	s, _ := newSet(t)
	f := newFile(t)
	l := f.live(s)
	var history []moment
	for _, ago := range []time.Duration{1800, 1799, 1690, 60, 59, 30} {
		at := now.Add(-ago * time.Minute)
		f.writeAt(at, 20)
		sync1(t, l)
		history = append(history, moment{at, at, f.n})
	}
	f.close(l)
	policy := Policy{Exact: 24 * time.Hour, Minutes: 25 * time.Hour, Hours: 26 * time.Hour, Snapshot: time.Hour}
	for n := 1; ; n++ {
		c, b := copySet(t, s)
		var calls atomic.Int64
		b.set(func(op, _ string) error {
			if calls.Add(1) >= int64(n) {
				return errDown
			}
			return nil
		})
		_, err := c.Maintain(t.Context(), "shop/0001.db", policy, now)
		b.set(nil)
		for i, m := range history {
			at, _, findErr := c.Find(t.Context(), "shop/0001.db", m.at)
			if errors.As(findErr, new(*BeforeFirstError)) && i < 2 {
				continue // left the window
			}
			if findErr != nil {
				t.Fatalf("cut off at call %d: %v", n, findErr)
			}
			got := restored(t, c, at.ID)
			if got > m.n || i >= 2 && got != m.n {
				t.Errorf("cut off at call %d: state %d of %s, want %d", n, got, stamp(m.at), m.n)
			}
		}
		if err == nil && n < 15 {
			t.Fatalf("only %d calls: nothing was tested", n)
		}
		if err == nil {
			return
		}
		if _, err := c.Maintain(t.Context(), "shop/0001.db", policy, now); err != nil {
			t.Fatalf("after call %d: %v", n, err)
		}
		wantState(t, c, 0, len(history))
	}
}

// copySet copies a replica, with its times.
func copySet(t *testing.T, s *Set) (*Set, *faulty) {
	t.Helper()
	to, b := newSet(t)
	err := s.Bucket.List(t.Context(), "", "", func(o bucket.Info) error {
		r, _, err := s.Bucket.Get(t.Context(), o.Key, 0, 0)
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = b.Bucket.Put(t.Context(), o.Key, r, o.Size, bucket.PutOptions{ModTime: o.ModTime})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return to, b
}

// A plan made before pruning is made anew; a point that is gone is said to be.
func TestRestoreWhileMaintained(t *testing.T) {
	t.Parallel()
	s, b := newSet(t)
	f := newFile(t)
	l := f.live(s)
	base := time.Now().Truncate(time.Minute).Add(-time.Hour)
	for i := range 9 {
		f.writeAt(base.Add(time.Duration(i)*5*time.Second), 20)
		sync1(t, l)
	}
	f.close(l)
	mid, _, err := s.Find(t.Context(), "shop/0001.db", base.Add(20*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	prune := func() {
		b.before = func(_ context.Context, op, _ string) {
			if op == "get" {
				b.before = nil
				maintain(t, s, base.Add(48*time.Hour))
			}
		}
	}
	prune()
	wantState(t, s, 0, 9)
	if left := keys(t, s, 0); len(left) != 1 {
		t.Fatalf("not pruned: %v", left)
	}
	err = s.Restore(t.Context(), "shop/0001.db", mid.ID, filepath.Join(t.TempDir(), "r.db"))
	if !errors.Is(err, ErrNoBackup) {
		t.Fatalf("a point that is gone: %v", err)
	}
}

func TestMergeRefusesAGap(t *testing.T) {
	s, b := newSet(t)
	f := newFile(t)
	l := f.live(s)
	for range 4 {
		f.write(20)
		sync1(t, l)
	}
	f.close(l)
	c := s.client("shop/0001.db")
	if err := b.Delete(t.Context(), c.key(0, 2, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Maintain(t.Context(), "shop/0001.db", DefaultPolicy(), time.Now().Add(time.Hour)); err == nil {
		t.Fatal("merged over a gap")
	}
	if at, _, err := s.Find(t.Context(), "shop/0001.db", time.Now()); err != nil || at.ID != 1 {
		t.Fatalf("found %+v, %v", at, err)
	}
}

// However long a chain is, few of its files are open at once.
func TestLongChainsAreMergedInGroups(t *testing.T) {
	t.Parallel()
	s, b := newSet(t)
	f := newFile(t)
	l := f.live(s)
	for range 2*fanIn + 3 {
		f.write(20)
		sync1(t, l)
	}
	f.close(l)
	b.most = 0
	wantState(t, s, 0, f.n)
	maintain(t, s, time.Now().Add(2*time.Hour))
	if b.most > fanIn || b.open != 0 {
		t.Errorf("%d files open at once, %d left open", b.most, b.open)
	}
	wantState(t, s, 0, f.n)
}

func TestReachable(t *testing.T) {
	files := func(spans ...[2]ltx.TXID) (all []*ltx.FileInfo) {
		for _, s := range spans {
			all = append(all, &ltx.FileInfo{MinTXID: s[0], MaxTXID: s[1]})
		}
		return all
	}
	for _, c := range []struct {
		name  string
		files []*ltx.FileInfo
		base  ltx.TXID
		want  int
	}{
		{"none", nil, 0, 0},
		{"from the start", files([2]ltx.TXID{1, 3}, [2]ltx.TXID{4, 4}), 0, 2},
		{"not from the start", files([2]ltx.TXID{2, 3}), 0, 0},
		{"a gap", files([2]ltx.TXID{1, 3}, [2]ltx.TXID{5, 6}), 0, 1},
		{"begun before the base", files([2]ltx.TXID{1, 3}, [2]ltx.TXID{4, 9}, [2]ltx.TXID{10, 12}), 5, 2},
		{"full copies", files([2]ltx.TXID{1, 3}, [2]ltx.TXID{1, 9}), 0, 2},
		{"all before the base", files([2]ltx.TXID{1, 3}), 3, 0},
	} {
		if got := reachable(c.files, &ltx.FileInfo{MaxTXID: c.base}); len(got) != c.want {
			t.Errorf("%s: %d files, want %d", c.name, len(got), c.want)
		}
	}
}
