package catalog

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"lapak/store"
	"lapak/store/sqlite"
)

// Role is what an API key's bearer may do.
type Role string

// The roles. Each of a shop's includes the next.
const (
	RoleAdmin    Role = "admin"
	RoleWrite    Role = "write"
	RoleRead     Role = "read"
	RoleOperator Role = "operator" // of no shop: every shop, and the fleet
)

const (
	secretPrefix = "lapak_"
	secretLength = len(secretPrefix) + 52 // 32 bytes in base32
	shownLength  = 12                     // of the secret, kept for people to tell keys apart
	keyCacheSize = 10_000
	maxKeyName   = 100 // characters
)

// keyHash is the SHA-256 of a secret. The secret is 256 random bits, so a slow
// hash would guard nothing more.
type keyHash [sha256.Size]byte

// Key is the record of an API key. Its secret is not kept. A zero time is never.
type Key struct {
	ID         string     `json:"id"`
	Shop       store.Shop `json:"shop,omitzero"` // zero: an operator's
	Role       Role       `json:"role"`
	Name       string     `json:"name"`
	Prefix     string     `json:"prefix"` // the secret's first characters
	CreatedAt  time.Time  `json:"createdAt"`
	LastUsedAt time.Time  `json:"lastUsedAt,omitzero"`
	RevokedAt  time.Time  `json:"revokedAt,omitzero"`
}

const selectKeys = "SELECT id, shop, role, name, prefix, created_at, last_used_at, revoked_at FROM api_keys "

func scanKey(c *cursor) (k Key, err error) {
	k.ID = c.text()
	if k.Shop, err = c.shop(); err != nil {
		return k, err
	}
	k.Role, k.Name, k.Prefix = Role(c.text()), c.text(), c.text()
	k.CreatedAt, k.LastUsedAt, k.RevokedAt = c.time(), c.time(), c.time()
	return k, nil
}

// CreateKey makes an API key for a shop, or an operator's for the zero shop, and
// returns its secret, which nobody can ask for again. Name is for people and may
// be empty.
func (db *DB) CreateKey(ctx context.Context, shop store.Shop, role Role, name string) (Key, string, error) {
	name = strings.TrimSpace(name)
	if err := checkKey(shop, role, name); err != nil {
		return Key{}, "", err
	}
	secret := newSecret()
	var k Key
	err := db.db.Write(ctx, "create key", func(c *sqlite.Conn) (err error) {
		if !shop.IsZero() {
			if err := exists(c, shop); err != nil {
				return err
			}
		}
		hash := sha256.Sum256([]byte(secret))
		id := uuid.NewString()
		_, err = c.Exec(`INSERT INTO api_keys (id, shop, role, name, hash, prefix, created_at)
			VALUES (?1, nullif(?2, ''), ?3, ?4, ?5, ?6, ?7)`,
			id, shop.String(), string(role), name, hash[:], secret[:shownLength], time.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("create key: %w", err)
		}
		k, err = first(c, "key", selectKeys+"WHERE id = ?1", []any{id}, scanKey)
		return err
	})
	if err != nil {
		return Key{}, "", err
	}
	return k, secret, nil
}

func checkKey(shop store.Shop, role Role, name string) error {
	switch role {
	case RoleAdmin, RoleWrite, RoleRead:
		if shop.IsZero() {
			return invalid("shop", "must be named for a key with the role %s", role)
		}
	case RoleOperator:
		if !shop.IsZero() {
			return invalid("role", "operator belongs to no shop")
		}
	default:
		return invalid("role", "must be admin, write or read")
	}
	if utf8.RuneCountInString(name) > maxKeyName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return invalid("name", "must be a line of at most %d characters", maxKeyName)
	}
	return nil
}

func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	return secretPrefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// looksLikeSecret spares a stranger's text the hash and the query.
func looksLikeSecret(s string) bool {
	return len(s) == secretLength && strings.HasPrefix(s, secretPrefix) &&
		strings.Trim(s[len(secretPrefix):], "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// FindKey returns the key of a secret; it is ErrNotFound for one that is unknown,
// revoked or no secret at all. Found keys are kept in memory, so LastUsedAt may
// be old.
func (db *DB) FindKey(ctx context.Context, secret string) (Key, error) {
	if !looksLikeSecret(secret) {
		return Key{}, fmt.Errorf("key: %w", ErrNotFound)
	}
	hash := keyHash(sha256.Sum256([]byte(secret)))
	if k, ok := db.keys.Get(hash); ok {
		return k, nil
	}
	seen := db.revocations()
	k, err := get(ctx, db, "key", selectKeys+"WHERE hash = ?1 AND revoked_at IS NULL", []any{hash[:]}, scanKey)
	if err != nil {
		return Key{}, err
	}
	db.remember(hash, k, seen)
	return k, nil
}

func (db *DB) revocations() uint64 {
	db.keysMu.Lock()
	defer db.keysMu.Unlock()
	return db.revoked
}

// remember keeps a key that was read after so many revocations, unless another
// came since: it may be this key's.
func (db *DB) remember(hash keyHash, k Key, seen uint64) {
	db.keysMu.Lock()
	defer db.keysMu.Unlock()
	if db.revoked == seen {
		db.keys.Add(hash, k)
	}
}

// forgetKeys empties the memory of FindKey, after keys went with their shop.
func (db *DB) forgetKeys() {
	db.keysMu.Lock()
	defer db.keysMu.Unlock()
	db.revoked++
	db.keys.Purge()
}

// Keys returns a shop's keys, the newest first, revoked ones included; for the
// zero shop all keys there are, the operators' included.
func (db *DB) Keys(ctx context.Context, shop store.Shop) ([]Key, error) {
	if shop.IsZero() {
		return list(ctx, db, "list keys", selectKeys+"ORDER BY n DESC", nil, scanKey)
	}
	return list(ctx, db, "list keys", selectKeys+"WHERE shop = ?1 ORDER BY n DESC", []any{shop.String()}, scanKey)
}

// RevokeKey ends a key: no FindKey that begins after it returns finds the key.
// It is no error if the key was revoked before, and ErrNotFound for an unknown id.
func (db *DB) RevokeKey(ctx context.Context, id string) error {
	var hash keyHash
	err := db.db.Write(ctx, "revoke key", func(c *sqlite.Conn) error {
		found, err := c.One("UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1 RETURNING hash",
			[]any{id, time.Now().UnixMilli()}, func(r *sqlite.Row) { copy(hash[:], r.Bytes(0)) })
		if err == nil && !found {
			err = fmt.Errorf("key %s: %w", id, ErrNotFound)
		}
		return err
	})
	if err == nil {
		db.keysMu.Lock()
		defer db.keysMu.Unlock()
		db.revoked++
		db.keys.Remove(hash)
	}
	return err
}

// TouchKeys notes when keys, by id, were last used, many in one commit.
func (db *DB) TouchKeys(ctx context.Context, used map[string]time.Time) error {
	return db.db.Write(ctx, "touch keys", func(c *sqlite.Conn) error {
		for id, at := range used {
			_, err := c.Exec(`UPDATE api_keys SET last_used_at = max(coalesce(last_used_at, 0), ?2) WHERE id = ?1`,
				id, at.UnixMilli())
			if err != nil {
				return fmt.Errorf("touch key %s: %w", id, err)
			}
		}
		return nil
	})
}
