package store

import (
	"strings"

	"lapak/store/sqlite"
)

// ConfigCard is a config without its JSON, as lists show it.
type ConfigCard struct {
	ProductID string
	Title     string // of the product; "" if it is not known
	ImageURL  string // of the product; "" if it is not known
	Enabled   bool
	Version   int64
	Picture   string // what the first view shows, such as "asset:mug.png"; "" if that is not known
	UpdatedAt Time

	n int64
}

// Valid JSON may still be too deep for SQLite.
const cardColumns = `updated_at, n, product_id, title, image_url, enabled, version,
	CASE WHEN json_valid(config) THEN coalesce(config ->> '$.views[0].image', '') ELSE '' END`

func scanCard(r *sqlite.Row) ConfigCard {
	return ConfigCard{
		UpdatedAt: fromMillis(r.Int(0)), n: r.Int(1), ProductID: r.Text(2), Title: r.Text(3), ImageURL: r.Text(4),
		Enabled: r.Bool(5), Version: r.Int(6), Picture: r.Text(7),
	}
}

// ConfigFilter chooses configs; its zero value chooses all.
type ConfigFilter struct {
	Search  string // a part of the title or of the product's id, in any case; "" means any
	Enabled *bool  // nil means both
}

// ConfigCards lists configs without their JSON, the last changed first.
func (v *View) ConfigCards(f ConfigFilter, p Page) ([]ConfigCard, Cursor, error) {
	enabled := -1 // both
	if f.Enabled != nil {
		enabled = map[bool]int{true: 1}[*f.Enabled]
	}
	return list(v, "SELECT "+cardColumns+` FROM configs INDEXED BY configs_updated
		WHERE (updated_at, n) < (?1, ?2) AND (?5 < 0 OR enabled = ?5)
			AND (?4 = '' OR instr(lower(title), ?4) > 0 OR instr(product_id, ?4) > 0)
		ORDER BY updated_at DESC, n DESC LIMIT ?3`, orderConfigs, p, []any{strings.ToLower(strings.TrimSpace(f.Search)), enabled}, scanCard)
}

// ConfigCard returns a product's config without its JSON, or ErrNotFound.
func (v *View) ConfigCard(productID string) (c ConfigCard, err error) {
	if productID, err = ProductID(productID); err != nil {
		return ConfigCard{}, err
	}
	found, err := v.c.One("SELECT "+cardColumns+" FROM configs WHERE product_id = ?1", []any{productID},
		func(r *sqlite.Row) { c = scanCard(r) })
	return c, must("config", found, err)
}
