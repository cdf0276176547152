package operator_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lapak/store"
	"lapak/tenants/tenanttest"
	"lapak/web/operator"
)

func dayAfter() time.Time { return time.Now().Add(24 * time.Hour) }

func logger(h *house) *slog.Logger { return slog.New(h.troubles.Handler(slog.DiscardHandler)) }

func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := tenanttest.Name(t, "a"), tenanttest.Name(t, "b")
		var s operator.Slow
		if got := s.Worst(store.Shop{}, 5); len(got) != 0 {
			t.Fatalf("at first: %v", got)
		}
		s.Observe(a, "GET", "/old", 200, time.Hour)
		s.Observe(a, "GET", "", 404, 2*time.Hour)
		s.Observe(a, "GET", "/shops/{shop}/backups/progress/{id}", 200, 2*time.Hour)
		time.Sleep(30 * time.Minute)
		for i := range 1000 {
			s.Observe(b, "GET", "/x", 200, time.Duration(i)*time.Millisecond)
		}
		s.Observe(a, "GET", "/a", 500, 998500*time.Microsecond)
		got := s.Worst(store.Shop{}, 3)
		if len(got) != 3 || got[0].Route != "/old" || got[1].Took != 999*time.Millisecond || got[2].Route != "/a" || got[2].Status != 500 {
			t.Errorf("the worst: %+v", got)
		}
		if got := s.Worst(a, 10); len(got) != 2 || got[0].Route != "/old" || got[1].Route != "/a" {
			t.Errorf("the worst of a shop: %+v", got)
		}
		if got := s.Worst(store.Shop{}, 1000); len(got) != 200 || got[199].Took < 800*time.Millisecond {
			t.Errorf("%d are kept, the quickest %s", len(got), got[len(got)-1].Took)
		}
		time.Sleep(31 * time.Minute)
		if got := s.Worst(store.Shop{}, 1); got[0].Route != "/x" {
			t.Errorf("after an hour: %+v", got)
		}
		time.Sleep(time.Hour)
		s.Observe(a, "GET", "/quick", 200, time.Millisecond) // the floor is gone with the others
		if got := s.Worst(store.Shop{}, 10); len(got) != 1 || got[0].Route != "/quick" {
			t.Errorf("later: %+v", got)
		}
	})
}

func TestSlowAtOnce(t *testing.T) {
	var s operator.Slow
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 500 {
				s.Observe(store.Shop{}, "GET", "/x", 200, time.Duration(i))
				if i%50 == 0 {
					s.Worst(store.Shop{}, 10)
				}
			}
		})
	}
	wg.Wait()
	if got := s.Worst(store.Shop{}, 8); got[7].Took != 499 {
		t.Errorf("the worst eight: %+v", got)
	}
}

func TestTroubles(t *testing.T) {
	var out bytes.Buffer
	var tr operator.Troubles
	log := slog.New(tr.Handler(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo})))
	log.Debug("unseen")
	log.Info("fine")
	log.With("shop", "a").WithGroup("g").Warn("slow", "took", time.Second, slog.Group("in", "n", 1), "stack", "long", "none", "")
	for range 3 {
		log.Error("broken", "error", "one\ntwo")
	}
	got := tr.Recent(10)
	if len(got) != 2 || got[0].Text != "broken" || got[0].Times != 3 || got[0].Detail != "error=one two" || got[0].Level != slog.LevelError {
		t.Fatalf("troubles: %+v", got)
	}
	if got[1].Detail != "shop=a g.took=1s g.in.n=1" {
		t.Errorf("detail %q", got[1].Detail)
	}
	for _, want := range []string{"fine", "slow", "g.took=1s", "broken"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log lost %q: %s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "unseen") {
		t.Error("the log is more talkative")
	}
	for i := range 1000 {
		log.Warn("many", "i", i, "long", strings.Repeat("x", 2000))
	}
	if got := tr.Recent(1000); len(got) != 200 || !strings.HasPrefix(got[0].Detail, "i=999 ") || len(got[0].Detail) > 610 {
		t.Errorf("%d are kept, the newest %.40q", len(got), got[0].Detail)
	}
	// A quiet log still has its warnings remembered.
	var quiet operator.Troubles
	slog.New(quiet.Handler(slog.DiscardHandler)).Warn("heard")
	if len(quiet.Recent(1)) != 1 {
		t.Error("nothing is remembered of a log that nobody keeps")
	}
}
