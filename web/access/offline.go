package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lapak/store"
	"lapak/tenants"
	"lapak/web/shopify"
)

// How long one request for a token may take, with its repeats and with storing
// what it gave. Somebody waits for an exchange, and it can be made again.
const (
	renewTime    = 40 * time.Second
	exchangeTime = 8 * time.Second
	// lastly is for what is under way when its caller has gone, or the server
	// stops: enough for a Shopify that answers.
	lastly = 5 * time.Second
)

// Offline returns the shop's own token, renewed if it ends within five minutes.
// However many ask, Shopify is asked once. It is ErrNoToken if there is none
// that works and none can be had without the merchant.
func (t *Tokens) Offline(ctx context.Context, lease *tenants.Lease) (shopify.AccessToken, error) {
	token, err := t.Stored(ctx, lease)
	if err != nil || !token.NeedsRefresh(time.Now()) {
		return token, err
	}
	renewed, err := t.aside(ctx, lease, "renew", renewTime, t.renew)
	if err == nil || errors.Is(err, ErrNoToken) {
		return renewed, err
	}
	if token.Over(time.Now()) {
		return shopify.AccessToken{}, err
	}
	return token, nil // Shopify does not answer; what we have still works
}

// Exchange turns a verified session token into the shop's own token and keeps it.
// However many ask at a time, Shopify is asked once. It is shopify.ErrExpired if
// Shopify wants a fresher session token.
func (t *Tokens) Exchange(ctx context.Context, lease *tenants.Lease, sessionToken string) (shopify.AccessToken, error) {
	return t.aside(ctx, lease, "exchange", exchangeTime, func(ctx context.Context, own *tenants.Lease) (token shopify.AccessToken, err error) {
		err = own.Aside(ctx, func() (err error) {
			token, err = t.api.Exchange(ctx, own.Shop().Name.String(), sessionToken, false)
			return err
		})
		if err != nil {
			return shopify.AccessToken{}, fmt.Errorf("exchange a session token: %w", err)
		}
		return token, t.Keep(ctx, own, token)
	})
}

// Stored returns the shop's own token as it is kept, without asking Shopify; it
// may have to be renewed. It is ErrNoToken if there is none, or one that is over
// and cannot be renewed.
func (t *Tokens) Stored(ctx context.Context, lease *tenants.Lease) (shopify.AccessToken, error) {
	s, err := t.Load(ctx, lease, shopify.OfflineSessionID(lease.Shop().Name.String()))
	if errors.Is(err, store.ErrNotFound) || err == nil && s.Token.Token == "" {
		return shopify.AccessToken{}, ErrNoToken
	} else if err != nil {
		return shopify.AccessToken{}, err
	}
	if now := time.Now(); !s.Token.RefreshExpires.IsZero() && !now.Before(s.Token.RefreshExpires) {
		s.Token.Refresh = ""
	}
	if s.Token.Over(time.Now()) && s.Token.Refresh == "" {
		return shopify.AccessToken{}, ErrNoToken
	}
	return s.Token, nil
}

// renew asks Shopify for the next token and keeps it before anybody uses it: the
// refresh token is used up. Another may have done so since the caller looked.
func (t *Tokens) renew(ctx context.Context, lease *tenants.Lease) (shopify.AccessToken, error) {
	old, err := t.Stored(ctx, lease)
	if err != nil || !old.NeedsRefresh(time.Now()) {
		return old, err
	}
	shop := lease.Shop().Name.String()
	var token shopify.AccessToken
	err = lease.Aside(ctx, func() (err error) {
		token, err = t.api.Refresh(ctx, shop, old.Refresh)
		return err
	})
	if errors.Is(err, shopify.ErrBadGrant) || errors.Is(err, shopify.ErrExpired) {
		t.log.Warn("Shopify does not renew a shop's access token; it gives the next when the merchant opens the app", "shop", shop, "error", err)
		return shopify.AccessToken{}, ErrNoToken
	}
	if err == nil {
		err = t.Keep(ctx, lease, token)
	}
	if err != nil {
		t.log.Warn("a shop's access token could not be renewed", "shop", shop, "error", err)
		return shopify.AccessToken{}, fmt.Errorf("renew access token: %w", err)
	}
	return token, nil
}

// flight is one request for a shop's token that is under way.
type flight struct {
	what  string
	done  chan struct{} // closed when the rest is there
	token shopify.AccessToken
	err   error
}

// aside is alone for a fetch that has a lease of its own: whoever waits for
// Shopify, or for somebody who does, keeps no shop open.
func (t *Tokens) aside(ctx context.Context, lease *tenants.Lease, what string, limit time.Duration,
	fetch func(context.Context, *tenants.Lease) (shopify.AccessToken, error)) (token shopify.AccessToken, err error) {
	err = lease.Aside(ctx, func() (err error) {
		token, err = t.alone(ctx, lease.Shop().Name, what, limit, func(ctx context.Context) (shopify.AccessToken, error) {
			own, err := lease.Again(ctx)
			if err != nil {
				return shopify.AccessToken{}, err
			}
			defer own.Release()
			return fetch(ctx, own)
		})
		return err
	})
	return token, err
}

// alone runs fetch while nothing else fetches a token of the shop. Callers that
// want the same meanwhile get its result. It is not cut off at once when ctx ends,
// which would lose a token that Shopify gave; it returns when it is done.
func (t *Tokens) alone(ctx context.Context, shop store.Shop, what string, limit time.Duration,
	fetch func(context.Context) (shopify.AccessToken, error)) (shopify.AccessToken, error) {
	f := &flight{what: what, done: make(chan struct{})}
	for {
		other := t.take(shop, f)
		if other == nil {
			break
		}
		select {
		case <-other.done:
		case <-ctx.Done():
			return shopify.AccessToken{}, ctx.Err()
		}
		if other.what == what {
			return other.token, other.err
		}
	}
	f.err = errors.New("interrupted") // for the others, if fetch panics
	defer t.land(shop, f)
	caller := ctx
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	defer context.AfterFunc(caller, func() { time.AfterFunc(lastly, cancel) })()
	f.token, f.err = fetch(ctx)
	return f.token, f.err
}

// take makes f the shop's flight, or returns the one that there is.
func (t *Tokens) take(shop store.Shop, f *flight) (other *flight) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if other = t.flights[shop]; other == nil {
		t.flights[shop] = f
	}
	return other
}

func (t *Tokens) land(shop store.Shop, f *flight) {
	t.mu.Lock()
	delete(t.flights, shop)
	t.mu.Unlock()
	close(f.done)
}
