package catalog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lapak/store"
	"lapak/store/sqlite"
)

// Portable is what a shop takes along when it moves to another server, as Changes
// would set it: its config without limits, and the limits that are its own.
func (s Shop) Portable() (config, limits map[string]string) {
	config = map[string]string{
		"plan": s.Plan, "timezone": s.Timezone, "currency": s.Currency, "language": s.Language,
		"alertEmails": s.AlertEmails, "durability": s.Durability,
	}
	for key, value := range map[string]*string{"customDomain": s.CustomDomain, "logoUrl": s.LogoURL, "primaryColor": s.PrimaryColor} {
		if value != nil {
			config[key] = *value
		}
	}
	all := map[string]string{
		"maxProducts": number(s.MaxProducts), "maxAssets": number(s.MaxAssets), "maxDesigns": number(s.MaxDesigns),
		"storageLimit": number(s.StorageLimit), "enableWebP": strconv.FormatBool(s.EnableWebP),
		"enableCDN": strconv.FormatBool(s.EnableCDN), "enableAdvancedTools": strconv.FormatBool(s.EnableAdvancedTools),
	}
	limits = map[string]string{}
	for _, key := range s.Overrides {
		limits[key] = all[key]
	}
	return config, limits
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// PortableChanges are the changes that give an imported shop what Portable returned,
// its limits only where keep says so. The plan is not among them.
func PortableChanges(config, limits map[string]string, keep bool) ([]Change, error) {
	var changes []Change
	for _, part := range []struct {
		values map[string]string
		limits bool
	}{{config, false}, {limits, true}} {
		for _, key := range slices.Sorted(maps.Keys(part.values)) {
			if (limitColumn(key) != "") != part.limits {
				return nil, invalid(key, "is not where it belongs")
			}
			if key != "plan" && (keep || !part.limits) {
				changes = append(changes, Change{key, part.values[key]})
			}
		}
	}
	_, err := parseChanges(changes, Operator)
	return changes, err
}

// importSetting begins the keys of settings that name shops whose import has begun
// and not ended.
const importSetting = "import "

// BeginImport notes, before anything of it is stored, that a shop is being
// imported. It is ErrExists if there is such a shop, and no error if it was noted
// before.
func (db *DB) BeginImport(ctx context.Context, shop store.Shop, uuid string) error {
	return db.db.Write(ctx, "begin import", func(c *sqlite.Conn) error {
		if err := exists(c, shop); err == nil {
			return fmt.Errorf("shop %s: %w", shop, ErrExists)
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		_, err := c.Exec(`INSERT INTO settings (key, value) VALUES (?1, ?2)
			ON CONFLICT DO UPDATE SET value = excluded.value`, importSetting+shop.String(), uuid)
		return err
	})
}

// Import is a shop's import that has begun and not ended.
type Import struct {
	Shop store.Shop
	UUID string // the identity that it is to have
}

// Imports returns the imports that have begun and not ended.
func (db *DB) Imports(ctx context.Context) ([]Import, error) {
	const sql = "SELECT key, value FROM settings WHERE key >= ?1 AND key < ?2"
	return list(ctx, db, "list imports", sql, []any{importSetting, importSetting + "~"}, func(c *cursor) (i Import, err error) {
		i.Shop, err = store.ParseShop(strings.TrimPrefix(c.text(), importSetting))
		i.UUID = c.text()
		return i, err
	})
}

// AbortImport forgets what BeginImport noted, when nothing of it is left. That
// nothing was noted is no error.
func (db *DB) AbortImport(ctx context.Context, shop store.Shop) error {
	return db.db.Write(ctx, "abort import", func(c *sqlite.Conn) error { return forgetImport(c, shop) })
}

// notImporting is ErrState if the shop's import has begun and not ended.
func notImporting(c *sqlite.Conn, shop store.Shop) error {
	n, err := c.Int("SELECT 1 FROM settings WHERE key = ?1", importSetting+shop.String())
	if err == nil && n != 0 {
		err = fmt.Errorf("shop %s is being imported: %w", shop, ErrState)
	}
	return err
}

func forgetImport(c *sqlite.Conn, shop store.Shop) error {
	_, err := c.Exec("DELETE FROM settings WHERE key = ?1", importSetting+shop.String())
	return err
}

// FinishImport enters a shop whose import has begun, as CreateShop does, with
// changes of its config, suspended or not. It is ErrExists if the name or the
// UUID is taken.
func (db *DB) FinishImport(ctx context.Context, n NewShop, changes []Change, suspended bool) (Shop, error) {
	if err := n.complete(); err != nil {
		return Shop{}, err
	}
	values, err := parseChanges(changes, Operator)
	if err != nil {
		return Shop{}, err
	}
	var s Shop
	err = db.write(ctx, "finish import", n.Shop, func(c *sqlite.Conn) error {
		if err := forgetImport(c, n.Shop); err != nil {
			return err
		}
		if err := n.insert(c); err != nil {
			return err
		}
		if err := update(c, n.Shop, values); err != nil {
			return err
		}
		if suspended {
			if err := stepIn(c, "suspend", n.Shop, "UPDATE shops SET state = 'suspended' WHERE name = ?1"); err != nil {
				return err
			}
		}
		s, err = shopRecord(c, n.Shop)
		return err
	})
	return s, err
}
