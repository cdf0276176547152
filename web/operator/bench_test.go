package operator_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkFleet is the server's time for a page of the list of 10,000 shops,
// from the cookie to the last byte.
func BenchmarkFleet(b *testing.B) {
	h := newHouse(b)
	op, _ := h.operator(b, "Ayu")
	h.fill(b, 10_000)
	for name, path := range map[string]string{
		"start": "/operator", "size": "/operator?sort=size&dir=desc", "active": "/operator?sort=active", "lag": "/operator?sort=lag", "plan": "/operator?sort=plan",
		"page=100": "/operator?page=100", "search": "/operator?q=toko-0999", "failing": "/operator?backup=failing", "shop": "/operator/shops/toko-00003.myshopify.com",
		"health": "/operator/health",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequest("GET", path, nil)
				for _, c := range op.http.Jar.Cookies(mustURL(b, h.url)) {
					r.AddCookie(c)
				}
				w := httptest.NewRecorder()
				h.handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}
