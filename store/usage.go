package store

import (
	"fmt"
	"time"

	"lapak/store/sqlite"
)

// Terms are what a shop may use and how it counts. A limit below 0 means none.
type Terms struct {
	MaxProducts, MaxAssets, MaxDesigns int64
	StorageBytes                       int64
	Zone                               *time.Location // where months begin; nil means UTC
}

func (t Terms) month(now time.Time) string {
	if t.Zone == nil {
		return now.UTC().Format("2006-01")
	}
	return now.In(t.Zone).Format("2006-01")
}

// Usage is what a shop uses now.
type Usage struct {
	Products     int64 `json:"products"`
	Assets       int64 `json:"assets"`
	Designs      int64 `json:"designs"`
	StorageBytes int64 `json:"storageBytes"` // an object that several assets name counts once
}

// Monthly is what happened in one month.
type Monthly struct {
	Month   string `json:"month"` // YYYY-MM
	Uploads int64  `json:"uploads"`
	Orders  int64  `json:"orders"`
}

// MonthUsage is one month and what was used at its end.
type MonthUsage struct {
	Monthly
	Usage
}

const usageColumns = "month, products, assets, designs, storage_bytes, uploads, orders"

func scanUsage(r *sqlite.Row) MonthUsage {
	return MonthUsage{Monthly{r.Text(0), r.Int(5), r.Int(6)}, Usage{r.Int(1), r.Int(2), r.Int(3), r.Int(4)}}
}

// Usage returns what is used now and what happened this month.
func (v *View) Usage(terms Terms) (Usage, Monthly, error) {
	var u MonthUsage
	found, err := v.c.One("SELECT "+usageColumns+" FROM usage WHERE month = (SELECT max(month) FROM usage)", nil,
		func(r *sqlite.Row) { u = scanUsage(r) })
	if month := terms.month(v.clock()); u.Month < month {
		u.Monthly = Monthly{Month: month}
	}
	return u.Usage, u.Monthly, must("usage", found, err)
}

// UsageHistory returns the last months that something changed in, at most so
// many, newest first.
func (v *View) UsageHistory(months int) ([]MonthUsage, error) {
	history := []MonthUsage{}
	err := v.c.Query("SELECT "+usageColumns+" FROM usage WHERE month > '' ORDER BY month DESC LIMIT ?1", []any{max(months, 0)},
		func(r *sqlite.Row) error { history = append(history, scanUsage(r)); return nil })
	return history, err
}

// Warnings are the limits that 90 percent are used of, as sentences for people.
func Warnings(u Usage, t Terms) []string {
	warnings := []string{}
	for _, w := range []struct {
		what        string
		used, limit int64
	}{
		{"Product", u.Products, t.MaxProducts}, {"Asset", u.Assets, t.MaxAssets},
		{"Design", u.Designs, t.MaxDesigns}, {"Storage", u.StorageBytes, t.StorageBytes},
	} {
		if w.limit > 0 && w.used >= w.limit-w.limit/10 {
			warnings = append(warnings, w.what+" limit at 90%")
		}
	}
	return warnings
}

// CountOrder counts one order of this month.
func (tx *Tx) CountOrder(terms Terms) error { return tx.spend(terms, spending{orders: 1}) }

// spending is what a change adds to the usage; below 0 it gives back.
type spending struct{ products, assets, designs, storage, uploads, orders int64 }

// spend adds s to this month's row. The limits stand in the UPDATE itself: a
// limit that s adds to and would go over is a LimitError.
func (tx *Tx) spend(terms Terms, s spending) error {
	month, err := tx.thisMonth(terms)
	if err != nil {
		return err
	}
	n, err := tx.c.Exec(`UPDATE usage SET products = products + ?2, assets = assets + ?3, designs = designs + ?4,
			storage_bytes = storage_bytes + ?5, uploads = uploads + ?6, orders = orders + ?7, updated_at = ?8
		WHERE month = ?1
			AND (?2 <= 0 OR ?9 < 0 OR products + ?2 <= ?9)
			AND (?3 <= 0 OR ?10 < 0 OR assets + ?3 <= ?10)
			AND (?4 <= 0 OR ?11 < 0 OR designs + ?4 <= ?11)
			AND (?5 <= 0 OR ?12 < 0 OR storage_bytes + ?5 <= ?12)`,
		month, s.products, s.assets, s.designs, s.storage, s.uploads, s.orders, tx.now,
		terms.MaxProducts, terms.MaxAssets, terms.MaxDesigns, terms.StorageBytes)
	if err != nil {
		return fmt.Errorf("count usage: %w", err)
	}
	if n == 0 {
		return tx.exceeded(terms, s)
	}
	return nil
}

// exceeded names the limit that s would go over.
func (tx *Tx) exceeded(terms Terms, s spending) error {
	u, _, err := tx.Usage(terms)
	switch {
	case err != nil:
		return err
	case s.products > 0 && terms.MaxProducts >= 0 && u.Products+s.products > terms.MaxProducts:
		return LimitError{"Product"}
	case s.assets > 0 && terms.MaxAssets >= 0 && u.Assets+s.assets > terms.MaxAssets:
		return LimitError{"Asset"}
	case s.designs > 0 && terms.MaxDesigns >= 0 && u.Designs+s.designs > terms.MaxDesigns:
		return LimitError{"Design"}
	}
	return LimitError{"Storage"}
}

// thisMonth returns the newest row's month. In a new month that is a new row,
// which carries on what the one before counted. The month never goes back, even
// when the shop moves to a zone where the old one has not ended.
func (tx *Tx) thisMonth(terms Terms) (string, error) {
	now, err := tx.stamp()
	if err != nil {
		return "", err
	}
	month, newest := terms.month(time.UnixMilli(now)), ""
	found, err := tx.c.One("SELECT max(month) FROM usage", nil,
		func(r *sqlite.Row) { newest = r.Text(0) })
	if err := must("usage", found, err); err != nil || newest >= month {
		return newest, err
	}
	_, err = tx.c.Exec(`INSERT INTO usage (month, products, assets, designs, storage_bytes, updated_at)
		SELECT ?1, products, assets, designs, storage_bytes, ?2 FROM usage WHERE month = ?3`, month, now, newest)
	if err != nil {
		return "", fmt.Errorf("begin month %s: %w", month, err)
	}
	return month, nil
}

// RecountUsage counts anew what is used, for a file whose rows were written
// otherwise than by this package's functions, and returns it.
func (tx *Tx) RecountUsage(terms Terms) (Usage, error) {
	month, err := tx.thisMonth(terms)
	if err != nil {
		return Usage{}, err
	}
	_, err = tx.c.Exec(`UPDATE /* whole table */ usage SET updated_at = ?2,
			products = (SELECT count(*) FROM configs),
			assets = (SELECT count(*) FROM assets),
			designs = (SELECT count(*) FROM designs),
			storage_bytes = (SELECT coalesce(sum(size), 0) FROM
				(SELECT max(size) AS size FROM assets INDEXED BY assets_object GROUP BY object))
		WHERE month = ?1`, month, tx.now)
	if err != nil {
		return Usage{}, fmt.Errorf("recount usage: %w", err)
	}
	u, _, err := tx.Usage(terms)
	return u, err
}
