package catalog

import (
	"context"
	"fmt"

	"lapak/store"
	"lapak/store/sqlite"
)

// DefaultPlan is the plan of a shop that names none.
const DefaultPlan = "free"

// Unlimited is the value of a limit that does not limit.
const Unlimited = -1

// Limits are what a shop may use.
type Limits struct {
	MaxProducts         int64 `json:"maxProducts"`
	MaxAssets           int64 `json:"maxAssets"`
	MaxDesigns          int64 `json:"maxDesigns"`
	StorageLimit        int64 `json:"storageLimit"` // bytes
	EnableWebP          bool  `json:"enableWebP"`
	EnableCDN           bool  `json:"enableCDN"`
	EnableAdvancedTools bool  `json:"enableAdvancedTools"`
}

// Plan is what shops subscribe to.
type Plan struct {
	Name string `json:"plan"`
	Limits
	AuditDays int `json:"auditDays"` // how long audit entries are kept; Unlimited: for ever
}

const planColumns = `name, max_products, max_assets, max_designs, storage_limit,
	enable_webp, enable_cdn, enable_advanced_tools, audit_days`

const planSQL = "SELECT " + planColumns + " FROM plans WHERE name = ?1"

func scanPlan(c *cursor) (Plan, error) {
	return Plan{
		Name: c.text(),
		Limits: Limits{
			MaxProducts: c.number(), MaxAssets: c.number(), MaxDesigns: c.number(), StorageLimit: c.number(),
			EnableWebP: c.truth(), EnableCDN: c.truth(), EnableAdvancedTools: c.truth(),
		},
		AuditDays: int(c.number()),
	}, nil
}

// Plans returns all plans, the smallest first.
func (db *DB) Plans(ctx context.Context) ([]Plan, error) {
	return list(ctx, db, "list plans", "SELECT "+planColumns+" FROM plans ORDER BY position", nil, scanPlan)
}

// Plan returns ErrNotFound if there is no plan of that name.
func (db *DB) Plan(ctx context.Context, name string) (Plan, error) {
	return get(ctx, db, "plan "+name, planSQL, []any{name}, scanPlan)
}

// SetPlan changes a plan, for all shops that have it, and returns it. Keys are
// the JSON names of Limits and auditDays.
func (db *DB) SetPlan(ctx context.Context, name string, changes map[string]string) (Plan, error) {
	values := make(map[string]any, len(changes))
	for key, text := range changes {
		v, err := parsePlanField(key, text)
		if err != nil {
			return Plan{}, err
		}
		values[key] = v
	}
	var after Plan
	err := db.write(ctx, "set plan", store.Shop{}, func(c *sqlite.Conn) (err error) {
		for key, v := range values {
			if _, err := c.Exec("UPDATE plans SET "+limitColumn(key)+" = ?1 WHERE name = ?2", v, name); err != nil {
				return fmt.Errorf("set %s of plan %s: %w", key, name, err)
			}
		}
		after, err = first(c, "plan "+name, planSQL, []any{name}, scanPlan)
		return err
	})
	return after, err
}

func parsePlanField(key, text string) (any, error) {
	if key != "auditDays" {
		return parseLimit(key, text)
	}
	days, err := parseNumber(key, text)
	if err == nil && days == 0 {
		err = invalid(key, "must be at least one day, or -1 to keep the audit log for ever")
	}
	return days, err
}
