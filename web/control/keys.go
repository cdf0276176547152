package control

import (
	"net/http"
	"slices"

	"lapak/store"
	"lapak/store/catalog"
)

func (s *server) listPlans(w http.ResponseWriter, r *http.Request) error {
	plans, err := s.pool.Catalog().Plans(r.Context())
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, plans)
	return nil
}

func (s *server) setPlan(w http.ResponseWriter, r *http.Request) error {
	var changes map[string]string
	if err := readBody(r, &changes); err != nil {
		return err
	}
	plan, err := s.pool.Catalog().SetPlan(r.Context(), r.PathValue("plan"), changes)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, plan)
	return nil
}

// listKeys lists one shop's keys, or all without ?shop=.
func (s *server) listKeys(w http.ResponseWriter, r *http.Request) error {
	shop, err := s.namedShop(r, r.URL.Query().Get("shop"))
	if err != nil {
		return err
	}
	keys, err := s.pool.Catalog().Keys(r.Context(), shop)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, keys)
	return nil
}

// namedShop is a shop of the catalog; "" is the zero shop.
func (s *server) namedShop(r *http.Request, name string) (store.Shop, error) {
	if name == "" {
		return store.Shop{}, nil
	}
	shop, err := store.ParseShop(name)
	if err == nil {
		_, err = s.pool.Catalog().Shop(r.Context(), shop)
	}
	return shop, err
}

func (s *server) createKey(w http.ResponseWriter, r *http.Request) error {
	var in NewKey
	if err := readBody(r, &in); err != nil {
		return err
	}
	shop, err := s.namedShop(r, in.Shop)
	if err != nil {
		return err
	}
	key, secret, err := s.pool.Catalog().CreateKey(r.Context(), shop, in.Role, in.Name)
	if err != nil {
		return err
	}
	if !shop.IsZero() {
		s.note(r.Context(), shop, "CREATE", "key", key.ID, nil, key)
	}
	answer(w, http.StatusCreated, CreatedKey{key, secret})
	return nil
}

// revokeKey answers with the key as it is then.
func (s *server) revokeKey(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	before, err := s.key(r, id)
	if err != nil {
		return err
	}
	if err := s.pool.Catalog().RevokeKey(r.Context(), id); err != nil {
		return err
	}
	after, err := s.key(r, id)
	if err != nil {
		return err
	}
	if !before.Shop.IsZero() && before.RevokedAt.IsZero() {
		s.note(r.Context(), before.Shop, "DELETE", "key", id, before, nil)
	}
	answer(w, http.StatusOK, after)
	return nil
}

func (s *server) key(r *http.Request, id string) (catalog.Key, error) {
	keys, err := s.pool.Catalog().Keys(r.Context(), store.Shop{})
	if err != nil {
		return catalog.Key{}, err
	}
	i := slices.IndexFunc(keys, func(k catalog.Key) bool { return k.ID == id })
	if i < 0 {
		return catalog.Key{}, &Failure{"there is no key with the id " + id, CodeNotFound}
	}
	return keys[i], nil
}
