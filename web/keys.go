package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"lapak/store"
	"lapak/store/catalog"
)

// Keys proves identities by API keys.
type Keys struct {
	catalog *catalog.DB

	mu   sync.Mutex
	used map[string]time.Time // since the last note in the catalog
}

// NewKeys makes the prover of the catalog's keys.
func NewKeys(c *catalog.DB) *Keys { return &Keys{catalog: c, used: map[string]time.Time{}} }

// Bearer is the token of an Authorization header (RFC 6750, section 2.1).
func Bearer(r *http.Request) (token string, ok bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// keyPrefix is what every API key begins with and no session token does: those
// have dots and begin with "ey".
const keyPrefix = "lapak_"

// Prove is a Prover.
func (k *Keys) Prove(r *http.Request) (Identity, error) {
	token, ok := Bearer(r)
	if !ok || !strings.HasPrefix(token, keyPrefix) {
		return Identity{}, ErrNoProof
	}
	key, err := k.catalog.FindKey(r.Context(), token)
	if errors.Is(err, catalog.ErrNotFound) {
		return Identity{}, fmt.Errorf("API key: %w", ErrBadProof)
	} else if err != nil {
		return Identity{}, err
	}
	k.note(key.ID, time.Now())
	return Identity{Shop: key.Shop, Role: key.Role, By: store.By{UserID: "key:" + key.ID}}, nil
}

func (k *Keys) note(id string, at time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.used[id] = at
}

// notedEvery is how often the catalog learns which keys were used.
const notedEvery = time.Minute

// Run notes in the catalog when keys were last used, until ctx ends.
func (k *Keys) Run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(notedEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := k.Flush(ctx); err != nil && ctx.Err() == nil {
			log.Error("cannot note which keys were used", "error", err)
		}
	}
}

// Flush notes in the catalog which keys were used since the last time.
func (k *Keys) Flush(ctx context.Context) error {
	k.mu.Lock()
	used := k.used
	k.used = map[string]time.Time{}
	k.mu.Unlock()
	if len(used) == 0 {
		return nil
	}
	return k.catalog.TouchKeys(ctx, used)
}
