package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"lapak/tenants"
)

const (
	figStart  = "start-up, 10,000 shops on disk"
	figCold   = "first request to a shop not open"
	figRandom = "random reads, 200 of 10,000 open"
	figCreate = "create a shop"
	figMemory = "memory, 1,000 open and written"
	figIdle   = "idle CPU, 10,000 shops"

	fleetShops = 10_000
	megabyte   = 1_000_000
)

// fleet is a data folder with many shops, and the server on it.
type fleet struct {
	*bench
	spec   lapakSpec
	shops  []seeded
	server *child // nil while none runs
}

func fleetPart(b *bench) (err error) {
	f := &fleet{bench: b, spec: lapakSpec{Dir: b.path("fleet")}}
	defer func() { err = errors.Join(err, f.stop(), os.RemoveAll(f.spec.Dir)) }()
	if err := f.restart(2000); err != nil {
		return err
	}
	spec := seedSpec{Shops: b.size(fleetShops), Few: 3, Templates: 1}
	fmt.Printf("… filling %d shops\n", spec.Shops)
	if err := f.server.ask(b.ctx, "/seed", spec, &f.shops); err != nil {
		return err
	}
	if err := f.settle(); err != nil {
		return err
	}
	for _, step := range []struct {
		figure string
		run    func() error
	}{{figStart, f.startUp}, {figCold, f.cold}, {figRandom, f.random}, {figCreate, f.create}, {figMemory, f.memory}, {figIdle, f.idle}} {
		if !b.wants(step.figure) {
			continue
		}
		b.begin(step.figure)
		if err := step.run(); err != nil {
			return fmt.Errorf("%s: %w", step.figure, err)
		}
	}
	return nil
}

// restart ends the server, if one runs, and starts one that keeps so many shops
// open.
func (f *fleet) restart(open int) (err error) {
	if err := f.stop(); err != nil {
		return err
	}
	f.spec.OpenShops = open
	f.server, err = startChild("lapak", f.spec)
	return err
}

func (f *fleet) stop() error {
	if f.server == nil {
		return nil
	}
	err := f.server.stop()
	f.server = nil
	return err
}

func (f *fleet) settle() error { return f.server.ask(f.ctx, "/settle", struct{}{}, nil) }

// startUp is from the start of the process until a shop's first list.
func (f *fleet) startUp() error {
	var times []time.Duration
	for i := range 9 {
		if err := f.stop(); err != nil {
			return err
		}
		start := time.Now()
		if err := f.restart(2000); err != nil {
			return err
		}
		if _, err := f.once(get(listPath, f.shops[i*7%len(f.shops)].Key)); err != nil {
			return err
		}
		times = append(times, time.Since(start))
	}
	m := median(times)
	f.add(row{figStart, "≤ 300 ms", milliseconds(m), m <= 300*time.Millisecond,
		fmt.Sprintf("Median of %d starts, from the start of the process until the first list of a shop is answered. Slowest: %s.", len(times), milliseconds(slices.Max(times)))})
	return nil
}

// once sends one request on a connection of its own and wants a 200.
func (f *fleet) once(request []byte) (time.Duration, error) {
	c, err := dial(f.server.Serves)
	if err != nil {
		return 0, err
	}
	defer c.close()
	return c.ok(request)
}

// ok is how long a request took that is answered with 200.
func (c *caller) ok(request []byte) (time.Duration, error) {
	start := time.Now()
	status, err := c.do(request)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d: %.200s", status, request)
	}
	return time.Since(start), err
}

// cold compares each shop's first request with its third, for files in the
// system's page cache and for files that are not.
func (f *fleet) cold() error {
	warmCache, uncached := make([]time.Duration, 0), make([]time.Duration, 0)
	for _, drop := range []bool{false, true} {
		if err := f.restart(2000); err != nil {
			return err
		}
		var added []time.Duration
		err := f.server.profile(figCold, f.span(4*time.Second), func() (err error) {
			added, err = f.firstRequests(drop)
			return err
		})
		if err != nil {
			return err
		}
		if drop {
			uncached = added
		} else {
			warmCache = added
		}
	}
	m, p99, disk := median(warmCache), quantile(slices.Sorted(slices.Values(warmCache)), 0.99), median(uncached)
	f.add(row{figCold, "≤ 1 ms added", milliseconds(m) + " added", m <= time.Millisecond,
		fmt.Sprintf("Median over %d shops of the first list less the third one of the same shop, one caller; p99 %s. With the file dropped from the page cache before: %s.",
			len(warmCache), milliseconds(p99), milliseconds(disk))})
	return nil
}

func (f *fleet) firstRequests(drop bool) ([]time.Duration, error) {
	c, err := dial(f.server.Serves)
	if err != nil {
		return nil, err
	}
	defer c.close()
	var added []time.Duration
	for _, i := range rand.Perm(len(f.shops))[:f.size(1000)] {
		shop := f.shops[i]
		if drop {
			if err := dropCached(filepath.Join(f.spec.Dir, "tenants", shop.Shop, "0001.db")); err != nil {
				return nil, err
			}
		}
		var times [3]time.Duration
		for j := range times {
			if times[j], err = c.ok(get(listPath, shop.Key)); err != nil {
				return nil, err
			}
		}
		added = append(added, times[0]-times[2])
	}
	return added, nil
}

// random reads of all shops with few of them open.
func (f *fleet) random() error {
	open := f.size(200)
	if err := f.restart(open); err != nil {
		return err
	}
	l := load{addr: f.server.Serves, callers: callers, next: lists("", f.shops), want: http.StatusOK}
	if _, err := l.run(f.ctx, f.span(2*time.Second)); err != nil { // until the pool is full
		return err
	}
	var rates []float64
	var times []time.Duration
	for range rounds {
		var r result
		err := f.server.profile(figRandom, f.span(round), func() (err error) {
			r, err = l.run(f.ctx, f.span(round))
			return err
		})
		if err != nil {
			return err
		}
		rates, times = append(rates, r.rate()), append(times, r.times...)
	}
	slices.Sort(times)
	rate := middle(rates)
	f.add(row{figRandom, "≥ 3,000 a second", fmt.Sprintf("%.0f a second", rate), rate >= 3000,
		fmt.Sprintf("Lists of uniformly random shops at %d callers, %d shops on disk and at most %d open; p50 %s, p99 %s.",
			callers, len(f.shops), open, milliseconds(quantile(times, 0.5)), milliseconds(quantile(times, 0.99)))})
	return nil
}

func (f *fleet) create() error {
	if err := f.restart(2000); err != nil {
		return err
	}
	var times []time.Duration
	err := f.server.profile(figCreate, f.span(4*time.Second), func() error {
		return f.server.ask(f.ctx, "/create", f.size(500), &times)
	})
	if err != nil {
		return err
	}
	if err := f.settle(); err != nil {
		return err
	}
	m := median(times)
	f.add(row{figCreate, "≤ 2 ms", milliseconds(m), m <= 2*time.Millisecond,
		fmt.Sprintf("Median of %d, one after the other: file, folder and catalog row on disk. The first backups are made meanwhile. p99 %s.",
			len(times), milliseconds(quantile(slices.Sorted(slices.Values(times)), 0.99)))})
	return nil
}

// writeEach saves one design in each of the first n shops, and waits until they
// are replicated.
func (f *fleet) writeEach(n int) error {
	all, i := bodies(16), atomic.Int64{}
	_, err := load{addr: f.server.Serves, callers: 1, want: http.StatusCreated, next: func(rng *rand.Rand) []byte {
		return post(savePath, f.shops[int(i.Add(1)-1)%n].Key, all[rng.IntN(len(all))])
	}}.count(f.ctx, n)
	return errors.Join(err, f.settle())
}

func (f *fleet) memory() error {
	open := f.size(1000)
	if err := f.restart(open + 100); err != nil {
		return err
	}
	before, err := f.server.memory("VmRSS")
	if err != nil {
		return err
	}
	if err := f.writeEach(open); err != nil {
		return err
	}
	rss, err := f.server.memory("VmRSS")
	if err != nil {
		return err
	}
	own, err := f.server.memory("RssAnon")
	if err != nil {
		return err
	}
	f.add(row{figMemory, "≤ 700 MB", fmt.Sprintf("%d MB", rss/megabyte), rss <= 700*megabyte,
		fmt.Sprintf("Resident memory of the process with %d shops open, each written and replicated since it was opened; %d MB of it is not of files. %d MB before the first request.",
			open, own/megabyte, before/megabyte)})
	return nil
}

const idleFor = 65 * time.Second // at least one round of the once-a-minute work

// idle is the CPU of a server that nobody asks anything: with a tenth of the
// shops open, and with none.
func (f *fleet) idle() error {
	open, none, stats := f.size(1000), 0.0, tenants.Stats{}
	if err := f.restart(open + 100); err != nil {
		return err
	}
	var err error
	if none, err = f.idleShare(); err != nil {
		return err
	}
	if err := f.writeEach(open); err != nil {
		return err
	}
	if err := f.server.ask(f.ctx, "/settle", struct{}{}, &stats); err != nil {
		return err
	}
	some, err := f.idleShare()
	if err != nil {
		return err
	}
	f.add(row{figIdle, "≤ 1 % of a core", fmt.Sprintf("%.2f %% of a core", some*100), some <= 0.01,
		fmt.Sprintf("Over %s, with %d shops on disk of which %d are open and were written; %.2f %% with none open.", f.span(idleFor), len(f.shops), stats.Open, none*100)})
	return nil
}

// idleShare is the share of a core that the server takes while nothing happens.
func (f *fleet) idleShare() (float64, error) {
	if err := sleep(f.ctx, 3*time.Second); err != nil { // for what the last requests left
		return 0, err
	}
	before, err := f.server.cpu()
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if err := sleep(f.ctx, f.span(idleFor)); err != nil {
		return 0, err
	}
	after, err := f.server.cpu()
	return float64(after-before) / float64(time.Since(start)), err
}
