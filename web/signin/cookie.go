package signin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web"
)

// cookieLasts is the longest that browsers keep a cookie; when a sign-in ends is
// the catalog's business.
const cookieLasts = 400 * 24 * time.Hour

// cookieName begins with __Host- where that is possible: then no other host, and
// nobody on the way, can set it.
func (s *Signin) cookieName() string {
	if s.secure {
		return "__Host-lapak"
	}
	return "lapak"
}

func (s *Signin) setCookie(w http.ResponseWriter, secret string) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(), Value: secret, Path: "/", MaxAge: int(cookieLasts / time.Second),
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (s *Signin) clearCookie(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(), Path: "/", MaxAge: -1, Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// Current is the sign-in of a request's cookie. It is web.ErrNoProof where there
// is no cookie, and web.ErrBadProof where its sign-in is unknown or has ended.
func (s *Signin) Current(r *http.Request) (catalog.Signin, error) {
	cookie, err := r.Cookie(s.cookieName())
	if err != nil {
		return catalog.Signin{}, web.ErrNoProof
	}
	in, err := s.catalog.FindSignin(r.Context(), cookie.Value)
	if errors.Is(err, catalog.ErrNotFound) {
		return catalog.Signin{}, fmt.Errorf("cookie: %w", web.ErrBadProof)
	}
	return in, err
}

// Prove is a web.Prover: of an operator, or of a shop's merchant as its admin. A
// request that may change something must come from a page of ours.
func (s *Signin) Prove(r *http.Request) (web.Identity, error) {
	in, err := s.Current(r)
	if err != nil {
		return web.Identity{}, err
	}
	if err := s.sameSite(r); err != nil {
		return web.Identity{}, err
	}
	s.note(in, r)
	if in.Operator != "" {
		return web.Identity{Role: catalog.RoleOperator, By: store.By{UserID: "operator:" + in.Operator, Email: in.Name}}, nil
	}
	return web.Identity{Shop: in.Shop, Role: catalog.RoleAdmin, By: store.By{UserID: "signin:" + in.ID}}, nil
}

// notedEvery is how often the catalog learns which sign-ins were used.
const notedEvery = 5 * time.Minute

func (s *Signin) note(in catalog.Signin, r *http.Request) {
	now := time.Now()
	if now.Sub(in.LastUsedAt) < notedEvery {
		return
	}
	s.mu.Lock()
	s.used[in.ID] = catalog.Use{At: now, IP: web.ClientIP(r)}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run notes in the catalog which sign-ins were used, until ctx ends. It sleeps
// while none is.
func (s *Signin) Run(ctx context.Context) {
	for {
		select {
		case <-s.wake:
		case <-ctx.Done():
			return
		}
		select { // for others to join
		case <-time.After(notedEvery):
		case <-ctx.Done():
			return
		}
		if err := s.Flush(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("cannot note which sign-ins were used", slog.Any("error", err))
		}
	}
}

// Flush notes in the catalog which sign-ins were used since the last time.
func (s *Signin) Flush(ctx context.Context) error {
	s.mu.Lock()
	used := s.used
	s.used = map[string]catalog.Use{}
	s.mu.Unlock()
	if len(used) == 0 {
		return nil
	}
	return s.catalog.TouchSignins(ctx, used)
}
