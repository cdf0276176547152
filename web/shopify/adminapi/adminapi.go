// Package adminapi is the client of Shopify's HTTP: it asks for access tokens
// and puts GraphQL to a shop's Admin API, within Shopify's limits and within
// deadlines of our own. No token of any kind is ever in a log or an error.
package adminapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"lapak/web/shopify"
)

const (
	tryTimeout   = 10 * time.Second // of one request
	callTimeout  = 30 * time.Second // of a call, its waits and repeats included
	firstBackoff = 300 * time.Millisecond
	// shopsRemembered is of how many shops it is known how much they may ask; the
	// one that asked longest ago is forgotten first.
	shopsRemembered = 4096
)

// Options of New. App is required.
type Options struct {
	App *shopify.App
	// HTTP makes the requests; nil means a client with this package's own bounds.
	// Redirects are never followed: they could carry a token to another host.
	HTTP *http.Client
	// Timeout is how long one request may take; 0 means 10 seconds. A call with
	// its waits and repeats takes at most 30 seconds, or less if its context ends.
	Timeout time.Duration
	// Backoff is the mean wait before the first repeat, doubled for each further
	// one; 0 means 300 ms.
	Backoff time.Duration
	// Observe is told of each call when it is over: the operation's name (or
	// "token"), how long it took with all waits, and its error. Nil means nobody
	// listens.
	Observe func(operation string, took time.Duration, err error)
	Log     *slog.Logger // nil means nothing is logged
}

// Client asks Shopify. It is safe for use by many goroutines, and idle it costs
// nothing.
type Client struct {
	opt     Options
	http    *http.Client
	shops   *lru.Cache[string, *bucket]
	costs   sync.Map  // of operations by name, as Shopify last counted them: float64
	aged    sync.Once // the warning that another version answered
	backoff time.Duration
}

// New makes a client.
func New(opt Options) *Client {
	if opt.Timeout <= 0 {
		opt.Timeout = tryTimeout
	}
	if opt.Backoff <= 0 {
		opt.Backoff = firstBackoff
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	shops, err := lru.New[string, *bucket](shopsRemembered)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &Client{opt: opt, http: httpClient(opt.HTTP), shops: shops, backoff: opt.Backoff}
}

// httpClient is c, or one of our own, that follows no redirect.
func httpClient(c *http.Client) *http.Client {
	own := http.Client{}
	if c != nil {
		own = *c
	} else {
		own.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: 5 * time.Second, MaxIdleConns: 64, MaxIdleConnsPerHost: 4, MaxConnsPerHost: 32,
			IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		}
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// Exchange turns a verified session token into an access token: the shop's own,
// or with online that of the person. It is shopify.ErrExpired if Shopify finds
// the session token too old, and shopify.ErrBadGrant if it refuses otherwise.
func (c *Client) Exchange(ctx context.Context, shop, sessionToken string, online bool) (shopify.AccessToken, error) {
	body, err := c.opt.App.ExchangeBody(sessionToken, online)
	if err != nil {
		return shopify.AccessToken{}, fmt.Errorf("exchange a session token: %w", err)
	}
	return c.grant(ctx, shop, "exchange a session token", body, true)
}

// Refresh renews an access token. Callers let one run at a time for each shop:
// Shopify takes a refresh token once, except that it forgives a repeat until the
// token that it gave is used, for an answer that was lost (shopify.dev, changelog
// of 28 August 2026). shopify.ErrBadGrant says that it is used up or dead.
func (c *Client) Refresh(ctx context.Context, shop, refreshToken string) (shopify.AccessToken, error) {
	body, err := c.opt.App.RefreshBody(refreshToken)
	if err != nil {
		return shopify.AccessToken{}, fmt.Errorf("refresh an access token: %w", err)
	}
	return c.grant(ctx, shop, "refresh an access token", body, true)
}

// Code turns the code of a verified OAuth callback into an access token. A code
// is good for one use; shopify.ErrBadGrant after that.
func (c *Client) Code(ctx context.Context, shop, code string) (shopify.AccessToken, error) {
	body, err := c.opt.App.CodeBody(code)
	if err != nil {
		return shopify.AccessToken{}, fmt.Errorf("turn in an OAuth code: %w", err)
	}
	return c.grant(ctx, shop, "turn in an OAuth code", body, false)
}
