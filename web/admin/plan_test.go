package admin_test

import (
	"context"
	"net/http"
	"testing"

	"lapak/tenants"
	"lapak/web/admin"
)

// TestStartPlan leads to where a plan is paid for, inside of Shopify only.
func TestStartPlan(t *testing.T) {
	s := newSite(t, func(o *admin.Options) {
		o.StartPlan = func(_ context.Context, _ *tenants.Lease, plan, back string) (string, error) {
			return "https://toko.myshopify.com/confirm?plan=" + plan + "&back=" + back, nil
		}
	})
	s.do("GET", "/app/settings/plan", nil).has("Choose this plan")
	s.get("/settings/plan").hasNot("Choose this plan")
	s.do("POST", "/app/settings/plan", form("plan", "enterprise")).leads("plan=enterprise&back=/app/settings/plan")
	s.do("POST", "/app/settings/plan", form("plan", "none")).want(http.StatusNotFound)
}
