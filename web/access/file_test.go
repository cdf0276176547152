package access

import (
	"os"
	"strings"
	"testing"

	"lapak/store"
	"lapak/tenants"
)

// tenantFile is what is in a shop's file and the log beside it.
func tenantFile(t *testing.T, pool *tenants.Pool, shop store.Shop) string {
	t.Helper()
	var text strings.Builder
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(pool.Path(shop, 1) + suffix)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(raw)
	}
	return text.String()
}
