package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// Change is one KEY=VALUE of a shop's config. Keys are ShopConfig's JSON names.
type Change struct{ Key, Value string }

// By is who changes a shop's config, and so which keys may be changed.
type By int

// Who may change a shop's config.
const (
	Merchant By = iota // branding, time zone and currency
	Operator           // every key
)

// SetShop changes a shop's config and returns it before and after. All changes
// are made or none: a *FieldError names the first key that is unknown, not
// allowed, named twice or has a bad value. An empty value takes a limit back to
// the plan's and clears branding. No change at all is no error.
func (db *DB) SetShop(ctx context.Context, shop store.Shop, changes []Change, by By) (before, after Shop, err error) {
	values, err := parseChanges(changes, by)
	if err != nil {
		return before, after, err
	}
	err = db.write(ctx, "set shop", shop, func(c *sqlite.Conn) (err error) {
		if before, err = shopRecord(c, shop); err != nil {
			return err
		}
		if err := update(c, shop, values); err != nil {
			return err
		}
		after, err = shopRecord(c, shop)
		return err
	})
	return before, after, err
}

// Only is the part of a shop's record that changes are about, by its JSON names,
// for an audit entry.
func (s Shop) Only(changes []Change) map[string]json.RawMessage {
	raw, err := json.Marshal(s)
	var all map[string]json.RawMessage
	if err != nil || json.Unmarshal(raw, &all) != nil {
		return nil // a Shop is always a JSON object
	}
	some := make(map[string]json.RawMessage, len(changes))
	for _, ch := range changes {
		some[ch.Key] = all[ch.Key]
	}
	return some
}

// columnValue is a parsed Change.
type columnValue struct {
	key, column string
	value       any
}

func parseChanges(changes []Change, by By) ([]columnValue, error) {
	var values []columnValue
	seen := make(map[string]bool, len(changes))
	for _, ch := range changes {
		column, merchant := shopColumn(ch.Key)
		switch {
		case column == "":
			return nil, invalid(ch.Key, "is no setting of a shop")
		case by != Operator && !merchant:
			return nil, invalid(ch.Key, "can be changed by the operator only")
		case seen[ch.Key]:
			return nil, invalid(ch.Key, "is named twice")
		}
		seen[ch.Key] = true
		v, err := parseShopField(ch.Key, ch.Value)
		if err != nil {
			return nil, err
		}
		values = append(values, columnValue{ch.Key, column, v})
	}
	return values, nil
}

func update(c *sqlite.Conn, shop store.Shop, values []columnValue) error {
	for _, v := range values {
		_, err := c.Exec("UPDATE shops SET "+v.column+" = ?2 WHERE name = ?1", shop.String(), v.value)
		if v.key == "plan" && errors.Is(err, sqlite.ErrConstraint) { // its foreign key
			return invalid("plan", "must be the name of a plan")
		} else if err != nil {
			return fmt.Errorf("set %s of shop %s: %w", v.key, shop, err)
		}
	}
	if len(values) == 0 {
		return nil
	}
	_, err := c.Exec("UPDATE shops SET version = version + 1, updated_at = ?2 WHERE name = ?1",
		shop.String(), time.Now().UnixMilli())
	return err
}

// shopColumn is the column of a key, "" if there is none, and whether the
// merchant may change it.
func shopColumn(key string) (column string, merchant bool) {
	switch key {
	case "customDomain":
		return "custom_domain", true
	case "logoUrl":
		return "logo_url", true
	case "primaryColor":
		return "primary_color", true
	case "timezone", "currency", "language":
		return key, true
	case "alertEmails":
		return "alert_emails", true
	case "plan", "durability":
		return key, false
	case "auditDays": // the plan's alone
		return "", false
	}
	return limitColumn(key), false
}

// limitColumn is the column of a key of plans, "" if there is none.
func limitColumn(key string) string {
	switch key {
	case "maxProducts":
		return "max_products"
	case "maxAssets":
		return "max_assets"
	case "maxDesigns":
		return "max_designs"
	case "storageLimit":
		return "storage_limit"
	case "enableWebP":
		return "enable_webp"
	case "enableCDN":
		return "enable_cdn"
	case "enableAdvancedTools":
		return "enable_advanced_tools"
	case "auditDays":
		return "audit_days"
	}
	return ""
}
