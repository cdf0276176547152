package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"lapak/store/bucket"
	"lapak/tenants/replica"
	"lapak/web/control"
)

type doctorCmd struct{}

// checkTimeout bounds each of the doctor's checks.
const checkTimeout = 20 * time.Second

func (doctorCmd) Run(a *app) error {
	var checks []control.Check
	err := a.with(func(ctx context.Context, c *control.Client) (err error) {
		checks, err = c.Doctor(ctx)
		return err
	})
	if err != nil {
		checks = append(checks, control.Check{Name: "data folder", Detail: err.Error()})
	}
	if err := a.print(checks, func(w io.Writer) { showChecks(w, checks) }); err != nil {
		return err
	}
	bad := 0
	for _, c := range checks {
		if !c.OK {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d checks failed", bad, len(checks))
	}
	return nil
}

func showChecks(w io.Writer, checks []control.Check) {
	for _, c := range checks {
		mark := "ok"
		if !c.OK {
			mark = "WRONG"
		}
		row(w, mark, c.Name, c.Detail)
	}
}

// examine is the doctor in the process that has the folder.
func (a *app) examine(ctx context.Context, h *host) []control.Check {
	looks := []struct {
		name string
		look func(context.Context) (string, error)
	}{
		{"data folder", a.examineFolder},
		{"catalog", func(ctx context.Context) (string, error) { return h.pool.CatalogPath(), h.pool.Catalog().Ping(ctx) }},
		{"open files", func(context.Context) (string, error) { return examineFiles(h.openShops) }},
		{"secret key", func(context.Context) (string, error) { return a.examineKey() }},
		{"replication", func(context.Context) (string, error) { return examineReplication(h) }},
		{"replica of the shops", func(ctx context.Context) (string, error) { return a.examineTarget(ctx, h.replication.Shops) }},
		{"replica of the catalog", func(ctx context.Context) (string, error) { return a.examineTarget(ctx, h.replication.Catalog) }},
		{"Shopify", func(context.Context) (string, error) { return a.examineShopify(time.Now()) }},
		{"assets", func(ctx context.Context) (string, error) { return h.assets.String(), bucket.Check(ctx, h.assets) }},
	}
	checks := make([]control.Check, len(looks))
	var wg sync.WaitGroup
	for i, l := range looks {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, checkTimeout)
			defer cancel()
			detail, err := l.look(ctx)
			if checks[i] = (control.Check{Name: l.name, OK: err == nil, Detail: detail}); err != nil {
				checks[i].Detail = err.Error()
			}
		})
	}
	wg.Wait()
	return checks
}

// leastFree is below which free space the doctor complains.
const leastFree = 100 << 20

func (a *app) examineFolder(context.Context) (string, error) {
	if err := tryWrite(a.Data, 1, true); err != nil {
		return "", err
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(a.Data, &fs); err != nil {
		return "", fmt.Errorf("read the free space: %w", err)
	}
	free := int64(fs.Bavail) * int64(fs.Bsize)
	if free < leastFree {
		return "", fmt.Errorf("%s has only %s free", a.Data, size(free))
	}
	return fmt.Sprintf("%s, %s free", a.Data, size(free)), nil
}

// tryWrite makes a file of n bytes in a folder and removes it.
func tryWrite(dir string, n int, durably bool) (err error) {
	f, err := os.CreateTemp(dir, ".lapak-check-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if _, err = f.Write(make([]byte, n)); err == nil && durably {
		err = f.Sync()
	}
	return err
}

func examineFiles(open int) (string, error) {
	n, err := descriptors()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d allowed; up to %d shops are kept open", n, open), nil
}

func (a *app) examineKey() (string, error) {
	_, err := readSecret(a.keyFile())
	if errors.Is(err, fs.ErrNotExist) {
		return a.keyFile() + " will be made by lapak serve", nil
	}
	return a.keyFile(), err
}

func examineReplication(h *host) (string, error) {
	from := h.replication.Source
	if from == "" {
		from = "the default settings"
	}
	s := h.pool.Stats()
	if s.Failing > 0 {
		return "", fmt.Errorf("%d databases cannot be replicated, for up to %s", s.Failing, s.MaxLag.Round(time.Second))
	}
	return "as " + from + " says", nil
}

func (a *app) examineTarget(ctx context.Context, t replica.Target) (string, error) {
	set, err := t.Open(a.getenv)
	if err != nil {
		return "", err
	}
	err = bucket.Check(ctx, set.Bucket)
	return t.String(), errors.Join(err, set.Bucket.Close())
}
