package catalog

import (
	"context"
	"fmt"
	"time"

	"lapak/store/sqlite"
)

const (
	// OperatorLinkLasts is how long a link is good for an operator, who knows that
	// it comes.
	OperatorLinkLasts = time.Hour
	// LinkLasts is how long it is for a merchant and for a new operator.
	LinkLasts = 24 * time.Hour
)

// Link is a link that signs a browser in, once. With neither operator nor shop
// in it, it makes whoever opens it an operator.
type Link struct {
	Signer
	Name                 string // the operator's; "" for others
	CreatedAt, ExpiresAt time.Time
}

// Founds says whether the link makes a new operator.
func (l Link) Founds() bool { return l.Operator == "" && l.Shop.IsZero() }

const linkSQL = `SELECT coalesce(l.operator, ''), coalesce(l.shop, ''), coalesce(o.name, ''), l.created_at, l.expires_at
	FROM signin_links l LEFT JOIN operators o ON o.id = l.operator WHERE l.hash = ?1 AND l.expires_at > ?2`

func scanLink(c *cursor) (l Link, err error) {
	l.Operator = c.text()
	if l.Shop, err = c.shop(); err != nil {
		return l, err
	}
	l.Name, l.CreatedAt, l.ExpiresAt = c.text(), c.time(), c.time()
	return l, nil
}

// CreateLink makes a link for an operator, for a shop's merchant or, for nobody,
// for a new operator. It returns the link's secret, which nobody can ask for
// again. It is ErrNotFound if there is no such operator or shop.
func (db *DB) CreateLink(ctx context.Context, who Signer) (l Link, secret string, err error) {
	err = db.db.Write(ctx, "create sign-in link", func(c *sqlite.Conn) (err error) {
		if who != (Signer{}) {
			if err := who.exists(c); err != nil {
				return err
			}
		}
		l, secret, err = createLink(c, who)
		return err
	})
	return l, secret, err
}

func createLink(c *sqlite.Conn, who Signer) (Link, string, error) {
	now, lasts := time.Now(), LinkLasts
	if who.Operator != "" {
		lasts = OperatorLinkLasts
	}
	if _, err := c.Exec("DELETE FROM signin_links WHERE expires_at <= ?1", now.UnixMilli()); err != nil {
		return Link{}, "", fmt.Errorf("remove old links: %w", err)
	}
	secret, hash := newToken()
	_, err := c.Exec(`INSERT INTO signin_links (hash, operator, shop, created_at, expires_at)
		VALUES (?1, nullif(?2, ''), nullif(?3, ''), ?4, ?5)`,
		hash[:], who.Operator, who.Shop.String(), now.UnixMilli(), now.Add(lasts).UnixMilli())
	if err != nil {
		return Link{}, "", fmt.Errorf("create sign-in link: %w", err)
	}
	l, err := first(c, "link", linkSQL, []any{hash[:], now.UnixMilli()}, scanLink)
	return l, secret, err
}

// FindLink looks at a link without using it up; it is ErrNotFound for one that is
// unknown, used or expired.
func (db *DB) FindLink(ctx context.Context, secret string) (Link, error) {
	hash, ok := tokenHash(secret)
	if !ok {
		return Link{}, fmt.Errorf("link: %w", ErrNotFound)
	}
	return get(ctx, db, "link", linkSQL, []any{hash[:], time.Now().UnixMilli()}, scanLink)
}

// Redemption is what somebody brings who uses a link.
type Redemption struct {
	Browser
	Name     string // of the operator that the link makes; otherwise unused
	Password string // hash of an operator's new password; "" keeps the one there is
}

// Redeem uses a link up and signs the browser in, or does neither: of many at
// once one succeeds. It is ErrNotFound for a link that is unknown, used or
// expired, ErrInvalid where a new operator cannot be called so, and ErrExists where
// another one is.
func (db *DB) Redeem(ctx context.Context, secret string, by Redemption) (s Signin, cookie string, err error) {
	hash, ok := tokenHash(secret)
	if !ok {
		return Signin{}, "", fmt.Errorf("link: %w", ErrNotFound)
	}
	err = db.db.Write(ctx, "redeem sign-in link", func(c *sqlite.Conn) error {
		l, err := first(c, "link", linkSQL, []any{hash[:], time.Now().UnixMilli()}, scanLink)
		if err != nil {
			return err
		}
		if _, err := c.Exec("DELETE FROM signin_links WHERE hash = ?1", hash[:]); err != nil {
			return fmt.Errorf("use link: %w", err)
		}
		if err := by.prepare(c, &l); err != nil {
			return err
		}
		s, cookie, err = createSignin(c, l.Signer, by.Browser)
		return err
	})
	if err != nil {
		return Signin{}, "", err
	}
	if by.Password != "" {
		db.signins.forget()
	}
	return s, cookie, nil
}

// prepare makes the link's operator, or changes the password of the one it is
// for, which signs them out everywhere else.
func (by Redemption) prepare(c *sqlite.Conn, l *Link) (err error) {
	switch {
	case l.Founds() && by.Password == "":
		return invalid("password", "must be chosen")
	case l.Founds():
		l.Operator, err = addOperator(c, by.Name, by.Password)
		return err
	case l.Operator != "" && by.Password != "":
		return setPassword(c, l.Operator, by.Password, "")
	}
	return nil
}
