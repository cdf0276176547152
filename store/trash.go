package store

import (
	"encoding/json"
	"fmt"
	"time"

	"lapak/store/sqlite"
)

// TrashFor is how long what was deleted can be brought back.
const TrashFor = 30 * 24 * time.Hour

// The merchant and the shoppers each have as much of the trash, so that neither
// can crowd out the other; what was deleted longest ago goes first.
const (
	trashBytes = 64 << 20
	trashLeast = 32 << 10 // what the smallest thing counts: so at most some thousands
	trashPurge = 100      // things that one deletion may clear away: more than the largest one counts
)

// Trashed is something that was deleted and can be brought back.
type Trashed struct {
	ID        string `json:"id"`
	Resource  string `json:"resource"`         // design, asset or config
	Name      string `json:"name"`             // a config's is its product's title
	ProductID string `json:"shopifyProductId"` // "" for an asset
	DeletedAt Time   `json:"deletedAt"`
	// Owner is the shopper whose it was; "" is the merchant.
	Owner Owner `json:"-"`
	// Object names the bytes of an asset; "" for anything else.
	Object string `json:"-"`

	n int64
}

const trashColumns = "deleted_at, n, id, resource, name, product_id, owner, coalesce(object, '')"

func scanTrashed(r *sqlite.Row) Trashed {
	return Trashed{
		DeletedAt: fromMillis(r.Int(0)), n: r.Int(1), ID: r.Text(2), Resource: r.Text(3), Name: r.Text(4), ProductID: r.Text(5),
		Owner: r.Text(6), Object: r.Text(7),
	}
}

// Trash lists what the merchant deleted and can still be brought back, the last
// deleted first. What shoppers deleted of their own is not in it.
func (v *View) Trash(p Page) ([]Trashed, Cursor, error) {
	return list(v, "SELECT "+trashColumns+` FROM trash INDEXED BY trash_side
		WHERE by_owner = 0 AND n < ?2 AND deleted_at > ?4 ORDER BY n DESC LIMIT ?3`, orderTrash, p, []any{v.trashedAfter()}, scanTrashed)
}

// trashedAfter is since when deletions can be undone.
func (v *View) trashedAfter() int64 { return millis(v.clock().Add(-TrashFor)) }

// TrashedUntil is when the last asset of an object that was deleted can no
// longer be brought back, which may be past; the zero Time if there is none.
func (v *View) TrashedUntil(object string) (time.Time, error) {
	at, err := v.c.Int("SELECT coalesce(max(deleted_at), 0) FROM trash WHERE object = ?1", object)
	if err != nil || at == 0 {
		return time.Time{}, err
	}
	return time.UnixMilli(at).Add(TrashFor), nil
}

// throwAway keeps what was just deleted, and clears away what was long ago.
func (tx *Tx) throwAway(t Trashed, byOwner bool, content any) error {
	raw, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("trash: %w", err)
	}
	now, err := tx.stamp()
	if err != nil {
		return err
	}
	weight := int64(max(len(raw), trashLeast))
	_, err = tx.c.One("SELECT weight FROM trash WHERE by_owner = ?1 ORDER BY n DESC LIMIT 1", []any{byOwner},
		func(r *sqlite.Row) { weight += r.Int(0) })
	if err != nil {
		return fmt.Errorf("trash: %w", err)
	}
	_, err = tx.c.Exec(`INSERT INTO trash (id, resource, name, product_id, owner, by_owner, object, weight, deleted_at, content)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
		t.ID, t.Resource, t.Name, t.ProductID, t.Owner, byOwner, orNull(t.Object), weight, now, string(raw))
	if err != nil {
		return fmt.Errorf("trash: %w", err)
	}
	return tx.purgeTrash(byOwner, weight, now)
}

// purgeTrash clears away one side's oldest things that are too many or too old.
// Newest is the weight of that side's last one.
func (tx *Tx) purgeTrash(byOwner bool, newest, now int64) error {
	for range trashPurge {
		var n, weight, at int64
		found, err := tx.c.One("SELECT n, weight, deleted_at FROM trash WHERE by_owner = ?1 ORDER BY n LIMIT 1", []any{byOwner},
			func(r *sqlite.Row) { n, weight, at = r.Int(0), r.Int(1), r.Int(2) })
		keep := newest-weight < trashBytes && at > now-TrashFor.Milliseconds()
		if err == nil && found && !keep {
			_, err = tx.c.Exec("DELETE FROM trash WHERE n = ?1", n)
		}
		if err != nil {
			return fmt.Errorf("clear the trash: %w", err)
		}
		if !found || keep {
			return nil
		}
	}
	return nil
}

// Undelete brings back what was deleted, under its id and as it was. It is
// ErrNotFound if that is not in the trash any more, a LimitError over the plan's
// limit, and ErrExists if its product has another config by now.
func (tx *Tx) Undelete(by By, terms Terms, id string) (Trashed, error) {
	t, content, err := tx.trashed(id)
	if err != nil {
		return Trashed{}, err
	}
	switch t.Resource {
	case "design":
		err = tx.undeleteDesign(by, terms, t, content)
	case "asset":
		err = tx.undeleteAsset(by, terms, t, content)
	case "config":
		err = tx.undeleteConfig(by, terms, t, content)
	}
	if err != nil {
		return Trashed{}, err
	}
	if _, err := tx.c.Exec("DELETE FROM trash WHERE n = ?1", t.n); err != nil {
		return Trashed{}, fmt.Errorf("undelete: %w", err)
	}
	return t, nil
}

func (v *View) trashed(id string) (t Trashed, content []byte, err error) {
	found, err := v.c.One("SELECT "+trashColumns+", content FROM trash WHERE id = ?1 AND deleted_at > ?2", []any{id, v.trashedAfter()},
		func(r *sqlite.Row) { t, content = scanTrashed(r), r.Bytes(8) })
	return t, content, must("trash", found, err)
}
