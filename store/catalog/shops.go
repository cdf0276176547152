package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"lapak/store"
	"lapak/store/sqlite"
)

// State is what a shop's requests meet.
type State string

// The states of a shop.
const (
	Active    State = "active"
	Suspended State = "suspended" // by the operator: nothing is served
	Restoring State = "restoring" // between BeginRestore or BeginUndo and their end
	Erasing   State = "erasing"   // there is no way back
)

// Shop is a shop's record. Its JSON is the ShopConfig of the app that Lapak
// replaces, with state, epoch and durability; what only the operator may see is
// not in it.
type Shop struct {
	UUID  string     `json:"id"`
	Name  store.Shop `json:"shop"`
	State State      `json:"state"`
	Epoch int        `json:"epoch"` // of the live file

	Plan   string `json:"plan"`
	Limits        // in force: the shop's own where it has them, else the plan's
	// Overrides are the JSON names of the limits that are the shop's own.
	Overrides []string `json:"-"`
	AuditDays int      `json:"-"` // the plan's

	CustomDomain *string `json:"customDomain"` // nil, here and below: none
	LogoURL      *string `json:"logoUrl"`      // https
	PrimaryColor *string `json:"primaryColor"` // #rgb or #rrggbb
	Timezone     string  `json:"timezone"`     // IANA name
	Currency     string  `json:"currency"`     // ISO 4217
	Language     string  `json:"language"`     // "en" or "id"; "": the reader's own
	AlertEmails  string  `json:"alertEmails"`  // addresses with commas between; "": nobody
	Durability   string  `json:"durability"`   // "local": answer when on disk; "replicated": when in the replica

	CreatedAt    time.Time `json:"createdAt"`
	UpdatedAt    time.Time `json:"updatedAt"`    // of the config
	LastActiveAt time.Time `json:"lastActiveAt"` // by Touch

	Version       int64   `json:"-"` // counts the changes of the config
	PreviousEpoch int     `json:"-"` // where an undo goes; 0: nothing to undo
	RestoreTo     int     `json:"-"` // while Restoring: the epoch to come
	RestoreJob    string  `json:"-"` // while Restoring: what BeginRestore was told
	Replica       Replica `json:"-"`
}

// Replica is how a shop stands with its replica. A zero time is never.
type Replica struct {
	DirtySince   time.Time   // the file may hold more than the replica since then; zero: it does not
	ReplicatedAt time.Time   // they were equal at this moment
	MaintainAt   time.Time   // the next maintenance
	Size         int64       // of the file in bytes, when they were equal
	Usage        store.Usage // then
	Failures     int         // of replication in a row
	LastError    string      // of the last failure; "" when Failures is 0
	LastErrorAt  time.Time
	ProvenAt     time.Time // a drill restored the backup and found it equal
	DrilledAt    time.Time // the last drill, whatever it found
	DrillError   string    // what it found wrong; "": nothing
}

const selectShops = `SELECT s.name, s.uuid, s.state, s.epoch, s.plan,
	s.max_products, p.max_products, s.max_assets, p.max_assets, s.max_designs, p.max_designs,
	s.storage_limit, p.storage_limit, s.enable_webp, p.enable_webp, s.enable_cdn, p.enable_cdn,
	s.enable_advanced_tools, p.enable_advanced_tools, p.audit_days,
	s.custom_domain, s.logo_url, s.primary_color, s.timezone, s.currency, s.language, s.alert_emails, s.durability,
	s.created_at, s.updated_at, s.last_active_at, s.version, s.previous_epoch, s.restore_to, s.restore_job,
	s.dirty_since, s.replicated_at, s.maintain_at, s.size_bytes, s.products, s.assets, s.designs, s.storage_bytes,
	s.failures, s.last_error, s.last_error_at,
	s.proven_at, s.drilled_at, s.drill_error
	FROM shops s CROSS JOIN plans p ON p.name = s.plan `

const shopSQL = selectShops + "WHERE s.name = ?1"

func scanShop(c *cursor) (s Shop, err error) {
	if s.Name, err = c.shop(); err != nil {
		return s, err
	}
	s.UUID, s.State, s.Epoch, s.Plan = c.text(), State(c.text()), int(c.number()), c.text()
	s.MaxProducts = c.limit(&s, "maxProducts")
	s.MaxAssets = c.limit(&s, "maxAssets")
	s.MaxDesigns = c.limit(&s, "maxDesigns")
	s.StorageLimit = c.limit(&s, "storageLimit")
	s.EnableWebP = c.limit(&s, "enableWebP") != 0
	s.EnableCDN = c.limit(&s, "enableCDN") != 0
	s.EnableAdvancedTools = c.limit(&s, "enableAdvancedTools") != 0
	s.AuditDays = int(c.number())
	s.CustomDomain, s.LogoURL, s.PrimaryColor = c.ptr(), c.ptr(), c.ptr()
	s.Timezone, s.Currency, s.Language, s.AlertEmails, s.Durability = c.text(), c.text(), c.text(), c.text(), c.text()
	s.CreatedAt, s.UpdatedAt, s.LastActiveAt = c.time(), c.time(), c.time()
	s.Version, s.PreviousEpoch = c.number(), int(c.number())
	s.RestoreTo, s.RestoreJob = int(c.number()), c.text()
	s.Replica = Replica{
		DirtySince: c.time(), ReplicatedAt: c.time(), MaintainAt: c.time(), Size: c.number(),
		Usage:    store.Usage{Products: c.number(), Assets: c.number(), Designs: c.number(), StorageBytes: c.number()},
		Failures: int(c.number()), LastError: c.text(), LastErrorAt: c.time(),
		ProvenAt: c.time(), DrilledAt: c.time(), DrillError: c.text(),
	}
	return s, nil
}

// limit reads a pair of columns: the shop's own value, which wins, and the plan's.
func (c *cursor) limit(s *Shop, key string) int64 {
	own, plan := c.next(), c.next()
	if c.Null(own) {
		return c.Int(plan)
	}
	s.Overrides = append(s.Overrides, key)
	return c.Int(own)
}

// NewShop is what CreateShop needs.
type NewShop struct {
	Shop      store.Shop
	Plan      string    // "": DefaultPlan
	UUID      string    // the identity in the shop's file; "": a new one
	CreatedAt time.Time // zero: now
	Dirty     bool      // the file waits for its first backup; see MarkDirty
}

// CreateShop enters a shop, active, at epoch 1, with its plan's limits. It is
// ErrExists if the name or the UUID is taken, and ErrState while a shop of this
// name is being imported.
func (db *DB) CreateShop(ctx context.Context, n NewShop) (Shop, error) {
	if err := n.complete(); err != nil {
		return Shop{}, err
	}
	var s Shop
	err := db.write(ctx, "create shop", n.Shop, func(c *sqlite.Conn) (err error) {
		if err := n.insert(c); err != nil {
			return err
		}
		s, err = shopRecord(c, n.Shop)
		return err
	})
	return s, err
}

func (n *NewShop) complete() error {
	if n.Plan == "" {
		n.Plan = DefaultPlan
	}
	if n.UUID == "" {
		n.UUID = uuid.NewString()
	}
	if n.CreatedAt.IsZero() {
		n.CreatedAt = time.Now()
	}
	if id, err := uuid.Parse(n.UUID); err != nil || id.String() != n.UUID {
		return invalid("id", "must be a UUID in lower case")
	}
	if n.Shop.IsZero() {
		return invalid("shop", "must be named")
	}
	return nil
}

func (n *NewShop) insert(c *sqlite.Conn) error {
	if err := notImporting(c, n.Shop); err != nil {
		return err
	}
	if _, err := first(c, "plan "+n.Plan, planSQL, []any{n.Plan}, scanPlan); errors.Is(err, ErrNotFound) {
		return invalid("plan", "must be the name of a plan")
	} else if err != nil {
		return err
	}
	at := n.CreatedAt.UnixMilli()
	_, err := c.Exec(`INSERT INTO shops (name, uuid, plan, created_at, updated_at, last_active_at,
			dirty, dirty_since, maintain_at)
		VALUES (?1, ?2, ?3, ?4, ?4, ?4, ?5, iif(?5, ?4, NULL), iif(?5, ?6, NULL))`,
		n.Shop.String(), n.UUID, n.Plan, at, n.Dirty, n.CreatedAt.Add(maintainAfter).UnixMilli())
	if errors.Is(err, sqlite.ErrConstraint) {
		return fmt.Errorf("shop %s: %w", n.Shop, ErrExists)
	} else if err != nil {
		return fmt.Errorf("create shop: %w", err)
	}
	return openPeriod(c, n.Shop, 1, at)
}

// shopRecord is Shop within a transaction.
func shopRecord(c *sqlite.Conn, shop store.Shop) (Shop, error) {
	return first(c, "shop "+shop.String(), shopSQL, []any{shop.String()}, scanShop)
}

// Shop returns ErrNotFound if the catalog has no such shop.
func (db *DB) Shop(ctx context.Context, shop store.Shop) (Shop, error) {
	return get(ctx, db, "shop "+shop.String(), shopSQL, []any{shop.String()}, scanShop)
}

// Filter chooses shops. What is empty does not restrict.
type Filter struct {
	Search string // a part of the name
	State  State
	Plan   string
}

// Page is one page of a list.
type Page struct {
	Limit int    // at most so many; 0 means 20, and 1,000 is the most
	After string // only names behind this one; "": from the start
}

const filterSQL = `WHERE s.name > ?1 AND (?2 = '' OR instr(s.name, ?2) > 0)
	AND (?3 = '' OR s.state = ?3) AND (?4 = '' OR s.plan = ?4) `

func (f Filter) args(after string) []any {
	return []any{after, strings.ToLower(strings.TrimSpace(f.Search)), string(f.State), f.Plan}
}

// Shops returns a page of the shops that f chooses, by name.
func (db *DB) Shops(ctx context.Context, f Filter, p Page) ([]Shop, error) {
	limit := min(p.Limit, 1000)
	if limit <= 0 {
		limit = 20
	}
	return list(ctx, db, "list shops", selectShops+filterSQL+"ORDER BY s.name LIMIT ?5",
		append(f.args(p.After), limit), scanShop)
}

// CountShops is how many shops f chooses.
func (db *DB) CountShops(ctx context.Context, f Filter) (n int, err error) {
	err = db.db.Read(ctx, "count shops", func(c *sqlite.Conn) error {
		count, err := c.Int("SELECT count(*) FROM shops s "+filterSQL, f.args("")...)
		n = int(count)
		return err
	})
	return n, err
}

// Touch notes when shops were last active, many in one commit. An earlier time
// than the one noted changes nothing, nor does a shop that is not there.
func (db *DB) Touch(ctx context.Context, active map[store.Shop]time.Time) error {
	return db.db.Write(ctx, "touch shops", func(c *sqlite.Conn) error {
		for shop, at := range active {
			_, err := c.Exec("UPDATE shops SET last_active_at = ?2 WHERE name = ?1 AND last_active_at < ?2",
				shop.String(), at.UnixMilli())
			if err != nil {
				return fmt.Errorf("touch shop %s: %w", shop, err)
			}
		}
		return nil
	})
}
