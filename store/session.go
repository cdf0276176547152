package store

import (
	"encoding/json"
	"fmt"
	"time"

	"lapak/store/sqlite"
)

// Session is one of Shopify's sessions of this shop. Its tokens are encrypted
// by the caller; this package never sees them plain.
type Session struct {
	ID                   string
	State                string // of the OAuth request that it came from
	IsOnline             bool   // of one user, not of the shop
	Scope                string
	AccessToken          []byte          // encrypted
	RefreshToken         []byte          // encrypted; nil: none
	UserID               string          // of an online session
	UserJSON             json.RawMessage // what Shopify said of the user; nil: nothing
	ExpiresAt            time.Time       // zero: never
	RefreshExpiresAt     time.Time       // zero: never
	CreatedAt, UpdatedAt Time            // set by StoreSession
}

const sessionColumns = `id, state, is_online, scope, access_token, refresh_token, user_id, user_json,
	expires_at, refresh_expires_at, created_at, updated_at`

func scanSession(r *sqlite.Row) Session {
	return Session{
		ID: r.Text(0), State: r.Text(1), IsOnline: r.Bool(2), Scope: r.Text(3), AccessToken: r.Bytes(4), RefreshToken: r.Bytes(5),
		UserID: r.Text(6), UserJSON: r.Bytes(7), ExpiresAt: timeOrZero(r, 8), RefreshExpiresAt: timeOrZero(r, 9),
		CreatedAt: fromMillis(r.Int(10)), UpdatedAt: fromMillis(r.Int(11)),
	}
}

func timeOrZero(r *sqlite.Row, i int) time.Time {
	if r.Null(i) {
		return time.Time{}
	}
	return fromMillis(r.Int(i)).Time
}

func millisOrNull(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := millis(t)
	return &ms
}

// Session returns the session, or ErrNotFound. It may have expired.
func (v *View) Session(id string) (s Session, err error) {
	found, err := v.c.One("SELECT "+sessionColumns+" FROM sessions WHERE id = ?1", []any{id},
		func(r *sqlite.Row) { s = scanSession(r) })
	return s, must("session", found, err)
}

// Sessions returns all sessions, in order of their ids.
func (v *View) Sessions() ([]Session, error) {
	all := []Session{}
	err := v.c.Query("SELECT /* whole table */ "+sessionColumns+" FROM sessions ORDER BY id", nil,
		func(r *sqlite.Row) error { all = append(all, scanSession(r)); return nil })
	return all, err
}

// StoreSession saves a session, over the one with the same id if there is one.
func (tx *Tx) StoreSession(s Session) error {
	if s.ID == "" || len(s.ID) > 300 {
		return InvalidError{"id", "must be 1 to 300 bytes"}
	}
	now, err := tx.stamp()
	if err != nil {
		return err
	}
	_, err = tx.c.Exec(`INSERT INTO sessions (`+sessionColumns+`)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, is_online = excluded.is_online, scope = excluded.scope,
			access_token = excluded.access_token, refresh_token = excluded.refresh_token,
			user_id = excluded.user_id, user_json = excluded.user_json, expires_at = excluded.expires_at,
			refresh_expires_at = excluded.refresh_expires_at, updated_at = max(updated_at, excluded.updated_at)`,
		s.ID, s.State, s.IsOnline, s.Scope, s.AccessToken, s.RefreshToken, orNull(s.UserID), orNull(string(s.UserJSON)),
		millisOrNull(s.ExpiresAt), millisOrNull(s.RefreshExpiresAt), now)
	if err != nil {
		return fmt.Errorf("store session: %w", err)
	}
	return nil
}

// DeleteSessions deletes sessions and returns how many of them there were.
func (tx *Tx) DeleteSessions(ids ...string) (int, error) {
	deleted := int64(0)
	for _, id := range ids {
		n, err := tx.c.Exec("DELETE FROM sessions WHERE id = ?1", id)
		if err != nil {
			return 0, fmt.Errorf("delete session: %w", err)
		}
		deleted += n
	}
	return int(deleted), nil
}

// DeleteExpiredSessions deletes the sessions that ended before a moment and
// that no refresh token can renew, and returns how many.
func (tx *Tx) DeleteExpiredSessions(before time.Time) (int, error) {
	n, err := tx.c.Exec(`DELETE FROM sessions WHERE expires_at < ?1 AND (refresh_token IS NULL OR refresh_expires_at < ?1)`, millis(before))
	if err != nil {
		return 0, fmt.Errorf("delete expired sessions: %w", err)
	}
	return int(n), nil
}
