package tenants

import (
	"os"
	"testing"
	"time"

	"lapak/store"
)

// TestRestoreKeepsSessions goes back to before the shop's token was renewed, and
// to before the app was uninstalled: what Shopify takes now is what stays.
func TestRestoreKeepsSessions(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, "pro"); err != nil {
		t.Fatal(err)
	}
	keep := func(id, token string) {
		t.Helper()
		inShop(t, p, shop, func(tx *store.Tx, _ store.Terms) error {
			return tx.StoreSession(store.Session{ID: id, AccessToken: []byte(token), ExpiresAt: time.Now().Add(time.Hour)})
		})
	}
	want := func(tokens string) {
		t.Helper()
		got := ""
		inShop(t, p, shop, func(tx *store.Tx, _ store.Terms) error {
			all, err := tx.Sessions()
			for _, s := range all {
				got += s.ID + " " + string(s.AccessToken) + ";"
			}
			return err
		})
		if got != tokens {
			t.Errorf("sessions %q, want %q", got, tokens)
		}
	}
	keep("offline", "used up")
	keep("of a person", "gone")
	save(t, p, shop, "one")
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	keep("offline", "renewed")
	inShop(t, p, shop, func(tx *store.Tx, _ store.Terms) error {
		_, err := tx.DeleteSessions("of a person")
		return err
	})
	restore(t, p, shop, RestoreRequest{At: before})
	want("offline renewed;")

	// A live file that is no use hinders nobody from going back.
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	path := p.Path(shop, l.Shop().Epoch)
	l.Release()
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	before = time.Now()
	save(t, p, shop, "two")
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	restore(t, p, shop, RestoreRequest{At: before})
	want("offline renewed;")
}
