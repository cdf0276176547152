package catalog

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"

	"lapak/store"
	"lapak/store/sqlite"
)

const (
	// SigninLasts is how long a browser stays signed in after its last use.
	SigninLasts = 30 * 24 * time.Hour

	signinCacheSize = 10_000
	secretText      = 43 // 32 bytes in base64url
	maxUserAgent    = 400
)

// Signer is who is signed in: an operator, by id, or the merchant of a shop.
type Signer struct {
	Operator string
	Shop     store.Shop
}

// Browser is what is noted of a browser, for people to tell sign-ins apart.
type Browser struct{ UserAgent, IP, Language string }

// Signin is a browser that is signed in outside of Shopify. The secret of its
// cookie is not kept.
type Signin struct {
	ID string
	Signer
	Name string // the operator's; "" for a merchant
	Browser
	CreatedAt, LastUsedAt, ExpiresAt time.Time
}

const selectSignins = `SELECT s.id, coalesce(s.operator, ''), coalesce(s.shop, ''), coalesce(o.name, ''),
	s.user_agent, s.ip, s.language, s.created_at, s.last_used_at, s.expires_at
	FROM signins s LEFT JOIN operators o ON o.id = s.operator `

const (
	findSigninSQL      = selectSignins + "WHERE s.hash = ?1 AND s.expires_at > ?2"
	operatorSigninsSQL = selectSignins + "WHERE s.operator = ?1 AND s.expires_at > ?2 ORDER BY s.last_used_at DESC, s.id"
	shopSigninsSQL     = selectSignins + "WHERE s.shop = ?1 AND s.expires_at > ?2 ORDER BY s.last_used_at DESC, s.id"
)

func scanSignin(c *cursor) (s Signin, err error) {
	s.ID, s.Operator = c.text(), c.text()
	if s.Shop, err = c.shop(); err != nil {
		return s, err
	}
	s.Name = c.text()
	s.UserAgent, s.IP, s.Language = c.text(), c.text(), c.text()
	s.CreatedAt, s.LastUsedAt, s.ExpiresAt = c.time(), c.time(), c.time()
	return s, nil
}

// signinCache remembers found sign-ins. Its zero value is ready.
type signinCache struct {
	mu    sync.Mutex
	found *lru.Cache[keyHash, Signin]
	ended uint64 // counts what ends sign-ins; see FindSignin
}

func (m *signinCache) get(hash keyHash) (s Signin, ok bool, ended uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.found != nil {
		s, ok = m.found.Get(hash)
	}
	return s, ok, m.ended
}

// keep remembers a sign-in that was read after so many ends, unless another came
// since: it may be this one's.
func (m *signinCache) keep(hash keyHash, s Signin, ended uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ended != ended {
		return
	}
	if m.found == nil {
		m.found, _ = lru.New[keyHash, Signin](signinCacheSize) // fails for a size below 1 only
	}
	m.found.Add(hash, s)
}

// forget lets every sign-in be read anew.
func (m *signinCache) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended++
	m.found = nil
}

// newToken is 256 random bits as text, and their hash.
func newToken() (secret string, hash keyHash) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, sha256.Sum256([]byte(secret))
}

// tokenHash is the hash of a secret; false for a text that cannot be one.
func tokenHash(secret string) (hash keyHash, ok bool) {
	if len(secret) != secretText {
		return hash, false
	}
	return sha256.Sum256([]byte(secret)), true
}

// CreateSignin signs a browser in and returns the secret of its cookie, which
// nobody can ask for again. It is ErrNotFound if there is no such operator or
// shop.
func (db *DB) CreateSignin(ctx context.Context, who Signer, b Browser) (s Signin, secret string, err error) {
	err = db.db.Write(ctx, "create sign-in", func(c *sqlite.Conn) (err error) {
		s, secret, err = createSignin(c, who, b)
		return err
	})
	return s, secret, err
}

func createSignin(c *sqlite.Conn, who Signer, b Browser) (Signin, string, error) {
	if err := who.exists(c); err != nil {
		return Signin{}, "", err
	}
	now := time.Now()
	if _, err := c.Exec("DELETE FROM signins WHERE expires_at <= ?1", now.UnixMilli()); err != nil {
		return Signin{}, "", fmt.Errorf("remove old sign-ins: %w", err)
	}
	secret, hash := newToken()
	_, err := c.Exec(`INSERT INTO signins (id, hash, operator, shop, user_agent, ip, language, created_at, last_used_at, expires_at)
		VALUES (?1, ?2, nullif(?3, ''), nullif(?4, ''), ?5, ?6, ?7, ?8, ?8, ?9)`,
		uuid.NewString(), hash[:], who.Operator, who.Shop.String(), strings.ToValidUTF8(b.UserAgent[:min(len(b.UserAgent), maxUserAgent)], ""),
		b.IP, b.Language, now.UnixMilli(), now.Add(SigninLasts).UnixMilli())
	if err != nil {
		return Signin{}, "", fmt.Errorf("create sign-in: %w", err)
	}
	s, err := first(c, "sign-in", findSigninSQL, []any{hash[:], now.UnixMilli()}, scanSignin)
	return s, secret, err
}

// exists says whether there is such an operator or shop.
func (who Signer) exists(c *sqlite.Conn) error {
	switch {
	case (who.Operator == "") == who.Shop.IsZero():
		return invalid("operator", "or shop must be named, and not both")
	case who.Operator == "":
		return exists(c, who.Shop)
	}
	_, err := first(c, "operator", selectOperators+"WHERE id = ?1", []any{who.Operator}, scanOperator)
	return err
}

// FindSignin returns the sign-in of a cookie's secret; it is ErrNotFound for one
// that is unknown, ended or expired. Found ones are kept in memory, so LastUsedAt
// may be old.
func (db *DB) FindSignin(ctx context.Context, secret string) (Signin, error) {
	hash, ok := tokenHash(secret)
	if !ok {
		return Signin{}, fmt.Errorf("sign-in: %w", ErrNotFound)
	}
	now := time.Now()
	s, ok, ended := db.signins.get(hash)
	if ok && now.Before(s.ExpiresAt) {
		return s, nil
	}
	s, err := get(ctx, db, "sign-in", findSigninSQL, []any{hash[:], now.UnixMilli()}, scanSignin)
	if err != nil {
		return Signin{}, err
	}
	db.signins.keep(hash, s, ended)
	return s, nil
}

// Signins returns where somebody is signed in, the last used first.
func (db *DB) Signins(ctx context.Context, who Signer) ([]Signin, error) {
	now := time.Now().UnixMilli()
	if who.Operator != "" {
		return list(ctx, db, "list sign-ins", operatorSigninsSQL, []any{who.Operator, now}, scanSignin)
	}
	return list(ctx, db, "list sign-ins", shopSigninsSQL, []any{who.Shop.String(), now}, scanSignin)
}

// EndSignin ends one of somebody's sign-ins: no FindSignin that begins after it
// returns finds it. It is ErrNotFound if it is not theirs or not there.
func (db *DB) EndSignin(ctx context.Context, who Signer, id string) error {
	err := db.db.Write(ctx, "end sign-in", func(c *sqlite.Conn) error {
		n, err := c.Exec("DELETE FROM signins WHERE id = ?1 AND coalesce(operator, '') = ?2 AND coalesce(shop, '') = ?3",
			id, who.Operator, who.Shop.String())
		if err == nil && n == 0 {
			err = fmt.Errorf("sign-in: %w", ErrNotFound)
		}
		return err
	})
	if err == nil {
		db.signins.forget()
	}
	return err
}

// EndSignins ends all of somebody's sign-ins but the one with the id keep, which
// may be "".
func (db *DB) EndSignins(ctx context.Context, who Signer, keep string) error {
	err := db.db.Write(ctx, "end sign-ins", func(c *sqlite.Conn) error { return endOthers(c, who, keep) })
	if err == nil {
		db.signins.forget()
	}
	return err
}

func endOthers(c *sqlite.Conn, who Signer, keep string) error {
	sql, of := "DELETE FROM signins WHERE shop = ?1 AND id <> ?2", who.Shop.String()
	if who.Operator != "" {
		sql, of = "DELETE FROM signins WHERE operator = ?1 AND id <> ?2", who.Operator
	}
	if _, err := c.Exec(sql, of, keep); err != nil {
		return fmt.Errorf("end sign-ins: %w", err)
	}
	return nil
}

// Use is when and from where a sign-in was used last.
type Use struct {
	At time.Time
	IP string
}

// TouchSignins notes uses by the sign-ins' ids, many in one commit. Each stays
// signed in for SigninLasts from then.
func (db *DB) TouchSignins(ctx context.Context, used map[string]Use) error {
	err := db.db.Write(ctx, "touch sign-ins", func(c *sqlite.Conn) error {
		for id, use := range used {
			_, err := c.Exec(`UPDATE signins SET last_used_at = ?2, expires_at = ?3, ip = ?4 WHERE id = ?1 AND last_used_at < ?2`,
				id, use.At.UnixMilli(), use.At.Add(SigninLasts).UnixMilli(), use.IP)
			if err != nil {
				return fmt.Errorf("touch sign-in %s: %w", id, err)
			}
		}
		return nil
	})
	if err == nil {
		db.signins.forget() // what is remembered expires too early
	}
	return err
}

// SetSigninLanguage keeps the language in which a browser wants its pages; "" is
// what it asks for by itself.
func (db *DB) SetSigninLanguage(ctx context.Context, id, language string) error {
	if language != "" && language != "en" && language != "id" {
		return invalid("language", "must be en or id")
	}
	err := db.db.Write(ctx, "set language", func(c *sqlite.Conn) error {
		_, err := c.Exec("UPDATE signins SET language = ?2 WHERE id = ?1", id, language)
		return err
	})
	if err == nil {
		db.signins.forget()
	}
	return err
}
