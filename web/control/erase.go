package control

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"lapak/store"
	"lapak/tenants"
)

// certificatesShown is how many shops of one name may have been erased before
// the oldest are not shown.
const certificatesShown = 100

// erase answers when the shop is gone. If the caller hangs up, the erasure goes
// on in the background.
func (s *server) erase(w http.ResponseWriter, r *http.Request) error {
	shop, err := pathShop(r)
	if err != nil {
		return err
	}
	done, err := s.pool.Erase(r.Context(), shop, s.by)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, done)
	return nil
}

// certificates are those of shops that had this name, the newest first.
func (s *server) certificates(w http.ResponseWriter, r *http.Request) error {
	shop, err := pathShop(r)
	if err != nil {
		return err
	}
	kept, err := s.pool.Catalog().Certificates(r.Context(), shop, certificatesShown)
	if err != nil {
		return err
	}
	all := make([]tenants.Certificate, len(kept))
	for i, k := range kept {
		if err := json.Unmarshal([]byte(k.Text), &all[i]); err != nil {
			return fmt.Errorf("read the certificate of %s: %w", k.UUID, err)
		}
	}
	answer(w, http.StatusOK, all)
	return nil
}

// Erase removes every trace of a shop and returns the certificate.
func (c *Client) Erase(ctx context.Context, shop store.Shop) (tenants.Certificate, error) {
	return call[tenants.Certificate](ctx, c, "POST", shopPath(shop, "/erase"), nil)
}

// Certificates returns those of shops that had this name, the newest first.
func (c *Client) Certificates(ctx context.Context, shop store.Shop) ([]tenants.Certificate, error) {
	return call[[]tenants.Certificate](ctx, c, "GET", shopPath(shop, "/erased"), nil)
}
