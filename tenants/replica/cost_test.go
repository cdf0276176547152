package replica

import (
	"maps"
	"runtime"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// What each step asks of the bucket: on S3 each of these is a request (a listing
// one per thousand keys).
func TestCost(t *testing.T) {
	s, b := newSet(t)
	s.layout = layoutS3 // exact times by Stat alone
	f := newFile(t)
	l := f.live(s)
	steps := []struct {
		name string
		do   func()
		want map[string]int
	}{
		{"first attach", func() { f.write(10); sync1(t, l) }, map[string]int{"list": 4, "put": 1}},
		{"a commit", func() { f.write(10); sync1(t, l) }, map[string]int{"put": 1}},
		{"nothing new", func() { sync1(t, l) }, map[string]int{}},
		{"detach with a tail", func() { f.write(10); f.close(l); f.open() }, map[string]int{"put": 1}},
		{"warm attach", func() { l = f.live(s); f.write(10); sync1(t, l) }, map[string]int{"list": 1, "get": 1, "put": 1}},
		{"many commits", func() {
			for range 40 {
				f.write(10)
				sync1(t, l)
			}
			f.close(l)
			f.open()
		}, map[string]int{"put": 40}},
		{"warm attach after many", func() { l = f.live(s); sync1(t, l) }, map[string]int{"list": 1, "get": 1}},
		{"first maintenance", func() { maintain(t, s, time.Now().Add(2*time.Hour)) },
			map[string]int{"list": 4, "stat": 44, "get": 45, "put": 2}},
		{"maintenance with nothing to do", func() { maintain(t, s, time.Now().Add(2*time.Hour)) },
			map[string]int{"list": 4, "stat": 2}},
		{"first point", func() { _, _ = s.First(t.Context(), "shop/0001.db") }, map[string]int{"list": 4, "stat": 1}},
		{"find the newest", func() { _, _, _ = s.Find(t.Context(), "shop/0001.db", time.Now()) }, map[string]int{"list": 4, "stat": 1}},
		{"timeline", func() { _, _ = s.Timeline(t.Context(), "shop/0001.db") }, map[string]int{"list": 4}},
		{"restore the newest", func() { restored(t, s, 0) }, map[string]int{"list": 4, "get": 1}},
	}
	for _, step := range steps {
		got := b.counted(step.do)
		listed := got["listed"]
		delete(got, "listed")
		if step.name == "timeline" {
			delete(got, "stat") // as many as halving needs
		}
		if !maps.Equal(got, step.want) {
			t.Errorf("%s: %v, want %v", step.name, got, step.want)
		}
		if step.name == "warm attach after many" && listed != 1 {
			t.Errorf("%s: %d keys were listed, want the newest alone", step.name, listed)
		}
	}
	f.close(l)
}

// A program that opens and closes shops for months must not grow.
func TestCyclesLeaveNothing(t *testing.T) {
	s, _ := newSet(t)
	f := newFile(t)
	cycle := func() {
		l := s.Live(f.path, "shop/0001.db", f.lastCommit, quiet())
		f.write(10)
		sync1(t, l)
		f.close(l)
		f.db = newFileDB(f)
	}
	cycle()
	goroutines, series := settled(), metricSeries(t)
	for range 100 {
		cycle()
	}
	if n := settled(); n > goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	if n := metricSeries(t); n > series {
		t.Errorf("%d metric series, %d before", n, series)
	}
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
}

// settled is the number of goroutines when those that are about to end have.
func settled() int {
	n := runtime.NumGoroutine()
	for range 50 {
		runtime.Gosched()
		time.Sleep(time.Millisecond)
		n = min(n, runtime.NumGoroutine())
	}
	return n
}

func metricSeries(t *testing.T) int {
	t.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range families {
		n += len(f.Metric)
	}
	return n
}
