package store

import (
	"fmt"

	"lapak/store/sqlite"
)

// PublicProduct is what everybody may see of one product.
type PublicProduct struct {
	Config    Config   `json:"config"`
	Templates []Design `json:"templates"` // with their JSON, the last changed first
}

const maxTemplates = 100

// PublicProduct returns a product's config and at most 100 of its templates. It
// is ErrNotFound if there is no config or it is not enabled. Use a Snapshot, so
// that both are of one moment.
func (v *View) PublicProduct(productID string) (PublicProduct, error) {
	config, err := v.Config(productID)
	if err != nil {
		return PublicProduct{}, err
	}
	if !config.Enabled {
		return PublicProduct{}, fmt.Errorf("config is not enabled: %w", ErrNotFound)
	}
	p := PublicProduct{Config: config, Templates: []Design{}}
	err = v.c.Query("SELECT "+designColumns+`, j.json FROM designs d INDEXED BY designs_template JOIN design_json j ON j.n = d.n
		WHERE d.product_id = ?1 AND d.is_template = 1 ORDER BY d.updated_at DESC, d.n DESC LIMIT ?2`, []any{config.ProductID, maxTemplates},
		func(r *sqlite.Row) error { p.Templates = append(p.Templates, scanWholeDesign(r)); return nil })
	if err != nil {
		return PublicProduct{}, fmt.Errorf("templates: %w", err)
	}
	return p, nil
}
