package control

import (
	"context"
	"net/http"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
)

func (s *server) listShops(w http.ResponseWriter, r *http.Request) error {
	all, err := s.allShops(r.Context())
	if err != nil {
		return err
	}
	list := make([]Shop, 0, len(all))
	for _, shop := range all {
		list = append(list, s.newShop(shop))
	}
	answer(w, http.StatusOK, list)
	return nil
}

func (s *server) allShops(ctx context.Context) ([]catalog.Shop, error) {
	var all []catalog.Shop
	page := catalog.Page{Limit: 1000}
	for {
		shops, err := s.pool.Catalog().Shops(ctx, catalog.Filter{}, page)
		if err != nil {
			return nil, err
		}
		all = append(all, shops...)
		if len(shops) < page.Limit {
			return all, nil
		}
		page.After = shops[len(shops)-1].Name.String()
	}
}

func (s *server) createShop(w http.ResponseWriter, r *http.Request) error {
	var in NewShop
	if err := readBody(r, &in); err != nil {
		return err
	}
	shop, err := store.ParseShop(in.Shop)
	if err != nil {
		return err
	}
	rec, err := s.pool.Create(r.Context(), shop, in.Plan)
	if err != nil {
		return err
	}
	s.note(r.Context(), shop, "CREATE", "shop", shop.String(), nil, createdRecord{rec.Plan})
	answer(w, http.StatusCreated, s.newShop(rec))
	return nil
}

// createdRecord is a new shop in its audit log.
type createdRecord struct {
	Plan string `json:"plan"`
}

// showShop opens the shop to tell what it uses; a shop that cannot be opened now
// is shown without.
func (s *server) showShop(w http.ResponseWriter, r *http.Request) error {
	shop, err := pathShop(r)
	if err != nil {
		return err
	}
	rec, err := s.pool.Catalog().Shop(r.Context(), shop)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, s.withUsage(r.Context(), rec))
	return nil
}

func (s *server) withUsage(ctx context.Context, rec catalog.Shop) Shop {
	out := s.newShop(rec)
	if err := s.addUsage(ctx, &out); err != nil {
		s.Log.Warn("cannot read a shop's usage", "shop", rec.Name.String(), "error", err)
	}
	return out
}

func (s *server) addUsage(ctx context.Context, out *Shop) error {
	l, err := s.pool.Acquire(ctx, out.Name)
	if err != nil {
		return err
	}
	defer l.Release()
	return l.Read(ctx, "read usage", func(v *store.View) error {
		u, m, err := v.Usage(l.Terms())
		if err == nil {
			out.Usage, out.Monthly = &u, &m
		}
		return err
	})
}

func (s *server) setShop(w http.ResponseWriter, r *http.Request) error {
	shop, err := pathShop(r)
	if err != nil {
		return err
	}
	var changes []catalog.Change
	if err := readBody(r, &changes); err != nil {
		return err
	}
	before, after, err := s.pool.Catalog().SetShop(r.Context(), shop, changes, catalog.Operator)
	if err != nil {
		return err
	}
	if len(changes) > 0 {
		s.note(r.Context(), shop, "UPDATE", "settings", shop.String(), before.Only(changes), after.Only(changes))
	}
	answer(w, http.StatusOK, s.withUsage(r.Context(), after))
	return nil
}

func (s *server) suspend(w http.ResponseWriter, r *http.Request) error {
	return s.switchState(w, r, "SUSPEND", s.pool.Catalog().Suspend)
}

func (s *server) resume(w http.ResponseWriter, r *http.Request) error {
	return s.switchState(w, r, "RESUME", s.pool.Catalog().Resume)
}

// stateRecord is a shop's state in the audit log.
type stateRecord struct {
	State catalog.State `json:"state"`
}

func (s *server) switchState(w http.ResponseWriter, r *http.Request, action string, step func(context.Context, store.Shop) error) error {
	shop, err := pathShop(r)
	if err != nil {
		return err
	}
	before, err := s.pool.Catalog().Shop(r.Context(), shop)
	if err != nil {
		return err
	}
	if err := step(r.Context(), shop); err != nil {
		return err
	}
	after, err := s.pool.Catalog().Shop(r.Context(), shop)
	if err != nil {
		return err
	}
	if before.State != after.State {
		s.note(r.Context(), shop, action, "shop", shop.String(), stateRecord{before.State}, stateRecord{after.State})
	}
	answer(w, http.StatusOK, s.newShop(after))
	return nil
}

const noteTimeout = 30 * time.Second

// note leaves a line in a shop's audit log. The change that it tells of is made
// already, so a shop that cannot be opened now only costs the line.
func (s *server) note(ctx context.Context, shop store.Shop, action, resource, id string, before, after any) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
	defer cancel()
	if err := s.noteIn(ctx, shop, action, resource, id, before, after); err != nil {
		s.Log.Warn("cannot note the operator's change in the shop's audit log", "shop", shop.String(), "action", action, "error", err)
	}
}

func (s *server) noteIn(ctx context.Context, shop store.Shop, action, resource, id string, before, after any) error {
	l, err := s.pool.Acquire(ctx, shop)
	if err != nil {
		return err
	}
	defer l.Release()
	return l.Write(ctx, "note the operator's change", func(tx *store.Tx) error {
		return tx.Audit(s.by, action, resource, id, before, after)
	})
}

// zone is the shop's time zone, in which its operator speaks of the past.
func zone(rec catalog.Shop) *time.Location {
	z, err := time.LoadLocation(rec.Timezone)
	if err != nil {
		return time.UTC
	}
	return z
}

// moment reads a wish in the shop's time zone.
func (s *server) moment(ctx context.Context, shop store.Shop, text string) (time.Time, error) {
	rec, err := s.pool.Catalog().Shop(ctx, shop)
	if err != nil {
		return time.Time{}, err
	}
	return tenants.ParseMoment(text, time.Now(), zone(rec))
}
