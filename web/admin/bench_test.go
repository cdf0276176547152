package admin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"lapak/store"
	"lapak/tenants/tenanttest"
	"lapak/web"
	"lapak/web/admin"
	"lapak/web/view"
)

// BenchmarkPages opens pages of a shop with 10,000 designs, without a network.
func BenchmarkPages(b *testing.B) {
	s := newSite(b)
	tenanttest.Set(b, s.pool, s.shop, "plan", "enterprise")
	fill(s)
	for i := range 10 {
		s.write(func(tx *store.Tx) error { return manyDesigns(tx, s.lease.Terms(), i*1000) })
	}
	for i := range 100 {
		s.config(fmt.Sprint(i), fmt.Sprintf("Product %d", i), mug)
	}
	files, err := view.NewSite()
	if err != nil {
		b.Fatal(err)
	}
	routes := admin.New(admin.Options{Pool: s.pool, Site: files}).Routes("/shops/{shop}", false)
	h := web.NewServer(web.Options{Pool: s.pool, Routes: routes, Provers: []web.Prover{s.prove}}).Handler()
	for _, path := range []string{"", "/products", "/products?q=99", "/products/" + product, "/activity", "/activity?action=CREATE&resource=design", "/settings", "/settings/plan"} {
		b.Run("path="+path, func(b *testing.B) {
			r := httptest.NewRequest("GET", s.at(path), nil)
			r.Header.Set("Accept-Encoding", "gzip")
			for b.Loop() {
				w := httptest.NewRecorder()
				w.Body = nil
				if h.ServeHTTP(w, r); w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}

func manyDesigns(tx *store.Tx, terms store.Terms, from int) error {
	for i := range 1000 {
		in := store.NewDesign{ProductID: product, Name: fmt.Sprintf("Design %d", from+i), DesignJSON: []byte(`{"layers":[]}`)}
		if _, err := tx.CreateDesign(store.By{Email: "rini@toko.example"}, terms, in); err != nil {
			return err
		}
	}
	return nil
}
