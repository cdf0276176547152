package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// part is one or more figures that need the same servers.
type part struct {
	name    string
	figures []string // their names, for -run
	run     func(*bench) error
}

func (p part) wanted(match *regexp.Regexp) bool {
	for _, name := range p.figures {
		if match.MatchString(name) {
			return true
		}
	}
	return false
}

// parts are all figures, in the order of the report.
func parts() []part {
	return []part{
		{"comparison", []string{figHot, figSpread, figList, figPublic}, comparePart},
		{"fleet", []string{figStart, figCold, figRandom, figCreate, figMemory, figIdle}, fleetPart},
		{"bucket", []string{figBucket}, bucketPart},
		{"restore", []string{figRestore}, restorePart},
		{"neighbour", []string{figNeighbour}, neighbourPart},
		{"replica", []string{figReplica}, replicaPart},
	}
}

// row is one line of the report.
type row struct {
	figure, goal, value string
	met                 bool
	detail              string
}

// bench is one run.
type bench struct {
	options
	ctx     context.Context
	dir     string // of this run, removed at its end
	bin     string // PostgreSQL's programs
	machine machine
	rows    []row
	notes   []string
	started time.Time
}

func newBench(ctx context.Context, opt options) (*bench, error) {
	b := &bench{options: opt, ctx: ctx, started: time.Now()}
	version := ""
	var err error
	if b.bin, version, err = findPostgres(); err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp(opt.dir, "lapak-bench-"); err != nil {
		return nil, err
	}
	// PostgreSQL's user has to get to its own folder.
	if err := os.Chmod(b.dir, 0o711); err != nil {
		return nil, errors.Join(err, b.close())
	}
	b.machine = describe(b.dir, version)
	return b, nil
}

func (b *bench) close() error { return os.RemoveAll(b.dir) }

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// wants says whether a figure is to be measured.
func (b *bench) wants(figure string) bool { return b.match.MatchString(figure) }

// size is n, or a tenth of it in a quick run.
func (b *bench) size(n int) int {
	if b.quick {
		return max(n/10, 1)
	}
	return n
}

// span is how long a round is.
func (b *bench) span(d time.Duration) time.Duration {
	if b.quick {
		return d / 4
	}
	return d
}

func (b *bench) add(r row) {
	r.detail = strings.TrimSpace(r.detail) + " Load average before: " + b.machine.loadAtStart(r.figure) + "."
	b.rows = append(b.rows, r)
	verdict := "MISSED"
	if r.met {
		verdict = "met"
	}
	fmt.Printf("%-34s %-44s %s (goal %s)\n    %s\n", r.figure, r.value, verdict, r.goal, r.detail)
}

// begin notes the machine's load before a figure.
func (b *bench) begin(figure string) {
	b.machine.noteLoad(figure)
	fmt.Printf("… %s\n", figure)
}

func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 10:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}
