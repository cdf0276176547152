package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"lapak/store"
	"lapak/store/catalog"
)

// NewSigninLink asks for a link that signs a browser in: to a shop as its
// merchant, as the operator of this name, as a new operator, or, where nothing is
// said, as the one operator there is, or else the first.
type NewSigninLink struct {
	Shop     string `json:"shop,omitempty"`
	Operator string `json:"operator,omitempty"`
	New      bool   `json:"new,omitempty"`
}

// SigninLink is a link's secret, which nobody can ask for again, and what the
// link does.
type SigninLink struct {
	Secret    string     `json:"secret"`
	Operator  string     `json:"operator,omitempty"` // name
	Shop      store.Shop `json:"shop,omitzero"`
	Origin    string     `json:"origin,omitempty"` // where browsers find the server; "": it does not know
	ExpiresAt time.Time  `json:"expiresAt"`
}

func (s *server) createSigninLink(w http.ResponseWriter, r *http.Request) error {
	var in NewSigninLink
	if err := readBody(r, &in); err != nil {
		return err
	}
	who, err := s.signer(r, in)
	if err != nil {
		return err
	}
	l, secret, err := s.pool.Catalog().CreateLink(r.Context(), who)
	if err != nil {
		return err
	}
	if !who.Shop.IsZero() {
		s.note(r.Context(), who.Shop, "CREATE", "signin-link", who.Shop.String(), nil, linkRecord{l.ExpiresAt})
	}
	origin := ""
	if s.Origin != nil {
		origin = s.Origin()
	}
	answer(w, http.StatusCreated, SigninLink{Secret: secret, Operator: l.Name, Shop: l.Shop, Origin: origin, ExpiresAt: l.ExpiresAt})
	return nil
}

// linkRecord is a link in a shop's audit log.
type linkRecord struct {
	ExpiresAt time.Time `json:"expiresAt"`
}

// signer is whom the link is for; the zero Signer is a new operator.
func (s *server) signer(r *http.Request, in NewSigninLink) (catalog.Signer, error) {
	shop, err := s.namedShop(r, in.Shop)
	switch {
	case err != nil:
		return catalog.Signer{}, err
	case !shop.IsZero() && (in.Operator != "" || in.New), in.Operator != "" && in.New:
		return catalog.Signer{}, &Failure{"name a shop, or an operator, or a new one", CodeInvalid}
	case !shop.IsZero():
		return catalog.Signer{Shop: shop}, nil
	case in.New:
		return catalog.Signer{}, nil
	}
	return s.operator(r.Context(), in.Operator)
}

// operator is the one of this name; for "" the only one, or nobody where there is
// none yet.
func (s *server) operator(ctx context.Context, name string) (catalog.Signer, error) {
	if name != "" {
		op, err := s.pool.Catalog().OperatorNamed(ctx, name)
		if errors.Is(err, catalog.ErrNotFound) {
			err = &Failure{fmt.Sprintf("there is no operator called %q", name), CodeNotFound}
		}
		return catalog.Signer{Operator: op.ID}, err
	}
	all, err := s.pool.Catalog().Operators(ctx)
	switch {
	case err != nil || len(all) == 0:
		return catalog.Signer{}, err
	case len(all) == 1:
		return catalog.Signer{Operator: all[0].ID}, nil
	}
	names := make([]string, len(all))
	for i, op := range all {
		names[i] = op.Name
	}
	return catalog.Signer{}, &Failure{"there are several operators; name one: " + strings.Join(names, ", "), CodeInvalid}
}

// CreateSigninLink makes a link that signs a browser in once.
func (c *Client) CreateSigninLink(ctx context.Context, in NewSigninLink) (SigninLink, error) {
	return call[SigninLink](ctx, c, "POST", "/signin-links", in)
}
