package store

import (
	"fmt"

	"lapak/store/sqlite"
)

// Configured says which of the products have a config, and whether it is
// enabled. Products are named as ProductID has them.
func (v *View) Configured(productIDs []string) (map[string]bool, error) {
	found := map[string]bool{}
	for _, id := range productIDs {
		_, err := v.c.One("SELECT enabled FROM configs WHERE product_id = ?1", []any{id}, func(r *sqlite.Row) { found[id] = r.Bool(0) })
		if err != nil {
			return nil, fmt.Errorf("configured products: %w", err)
		}
	}
	return found, nil
}
