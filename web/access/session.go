package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"lapak/store"
	"lapak/tenants"
	"lapak/web/shopify"
)

// Session is one session of a shop. Printed or logged it does not show its
// secrets.
type Session struct {
	ID     string
	State  string // of the OAuth request that it came from; "" otherwise
	Online bool   // of one person, not of the shop
	Token  shopify.AccessToken
}

// Store saves a session of the lease's shop, over the one with the same id if
// there is one.
func (t *Tokens) Store(ctx context.Context, lease *tenants.Lease, s Session) error {
	sealed, err := t.seal(lease.Shop().Name, s)
	if err != nil {
		return err
	}
	return t.write(ctx, lease, "store session", func(tx *store.Tx) error { return tx.StoreSession(sealed) })
}

// Load returns a session of the lease's shop. It is store.ErrNotFound if there
// is none, and if it was sealed with a secret key that is lost. It may be over.
func (t *Tokens) Load(ctx context.Context, lease *tenants.Lease, id string) (Session, error) {
	var sealed store.Session
	err := lease.Read(ctx, "load session", func(v *store.View) (err error) {
		sealed, err = v.Session(id)
		return err
	})
	if err != nil {
		return Session{}, fmt.Errorf("load session: %w", err)
	}
	s, err := t.open(lease.Shop().Name, sealed)
	if err != nil {
		return Session{}, fmt.Errorf("load session: %w", errors.Join(store.ErrNotFound, err))
	}
	return s, nil
}

// Delete deletes sessions of the lease's shop. One that is not there is no error.
func (t *Tokens) Delete(ctx context.Context, lease *tenants.Lease, ids ...string) error {
	return t.write(ctx, lease, "delete sessions", func(tx *store.Tx) error {
		_, err := tx.DeleteSessions(ids...)
		return err
	})
}

// All returns the sessions of the lease's shop in order of their ids, without
// those that were sealed with a secret key that is lost.
func (t *Tokens) All(ctx context.Context, lease *tenants.Lease) ([]Session, error) {
	var sealed []store.Session
	err := lease.Read(ctx, "list sessions", func(v *store.View) (err error) {
		sealed, err = v.Sessions()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	all := []Session{}
	for _, one := range sealed {
		if s, err := t.open(lease.Shop().Name, one); err == nil {
			all = append(all, s)
		}
	}
	return all, nil
}

func (t *Tokens) seal(shop store.Shop, s Session) (store.Session, error) {
	sealed := store.Session{
		ID: s.ID, State: s.State, IsOnline: s.Online, Scope: s.Token.Scopes.String(),
		AccessToken:  t.box.seal(shop, s.ID, fieldAccess, s.Token.Token),
		RefreshToken: t.box.seal(shop, s.ID, fieldRefresh, s.Token.Refresh),
		ExpiresAt:    s.Token.Expires, RefreshExpiresAt: s.Token.RefreshExpires,
	}
	if s.Token.User == nil {
		return sealed, nil
	}
	user, err := json.Marshal(s.Token.User)
	if err != nil {
		return sealed, fmt.Errorf("encode a session's user: %w", err)
	}
	sealed.UserID, sealed.UserJSON = strconv.FormatInt(s.Token.User.ID, 10), user
	return sealed, nil
}

// open warns where it fails: the session is then as good as absent.
func (t *Tokens) open(shop store.Shop, sealed store.Session) (Session, error) {
	s := Session{ID: sealed.ID, State: sealed.State, Online: sealed.IsOnline, Token: shopify.AccessToken{
		Scopes: shopify.ParseScopes(sealed.Scope), Expires: sealed.ExpiresAt, RefreshExpires: sealed.RefreshExpiresAt,
	}}
	var err1, err2, err3 error
	s.Token.Token, err1 = t.box.open(shop, s.ID, fieldAccess, sealed.AccessToken)
	s.Token.Refresh, err2 = t.box.open(shop, s.ID, fieldRefresh, sealed.RefreshToken)
	if sealed.UserJSON != nil {
		err3 = json.Unmarshal(sealed.UserJSON, &s.Token.User)
	}
	if err := errors.Join(err1, err2, err3); err != nil {
		t.log.Warn("a Shopify session cannot be read; the app asks Shopify anew when the merchant opens it",
			"shop", shop.String(), "session", s.ID, "error", err)
		return Session{}, err
	}
	return s, nil
}
