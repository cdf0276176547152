package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
)

// Identity is who a request proves to come from.
type Identity struct {
	Shop store.Shop // zero: an operator
	Role catalog.Role
	By   store.By // without the address, which the server adds
}

// Prover looks for one kind of proof in a request. It is ErrNoProof where there
// is none of that kind, and ErrBadProof for one that is wrong.
type Prover func(r *http.Request) (Identity, error)

var (
	// ErrNoProof says that a request has no proof of a prover's kind.
	ErrNoProof = errors.New("no proof of identity")
	// ErrBadProof says that a proof is unknown, forged or no longer valid.
	ErrBadProof = errors.New("bad proof of identity")
)

// Caller is who makes a request and what is open for it.
type Caller struct {
	Shop     store.Shop // zero on routes without a shop
	Role     catalog.Role
	Operator bool           // an operator, who acts as the shop's admin
	By       store.By       // for the audit log
	Lease    *tenants.Lease // nil on routes without a shop, and on cold ones before Open

	pool *tenants.Pool
	wait time.Duration
	body members
}

// includes says whether a role may do what another may.
func includes(has, wanted catalog.Role) bool {
	return rank(has) >= rank(wanted)
}

func rank(r catalog.Role) int {
	switch r {
	case catalog.RoleRead:
		return 1
	case catalog.RoleWrite:
		return 2
	case catalog.RoleAdmin:
		return 3
	case catalog.RoleOperator:
		return 4
	}
	return 0
}

// identify asks the provers in turn.
func identify(r *http.Request, provers []Prover) (Identity, error) {
	for _, prove := range provers {
		id, err := prove(r)
		if errors.Is(err, ErrNoProof) {
			continue
		}
		if err == nil && rank(id.Role) == 0 {
			err = fmt.Errorf("role %q: %w", id.Role, ErrBadProof)
		}
		return id, err
	}
	return Identity{}, ErrNoProof
}

// admit makes the caller of a route that asks for proof, or says why not.
func (s *Server) admit(r *http.Request, rt Route, c *Caller) error {
	provers := s.opt.Provers
	if rt.Proof.by != nil {
		provers = []Prover{rt.Proof.by}
	}
	id, err := identify(r, provers)
	if err != nil {
		return err
	}
	c.Role, c.Operator = id.Role, id.Role == catalog.RoleOperator
	c.By.UserID, c.By.Email, c.Shop = id.By.UserID, id.By.Email, id.Shop
	if !c.Operator && c.Shop.IsZero() {
		return fmt.Errorf("a proof of no shop: %w", ErrBadProof)
	}
	if err := c.nameAll(r); err != nil {
		return err
	}
	if !includes(c.Role, rt.Proof.role) {
		return ErrForbidden()
	}
	if err := c.readBody(r, rt); err != nil {
		return err
	}
	if rt.Proof.kind == proofShop && c.Shop.IsZero() {
		return &Error{Status: http.StatusBadRequest, Code: "shop_required", Text: "Shop parameter required for tenant isolation"}
	}
	return nil
}

// nameAll looks at the shops that the path, the query and the header name.
func (c *Caller) nameAll(r *http.Request) error {
	if raw := Param(r, "shop"); raw != "" {
		if err := c.Names(raw); err != nil {
			return err
		}
	}
	if r.URL.RawQuery != "" {
		for _, raw := range r.URL.Query()["shop"] {
			if err := c.Names(raw); err != nil {
				return err
			}
		}
	}
	for _, raw := range r.Header.Values("X-Shop-Domain") {
		if err := c.Names(raw); err != nil {
			return err
		}
	}
	return nil
}

// Names takes note that the request names a shop. It must be the proven one; an
// operator's first name is the shop to act for.
func (c *Caller) Names(raw string) error {
	switch {
	case !c.Shop.IsZero() && raw == c.Shop.String():
		return nil
	case !c.Shop.IsZero():
		return &Error{Status: http.StatusForbidden, Code: "cross_shop", Text: "Cross-shop access denied"}
	}
	shop, err := store.ParseShop(raw)
	if err != nil {
		return Invalid("shop", "must be a shop's name like example.myshopify.com")
	}
	c.Shop = shop
	return nil
}

// enter opens the caller's shop, or on a cold route only looks at its state.
func (s *Server) enter(ctx context.Context, rt Route, c *Caller) error {
	if !rt.Proof.cold {
		return c.Open(ctx)
	}
	if c.Shop.IsZero() {
		return nil
	}
	rec, err := c.pool.Catalog().Shop(ctx, c.Shop)
	if err == nil && rec.State != catalog.Restoring {
		err = served(rec.State)
	}
	return err
}

// Open leases the caller's shop, for a handler whose route is cold. The lease is
// given back after the handler.
func (c *Caller) Open(ctx context.Context) error {
	if end, ok := ctx.Deadline(); !ok || time.Until(end) > c.wait {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.wait)
		defer cancel()
	}
	lease, err := c.pool.Acquire(ctx, c.Shop)
	if err != nil {
		return err
	}
	if err := served(lease.Shop().State); err != nil {
		lease.Release()
		return err
	}
	c.Lease = lease
	return nil
}

func (c *Caller) close() {
	if c.Lease != nil {
		c.Lease.Release()
		c.Lease = nil
	}
}

func served(state catalog.State) error {
	switch state {
	case catalog.Suspended:
		return errSuspended()
	case catalog.Restoring:
		return tenants.ErrRestoring
	case catalog.Erasing:
		return tenants.ErrNoShop
	}
	return nil
}
