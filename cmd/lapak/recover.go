package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
)

type recoverCmd struct {
	All bool `help:"Bring every shop back before it ends."`
}

// recovered is what recover did.
type recovered struct {
	Shops    int          `json:"shops"`    // in the catalog
	Restored int          `json:"restored"` // of them, now on this machine
	Failed   []failedShop `json:"failed"`
	From     string       `json:"from"`
}

type failedShop struct {
	Shop  store.Shop `json:"shop"`
	Error string     `json:"error"`
}

// recoverAtOnce is how many shops are fetched at once.
const recoverAtOnce = 8

func (cmd recoverCmd) Run(a *app) error {
	ctx, cancel := context.WithTimeout(a.ctx, a.timeout)
	defer cancel()
	path := filepath.Join(a.Data, "catalog.db")
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already: recover fills an empty data folder only; lapak serve brings shops back when they are first asked for", path)
	}
	h, err := a.openHost(ctx, "recover", a.log(), func(o *tenants.Options) { o.Recover = true })
	if err != nil {
		return err
	}
	done, err := cmd.recover(ctx, a, h)
	if err = errors.Join(err, h.close(ctx)); err != nil {
		return a.explain(err)
	}
	if err := a.print(done, func(w io.Writer) { showRecovered(w, cmd.All, done) }); err != nil {
		return err
	}
	if len(done.Failed) > 0 {
		return fmt.Errorf("%d of %d shops could not be brought back", len(done.Failed), done.Shops)
	}
	return nil
}

func (cmd recoverCmd) recover(ctx context.Context, a *app, h *host) (recovered, error) {
	done := recovered{Failed: []failedShop{}, From: h.replication.Shops.String()}
	n, err := h.pool.Catalog().CountShops(ctx, catalog.Filter{})
	done.Shops = n
	if err != nil || !cmd.All {
		return done, err
	}
	return done, done.fetchAll(ctx, a, h.pool)
}

// fetchAll opens every shop once, a few at a time. One that fails does not keep
// the others.
func (done *recovered) fetchAll(ctx context.Context, a *app, pool *tenants.Pool) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	var mu sync.Mutex
	slots := make(chan struct{}, recoverAtOnce)
	page := catalog.Page{Limit: 1000}
	for {
		shops, err := pool.Catalog().Shops(ctx, catalog.Filter{}, page)
		if err != nil {
			return err
		}
		for _, s := range shops {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				err := fetchShop(ctx, pool, s.Name)
				mu.Lock()
				defer mu.Unlock()
				done.count(a, s.Name, err)
			})
		}
		if len(shops) < page.Limit {
			return nil
		}
		page.After = shops[len(shops)-1].Name.String()
	}
}

func fetchShop(ctx context.Context, pool *tenants.Pool, shop store.Shop) error {
	l, err := pool.Acquire(ctx, shop)
	if err != nil {
		return err
	}
	l.Release()
	return nil
}

func (done *recovered) count(a *app, shop store.Shop, err error) {
	if err != nil {
		done.Failed = append(done.Failed, failedShop{shop, err.Error()})
		return
	}
	done.Restored++
	if a.onTerminal() {
		fmt.Fprintf(a.err, "%d of %d: %s\n", done.Restored, done.Shops, shop)
	}
}

func showRecovered(w io.Writer, all bool, done recovered) {
	row(w, fmt.Sprintf("The catalog is back from %s; it has %d shops.", done.From, done.Shops))
	if !all {
		row(w, "lapak serve brings each back when it is first asked for; recover --all would have fetched them all.")
		return
	}
	row(w, fmt.Sprintf("%d shops are back.", done.Restored))
	for _, f := range done.Failed {
		row(w, "failed", f.Shop, f.Error)
	}
}
