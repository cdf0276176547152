package catalog

import (
	"context"
	"fmt"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// Install is what Shopify said about a shop. The times are compared with each
// other, so that what Shopify tells late and out of order changes nothing.
type Install struct {
	Shop          store.Shop
	InstalledAt   time.Time // the last moment at which Shopify gave a token
	UninstalledAt time.Time // zero: it is installed
	Scopes        string    // granted, with commas between
	ScopesAt      time.Time // when they were; zero: unknown

	Subscription       string    // Shopify's id of what the shop pays for; "": nothing
	SubscriptionPlan   string    // the plan that it stands for
	SubscriptionStatus string    // as Shopify writes it: ACTIVE, FROZEN, ...
	SubscriptionAt     time.Time // when Shopify said so; zero: never
}

// Installed says whether the app is installed in the shop, as far as is known.
func (i Install) Installed() bool { return !i.InstalledAt.IsZero() && i.UninstalledAt.IsZero() }

const installSQL = `SELECT shop, installed_at, uninstalled_at, scopes, scopes_at, subscription, subscription_plan,
	subscription_status, subscription_at FROM installs WHERE shop = ?1`

func scanInstall(c *cursor) (i Install, err error) {
	i.Shop, err = c.shop()
	i.InstalledAt, i.UninstalledAt, i.Scopes, i.ScopesAt = c.time(), c.time(), c.text(), c.time()
	i.Subscription, i.SubscriptionPlan, i.SubscriptionStatus, i.SubscriptionAt = c.text(), c.text(), c.text(), c.time()
	return i, err
}

// Install returns ErrNotFound for a shop that was never installed at Shopify.
func (db *DB) Install(ctx context.Context, shop store.Shop) (Install, error) {
	return get(ctx, db, "install of shop "+shop.String(), installSQL, []any{shop.String()}, scanInstall)
}

// RecordInstall notes that Shopify gave the shop's token, with these scopes, at
// a moment: the shop is installed, unless it was uninstalled later than that. It
// is ErrNotFound if the catalog has no such shop.
func (db *DB) RecordInstall(ctx context.Context, shop store.Shop, scopes string, at time.Time) error {
	return db.db.Write(ctx, "record install", func(c *sqlite.Conn) error {
		if err := exists(c, shop); err != nil {
			return err
		}
		_, err := c.Exec(`INSERT INTO installs (shop, installed_at, scopes, scopes_at, updated_at) VALUES (?1, ?2, ?3, ?2, ?4)
			ON CONFLICT (shop) DO UPDATE SET installed_at = max(installed_at, ?2),
				uninstalled_at = iif(uninstalled_at > ?2, uninstalled_at, NULL),
				scopes = iif(coalesce(scopes_at > ?2, 0), scopes, ?3),
				scopes_at = max(coalesce(scopes_at, ?2), ?2), updated_at = ?4`,
			shop.String(), at.UnixMilli(), scopes, time.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("record install of shop %s: %w", shop, err)
		}
		return nil
	})
}

// RecordUninstall notes that the app was uninstalled at the moment triggeredAt,
// and returns true: the shop's tokens are dead. A second time does so again. One
// that came late, from before the last install, changes nothing and returns
// false, as does one of a shop that is not there or was never installed.
func (db *DB) RecordUninstall(ctx context.Context, shop store.Shop, triggeredAt time.Time) (dead bool, err error) {
	return db.amend(ctx, "record uninstall", shop, `UPDATE installs
		SET uninstalled_at = max(coalesce(uninstalled_at, ?2), ?2), updated_at = ?3
		WHERE shop = ?1 AND installed_at < ?2`, triggeredAt.UnixMilli(), time.Now().UnixMilli())
}

// RecordScopes notes which scopes the shop granted at the moment triggeredAt.
// What came late, from before those that are known, changes nothing and returns
// false, as it does for a shop that is not there or was never installed.
func (db *DB) RecordScopes(ctx context.Context, shop store.Shop, scopes string, triggeredAt time.Time) (changed bool, err error) {
	return db.amend(ctx, "record scopes", shop, `UPDATE installs SET scopes = ?4, scopes_at = ?2, updated_at = ?3
		WHERE shop = ?1 AND coalesce(scopes_at <= ?2, 1)`, triggeredAt.UnixMilli(), time.Now().UnixMilli(), scopes)
}

// amend changes a shop's install and says whether there was one that fits.
func (db *DB) amend(ctx context.Context, why string, shop store.Shop, sql string, args ...any) (changed bool, err error) {
	err = db.db.Write(ctx, why, func(c *sqlite.Conn) error {
		n, err := c.Exec(sql, append([]any{shop.String()}, args...)...)
		changed = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("%s of shop %s: %w", why, shop, err)
	}
	return changed, nil
}
