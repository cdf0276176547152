package catalog

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lapak/store"
)

func TestKeys(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a, b := create(t, db, "a"), create(t, db, "b")
	k, secret, err := db.CreateKey(ctx, a, RoleWrite, " till ")
	check(t, err)
	if !regexp.MustCompile(`^lapak_[a-z2-7]{52}$`).MatchString(secret) {
		t.Fatalf("secret %q", secret)
	}
	equal(t, "prefix", k.Prefix, secret[:12])
	equal(t, "name", k.Name, "till")
	for range 2 { // from the file, then from memory
		got, err := db.FindKey(ctx, secret)
		check(t, err)
		equal(t, "found", got, k)
	}
	equal(t, "kept in memory", db.keys.Len(), 1)
	_, other, err := db.CreateKey(ctx, b, RoleRead, "")
	check(t, err)
	op, operator, err := db.CreateKey(ctx, store.Shop{}, RoleOperator, "ops")
	check(t, err)
	if !op.Shop.IsZero() || operator == other {
		t.Fatalf("operator's key: %+v", op)
	}
	for shop, want := range map[store.Shop]int{a: 1, b: 1, {}: 3} {
		keys, err := db.Keys(ctx, shop)
		check(t, err)
		equal(t, "keys", len(keys), want)
	}
	used := time.Now().Truncate(time.Millisecond).UTC()
	check(t, db.TouchKeys(ctx, map[string]time.Time{k.ID: used, "none": used}))
	check(t, db.TouchKeys(ctx, map[string]time.Time{k.ID: used.Add(-time.Hour)}))
	keys, err := db.Keys(ctx, a)
	check(t, err)
	equal(t, "last used", keys[0].LastUsedAt, used)
}

func TestFindKeyOfStrangers(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	_, secret, err := db.CreateKey(ctx, store.Shop{}, RoleOperator, "")
	check(t, err)
	last := secret[:len(secret)-1]
	for _, s := range []string{"", "lapak_", secret + "a", last, strings.ToUpper(secret), " " + last, last + "1", last + "\x00",
		newSecret(), strings.Replace(secret, "lapak", "lapok", 1)} {
		_, err := db.FindKey(ctx, s)
		wantErr(t, err, ErrNotFound)
	}
	equal(t, "kept in memory", db.keys.Len(), 0)
}

func TestCreateKeyRefusals(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a := create(t, db, "a")
	for _, tc := range []struct {
		shop  store.Shop
		role  Role
		name  string
		field string
	}{
		{a, RoleOperator, "", "role"}, {store.Shop{}, RoleAdmin, "", "shop"}, {a, "root", "", "role"}, {a, "", "", "role"},
		{a, RoleRead, "a\nb", "name"}, {a, RoleRead, strings.Repeat("ä", 101), "name"}, {a, RoleRead, "\xff", "name"},
	} {
		_, secret, err := db.CreateKey(ctx, tc.shop, tc.role, tc.name)
		wantField(t, err, tc.field)
		equal(t, "secret", secret, "")
	}
	_, _, err := db.CreateKey(ctx, name(t, "none"), RoleRead, "")
	wantErr(t, err, ErrNotFound)
}

func TestRevokeKeyWorksAtOnce(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a := create(t, db, "a")
	k, secret, err := db.CreateKey(ctx, a, RoleAdmin, "")
	check(t, err)
	_, kept, err := db.CreateKey(ctx, a, RoleAdmin, "")
	check(t, err)
	_, err = db.FindKey(ctx, secret)
	check(t, err)
	for range 2 {
		check(t, db.RevokeKey(ctx, k.ID))
		_, err = db.FindKey(ctx, secret)
		wantErr(t, err, ErrNotFound)
	}
	_, err = db.FindKey(ctx, kept)
	check(t, err)
	wantErr(t, db.RevokeKey(ctx, "none"), ErrNotFound)
	keys, err := db.Keys(ctx, a)
	check(t, err)
	if len(keys) != 2 || keys[1].RevokedAt.IsZero() {
		t.Fatalf("keys: %+v", keys)
	}
}

// While others look for it all the time, a revoked key must not come back from
// a read that began before the revocation.
func TestRevokeKeyAgainstReaders(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	for range 30 {
		k, secret, err := db.CreateKey(ctx, store.Shop{}, RoleOperator, "")
		check(t, err)
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for range 4 {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						db.keys.Purge() // so that every look reads the file
						_, _ = db.FindKey(ctx, secret)
					}
				}
			})
		}
		check(t, db.RevokeKey(ctx, k.ID))
		_, now := db.FindKey(ctx, secret)
		close(stop)
		wg.Wait()
		wantErr(t, now, ErrNotFound)
		_, err = db.FindKey(ctx, secret)
		wantErr(t, err, ErrNotFound)
	}
}

// A read that began before a revocation and ended after it is not remembered.
func TestLateReadIsNotRemembered(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	k, _, err := db.CreateKey(ctx, store.Shop{}, RoleOperator, "")
	check(t, err)
	seen := db.revocations()
	check(t, db.RevokeKey(ctx, k.ID))
	db.remember(keyHash{1}, k, seen)
	equal(t, "kept in memory", db.keys.Len(), 0)
	db.remember(keyHash{1}, k, db.revocations())
	equal(t, "kept in memory", db.keys.Len(), 1)
}

func TestSecretIsNotInTheFile(t *testing.T) {
	db := open(t, Options{})
	_, secret, err := db.CreateKey(t.Context(), store.Shop{}, RoleOperator, "")
	check(t, err)
	shown := false
	for _, file := range []string{db.Path(), db.Path() + "-wal"} {
		data, err := os.ReadFile(file)
		check(t, err)
		shown = shown || bytes.Contains(data, []byte(secret[:12]))
		if bytes.Contains(data, []byte(secret[12:])) {
			t.Errorf("%s holds the secret", file)
		}
	}
	equal(t, "the prefix is there", shown, true)
}

func FuzzFindKey(f *testing.F) {
	db := open(f, Options{})
	f.Add("lapak_")
	f.Add(newSecret())
	f.Fuzz(func(t *testing.T, secret string) {
		if _, err := db.FindKey(t.Context(), secret); err == nil {
			t.Fatalf("%q was found", secret)
		}
	})
}
