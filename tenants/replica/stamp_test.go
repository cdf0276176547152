package replica

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

// moment is a state and when it was committed: not before begun, and for sure at.
type moment struct {
	begun, at time.Time
	n         int
}

// begunBy is the newest state whose commit had begun by then.
func begunBy(history []moment, at time.Time) int {
	n := 0
	for _, m := range history {
		if m.begun.After(at) {
			break
		}
		n = m.n
	}
	return n
}

// newestAt is the last moment at or before a time; n is 0 where there is none.
func newestAt(history []moment, at time.Time) moment {
	var last moment
	for _, m := range history {
		if m.at.After(at) {
			break
		}
		last = m
	}
	return last
}

// A restore to T never holds a commit made after T, and holds all that were made
// a granularity before it.
func TestRestoresAreOfTheirMoment(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 1))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	s, _ := newSet(t)
	f := newFile(t)
	l := f.live(s)
	f.write(10)
	sync1(t, l)
	const debounce = 20 * time.Millisecond
	stop, ended := make(chan struct{}), make(chan error, 1)
	var slowest atomic.Int64 // of the cuts
	go func() { ended <- cutAll(t, l, debounce, stop, &slowest) }()
	history := []moment{{f.lastCommit(), f.lastCommit(), 1}}
	for range 200 {
		time.Sleep(time.Duration(rnd.ExpFloat64() * float64(4*time.Millisecond)))
		begun := time.Now()
		f.write(rnd.IntN(3000))
		history = append(history, moment{begun, f.lastCommit(), f.n})
	}
	close(stop)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	f.close(l)
	within := debounce + 2*time.Duration(slowest.Load()) + time.Millisecond
	checkMoments(t, s, rnd, history, 200, func(time.Time) time.Duration { return within })
}

func cutAll(t *testing.T, l *Live, every time.Duration, stop chan struct{}, slowest *atomic.Int64) error {
	for {
		select {
		case <-stop:
			return nil
		case <-time.After(every):
		}
		start := time.Now()
		if err := l.Sync(t.Context()); err != nil {
			return fmt.Errorf("sync: %w", err)
		}
		slowest.Store(max(slowest.Load(), int64(time.Since(start))))
	}
}

// checkMoments restores to random moments and, where within is known, also wants
// everything that is older than it.
func checkMoments(t *testing.T, s *Set, rnd *rand.Rand, history []moment, times int, within func(time.Time) time.Duration) {
	t.Helper()
	states := map[uint64]int{}
	first, last := history[0].at, history[len(history)-1].at
	for range times {
		wish := first.Add(time.Duration(rnd.Int64N(int64(last.Sub(first)) + int64(time.Second))))
		if rnd.IntN(3) == 0 { // right at a commit, or right before
			wish = history[1+rnd.IntN(len(history)-1)].at.Add(-time.Duration(rnd.IntN(2)))
		}
		at, next, err := s.Find(t.Context(), "shop/0001.db", wish)
		if err != nil {
			t.Fatalf("wish %s: %v", stamp(wish), err)
		}
		if _, ok := states[at.ID]; !ok {
			states[at.ID] = restored(t, s, at.ID)
		}
		got, most := states[at.ID], begunBy(history, wish)
		least := newestAt(history, wish.Add(-within(wish))).n
		if got > most || got < least {
			t.Errorf("wish %s: state %d, want %d to %d", stamp(wish), got, least, most)
		}
		if at.At.After(wish) || next.ID != 0 && (!next.At.After(wish) || next.ID <= at.ID) {
			t.Errorf("wish %s: found %+v and next %+v", stamp(wish), at, next)
		}
		if next.ID == 0 && got != history[len(history)-1].n {
			t.Errorf("wish %s: state %d is the newest, want %d", stamp(wish), got, history[len(history)-1].n)
		}
	}
}

// While a commit is under way its time is not known: the cut's own counts.
func TestUnknownCommitTimeIsTheCuts(t *testing.T) {
	s, _ := newSet(t)
	f := newFile(t)
	l := f.live(s)
	f.write(10)
	before := time.Now()
	f.last.Store(0)
	sync1(t, l)
	at, _, err := s.Find(t.Context(), "shop/0001.db", time.Now().Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if at.At.Before(before) || at.At.After(time.Now().Add(time.Millisecond)) {
		t.Errorf("stamped %s, want the time of the cut after %s", at.At, before)
	}
	f.close(l)
}
