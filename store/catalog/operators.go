package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"lapak/store/sqlite"
)

// OperatorRecord is somebody who may look after all shops. The password's hash is
// not in it.
type OperatorRecord struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"` // what they sign in with; letters' case does not matter
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"` // of name and password
}

const selectOperators = "SELECT id, name, created_at, updated_at FROM operators "

const (
	operatorByNameSQL   = selectOperators + "WHERE name = ?1"
	operatorPasswordSQL = "SELECT password, id, name, created_at, updated_at FROM operators WHERE name = ?1"
)

func scanOperator(c *cursor) (OperatorRecord, error) {
	return OperatorRecord{ID: c.text(), Name: c.text(), CreatedAt: c.time(), UpdatedAt: c.time()}, nil
}

// maxOperatorName is in characters.
const maxOperatorName = 60

// CheckOperatorName returns the name without spaces around it. It is ErrInvalid
// if nobody could be called so.
func CheckOperatorName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxOperatorName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", invalid("name", "must be a line of 1 to %d characters", maxOperatorName)
	}
	return name, nil
}

// Operators returns all operators by name.
func (db *DB) Operators(ctx context.Context) ([]OperatorRecord, error) {
	return list(ctx, db, "list operators", selectOperators+"ORDER BY name", nil, scanOperator)
}

// Operator returns ErrNotFound if there is no operator with this id.
func (db *DB) Operator(ctx context.Context, id string) (OperatorRecord, error) {
	return get(ctx, db, "operator", selectOperators+"WHERE id = ?1", []any{id}, scanOperator)
}

// OperatorNamed returns ErrNotFound if there is no operator of this name.
func (db *DB) OperatorNamed(ctx context.Context, name string) (OperatorRecord, error) {
	return get(ctx, db, "operator "+name, operatorByNameSQL, []any{name}, scanOperator)
}

// OperatorPassword is an operator by name, with the hash of their password as it
// was given; ErrNotFound if there is no such operator.
func (db *DB) OperatorPassword(ctx context.Context, name string) (op OperatorRecord, hash string, err error) {
	op, err = get(ctx, db, "operator", operatorPasswordSQL, []any{name}, func(c *cursor) (OperatorRecord, error) {
		hash = c.text()
		return scanOperator(c)
	})
	return op, hash, err
}

// SetPassword keeps the hash of an operator's new password and ends what the old
// one opened: their links, and their sign-ins but the one with the id keep, which
// may be "".
func (db *DB) SetPassword(ctx context.Context, operator, hash, keep string) error {
	err := db.db.Write(ctx, "set password", func(c *sqlite.Conn) error {
		return setPassword(c, operator, hash, keep)
	})
	if err == nil {
		db.signins.forget()
	}
	return err
}

func setPassword(c *sqlite.Conn, operator, hash, keep string) error {
	n, err := c.Exec("UPDATE operators SET password = ?2, updated_at = ?3 WHERE id = ?1", operator, hash, time.Now().UnixMilli())
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("operator: %w", ErrNotFound)
	}
	if _, err := c.Exec("DELETE FROM signin_links WHERE operator = ?1", operator); err != nil {
		return fmt.Errorf("end links: %w", err)
	}
	return endOthers(c, Signer{Operator: operator}, keep)
}

// RehashPassword replaces the hash of the same password, unless it was changed
// meanwhile.
func (db *DB) RehashPassword(ctx context.Context, operator, old, hash string) error {
	return db.db.Write(ctx, "rehash password", func(c *sqlite.Conn) error {
		_, err := c.Exec("UPDATE operators SET password = ?3 WHERE id = ?1 AND password = ?2", operator, old, hash)
		return err
	})
}

// RemoveOperator ends an operator with their sign-ins, links and passkeys. It is
// ErrState for the last one, ErrNotFound if there is no such operator.
func (db *DB) RemoveOperator(ctx context.Context, id string) error {
	err := db.db.Write(ctx, "remove operator", func(c *sqlite.Conn) error {
		if _, err := first(c, "operator", selectOperators+"WHERE id = ?1", []any{id}, scanOperator); err != nil {
			return err
		}
		n, err := c.Exec("DELETE FROM operators WHERE id = ?1 AND (SELECT count(*) FROM operators) > 1", id)
		if err != nil {
			return fmt.Errorf("remove operator: %w", err)
		}
		if n == 0 {
			return fmt.Errorf("remove the last operator: %w", ErrState)
		}
		return nil
	})
	if err == nil {
		db.signins.forget()
	}
	return err
}

// addOperator enters a new operator and ends all links that would make another:
// whoever printed one knows by then that it was not needed.
func addOperator(c *sqlite.Conn, name, hash string) (id string, err error) {
	if name, err = CheckOperatorName(name); err != nil {
		return "", err
	}
	id = uuid.NewString()
	_, err = c.Exec("INSERT INTO operators (id, name, password, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)",
		id, name, hash, time.Now().UnixMilli())
	if errors.Is(err, sqlite.ErrConstraint) {
		return "", fmt.Errorf("operator %s: %w", name, ErrExists)
	} else if err != nil {
		return "", fmt.Errorf("add operator: %w", err)
	}
	_, err = c.Exec("DELETE FROM signin_links WHERE operator IS NULL AND shop IS NULL")
	return id, err
}
