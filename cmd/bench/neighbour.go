package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"
)

const figNeighbour = "p99 of shop B beside shop A"

// busySpec is what a process of callers does until its standard input ends.
type busySpec struct {
	Addr string `json:"addr"`
	Shop seeded `json:"shop"`
}

// runLoad saves designs in one shop at full speed, in a process of its own so
// that the measured callers do not wait for these.
func runLoad(arg string) error {
	ignoreInterrupt()
	var spec busySpec
	if err := decode(arg, &spec); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); cancel() }()
	line, err := json.Marshal(addresses{})
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	s := side{shops: []seeded{spec.Shop}}
	_, err = load{addr: spec.Addr, callers: callers, next: saves(s, s.shops), want: http.StatusCreated}.run(ctx, time.Hour)
	return err
}

// beside is what happens to shop A while shop B is measured.
type beside struct {
	name  string
	start func() (stop func() error, err error)
}

func neighbourPart(b *bench) (err error) {
	b.begin(figNeighbour)
	s, err := b.single("neighbour", seedSpec{Shops: 2, Rich: 2, Designs: bigShop, Templates: 2})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.end()) }()
	conditions := []beside{
		{"alone", func() (func() error, error) { return func() error { return nil }, nil }},
		{"while A is written at full speed by 16 callers", s.writeA},
		{"while A is restored again and again", s.restoreA},
	}
	lists, saves := make([][]float64, len(conditions)), make([][]float64, len(conditions))
	for range rounds {
		for i, c := range conditions {
			list, save, err := s.measureB(c)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			lists[i], saves[i] = append(lists[i], list.Seconds()), append(saves[i], save.Seconds())
		}
	}
	s.report(conditions, lists, saves)
	return nil
}

// measureB is the p99 of shop B's lists and saves, about 300 a second together.
func (s *single) measureB(c beside) (list, save time.Duration, err error) {
	stop, err := c.start()
	if err != nil {
		return 0, 0, err
	}
	b := side{shops: s.shops[1:]}
	reads := load{addr: s.server.Serves, callers: 2, pause: 8 * time.Millisecond, next: lists("", b.shops), want: http.StatusOK}
	writes := load{addr: s.server.Serves, callers: 1, pause: 16 * time.Millisecond, next: saves(b, b.shops), want: http.StatusCreated}
	done := make(chan result, 1)
	writeErr := make(chan error, 1)
	go func() {
		r, err := writes.run(s.ctx, s.span(2*round))
		done <- r
		writeErr <- err
	}()
	r, readErr := reads.run(s.ctx, s.span(2*round))
	w := <-done
	return r.at(0.99), w.at(0.99), errors.Join(readErr, <-writeErr, stop(), s.settle())
}

func (s *single) writeA() (func() error, error) {
	c, err := startChild("load", busySpec{s.server.Serves, s.shops[0]})
	if err != nil {
		return nil, err
	}
	return c.stop, nil
}

func (s *single) restoreA() (func() error, error) {
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan error, 1)
	go func() {
		for ctx.Err() == nil {
			if _, err := s.restore(s.shops[0]); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	return func() error { cancel(); return <-done }, nil
}

func (s *single) report(conditions []beside, lists, saves [][]float64) {
	worst, detail := 0.0, ""
	for i, c := range conditions {
		list, save := middle(lists[i]), middle(saves[i])
		detail += fmt.Sprintf("B %s: lists %s, saves %s. ", c.name, milliseconds(seconds(list)), milliseconds(seconds(save)))
		worst = slices.Max([]float64{worst, list / middle(lists[0]), save / middle(saves[0])})
	}
	s.add(row{figNeighbour, "≤ 1.5 × B alone", fmt.Sprintf("%.2f ×", worst), worst <= 1.5,
		"The worst ratio of B's p99. " + detail + "Medians of three rounds; the callers of A run on the same cores as the server."})
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
