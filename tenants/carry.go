package tenants

import (
	"context"
	"fmt"

	"lapak/store"
	"lapak/store/catalog"
)

// carrySessions gives a restored copy the live file's sessions at Shopify: those
// of the past are used up, or the app was uninstalled since. Where the live file
// cannot be read the copy keeps its own.
func (p *Pool) carrySessions(ctx context.Context, to *store.DB, rec catalog.Shop) error {
	live, err := p.liveSessions(ctx, rec)
	if err != nil {
		p.log.Warn("a restored shop may have to be opened in Shopify's admin once", "shop", rec.Name.String(), "error", err)
		return ctx.Err()
	}
	return to.Write(ctx, "carry sessions", func(tx *store.Tx) error {
		old, err := tx.Sessions()
		if err != nil {
			return err
		}
		for _, s := range old {
			if _, err := tx.DeleteSessions(s.ID); err != nil {
				return err
			}
		}
		for _, s := range live {
			if err := tx.StoreSession(s); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *Pool) liveSessions(ctx context.Context, rec catalog.Shop) (all []store.Session, err error) {
	db := store.Open(p.Path(rec.Name, rec.Epoch), store.Options{})
	defer db.Close()
	err = db.Read(ctx, "sessions", func(v *store.View) (err error) {
		all, err = v.Sessions()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the live file's sessions: %w", err)
	}
	return all, nil
}
