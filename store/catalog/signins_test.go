package catalog

import (
	"bytes"
	"os"
	"sync"
	"testing"
	"time"

	"lapak/store/sqlite"
)

// operator makes an operator by a link.
func operator(t testing.TB, db *DB, called string) OperatorRecord {
	t.Helper()
	_, secret, err := db.CreateLink(t.Context(), Signer{})
	check(t, err)
	s, _, err := db.Redeem(t.Context(), secret, Redemption{Name: called, Password: "hash of " + called})
	check(t, err)
	check(t, db.EndSignin(t.Context(), s.Signer, s.ID))
	o, err := db.Operator(t.Context(), s.Operator)
	check(t, err)
	return o
}

func TestSignins(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop, op := create(t, db, "a"), operator(t, db, "Ayu")
	merchant, secret, err := db.CreateSignin(ctx, Signer{Shop: shop}, Browser{UserAgent: "Firefox", IP: "192.0.2.1"})
	check(t, err)
	admin, cookie, err := db.CreateSignin(ctx, Signer{Operator: op.ID}, Browser{Language: "id"})
	check(t, err)
	equal(t, "operator's name", admin.Name, "Ayu")
	equal(t, "language", admin.Language, "id")
	if secret == cookie || merchant.Operator != "" || merchant.Shop != shop || !admin.Shop.IsZero() {
		t.Fatalf("sign-ins: %+v %+v", merchant, admin)
	}
	for range 2 { // from the file, then from memory
		got, err := db.FindSignin(ctx, secret)
		check(t, err)
		equal(t, "found", got, merchant)
	}
	for _, bad := range []string{"", secret[1:], secret + "A", cookie[:42] + "!", string(make([]byte, 43))} {
		_, err := db.FindSignin(ctx, bad)
		wantErr(t, err, ErrNotFound)
	}
	for _, who := range []Signer{{}, {Operator: op.ID, Shop: shop}, {Operator: "none"}, {Shop: name(t, "none")}} {
		_, _, err := db.CreateSignin(ctx, who, Browser{})
		if err == nil {
			t.Errorf("%+v is signed in", who)
		}
	}
}

func TestSigninsEndAtOnce(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop, op := create(t, db, "a"), operator(t, db, "Ayu")
	signin := func(who Signer) (Signin, string) {
		t.Helper()
		s, secret, err := db.CreateSignin(ctx, who, Browser{})
		check(t, err)
		_, err = db.FindSignin(ctx, secret) // it is in memory now
		check(t, err)
		return s, secret
	}
	for what, end := range map[string]func(s Signin) error{
		"end one":      func(s Signin) error { return db.EndSignin(ctx, s.Signer, s.ID) },
		"end all":      func(s Signin) error { return db.EndSignins(ctx, s.Signer, "") },
		"new password": func(Signin) error { return db.SetPassword(ctx, op.ID, "new", "") },
	} {
		s, secret := signin(Signer{Operator: op.ID})
		check(t, end(s))
		if _, err := db.FindSignin(ctx, secret); err == nil {
			t.Errorf("%s: still signed in", what)
		}
	}
	kept, keptSecret := signin(Signer{Operator: op.ID})
	_, other := signin(Signer{Operator: op.ID})
	merchant, merchantSecret := signin(Signer{Shop: shop})
	check(t, db.SetPassword(ctx, op.ID, "newer", kept.ID))
	_, err := db.FindSignin(ctx, keptSecret)
	check(t, err)
	_, err = db.FindSignin(ctx, other)
	wantErr(t, err, ErrNotFound)
	wantErr(t, db.EndSignin(ctx, Signer{Operator: op.ID}, merchant.ID), ErrNotFound)
	wantErr(t, db.EndSignin(ctx, Signer{Shop: name(t, "b")}, merchant.ID), ErrNotFound)
	_, err = db.FindSignin(ctx, merchantSecret)
	check(t, err)

	// A shop that ends and begins anew is another one.
	check(t, db.BeginErase(ctx, shop, "{}"))
	check(t, db.DeleteShop(ctx, shop, "{}", time.Now()))
	create(t, db, "a")
	_, err = db.FindSignin(ctx, merchantSecret)
	wantErr(t, err, ErrNotFound)

	other2 := operator(t, db, "Budi")
	_, secret := signin(Signer{Operator: other2.ID})
	check(t, db.RemoveOperator(ctx, other2.ID))
	_, err = db.FindSignin(ctx, secret)
	wantErr(t, err, ErrNotFound)
	wantErr(t, db.RemoveOperator(ctx, other2.ID), ErrNotFound)
	wantErr(t, db.RemoveOperator(ctx, op.ID), ErrState)
}

// While others look for it all the time, an ended sign-in must not come back from
// a read that began before.
func TestEndSigninAgainstReaders(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := create(t, db, "a")
	for range 30 {
		s, secret, err := db.CreateSignin(ctx, Signer{Shop: shop}, Browser{})
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
						_, _ = db.FindSignin(ctx, secret)
					}
				}
			})
		}
		check(t, db.EndSignin(ctx, s.Signer, s.ID))
		_, now := db.FindSignin(ctx, secret)
		close(stop)
		wg.Wait()
		wantErr(t, now, ErrNotFound)
		_, err = db.FindSignin(ctx, secret)
		wantErr(t, err, ErrNotFound)
	}
}

func TestLateSigninIsNotRemembered(t *testing.T) {
	db := open(t, Options{})
	_, _, ended := db.signins.get(keyHash{1})
	db.signins.forget()
	db.signins.keep(keyHash{1}, Signin{ID: "x"}, ended)
	if _, ok, _ := db.signins.get(keyHash{1}); ok {
		t.Error("a read from before an end is remembered")
	}
}

func TestSigninsSlide(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := create(t, db, "a")
	s, secret, err := db.CreateSignin(ctx, Signer{Shop: shop}, Browser{IP: "192.0.2.1"})
	check(t, err)
	equal(t, "lasts", s.ExpiresAt.Sub(s.CreatedAt), SigninLasts)
	later := s.CreatedAt.Add(time.Hour)
	check(t, db.TouchSignins(ctx, map[string]Use{s.ID: {later, "192.0.2.2"}, "none": {later, ""}}))
	check(t, db.TouchSignins(ctx, map[string]Use{s.ID: {later.Add(-time.Minute), "192.0.2.3"}}))
	got, err := db.FindSignin(ctx, secret)
	check(t, err)
	equal(t, "last used", got.LastUsedAt, later)
	equal(t, "expires", got.ExpiresAt, later.Add(SigninLasts))
	equal(t, "address", got.IP, "192.0.2.2")

	expire := func() {
		check(t, db.db.Write(ctx, "expire", func(c *sqlite.Conn) error {
			_, err := c.Exec("UPDATE signins SET expires_at = ?1", time.Now().UnixMilli())
			return err
		}))
		db.signins.forget()
	}
	expire()
	_, err = db.FindSignin(ctx, secret)
	wantErr(t, err, ErrNotFound)
	all, err := db.Signins(ctx, s.Signer)
	check(t, err)
	equal(t, "listed", len(all), 0)
	_, _, err = db.CreateSignin(ctx, s.Signer, Browser{})
	check(t, err)
	check(t, db.db.Read(ctx, "count", func(c *sqlite.Conn) error {
		n, err := c.Int("SELECT count(*) FROM signins")
		equal(t, "rows after the next sign-in", n, 1)
		return err
	}))
}

func TestSigninLanguage(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	s, secret, err := db.CreateSignin(ctx, Signer{Shop: create(t, db, "a")}, Browser{})
	check(t, err)
	_, err = db.FindSignin(ctx, secret)
	check(t, err)
	check(t, db.SetSigninLanguage(ctx, s.ID, "id"))
	got, err := db.FindSignin(ctx, secret)
	check(t, err)
	equal(t, "language", got.Language, "id")
	wantField(t, db.SetSigninLanguage(ctx, s.ID, "xx"), "language")
}

func TestSigninSecretsAreNotInTheFile(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := create(t, db, "a")
	_, cookie, err := db.CreateSignin(ctx, Signer{Shop: shop}, Browser{UserAgent: "here it is"})
	check(t, err)
	_, link, err := db.CreateLink(ctx, Signer{Shop: shop})
	check(t, err)
	shown := false
	for _, file := range []string{db.Path(), db.Path() + "-wal"} {
		data, err := os.ReadFile(file)
		check(t, err)
		shown = shown || bytes.Contains(data, []byte("here it is"))
		if bytes.Contains(data, []byte(cookie)) || bytes.Contains(data, []byte(link)) {
			t.Errorf("%s holds a secret", file)
		}
	}
	equal(t, "the sign-in is there", shown, true)
}

func TestLinksWorkOnce(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := create(t, db, "a")
	l, secret, err := db.CreateLink(ctx, Signer{Shop: shop})
	check(t, err)
	for range 2 {
		got, err := db.FindLink(ctx, secret)
		check(t, err)
		equal(t, "found", got, l)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 8 {
		wg.Go(func() {
			s, cookie, err := db.Redeem(ctx, secret, Redemption{})
			mu.Lock()
			defer mu.Unlock()
			if err == nil && s.Shop == shop && cookie != "" {
				won++
			}
		})
	}
	wg.Wait()
	equal(t, "of many at once signed in", won, 1)
	_, err = db.FindLink(ctx, secret)
	wantErr(t, err, ErrNotFound)

	for _, who := range []Signer{{Operator: "none"}, {Shop: name(t, "none")}, {Operator: "none", Shop: shop}} {
		if _, _, err := db.CreateLink(ctx, who); err == nil {
			t.Errorf("a link for %+v", who)
		}
	}
}

func TestExpiredLinks(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := create(t, db, "a")
	_, secret, err := db.CreateLink(ctx, Signer{Shop: shop})
	check(t, err)
	check(t, db.db.Write(ctx, "expire", func(c *sqlite.Conn) error {
		_, err := c.Exec("UPDATE signin_links SET expires_at = ?1", time.Now().UnixMilli())
		return err
	}))
	_, err = db.FindLink(ctx, secret)
	wantErr(t, err, ErrNotFound)
	_, _, err = db.Redeem(ctx, secret, Redemption{})
	wantErr(t, err, ErrNotFound)
}

func TestFirstOperator(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	_, first, err := db.CreateLink(ctx, Signer{})
	check(t, err)
	_, second, err := db.CreateLink(ctx, Signer{})
	check(t, err)
	for _, bad := range []Redemption{{Name: "Ayu"}, {Password: "h"}, {Name: " \n", Password: "h"}, {Name: "a\x00", Password: "h"}} {
		_, _, err := db.Redeem(ctx, first, bad)
		wantErr(t, err, ErrInvalid)
	}
	s, _, err := db.Redeem(ctx, first, Redemption{Name: " Ayu ", Password: "h"})
	check(t, err)
	equal(t, "name", s.Name, "Ayu")
	_, err = db.FindLink(ctx, second) // another link that lay about makes nobody an operator
	wantErr(t, err, ErrNotFound)
	_, err = db.OperatorNamed(ctx, "aYU")
	check(t, err)
	o, hash, err := db.OperatorPassword(ctx, "ayu")
	check(t, err)
	equal(t, "operator", o.ID, s.Operator)
	equal(t, "password", hash, "h")

	_, third, err := db.CreateLink(ctx, Signer{})
	check(t, err)
	_, _, err = db.Redeem(ctx, third, Redemption{Name: "ayu", Password: "h"})
	wantErr(t, err, ErrExists)
	_, _, err = db.Redeem(ctx, third, Redemption{Name: "Budi", Password: "h"}) // the link was not used up
	check(t, err)
	all, err := db.Operators(ctx)
	check(t, err)
	equal(t, "operators", len(all), 2)
}

func TestLinkWithNewPassword(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	op := operator(t, db, "Ayu")
	_, cookie, err := db.CreateSignin(ctx, Signer{Operator: op.ID}, Browser{})
	check(t, err)
	link := func() string {
		t.Helper()
		_, secret, err := db.CreateLink(ctx, Signer{Operator: op.ID})
		check(t, err)
		return secret
	}
	plain, other := link(), link()
	_, _, err = db.Redeem(ctx, plain, Redemption{Name: "ignored"})
	check(t, err)
	_, err = db.FindSignin(ctx, cookie)
	check(t, err)
	s, now, err := db.Redeem(ctx, link(), Redemption{Password: "new"})
	check(t, err)
	equal(t, "name", s.Name, "Ayu")
	_, hash, err := db.OperatorPassword(ctx, op.Name)
	check(t, err)
	equal(t, "password", hash, "new")
	_, err = db.FindSignin(ctx, cookie)
	wantErr(t, err, ErrNotFound)
	_, err = db.FindLink(ctx, other)
	wantErr(t, err, ErrNotFound)
	_, err = db.FindSignin(ctx, now)
	check(t, err)
	check(t, db.RehashPassword(ctx, op.ID, "older", "lost"))
	check(t, db.RehashPassword(ctx, op.ID, "new", "stronger"))
	_, hash, err = db.OperatorPassword(ctx, op.Name)
	check(t, err)
	equal(t, "rehashed", hash, "stronger")
}

func TestPasskeys(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a, b := operator(t, db, "Ayu"), operator(t, db, "Budi")
	add := func(op OperatorRecord, id byte) error {
		return db.AddPasskey(ctx, Passkey{ID: []byte{id, 0, id}, Operator: op.ID, Name: " Phone ", Credential: []byte(`{"n":1}`)})
	}
	check(t, add(a, 1))
	check(t, add(b, 2))
	wantErr(t, add(b, 1), ErrExists)
	keys, err := db.Passkeys(ctx, a.ID)
	check(t, err)
	if len(keys) != 1 || keys[0].Name != "Phone" || string(keys[0].Credential) != `{"n":1}` || !keys[0].LastUsedAt.IsZero() {
		t.Fatalf("passkeys: %+v", keys)
	}
	id := keys[0].ID
	check(t, db.UsePasskey(ctx, id, []byte(`{"n":2}`)))
	check(t, db.RenamePasskey(ctx, a.ID, id, "Key"))
	wantErr(t, db.RenamePasskey(ctx, b.ID, id, "Mine"), ErrNotFound)
	wantField(t, db.RenamePasskey(ctx, a.ID, id, " "), "name")
	wantErr(t, db.RemovePasskey(ctx, b.ID, id), ErrNotFound)
	keys, err = db.Passkeys(ctx, a.ID)
	check(t, err)
	if keys[0].Name != "Key" || string(keys[0].Credential) != `{"n":2}` || keys[0].LastUsedAt.IsZero() {
		t.Fatalf("passkeys: %+v", keys)
	}
	check(t, db.RemovePasskey(ctx, a.ID, id))
	wantErr(t, db.UsePasskey(ctx, id, []byte(`{}`)), ErrNotFound)
	for i := range maxPasskeys {
		check(t, add(a, byte(10+i)))
	}
	wantErr(t, add(a, 200), ErrState)
}

func FuzzFindSignin(f *testing.F) {
	db := open(f, Options{})
	f.Add("")
	secret, _ := newToken()
	f.Add(secret)
	f.Fuzz(func(t *testing.T, secret string) {
		if _, err := db.FindSignin(t.Context(), secret); err == nil {
			t.Fatalf("%q was found", secret)
		}
		if _, err := db.FindLink(t.Context(), secret); err == nil {
			t.Fatalf("%q was found", secret)
		}
	})
}
