// Command bench measures Lapak over HTTP and writes what it finds to
// docs/benchmarks.md. Where a figure is a comparison, the same handlers run over
// PostgreSQL 15 with row-level tenancy, in the same run, in turns.
//
// It starts itself again for each server, so that Lapak, the PostgreSQL handlers
// and the callers are processes of their own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	if role := os.Getenv(roleVar); role != "" {
		return runChild(role, os.Args[1:])
	}
	var opt options
	pattern := flag.String("run", "", "regular expression of the figures to measure; empty means all")
	flag.BoolVar(&opt.quick, "quick", false, "short rounds and a tenth of the shops, for work on the bench itself")
	flag.StringVar(&opt.out, "out", "", "the file to write; empty means docs/benchmarks.md after a full run, else none")
	flag.StringVar(&opt.dir, "dir", os.TempDir(), "where the data of both sides goes for the run: a disk, not a memory file system")
	flag.StringVar(&opt.s3, "s3", ".bin/versitygw", "the versitygw program whose access log counts bucket requests")
	flag.Parse()
	var err error
	if opt.match, err = regexp.Compile(*pattern); err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	if opt.out == "" && *pattern == "" && !opt.quick {
		opt.out = "docs/benchmarks.md"
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return measure(ctx, opt)
}

// options is what the command line asks for.
type options struct {
	quick        bool
	match        *regexp.Regexp
	out, dir, s3 string
}

// measure runs the figures and writes the file, also what there is of it when
// one fails.
func measure(ctx context.Context, opt options) (err error) {
	b, err := newBench(ctx, opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	for _, p := range parts() {
		if !p.wanted(opt.match) {
			continue
		}
		if err := p.run(b); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", p.name, err), b.write())
		}
	}
	return b.write()
}

// useCores is what lapak serve does: a thread in fdatasync holds its processor
// for a while, so there are twice as many as cores.
func useCores() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0))
	}
}
