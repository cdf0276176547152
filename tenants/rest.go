package tenants

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"lapak/store/catalog"
)

// restSetting is where the catalog keeps that shops may still be in the bucket
// alone, after a recovery.
const restSetting = "fetch_rest"

const restPage = 100 // shops looked at in one query

// fetchRest brings the shops that a recovery left in the bucket back to the
// disk, one at a time, behind those that somebody asks for. It goes on where an
// earlier process stopped, and does nothing on a machine that was not recovered.
func (p *Pool) fetchRest(ctx context.Context) {
	wanted, _, err := p.catalog.Setting(ctx, restSetting)
	if err == nil && wanted == "" {
		return
	}
	var failed int
	if err == nil {
		failed, err = p.fetchMissing(ctx)
	}
	if err == nil && failed == 0 {
		err = p.catalog.SetSetting(ctx, restSetting, "")
	}
	if ctx.Err() != nil {
		return // the next process goes on
	}
	p.log.Info("the shops of the lost machine are on this one", "failed", failed, "error", err)
}

func (p *Pool) fetchMissing(ctx context.Context) (failed int, err error) {
	for page := (catalog.Page{Limit: restPage}); ; {
		shops, err := p.catalog.Shops(ctx, catalog.Filter{}, page)
		if err != nil {
			return failed, fmt.Errorf("list the shops to fetch: %w", err)
		}
		for _, rec := range shops {
			page.After = rec.Name.String()
			if err := p.fetchIfMissing(ctx, rec); err != nil && ctx.Err() == nil {
				failed++
				p.log.Error("a shop of the lost machine could not be fetched", "shop", rec.Name.String(), "error", err)
			}
		}
		if len(shops) < restPage || ctx.Err() != nil {
			return failed, ctx.Err()
		}
	}
}

// fetchIfMissing opens a shop whose file is not on disk: opening is fetching.
func (p *Pool) fetchIfMissing(ctx context.Context, rec catalog.Shop) error {
	_, err := os.Stat(p.Path(rec.Name, rec.Epoch))
	if !errors.Is(err, fs.ErrNotExist) || rec.State == catalog.Erasing {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	l, err := p.Acquire(ctx, rec.Name)
	if err == nil {
		l.Release()
	}
	return err
}
