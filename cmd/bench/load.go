package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// load is what callers do: each sends its next request as soon as it has its
// answer, or after a pause.
type load struct {
	addr    string
	callers int
	pause   time.Duration               // of each caller between two requests; 0: none
	next    func(rng *rand.Rand) []byte // the next request; called by many at once
	want    int                         // the status of every answer
}

// result is what was measured.
type result struct {
	took  time.Duration
	times []time.Duration // of each request, sorted
	cpu   time.Duration   // that the server used for it; where it was looked at
}

func (r result) rate() float64 { return float64(len(r.times)) / r.took.Seconds() }

// at is a quantile, from 0 to 1.
func (r result) at(q float64) time.Duration { return quantile(r.times, q) }

// quantile is of sorted times; 0 where there are none.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func median(times []time.Duration) time.Duration {
	times = slices.Clone(times)
	slices.Sort(times)
	return quantile(times, 0.5)
}

// run calls for so long. An answer that is not the wanted one ends it.
func (l load) run(ctx context.Context, d time.Duration) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var wg sync.WaitGroup
	times, errs := make([][]time.Duration, l.callers), make([]error, l.callers)
	start := time.Now()
	for i := range l.callers {
		wg.Go(func() {
			if times[i], errs[i] = l.one(ctx, uint64(i)); errs[i] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	r := result{took: time.Since(start), times: slices.Concat(times...)}
	slices.Sort(r.times)
	return r, errors.Join(errs...)
}

func (l load) one(ctx context.Context, seed uint64) (times []time.Duration, err error) {
	c, err := dial(l.addr)
	if err != nil {
		return nil, err
	}
	defer c.close()
	rng := rand.New(rand.NewPCG(seed, uint64(time.Now().UnixNano())))
	for ctx.Err() == nil {
		request := l.next(rng)
		start := time.Now()
		status, err := c.do(request)
		if err != nil {
			return times, err
		}
		times = append(times, time.Since(start))
		if status != l.want {
			return times, fmt.Errorf("status %d instead of %d: %.200s", status, l.want, request)
		}
		if l.pause > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(l.pause):
			}
		}
	}
	return times, nil
}

// count makes exactly n requests with one caller.
func (l load) count(ctx context.Context, n int) (result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	next, left := l.next, n
	l.next = func(rng *rand.Rand) []byte {
		if left--; left == 0 {
			cancel()
		}
		return next(rng)
	}
	start := time.Now()
	times, err := l.one(ctx, 1)
	slices.Sort(times)
	return result{took: time.Since(start), times: times}, err
}

// sleep waits, or less if ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
