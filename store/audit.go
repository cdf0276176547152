package store

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"lapak/store/sqlite"
)

// By is who does something, for the audit log. The zero By is the system.
type By struct{ UserID, Email, IP string }

// Entry is one line of the audit log.
type Entry struct {
	ID         string          `json:"id"`
	Action     string          `json:"action"`     // CREATE, UPDATE, DELETE, LOGIN, …
	Resource   string          `json:"resource"`   // design, config, asset, …
	ResourceID *string         `json:"resourceId"` // nil: the whole shop
	UserID     *string         `json:"userId"`     // nil: the system
	UserEmail  *string         `json:"userEmail"`
	IPAddress  *string         `json:"ipAddress"`
	Before     json.RawMessage `json:"before"` // nil: it was not there
	After      json.RawMessage `json:"after"`  // nil: it is gone
	CreatedAt  Time            `json:"createdAt"`
}

// Audit appends an entry. Before and after become JSON; nil means absent.
func (tx *Tx) Audit(by By, action, resource, resourceID string, before, after any) error {
	id, now, err := tx.fresh()
	if err != nil {
		return err
	}
	was, err := auditJSON(before)
	if err != nil {
		return err
	}
	is, err := auditJSON(after)
	if err != nil {
		return err
	}
	_, err = tx.c.Exec(`INSERT INTO audit (id, action, resource, resource_id, user_id, user_email, ip_address, before, after, created_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)`,
		id, action, resource, orNull(resourceID), orNull(by.UserID), orNull(by.Email), orNull(by.IP), was, is, now)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

func auditJSON(v any) (*string, error) {
	if v == nil {
		return nil, nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	s := string(raw)
	return &s, nil
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// fresh returns a new id and the transaction's time.
func (tx *Tx) fresh() (id string, now int64, err error) {
	if now, err = tx.stamp(); err != nil {
		return "", 0, err
	}
	// Version 7 (RFC 9562) begins with the time, so that indexes grow at their end.
	u, err := uuid.NewV7()
	if err != nil {
		return "", 0, fmt.Errorf("new id: %w", err)
	}
	return u.String(), now, nil
}

// AuditFilter chooses entries; its zero value chooses all.
type AuditFilter struct {
	Action, Resource string    // "" means any
	From, To         time.Time // From is included, To is not; zero means no bound
}

// AuditLog lists entries, newest first.
func (v *View) AuditLog(f AuditFilter, p Page) ([]Entry, Cursor, error) {
	p.After = before(orderAudit, f.To, p.After)
	return list(v, f.query(), orderAudit, p, []any{since(f.From), f.Action, f.Resource}, scanEntry)
}

// millisUp is the first whole millisecond that is not before t.
func millisUp(t time.Time) int64 {
	return millis(t.Add(time.Millisecond - time.Nanosecond))
}

func (f AuditFilter) query() string {
	index, where := "audit_created", ""
	if f.Action != "" {
		index, where = "audit_action", where+" AND action = ?5"
	}
	if f.Resource != "" {
		index, where = "audit_resource", where+" AND resource = ?6"
	}
	return `SELECT created_at, n, id, action, resource, resource_id, user_id, user_email, ip_address, before, after
		FROM audit INDEXED BY ` + index + ` WHERE (created_at, n) < (?1, ?2) AND created_at >= ?4` + where +
		` ORDER BY created_at DESC, n DESC LIMIT ?3`
}

func scanEntry(r *sqlite.Row) Entry {
	return Entry{
		CreatedAt: fromMillis(r.Int(0)), ID: r.Text(2), Action: r.Text(3), Resource: r.Text(4), ResourceID: r.TextPtr(5),
		UserID: r.TextPtr(6), UserEmail: r.TextPtr(7), IPAddress: r.TextPtr(8), Before: r.Bytes(9), After: r.Bytes(10),
	}
}
