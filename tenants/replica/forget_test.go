package replica

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/superfly/ltx"

	"lapak/store/bucket"
	"lapak/store/sqlite"
)

const secret = "what must not be in any backup"

// set writes text into the first row.
func (f *file) set(at time.Time, text string) {
	f.t.Helper()
	f.clock.Store(at.UnixNano())
	err := f.db.Write(f.t.Context(), "set", func(c *sqlite.Conn) error {
		_, err := c.Exec("UPDATE t SET v = CAST(?1 AS BLOB) WHERE id = 1", text)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// secretIn names the files of the replica that hold the secret in any page.
func secretIn(t testing.TB, s *Set) (names []string) {
	t.Helper()
	err := s.Bucket.List(t.Context(), "", "", func(o bucket.Info) error {
		body, _, err := s.Bucket.Get(t.Context(), o.Key, 0, 0)
		if err != nil {
			return err
		}
		defer body.Close()
		found, err := secretInFile(body)
		if found {
			names = append(names, o.Key)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func secretInFile(r io.Reader) (found bool, err error) {
	dec := ltx.NewDecoder(r)
	if err := dec.DecodeHeader(); err != nil {
		return false, err
	}
	page := make([]byte, dec.Header().PageSize)
	for {
		var h ltx.PageHeader
		if err := dec.DecodePage(&h, page); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return found, err
		}
		found = found || bytes.Contains(page, []byte(secret))
	}
}

// TestForget lets a secret that was deleted and vacuumed away leave the backups,
// of a file that goes on and of one that rests since.
func TestForget(t *testing.T) {
	for _, goesOn := range []bool{true, false} {
		s, _ := newSet(t)
		f := newFile(t)
		l := f.live(s)
		day := 24 * time.Hour
		now := time.Now().Truncate(time.Hour).Add(-40 * day)
		step := func(after time.Duration, do func(at time.Time)) {
			now = now.Add(after)
			do(now)
			sync1(t, l)
			if _, err := s.Maintain(t.Context(), "shop/0001.db", DefaultPolicy(), now.Add(2*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		write := func(at time.Time) { f.writeAt(at, 2000) }
		for range 3 {
			step(day, write)
		}
		step(20*time.Minute, func(at time.Time) { f.set(at, strings.Repeat(secret, 300)) })
		step(day, write)
		step(7*time.Minute, func(at time.Time) {
			f.set(at, "gone")
			if err := f.db.Vacuum(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
		clean, want := now.Add(time.Second), f.n
		if goesOn {
			for range 5 {
				step(day, write)
			}
			want++
		}
		if len(secretIn(t, s)) == 0 {
			t.Fatal("the secret is in no backup before: this test shows nothing")
		}
		for range 2 { // the second time there is nothing to do
			if err := s.Forget(t.Context(), "shop/0001.db", clean); err != nil {
				t.Fatal(err)
			}
			if names := secretIn(t, s); names != nil {
				t.Fatalf("goes on %t: the secret is still in %v", goesOn, names)
			}
		}
		first, err := s.First(t.Context(), "shop/0001.db")
		if err != nil {
			t.Fatal(err)
		}
		wantState(t, s, first.ID, want)
		wantState(t, s, 0, f.n)
		wantGoesOn(t, s, f, l, now)
	}
}

// wantGoesOn wants the file to be replicated, maintained and restored as before.
func wantGoesOn(t *testing.T, s *Set, f *file, l *Live, now time.Time) {
	t.Helper()
	var early *BeforeFirstError
	if _, _, err := s.Find(t.Context(), "shop/0001.db", now.Add(-20*24*time.Hour)); !errors.As(err, &early) {
		t.Errorf("the forgotten past is found: %v", err)
	}
	for range 3 {
		now = now.Add(24 * time.Hour)
		f.writeAt(now, 2000)
		sync1(t, l)
		if _, err := s.Maintain(t.Context(), "shop/0001.db", DefaultPolicy(), now.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		at, _, err := s.Find(t.Context(), "shop/0001.db", now)
		if err != nil {
			t.Fatal(err)
		}
		wantState(t, s, at.ID, f.n)
	}
	wantState(t, s, 0, f.n)
	again := f.copy()
	l2 := again.live(s)
	again.writeAt(now.Add(time.Hour), 100)
	sync1(t, l2)
	wantState(t, s, 0, again.n)
}

// TestForgetCutOff ends a Forget at each of its deletions and wants the next to
// finish it.
func TestForgetCutOff(t *testing.T) {
	for cut := 1; ; cut++ {
		s, b := newSet(t)
		f := newFile(t)
		l := f.live(s)
		now := time.Now().Truncate(time.Hour).Add(-20 * 24 * time.Hour)
		for i := range 6 {
			if i == 3 {
				f.set(now, secret)
				sync1(t, l)
				f.set(now.Add(time.Minute), "gone")
				if err := f.db.Vacuum(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			f.writeAt(now.Add(2*time.Minute), 100)
			sync1(t, l)
			now = now.Add(24 * time.Hour)
			if _, err := s.Maintain(t.Context(), "shop/0001.db", DefaultPolicy(), now); err != nil {
				t.Fatal(err)
			}
		}
		clean := now.Add(-3*24*time.Hour + 10*time.Minute)
		n, cutOff := 0, errors.New("cut off")
		b.fault = func(op, _ string) error {
			if op == "delete" {
				if n++; n == cut {
					return cutOff
				}
			}
			return nil
		}
		err := s.Forget(t.Context(), "shop/0001.db", clean)
		b.fault = nil
		if err == nil {
			if cut == 1 {
				t.Fatal("nothing was deleted: this test shows nothing")
			}
			return
		}
		if !errors.Is(err, cutOff) {
			t.Fatal(err)
		}
		wantState(t, s, 0, f.n)
		if err := s.Forget(t.Context(), "shop/0001.db", clean); err != nil {
			t.Fatal(err)
		}
		if names := secretIn(t, s); names != nil {
			t.Errorf("cut off at deletion %d: the secret is still in %v", cut, names)
		}
		wantState(t, s, 0, f.n)
	}
}

func TestNewestAndDiscard(t *testing.T) {
	s, _ := newSet(t)
	if _, err := s.Newest(t.Context(), "shop/0001.db"); !errors.Is(err, ErrNoBackup) {
		t.Errorf("newest of nothing: %v", err)
	}
	f := newFile(t)
	l := f.live(s)
	f.write(100)
	sync1(t, l)
	f.write(100)
	sync1(t, l)
	newest, err := s.Newest(t.Context(), "shop/0001.db")
	if err != nil || newest != l.Point() || newest == 0 {
		t.Fatalf("newest %d, point %d: %v", newest, l.Point(), err)
	}
	f.write(100)
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	l.Discard()
	if err := l.Sync(t.Context()); err == nil || l.Attached() {
		t.Errorf("sync after it was discarded: %v, attached %t", err, l.Attached())
	}
	if again, err := s.Newest(t.Context(), "shop/0001.db"); err != nil || again != newest {
		t.Errorf("newest %d, %v; want still %d", again, err, newest)
	}
	if held, err := s.Purge(t.Context(), "shop"); err != nil || held.Objects == 0 {
		t.Errorf("purged %+v, %v", held, err)
	}
	if held, err := s.Holds(t.Context(), "shop"); err != nil || held.Objects != 0 {
		t.Errorf("left %+v, %v", held, err)
	}
	if _, err := s.Purge(t.Context(), ""); err == nil {
		t.Error("everything may be purged at once")
	}
}
