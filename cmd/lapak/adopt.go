package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"lapak/adopt"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web/access"
)

type adoptCmd struct {
	From    string `required:"" placeholder:"URL" help:"postgres://… or sqlite:FILE."`
	DryRun  bool   `help:"Read and check everything, and write nothing."`
	FitPlan bool   `help:"Give a shop without a ShopConfig the smallest plan that holds what it has (free)."`
	Follow  bool   `help:"Of shops that are here already read only the rows whose id or updatedAt is new."`
	Rejects string `placeholder:"FILE" help:"Where rows that cannot be adopted go (DATA/adopt-rejects.jsonl; nowhere in a dry run)."`
	Assets  string `name:"asset-list" placeholder:"FILE" help:"Where to list from where to where the assets' bytes are to be copied (DATA/adopt-assets.tsv; nowhere in a dry run)."`
}

// adoptOpenShops is how many shops stay open: each is looked at once.
const adoptOpenShops = 32

// Run takes as long as it takes: --timeout does not end it.
func (cmd adoptCmd) Run(a *app) (err error) {
	useCores()
	opt := adopt.Options{From: cmd.From, DryRun: cmd.DryRun, FitPlan: cmd.FitPlan, Follow: cmd.Follow, Log: a.log()}
	leave, err := cmd.prepare(a, &opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	files, err := cmd.openFiles(a, &opt)
	if err != nil {
		return err
	}
	shown := a.adoptProgress(&opt)
	report, err := adopt.Run(a.ctx, opt)
	shown()
	if a.ctx.Err() != nil {
		files.drop()
		return fmt.Errorf("interrupted; what is done stays, and another run goes on from there: %w", err)
	}
	if errors.Is(err, adopt.ErrSource) {
		files.drop()
		return err
	}
	if err := errors.Join(err, files.keep()); err != nil && !errors.Is(err, adopt.ErrUnequal) {
		return err
	}
	return errors.Join(a.print(report, func(w io.Writer) { cmd.show(w, a, report) }), err)
}

// prepare takes the data folder for a run that writes; a dry run of a new folder
// does without one.
func (cmd adoptCmd) prepare(a *app, opt *adopt.Options) (leave func() error, err error) {
	if _, statErr := os.Stat(filepath.Join(a.Data, "catalog.db")); cmd.DryRun && errors.Is(statErr, fs.ErrNotExist) {
		opt.Plans, err = standardPlans(a.ctx)
		return func() error { return nil }, err
	}
	h, err := a.openHost(a.ctx, "adopt", a.log(), func(o *tenants.Options) { o.OpenShops = adoptOpenShops })
	if errors.Is(err, tenants.ErrLocked) {
		return nil, fmt.Errorf("adopt needs the data folder for itself; stop the server first: %w", err)
	} else if err != nil {
		return nil, err
	}
	leave = func() error {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		return h.close(ctx)
	}
	opt.Pool = h.pool
	if opt.Plans, err = h.pool.Catalog().Plans(a.ctx); err == nil && !cmd.DryRun {
		opt.Tokens, err = a.sealer()
	}
	if err != nil {
		return nil, errors.Join(err, leave())
	}
	return leave, nil
}

// sealer encrypts tokens with the program's secret key.
func (a *app) sealer() (*access.Tokens, error) {
	key, _, err := secretKey(a.keyFile())
	if err != nil {
		return nil, err
	}
	return access.New(access.Options{Secret: key})
}

// standardPlans are those of a new catalog.
func standardPlans(ctx context.Context) ([]catalog.Plan, error) {
	dir, err := os.MkdirTemp("", "lapak-adopt-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	db, err := catalog.Open(ctx, filepath.Join(dir, "catalog.db"), catalog.Options{})
	if err != nil {
		return nil, err
	}
	plans, err := db.Plans(ctx)
	return plans, errors.Join(err, db.Close())
}

// adoptFiles are the files beside the report. They get their names at the end.
type adoptFiles []*adoptFile

type adoptFile struct {
	*bufio.Writer
	f    *os.File
	path string
}

func (cmd *adoptCmd) openFiles(a *app, opt *adopt.Options) (files adoptFiles, err error) {
	if !cmd.DryRun && cmd.Rejects == "" {
		cmd.Rejects = filepath.Join(a.Data, "adopt-rejects.jsonl")
	}
	if !cmd.DryRun && cmd.Assets == "" {
		cmd.Assets = filepath.Join(a.Data, "adopt-assets.tsv")
	}
	for _, one := range []struct {
		path string
		to   *io.Writer
	}{{cmd.Rejects, &opt.Rejects}, {cmd.Assets, &opt.Assets}} {
		if one.path == "" {
			continue
		}
		f, err := os.OpenFile(one.path+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			files.drop()
			return nil, err
		}
		file := &adoptFile{bufio.NewWriterSize(f, 64<<10), f, one.path}
		files, *one.to = append(files, file), file
	}
	return files, nil
}

func (files adoptFiles) keep() error {
	var errs []error
	for _, file := range files {
		err := errors.Join(file.Flush(), file.f.Sync(), file.f.Close())
		if err == nil {
			err = os.Rename(file.path+".part", file.path)
		}
		if err == nil {
			err = syncDir(filepath.Dir(file.path))
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (files adoptFiles) drop() {
	for _, file := range files {
		_ = file.f.Close()
		_ = os.Remove(file.path + ".part")
	}
}

// adoptProgress shows on a terminal how far the run is, until the returned function
// is called.
func (a *app) adoptProgress(opt *adopt.Options) (end func()) {
	if !a.onTerminal() {
		return func() {}
	}
	var mu sync.Mutex
	start, last := time.Now(), time.Time{}
	opt.Progress = func(done, all int64) {
		mu.Lock()
		defer mu.Unlock()
		now := time.Now()
		if now.Sub(last) < 200*time.Millisecond {
			return
		}
		last = now
		fmt.Fprintf(a.err, "\r\x1b[K%s", progressLine(done, all, now.Sub(start)))
	}
	return func() { fmt.Fprint(a.err, "\r\x1b[K") }
}

// progressLine is e.g. "[#####-----] 50 % of 1000 rows, 250 a second, 2s left".
func progressLine(done, all int64, took time.Duration) string {
	const width = 30
	part := float64(done) / float64(max(all, 1))
	full := min(int(part*width), width)
	rate := float64(done) / max(took.Seconds(), 0.001)
	left := time.Duration(float64(all-done) / max(rate, 1) * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("[%s%s] %.0f %% of %d rows, %.0f a second, %s left",
		strings.Repeat("#", full), strings.Repeat("-", width-full), 100*part, all, rate, left)
}

func (cmd adoptCmd) show(w io.Writer, a *app, r adopt.Report) {
	row(w, "TABLE", "READ", "WRITTEN", "REJECTED", "CHANGED", "SOURCE", "HERE", "EQUAL")
	for _, t := range r.Tables {
		row(w, t.Table, t.Read, t.Written, t.Rejected, t.Changed, shortHash(t.SourceHash), shortHash(t.Hash), equalText(r.DryRun, t.Equal))
	}
	row(w)
	outcomes := map[string]int{}
	for _, s := range r.Shops {
		outcomes[s.Outcome]++
		if !s.Equal {
			row(w, "PROBLEM", s.Shop, s.Outcome, s.Problem)
		}
	}
	for _, name := range sorted(outcomes) {
		row(w, strconv.Itoa(outcomes[name])+" shops "+name)
	}
	for _, reason := range sorted(r.Rejected) {
		row(w, fmt.Sprintf("%d rejected, %s", r.Rejected[reason], reason))
	}
	for _, table := range sorted(r.Unknown) {
		row(w, "kept aside in extra: "+table+" "+strings.Join(r.Unknown[table], ", "))
	}
	if len(r.Ignored) > 0 {
		row(w, "not of the app: "+strings.Join(r.Ignored, ", "))
	}
	if cmd.Rejects != "" {
		row(w, "rejected rows: "+cmd.Rejects)
	}
	if cmd.Assets != "" {
		row(w, "bytes of assets to copy: "+cmd.Assets)
	}
	row(w, fmt.Sprintf("%.1f s, %.0f rows a second", r.Seconds, r.Rate))
	if !r.DryRun {
		row(w, "The first backups are made when the server runs.")
	}
}

func shortHash(h string) string {
	if h == "" {
		return "-"
	}
	return h[:12]
}

func equalText(dry, equal bool) string {
	if dry {
		return "-"
	}
	return yesNo(equal)
}

func sorted[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
