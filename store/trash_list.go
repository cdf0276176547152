package store

import (
	"fmt"

	"lapak/store/sqlite"
)

// deletionNear is how many milliseconds apart a deletion and its audit entry can
// be: one transaction makes both.
const deletionNear = 1000

// Deletion is the audit entry of the deletion of something in the trash. It is
// ErrNotFound if that is not kept any more.
func (v *View) Deletion(t Trashed) (e Entry, err error) {
	id := t.ID
	if t.Resource == "config" { // the audit log knows it by its product
		id = t.ProductID
	}
	at := millis(t.DeletedAt.Time)
	found, err := v.c.One(`SELECT created_at, n, id, action, resource, resource_id, user_id, user_email, ip_address, before, after
		FROM audit INDEXED BY audit_resource WHERE resource = ?1 AND created_at >= ?2 AND created_at <= ?3 AND resource_id = ?4 AND action = 'DELETE'
		ORDER BY created_at DESC, n DESC LIMIT 1`, []any{t.Resource, at - deletionNear, at + deletionNear, id},
		func(r *sqlite.Row) { e = scanEntry(r) })
	if err != nil {
		return e, fmt.Errorf("who deleted it: %w", err)
	}
	return e, must("audit entry", found, nil)
}
