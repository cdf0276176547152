// Package adopt brings shops over from the app that Lapak replaces. That one kept
// all shops' rows in the same tables of a PostgreSQL or SQLite database, each row
// with its shop's name; here every shop gets a file of its own. All is read at
// one moment of the source, checked, and compared afterwards with what was
// written, row by row.
package adopt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web/access"
)

// ErrUnequal says that not all is here as it is there. The report tells what.
var ErrUnequal = errors.New("not every shop is here as it is in the source")

// Options of Run. From and Plans are required, and Pool and Tokens but for a dry
// run of a new data folder.
type Options struct {
	From   string // postgres://… or sqlite:FILE
	Pool   *tenants.Pool
	Tokens *access.Tokens // encrypts what the app before kept in plain text
	Plans  []catalog.Plan // the smallest first
	// DryRun reads and checks everything and writes nothing.
	DryRun bool
	// FitPlan gives a shop without a config the smallest plan that holds what it
	// has, instead of the default one.
	FitPlan bool
	// Follow compares rows of shops that are here already by their ids and times
	// alone, and reads only those that are new or changed.
	Follow bool
	// Rejects is where rows that cannot be adopted go, a line of JSON each; nil:
	// they are only counted.
	Rejects io.Writer
	// Assets is told where the bytes of each asset are to come from and go to, a
	// line with a tab between; nil: nobody wants to know.
	Assets io.Writer
	// Progress is told now and then how many of the source's rows are done, by many
	// goroutines at once. Nil: nobody watches.
	Progress func(done, all int64)
	Log      *slog.Logger // nil means nothing is logged
}

// adoption is one run.
type adoption struct {
	opt     Options
	source  source
	tables  []*table
	plans   []catalog.Plan
	rejects rejects
	assets  sync.Mutex // one line at a time
	now     time.Time
	done    atomic.Int64
	all     int64
	report  Report
}

// Run adopts every shop of the source. It is ErrSource where that cannot be read
// at all, and ErrUnequal, with a report that says why, where a shop was refused,
// failed or is not the same afterwards. Rejected rows are no error. What is done
// stays when ctx ends or the program is killed, and another run goes on from
// there.
func Run(ctx context.Context, opt Options) (Report, error) {
	a := &adoption{opt: opt, plans: opt.Plans, now: time.Now(), rejects: rejects{to: opt.Rejects, byReason: map[string]int64{}}}
	if a.opt.Log == nil {
		a.opt.Log = slog.New(slog.DiscardHandler)
	}
	var err error
	if a.source, err = open(ctx, opt.From); err != nil {
		return a.report, err
	}
	defer a.source.close()
	a.report = Report{Source: a.source.name(), DryRun: opt.DryRun, Follow: opt.Follow, At: a.now.UTC(),
		Tables: []Count{}, Shops: []ShopReport{}, Unknown: map[string][]string{}}
	if err := a.look(ctx); err != nil {
		return a.report, err
	}
	err = a.adoptAll(ctx)
	a.report.Rejected = a.rejects.byReason
	a.report.Seconds = time.Since(a.now).Seconds()
	a.report.Rate = float64(a.done.Load()) / a.report.Seconds
	if err == nil && !a.report.Equal {
		err = ErrUnequal
	}
	return a.report, err
}

// look finds the tables and where the rows of each shop lie in them.
func (a *adoption) look(ctx context.Context) (err error) {
	all, err := a.source.tables(ctx)
	if err != nil {
		return err
	}
	if a.tables, a.report.Ignored, err = match(all); err != nil {
		return err
	}
	for _, t := range a.tables {
		if err := t.readPlaces(ctx, a.source); err != nil {
			return fmt.Errorf("read %s: %w", t.full(), err)
		}
		a.all += t.rowCount
		if names := t.unknownNames(); len(names) > 0 {
			a.report.Unknown[t.model.name] = names
		}
	}
	return nil
}

func (a *adoption) table(name string) *table {
	for _, t := range a.tables {
		if t.model.name == name {
			return t
		}
	}
	return nil
}

// read counts rows that were read.
func (a *adoption) read(c *count, n int64) {
	c.read += n
	if done := a.done.Add(n); a.opt.Progress != nil && (n > 1 || done%256 == 0 || done == a.all) {
		a.opt.Progress(done, a.all)
	}
}

func (a *adoption) reject(c *count, r row, shop string, cause error) error {
	c.rejected++
	return a.rejects.add(r, shop, cause.Error())
}

// adoptAll works on several shops at once. One that fails does not keep the
// others.
func (a *adoption) adoptAll(ctx context.Context) error {
	from, err := a.source.readers(ctx, 2*runtime.NumCPU())
	if err != nil {
		return err
	}
	names := resolve(a.tables)
	strays, err := a.rejectStrays(ctx, from[0], names.strange)
	if err != nil {
		return err
	}
	work := make(chan *shop)
	var wg sync.WaitGroup
	for _, r := range from {
		wg.Go(func() {
			for s := range work {
				a.adopt(ctx, r, s)
			}
		})
	}
	for _, s := range names.shops {
		if ctx.Err() != nil {
			break
		}
		work <- s
	}
	close(work)
	wg.Wait()
	a.sumUp(names.shops, strays)
	return ctx.Err()
}

// rejectStrays rejects the rows that belong to no shop.
func (a *adoption) rejectStrays(ctx context.Context, from reader, strange map[string]string) (counts []*count, err error) {
	for raw, reason := range strange {
		for _, t := range a.tables {
			if len(t.byShop[raw]) == 0 {
				continue
			}
			c := &count{table: t.model.name}
			counts = append(counts, c)
			err := from.rows(ctx, t, t.all, t.byShop[raw], func(_ int64, v []value) error {
				a.read(c, 1)
				return a.reject(c, row{t, v}, raw, errors.New(reason))
			})
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", t.full(), err)
			}
		}
	}
	return counts, nil
}
