package signin

import (
	"context"
	"net/url"
	"time"

	"lapak/store/catalog"
)

const linkPath = "/signin/link"

// LinkURL is the address of a link at an origin, by the link's secret.
func LinkURL(origin, secret string) string {
	return origin + linkPath + "?token=" + url.QueryEscape(secret)
}

// Link makes a link that signs a browser in once: as an operator, as the merchant
// of a shop, or for the zero Signer as an operator who is new.
func (s *Signin) Link(ctx context.Context, who catalog.Signer) (address string, expires time.Time, err error) {
	l, secret, err := s.catalog.CreateLink(ctx, who)
	if err != nil {
		return "", time.Time{}, err
	}
	return LinkURL(s.origin, secret), l.ExpiresAt, nil
}

// FirstLink makes a link for the first operator; it is "" where there is one.
func (s *Signin) FirstLink(ctx context.Context) (address string, err error) {
	operators, err := s.catalog.Operators(ctx)
	if err != nil || len(operators) > 0 {
		return "", err
	}
	address, _, err = s.Link(ctx, catalog.Signer{})
	return address, err
}
