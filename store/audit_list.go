package store

import (
	"fmt"
	"time"

	"lapak/store/sqlite"
)

// historyWalk is how many entries History looks at in each place. An index by
// resource would make each saved design dearer; walking takes 0.6 ms per 1,000.
const historyWalk = 2000

// History lists what happened to one thing, newest first, and says whether that
// is all. It looks where its entries must be: among the newest, and between its
// creation and its last change.
func (v *View) History(resource, id string, created, changed time.Time) (entries []Entry, all bool, err error) {
	entries, reached, err := v.walkHistory(resource, id, millis(created), 1<<63-1)
	if err != nil || reached <= millis(created) {
		return entries, true, err
	}
	older, reached, err := v.walkHistory(resource, id, millis(created), min(millis(changed)+1, reached))
	return append(entries, older...), reached <= millis(created), err
}

// walkHistory returns the entries of a thing among the last historyWalk of its
// kind before a moment, and how far back it came: to since where there are no more.
func (v *View) walkHistory(resource, id string, since, before int64) (entries []Entry, reached int64, err error) {
	reached = since
	_, err = v.c.One(`SELECT created_at FROM audit INDEXED BY audit_resource WHERE resource = ?1 AND created_at >= ?2 AND created_at < ?3
		ORDER BY created_at DESC LIMIT 1 OFFSET ?4`, []any{resource, since, before, historyWalk}, func(r *sqlite.Row) { reached = r.Int(0) })
	if err != nil {
		return nil, 0, fmt.Errorf("history: %w", err)
	}
	err = v.c.Query(`SELECT created_at, n, id, action, resource, resource_id, user_id, user_email, ip_address, before, after
		FROM audit INDEXED BY audit_resource WHERE resource = ?1 AND created_at >= ?2 AND created_at < ?3 AND resource_id = ?4
		ORDER BY created_at DESC, n DESC`, []any{resource, reached, before, id}, func(r *sqlite.Row) error {
		entries = append(entries, scanEntry(r))
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("history: %w", err)
	}
	return entries, reached, nil
}
