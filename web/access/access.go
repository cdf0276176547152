// Package access keeps a shop's Shopify sessions and the access tokens in them.
// They live in the shop's own file, encrypted, and are reached only through a
// lease of that shop; there is no call that looks for a session elsewhere.
package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"lapak/store"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/shopify"
	"lapak/web/shopify/adminapi"
)

// ErrNoToken says that the shop has no token that works: Shopify gives the next
// one when the merchant opens the app.
var ErrNoToken error = &web.Error{
	Status: http.StatusConflict, Code: "reconnect", Text: "Open the app in Shopify's admin once, so that Shopify lets it in again",
}

// Options of New. All but Log are required.
type Options struct {
	Secret []byte // the program's secret key, at least 32 bytes
	API    *adminapi.Client
	Log    *slog.Logger // nil means nothing is logged
}

// Tokens stores, loads and renews the tokens of shops. It is safe for use by
// many goroutines.
type Tokens struct {
	api *adminapi.Client
	box box
	log *slog.Logger

	mu      sync.Mutex
	flights map[store.Shop]*flight
}

// New makes Tokens. A secret that is too short is an error.
func New(opt Options) (*Tokens, error) {
	b, err := newBox(opt.Secret)
	if err != nil {
		return nil, fmt.Errorf("access tokens: %w", err)
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Tokens{api: opt.API, box: b, log: opt.Log, flights: map[store.Shop]*flight{}}, nil
}

// Keep stores a token that Shopify gave, under its session's id, over the one
// before, and forgets people's sessions that are long over.
func (t *Tokens) Keep(ctx context.Context, lease *tenants.Lease, token shopify.AccessToken) error {
	shop := lease.Shop().Name
	s := Session{ID: token.SessionID(shop.String(), true), Online: token.User != nil, Token: token}
	sealed, err := t.seal(shop, s)
	if err != nil {
		return err
	}
	over := time.Now().Add(-24 * time.Hour)
	return t.write(ctx, lease, "keep access token", func(tx *store.Tx) error {
		if _, err := tx.DeleteExpiredSessions(over); err != nil {
			return err
		}
		return tx.StoreSession(sealed)
	})
}

// Forget deletes the sessions of the shop that were stored until a moment, at
// which the app was uninstalled. The app may have been installed again since.
func (t *Tokens) Forget(ctx context.Context, lease *tenants.Lease, until time.Time) error {
	return t.write(ctx, lease, "forget access tokens", func(tx *store.Tx) error {
		all, err := tx.Sessions()
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(s store.Session) bool { return s.UpdatedAt.After(until) })
		_, err = tx.DeleteSessions(ids(all)...)
		return err
	})
}

// Reject deletes the shop's own token if it is still this one, which Shopify
// did not accept (adminapi.ErrUnauthorized).
func (t *Tokens) Reject(ctx context.Context, lease *tenants.Lease, token string) error {
	id := shopify.OfflineSessionID(lease.Shop().Name.String())
	s, err := t.Load(ctx, lease, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && s.Token.Token != token {
		return nil
	} else if err != nil {
		return err
	}
	return t.Delete(ctx, lease, id)
}

// write is a durable write; that the bucket does not have it yet is no error of
// ours, because a token that is lost with the machine can be had again.
func (t *Tokens) write(ctx context.Context, lease *tenants.Lease, why string, fn func(*store.Tx) error) error {
	err := lease.Write(ctx, why, fn)
	if errors.Is(err, tenants.ErrNotReplicated) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", why, err)
	}
	return nil
}

func ids(all []store.Session) []string {
	names := make([]string, len(all))
	for i, s := range all {
		names[i] = s.ID
	}
	return names
}
