package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"time"
)

const (
	figHot    = "save, one hot shop"
	figSpread = "save, 1,000 shops"
	figList   = "list 20 designs"
	figPublic = "public config of a product"

	callers = 16
	rounds  = 3
	round   = 5 * time.Second
)

// side is one of the servers that are compared, or one way to talk to it.
type side struct {
	name   string
	server *child
	prefix string // of the paths
	shops  []seeded
	settle func(context.Context) error   // after a round; nil: nothing to wait for
	cpu    func() (time.Duration, error) // that it has used
}

// comparison is one workload.
type comparison struct {
	figure string
	goal   float64 // how many times the usual PostgreSQL
	want   int
	next   func(s side) func(*rand.Rand) []byte
}

// comparePart starts all sides with the same data and measures them in turns.
func comparePart(b *bench) (err error) {
	lapak, err := startChild("lapak", lapakSpec{Dir: b.path("compare"), OpenShops: 1500})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lapak.stop(), os.RemoveAll(b.path("compare"))) }()
	pg, err := startPostgres(b.ctx, b.bin, b.machine.postgres, b.path("pg"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pg.stop(), os.RemoveAll(b.path("pg"))) }()
	over, err := startChild("peer", peerSpec{App: pg.url("app"), Owner: pg.url(owner), Dir: b.path("peer")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, over.stop()) }()
	sides, err := b.seedSides(lapak, over, pg)
	if err != nil {
		return err
	}
	for _, c := range comparisons() {
		if b.wants(c.figure) {
			if err := b.compare(c, sides); err != nil {
				return fmt.Errorf("%s: %w", c.figure, err)
			}
		}
	}
	return nil
}

func (b *bench) seedSides(lapak, over *child, pg *postgres) ([]side, error) {
	spec := seedSpec{Shops: b.size(1000), Rich: b.size(100), Designs: 100, Few: 5, Templates: 2}
	var ours, theirs []seeded
	if err := lapak.ask(b.ctx, "/seed", spec, &ours); err != nil {
		return nil, err
	}
	if err := over.ask(b.ctx, "/seed", spec, &theirs); err != nil {
		return nil, err
	}
	settle := func(ctx context.Context) error { return lapak.ask(ctx, "/settle", struct{}{}, nil) }
	both := func() (time.Duration, error) {
		handlers, err := over.cpu()
		server, serverErr := pg.cpu()
		return handlers + server, errors.Join(err, serverErr)
	}
	if err := b.notePlans(over, theirs[0]); err != nil {
		return nil, err
	}
	return []side{
		{"Lapak", lapak, "", ours, settle, lapak.cpu},
		{"PostgreSQL, statement by statement", over, "", theirs, nil, both},
		{"PostgreSQL, one statement and round trip", over, onePrefix, theirs, nil, both},
	}, settle(b.ctx)
}

func (b *bench) notePlans(over *child, shop seeded) error {
	var plans []string
	if err := over.ask(b.ctx, "/plans", shop.Shop, &plans); err != nil {
		return err
	}
	b.notes = plans
	return nil
}

func comparisons() []comparison {
	return []comparison{
		{figHot, 5, http.StatusCreated, func(s side) func(*rand.Rand) []byte { return saves(s, s.shops[len(s.shops)-1:]) }},
		{figSpread, 2, http.StatusCreated, func(s side) func(*rand.Rand) []byte { return saves(s, s.shops) }},
		{figList, 1, http.StatusOK, func(s side) func(*rand.Rand) []byte { return lists(s.prefix, s.rich()) }},
		{figPublic, 2, http.StatusOK, func(s side) func(*rand.Rand) []byte { return publics(s) }},
	}
}

// rich are the shops that have enough designs for a full list.
func (s side) rich() []seeded { return s.shops[:max(len(s.shops)/10, 1)] }

func saves(s side, shops []seeded) func(*rand.Rand) []byte {
	all := bodies(64)
	return func(rng *rand.Rand) []byte {
		return post(s.prefix+savePath, shops[rng.IntN(len(shops))].Key, all[rng.IntN(len(all))])
	}
}

func lists(prefix string, shops []seeded) func(*rand.Rand) []byte {
	all := make([][]byte, len(shops))
	for i, shop := range shops {
		all[i] = get(prefix+listPath, shop.Key)
	}
	return func(rng *rand.Rand) []byte { return all[rng.IntN(len(all))] }
}

func publics(s side) func(*rand.Rand) []byte {
	var all [][]byte
	for _, shop := range s.rich() {
		all = append(all, get(s.prefix+publicPath+firstProduct+"?shop="+shop.Shop, ""))
	}
	return func(rng *rand.Rand) []byte { return all[rng.IntN(len(all))] }
}

// compare measures the sides in turns, so that what the machine does meanwhile
// meets them all.
func (b *bench) compare(c comparison, sides []side) error {
	b.begin(c.figure)
	results := make([][]result, len(sides))
	for i := range rounds + 1 { // the first one warms up
		span := b.span(round)
		if i == 0 {
			span /= 5
		}
		for j, s := range sides {
			r, err := b.round(c, s, span, i == 1)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if i > 0 {
				results[j] = append(results[j], r)
			}
		}
	}
	b.report(c, sides, results)
	return nil
}

func (b *bench) round(c comparison, s side, span time.Duration, profiled bool) (result, error) {
	var r result
	measured := func() (err error) {
		r, err = load{addr: s.server.Serves, callers: callers, next: c.next(s), want: c.want}.run(b.ctx, span)
		if err == nil && s.settle != nil {
			err = s.settle(b.ctx) // what the round put off is its work too
		}
		return err
	}
	before, err := s.cpu()
	if err != nil {
		return r, err
	}
	if profiled && s.settle != nil {
		err = s.server.profile(c.figure, 2*span, measured)
	} else {
		err = measured()
	}
	after, cpuErr := s.cpu()
	r.cpu = after - before
	return r, errors.Join(err, cpuErr)
}

// report compares Lapak to the two ways of PostgreSQL, round by round.
func (b *bench) report(c comparison, sides []side, results [][]result) {
	r := row{figure: c.figure, goal: fmt.Sprintf("≥ %g ×", c.goal)}
	for j, s := range sides {
		rates, ratios := make([]float64, 0, rounds), make([]float64, 0, rounds)
		var times []time.Duration
		var costs []float64
		for i, one := range results[j] {
			rates, times = append(rates, one.rate()), append(times, one.times...)
			ratios = append(ratios, results[0][i].rate()/one.rate())
			costs = append(costs, float64(one.cpu.Microseconds())/float64(len(one.times)))
		}
		slices.Sort(times)
		ratio := middle(ratios)
		switch j {
		case 1:
			r.value, r.met = fmt.Sprintf("%.2f ×", ratio), ratio >= c.goal
		case 2:
			r.value += fmt.Sprintf(" (%.2f × the one-statement variant)", ratio)
		}
		r.detail += fmt.Sprintf("%s: %.0f a second, p50 %s, p99 %s, %.0f µs of CPU each. ", s.name, middle(rates),
			milliseconds(quantile(times, 0.5)), milliseconds(quantile(times, 0.99)), middle(costs))
	}
	b.add(r)
}

func middle(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}
