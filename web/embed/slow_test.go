package embed

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web/shopify/shopifytest"
)

// TestSlowShopify loads the app in 10 shops while Shopify gives nobody a token,
// where two shops can be open: another shop is served all the while, and each of
// the 10 is shown its page in the end, or told that too many shops are busy.
func TestSlowShopify(t *testing.T) {
	g := newRigOn(t, tenanttest.New(t, func(o *tenants.Options) { o.OpenShops = 2 }))
	g.there.Fail(shopifytest.Fault{On: "token", Hang: true, Times: -1})
	g.want(g.do("GET", "/imcst_api/whoami", g.bearer(toko)...), http.StatusOK, toko+" shopify:7")
	var wg sync.WaitGroup
	for i := range 10 {
		shop := fmt.Sprintf("shop%d.myshopify.com", i)
		g.there.Install(shop)
		target := "/app?" + g.there.DocumentQuery(shop, "7")
		wg.Go(func() {
			w := g.do("GET", target)
			shown := w.Code == http.StatusOK && w.Body.String() == shop+" shopify:7"
			if busy := w.Code == http.StatusServiceUnavailable && strings.Contains(w.Body.String(), `"busy"`); !shown && !busy {
				t.Errorf("%s: %d %s", shop, w.Code, w.Body)
			}
		})
	}
	for end := time.Now().Add(time.Minute); g.there.Requests("token") < 2; {
		if time.Now().After(end) {
			t.Fatal("nobody asks Shopify")
		}
		time.Sleep(time.Millisecond)
	}
	g.want(g.do("GET", "/imcst_api/whoami", g.bearer(toko)...), http.StatusOK, toko+" shopify:7")
	wg.Wait()
}
