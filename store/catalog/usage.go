package catalog

import (
	"context"
	"time"

	"lapak/store"
)

// MarkClean notes that file and replica were equal at the moment replicatedAt,
// with a file of size bytes. The mark stays if the shop was first marked dirty
// later than that. Used is what the shop uses; nil: what was noted before stays.
func (db *DB) MarkClean(ctx context.Context, shop store.Shop, replicatedAt time.Time, size int64, used *store.Usage) error {
	const clean = `UPDATE shops SET replicated_at = ?2, size_bytes = ?3,
		dirty = coalesce(dirty_since > ?2, 0), dirty_since = iif(dirty_since > ?2, dirty_since, NULL)`
	if used == nil {
		return db.quiet(ctx, "mark clean", shop, clean+" WHERE name = ?1", replicatedAt.UnixMilli(), size)
	}
	return db.quiet(ctx, "mark clean", shop, clean+`, products = ?4, assets = ?5, designs = ?6, storage_bytes = ?7
		WHERE name = ?1`, replicatedAt.UnixMilli(), size, used.Products, used.Assets, used.Designs, used.StorageBytes)
}
