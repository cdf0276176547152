package store

import (
	"fmt"
	"time"

	"lapak/store/sqlite"
)

// appliedKept is how long Once remembers. What may come again must not be older
// than orderCounted by then, which is less by what clocks may differ.
const (
	appliedKept  = 100 * 24 * time.Hour
	orderCounted = 90 * 24 * time.Hour
)

// Once notes that something happened and says whether that is the first time in
// the last 100 days. What is done in the same transaction is so done once,
// however often its cause is told.
func (tx *Tx) Once(key string) (first bool, err error) {
	now, err := tx.stamp()
	if err != nil {
		return false, err
	}
	n, err := tx.c.Exec("INSERT INTO applied (key, at) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING", key, now)
	if err != nil {
		return false, fmt.Errorf("note %s: %w", key, err)
	}
	return n > 0, nil
}

// newest notes the state of something at a moment and says whether no later one
// is known.
func (tx *Tx) newest(key string, at int64) (bool, error) {
	n, err := tx.c.Exec(`INSERT INTO applied (key, at) VALUES (?1, ?2)
		ON CONFLICT (key) DO UPDATE SET at = excluded.at WHERE excluded.at >= at`, key, at)
	if err != nil {
		return false, fmt.Errorf("note %s: %w", key, err)
	}
	return n > 0, nil
}

// ForgetApplied forgets some of what Once noted more than 100 days ago. Call it
// where Once is called.
func (tx *Tx) ForgetApplied() error {
	_, err := tx.c.Exec("DELETE FROM applied WHERE key IN (SELECT key FROM applied WHERE at < ?1 ORDER BY at LIMIT 1000)",
		millis(tx.clock().Add(-appliedKept)))
	if err != nil {
		return fmt.Errorf("forget what was applied: %w", err)
	}
	return nil
}

// Order is what is kept of one of Shopify's orders.
type Order struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"createdAt"`
}

// CountOrderOnce counts an order in the month in which it was created, on the
// clock of the shop's zone, and says whether it did: an order counts once. One
// that is older than 90 days does not count, as nobody could tell whether it did
// before.
func (tx *Tx) CountOrderOnce(by By, terms Terms, o Order) (counted bool, err error) {
	now, err := tx.stamp()
	if err != nil || millis(o.CreatedAt) < now-orderCounted.Milliseconds() {
		return false, err
	}
	if first, err := tx.Once("order:" + o.ID); err != nil || !first {
		return false, err
	}
	month, err := tx.monthOf(terms, min(millis(o.CreatedAt), now))
	if err != nil {
		return false, err
	}
	if _, err := tx.c.Exec("UPDATE usage SET orders = orders + 1, updated_at = ?2 WHERE month = ?1", month, now); err != nil {
		return false, fmt.Errorf("count order: %w", err)
	}
	return true, tx.Audit(by, "CREATE", "order", o.ID, nil, struct {
		Month string `json:"month"`
	}{month})
}

// monthOf returns the month of a moment that is not in the future, and makes its
// row. A month that was passed over had what the one before it had at its end.
func (tx *Tx) monthOf(terms Terms, at int64) (string, error) {
	newest, err := tx.thisMonth(terms)
	if err != nil {
		return "", err
	}
	month := terms.month(fromMillis(at).Time)
	if month >= newest {
		return newest, nil
	}
	_, err = tx.c.Exec(`INSERT INTO usage (month, products, assets, designs, storage_bytes, updated_at)
		SELECT ?1, products, assets, designs, storage_bytes, ?2 FROM usage WHERE month < ?1 ORDER BY month DESC LIMIT 1
		ON CONFLICT (month) DO NOTHING`, month, tx.now)
	if err != nil {
		return "", fmt.Errorf("begin month %s: %w", month, err)
	}
	return month, nil
}

// Product is how one of Shopify's products is shown. The rules are those of
// ConfigPatch.
type Product struct {
	ID        string    `json:"id"`
	Title     *string   `json:"title,omitempty"`    // nil: not known
	ImageURL  *string   `json:"imageUrl,omitempty"` // nil: not known; "": it has none
	UpdatedAt time.Time `json:"updatedAt"`
}

// SetProduct keeps the title and the image of a product's config right, and says
// whether they changed. A state that is older than one that was set before is
// left out, as is a product without a config.
func (tx *Tx) SetProduct(by By, p Product) (changed bool, err error) {
	config, there, err := tx.configToSync(p.ID, p.UpdatedAt)
	if err != nil || !there {
		return false, err
	}
	patch := ConfigPatch{Title: p.Title, ImageURL: p.ImageURL}
	if now := patch.apply(config); now.Title == config.Title && now.ImageURL == config.ImageURL {
		return false, nil
	}
	if err := patch.Validate(); err != nil {
		return false, err
	}
	_, err = tx.updateConfig(by, config, patch, 0)
	return err == nil, err
}

// EndProduct disables the config of a product that was deleted at a moment, and
// says whether it was enabled. The merchant may want it for another product.
func (tx *Tx) EndProduct(by By, productID string, at time.Time) (changed bool, err error) {
	config, there, err := tx.configToSync(productID, at)
	if err != nil || !there || !config.Enabled {
		return false, err
	}
	disabled := false
	_, err = tx.updateConfig(by, config, ConfigPatch{Enabled: &disabled}, 0)
	return err == nil, err
}

// configToSync returns the config of a product, if there is one and no later
// state of the product is known. A time in the future is taken for now: it would
// hide all that comes until then.
func (tx *Tx) configToSync(productID string, at time.Time) (c Config, ok bool, err error) {
	if productID, err = ProductID(productID); err != nil {
		return Config{}, false, err
	}
	found, err := tx.c.One("SELECT "+configColumns+" FROM configs WHERE product_id = ?1", []any{productID},
		func(r *sqlite.Row) { c = scanConfig(r) })
	if err != nil || !found {
		return Config{}, false, err
	}
	now, err := tx.stamp()
	if err != nil {
		return Config{}, false, err
	}
	ok, err = tx.newest("product:"+productID, min(millis(at), now))
	return c, ok, err
}
