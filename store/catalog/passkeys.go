package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lapak/store/sqlite"
)

const (
	maxPasskeyName = 60 // characters
	maxPasskeys    = 20 // of one operator
)

// Passkey is a WebAuthn credential that signs an operator in. A zero time is
// never.
type Passkey struct {
	ID         []byte // WebAuthn's credential id
	Operator   string
	Name       string
	Credential json.RawMessage // what its next use is checked against
	CreatedAt  time.Time
	LastUsedAt time.Time
}

const selectPasskeys = "SELECT id, operator, name, credential, created_at, last_used_at FROM passkeys "

const passkeysSQL = selectPasskeys + "WHERE operator = ?1"

func scanPasskey(c *cursor) (Passkey, error) {
	return Passkey{
		ID: c.Bytes(c.next()), Operator: c.text(), Name: c.text(), Credential: c.Bytes(c.next()),
		CreatedAt: c.time(), LastUsedAt: c.time(),
	}, nil
}

// Passkeys returns an operator's passkeys.
func (db *DB) Passkeys(ctx context.Context, operator string) ([]Passkey, error) {
	return list(ctx, db, "list passkeys", passkeysSQL, []any{operator}, scanPasskey)
}

// AddPasskey keeps an operator's new passkey. It is ErrExists if there is one
// with its id, ErrState if the operator has too many.
func (db *DB) AddPasskey(ctx context.Context, p Passkey) error {
	name, err := checkPasskeyName(p.Name)
	if err != nil {
		return err
	}
	return db.db.Write(ctx, "add passkey", func(c *sqlite.Conn) error {
		n, err := c.Int("SELECT count(*) FROM passkeys WHERE operator = ?1", p.Operator)
		if err != nil {
			return err
		}
		if n >= maxPasskeys {
			return fmt.Errorf("add more than %d passkeys: %w", maxPasskeys, ErrState)
		}
		_, err = c.Exec("INSERT INTO passkeys (id, operator, name, credential, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
			p.ID, p.Operator, name, string(p.Credential), time.Now().UnixMilli())
		if errors.Is(err, sqlite.ErrConstraint) {
			return fmt.Errorf("passkey: %w", ErrExists)
		} else if err != nil {
			return fmt.Errorf("add passkey: %w", err)
		}
		return nil
	})
}

func checkPasskeyName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxPasskeyName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", invalid("name", "must be a line of 1 to %d characters", maxPasskeyName)
	}
	return name, nil
}

// UsePasskey notes that a passkey signed its operator in, and what its next use
// is checked against. It is ErrNotFound if it was removed.
func (db *DB) UsePasskey(ctx context.Context, id []byte, credential json.RawMessage) error {
	return db.passkeyStep(ctx, "use", "UPDATE passkeys SET credential = ?2, last_used_at = ?3 WHERE id = ?1",
		id, string(credential), time.Now().UnixMilli())
}

// RenamePasskey renames an operator's passkey; ErrNotFound if they have none with
// this id.
func (db *DB) RenamePasskey(ctx context.Context, operator string, id []byte, name string) error {
	name, err := checkPasskeyName(name)
	if err != nil {
		return err
	}
	return db.passkeyStep(ctx, "rename", "UPDATE passkeys SET name = ?3 WHERE id = ?1 AND operator = ?2", id, operator, name)
}

// RemovePasskey removes an operator's passkey; ErrNotFound if they have none with
// this id.
func (db *DB) RemovePasskey(ctx context.Context, operator string, id []byte) error {
	return db.passkeyStep(ctx, "remove", "DELETE FROM passkeys WHERE id = ?1 AND operator = ?2", id, operator)
}

func (db *DB) passkeyStep(ctx context.Context, what, sql string, args ...any) error {
	return db.db.Write(ctx, what+" passkey", func(c *sqlite.Conn) error {
		n, err := c.Exec(sql, args...)
		if err != nil {
			return fmt.Errorf("%s passkey: %w", what, err)
		}
		if n == 0 {
			return fmt.Errorf("passkey: %w", ErrNotFound)
		}
		return nil
	})
}
