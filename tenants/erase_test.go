package tenants

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/bucket/buckettest"
	"lapak/store/catalog"
	"lapak/tenants/replica"
)

func testSecret() ([]byte, error) { return []byte("the program's secret key in tests"), nil }

// eraseOptions are options of a pool that can erase.
func eraseOptions(t testing.TB, dir string) Options {
	t.Helper()
	opt := testOptions(t, dir)
	opt.Secret = testSecret
	return opt
}

// lived creates a shop with designs, an image, a restore, and so two epochs.
func lived(t testing.TB, p *Pool, label string) (shop store.Shop, before time.Time) {
	t.Helper()
	shop = shopName(t, label)
	if _, err := p.Create(t.Context(), shop, "pro"); err != nil {
		t.Fatal(err)
	}
	save(t, p, shop, "one")
	asset(t, p, shop, logo)
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	before = time.Now()
	save(t, p, shop, "two")
	restore(t, p, shop, RestoreRequest{At: before})
	save(t, p, shop, "three")
	return shop, before
}

// traces are the files below a folder whose path names the shop. The catalog's
// own files are not looked into.
func traces(t testing.TB, dir string, shop store.Shop) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.Contains(path[len(dir):], shop.String()) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func wantGone(t testing.TB, p *Pool, shop store.Shop) {
	t.Helper()
	if _, err := p.Acquire(t.Context(), shop); !errors.Is(err, ErrNoShop) {
		t.Errorf("acquire of an erased shop: %v", err)
	}
	if _, err := p.Catalog().Shop(t.Context(), shop); !errors.Is(err, catalog.ErrNotFound) {
		t.Errorf("the catalog's record: %v", err)
	}
	if left, err := p.remains(t.Context(), shop); err != nil || !left.none() {
		t.Errorf("left: %+v, %v", left, err)
	}
}

func wantCertificate(t testing.TB, c Certificate, shop store.Shop, uuid string) {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := VerifyCertificate(text); err != nil || again.UUID != uuid {
		t.Errorf("verify %s: %+v, %v", text, again, err)
	}
	r := c.Removed
	if c.Shop != shop || c.UUID != uuid || c.By.UserID != "operator" || c.ErasedAt.Before(c.BegunAt) || !c.Left.none() ||
		r.Files.Bytes == 0 || r.Backups.Bytes == 0 || r.Images != (bucket.Holding{Objects: 1, Bytes: 3}) {
		t.Errorf("certificate: %s", text)
	}
}

var operator = store.By{UserID: "operator", Email: "op@example.com"}

// TestErase removes a shop and creates it again: another identity, which sees
// nothing of the first.
func TestErase(t *testing.T) {
	dir := t.TempDir()
	p := openPool(t, eraseOptions(t, dir))
	shop, before := lived(t, p, "toko")
	other, _ := lived(t, p, "toko-2")
	was, err := p.Catalog().Shop(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Catalog().AddDelivery(t.Context(), catalog.Delivery{ID: "1", Shop: shop, Topic: "shop/redact", Event: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Erase(t.Context(), shop, operator)
	if err != nil {
		t.Fatal(err)
	}
	wantCertificate(t, c, shop, was.UUID)
	wantGone(t, p, shop)
	if found := traces(t, dir, shop); found != nil {
		t.Errorf("left on disk: %v", found)
	}
	if got := names(t, p, other); got != "three one" || !there(t, p, other, logo) {
		t.Errorf("the other shop has %q", got)
	}
	if _, err := p.Erase(t.Context(), shop, operator); !errors.Is(err, ErrNoShop) {
		t.Errorf("erase of a shop that is not there: %v", err)
	}

	rec, err := p.Create(t.Context(), shop, "")
	if err != nil || rec.UUID == was.UUID || rec.Epoch != 1 {
		t.Fatalf("created again: %+v, %v", rec, err)
	}
	if got := names(t, p, shop); got != "" {
		t.Errorf("the new shop holds %q", got)
	}
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	var early *replica.BeforeFirstError
	if _, err := p.StartRestore(t.Context(), shop, operator, RestoreRequest{At: before}); !errors.As(err, &early) {
		t.Errorf("restore to the erased past: %v", err)
	}
	if _, err := p.StartRestore(t.Context(), shop, operator, RestoreRequest{Undo: true}); !errors.Is(err, catalog.ErrState) {
		t.Errorf("undo of the erased shop's restore: %v", err)
	}
	b, err := p.Backups(t.Context(), shop)
	if err != nil || b.Oldest.Before(c.ErasedAt) {
		t.Errorf("backups of the new shop: %+v, %v", b, err)
	}
	kept, err := p.Catalog().Certificates(t.Context(), shop, 10)
	if err != nil || len(kept) != 1 || kept[0].UUID != was.UUID || !kept[0].ErasedAt.Equal(c.ErasedAt) {
		t.Errorf("certificates: %+v, %v", kept, err)
	}
	if due, _, err := p.Catalog().DueShops(t.Context(), time.Now(), 10); err != nil || len(due) != 0 {
		t.Errorf("webhooks of the erased shop: %v, %v", due, err)
	}
}

// TestEraseInAVersionedBucket wants older versions gone too, and is quick.
func TestEraseInAVersionedBucket(t *testing.T) {
	cfg := buckettest.S3(t)
	if err := buckettest.Client(t, cfg).EnableVersioning(t.Context(), cfg.Bucket); err != nil {
		t.Fatal(err)
	}
	opt := eraseOptions(t, t.TempDir())
	pathStyle := true
	target := replica.Target{
		Type: "s3", Bucket: cfg.Bucket, Endpoint: cfg.Endpoint, Region: cfg.Region, ForcePathStyle: &pathStyle,
		AccessKey: cfg.AccessKey, SecretKey: cfg.SecretKey,
	}
	opt.Replication = replica.Config{Shops: target, Catalog: target}
	opt.Replication.Shops.Path, opt.Replication.Catalog.Path = "backups/tenants", "backups/catalog.db"
	cfg.Prefix = "images"
	images, err := bucket.NewS3(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer images.Close()
	opt.Assets = images
	p := openPool(t, opt)
	shop, _ := lived(t, p, "toko")
	other, _ := lived(t, p, "toko-2")
	if err := images.Delete(t.Context(), shop.String()+"/"+logo); err != nil { // its bytes are a version now
		t.Fatal(err)
	}
	start := time.Now()
	c, err := p.Erase(t.Context(), shop, operator)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("erased in %s: %+v", time.Since(start), c.Removed)
	if c.Removed.Images.Objects != 2 {
		t.Errorf("images removed: %+v, want a version and a mark", c.Removed.Images)
	}
	wantGone(t, p, shop)
	for _, name := range []string{"backups/tenants/", "images/"} {
		cfg.Prefix = ""
		whole, err := bucket.NewS3(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if held, err := whole.Holds(t.Context(), name+shop.String()); err != nil || held.Objects != 0 {
			t.Errorf("%s holds %+v, %v", name, held, err)
		}
		if held, err := whole.Holds(t.Context(), name+other.String()); err != nil || held.Objects == 0 {
			t.Errorf("the other shop's %s: %+v, %v", name, held, err)
		}
		_ = whole.Close()
	}
}

// TestEraseWithoutTheBucket begins an erasure that cannot be finished yet.
func TestEraseWithoutTheBucket(t *testing.T) {
	for _, gone := range []string{"replica/tenants", "replica/catalog.db", "assets"} {
		t.Run(gone, func(t *testing.T) {
			dir := t.TempDir()
			p := openPool(t, eraseOptions(t, dir))
			shop, _ := lived(t, p, "toko")
			rec, err := p.Catalog().Shop(t.Context(), shop)
			if err != nil {
				t.Fatal(err)
			}
			place := filepath.Join(dir, filepath.FromSlash(gone))
			if gone == "assets" {
				place = filepath.Join(place, shop.String())
			}
			back := breakFolder(t, place)
			_, err = p.Erase(t.Context(), shop, operator)
			if err == nil || !strings.Contains(err.Error(), "will go on by itself") {
				t.Errorf("erase without the bucket: %v", err)
			}
			if _, err := p.Acquire(t.Context(), shop); !errors.Is(err, ErrNoShop) {
				t.Errorf("acquire of a shop that is being erased: %v", err)
			}
			if _, err := p.Backups(t.Context(), shop); !errors.Is(err, ErrNoShop) {
				t.Errorf("backups of a shop that is being erased: %v", err)
			}
			if _, err := p.Create(t.Context(), shop, ""); !errors.Is(err, catalog.ErrExists) {
				t.Errorf("create beside a shop that is being erased: %v", err)
			}
			back()
			if err := p.finishErasures(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantGone(t, p, shop)
			c, err := p.certificate(t.Context(), rec.UUID)
			if err != nil {
				t.Fatal(err)
			}
			wantCertificate(t, c, shop, rec.UUID)
		})
	}
}

func TestEraseRefused(t *testing.T) {
	opt := eraseOptions(t, t.TempDir())
	p := openPool(t, opt)
	shop, _ := lived(t, p, "toko")
	if _, _, err := p.Catalog().BeginRestore(t.Context(), shop, "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Erase(t.Context(), shop, operator); !errors.Is(err, catalog.ErrState) {
		t.Errorf("erase while it is being restored: %v", err)
	}
	if err := p.Catalog().AbortRestore(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	p.opt.Secret = nil
	if _, err := p.Erase(t.Context(), shop, operator); !errors.Is(err, errNoSecret) {
		t.Errorf("erase without a key: %v", err)
	}
	if got := names(t, p, shop); got != "three one" {
		t.Errorf("after refusals the shop holds %q", got)
	}
}

// TestEraseOfAShopInUse waits for who uses it, and lets nobody else in.
func TestEraseOfAShopInUse(t *testing.T) {
	p := openPool(t, eraseOptions(t, t.TempDir()))
	shop, _ := lived(t, p, "toko")
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Erase(short, shop, operator); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("erase of a shop in use: %v", err)
	}
	if second, err := p.Acquire(t.Context(), shop); err == nil {
		t.Error("acquired beside a lease of a shop that is being erased")
		second.Release()
	} else if !errors.Is(err, ErrNoShop) {
		t.Errorf("acquire beside a lease of a shop that is being erased: %v", err)
	}
	l.Release()
	if err := p.finishErasures(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantGone(t, p, shop)
}

// TestEraseAtOnce wants many callers to get one certificate.
func TestEraseAtOnce(t *testing.T) {
	p := openPool(t, eraseOptions(t, t.TempDir()))
	shop, _ := lived(t, p, "toko")
	type result struct {
		c   Certificate
		err error
	}
	results := make(chan result)
	for range 8 {
		go func() {
			c, err := p.Erase(context.Background(), shop, operator)
			results <- result{c, err}
		}()
	}
	signatures := map[string]bool{}
	for range 8 {
		switch r := <-results; {
		case r.err == nil:
			signatures[r.c.Signature] = true
		case !errors.Is(r.err, ErrNoShop): // it came after the end
			t.Error(r.err)
		}
	}
	if len(signatures) != 1 {
		t.Errorf("%d certificates", len(signatures))
	}
	wantGone(t, p, shop)
}

func TestForgedCertificate(t *testing.T) {
	p := openPool(t, eraseOptions(t, t.TempDir()))
	shop, _ := lived(t, p, "toko")
	c, err := p.Erase(t.Context(), shop, store.By{UserID: "a<b>&c \u00e9"})
	if err != nil {
		t.Fatal(err)
	}
	good, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyCertificate(good); err != nil {
		t.Error(err)
	}
	for from, to := range map[string]string{
		"toko.myshopify.com":          "toka.myshopify.com",
		`"objects": 1`:                `"objects": 2`,
		`"publicKey": "MCowBQYDK2V`:   `"publicKey": "MCowBQYDK2W`,
		`"signature": "`:              `"signature": "AAAA`,
		`"certificate": {`:            `"certificate": {"more": 1,`,
		`"shop": "toko.myshopify.com`: `"shop": "`,
	} {
		bad := strings.Replace(string(good), from, to, 1)
		if bad == string(good) {
			t.Fatalf("%s is not in the certificate", from)
		}
		if _, err := VerifyCertificate([]byte(bad)); err == nil {
			t.Errorf("accepted with %s", to)
		}
	}
}

func FuzzVerifyCertificate(f *testing.F) {
	secret, _ := testSecret()
	p := &Pool{opt: Options{Secret: func() ([]byte, error) { return secret, nil }}}
	key, err := p.certificateKey()
	if err != nil {
		f.Fatal(err)
	}
	shop, err := store.ParseShop("toko.myshopify.com")
	if err != nil {
		f.Fatal(err)
	}
	c, err := Erased{Shop: shop, UUID: "x", BegunAt: now(), ErasedAt: now()}.sign(key)
	if err != nil {
		f.Fatal(err)
	}
	good, err := json.Marshal(c)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"certificate":{},"publicKey":"","signature":""}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := VerifyCertificate(raw)
		if err == nil && got.PublicKey == c.PublicKey && !got.ErasedAt.Equal(c.ErasedAt) {
			t.Errorf("a certificate that was never signed: %s", raw)
		}
	})
}

// TestNothingOfADrillOutlivesAnErasure ends a drill of the shop first.
func TestNothingOfADrillOutlivesAnErasure(t *testing.T) {
	p := openPool(t, eraseOptions(t, t.TempDir()))
	shop, _ := lived(t, p, "toko")
	_, end := p.beginDrill(t.Context(), shop)
	dir := filepath.Join(p.drillDir(), "under way")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	cut := p.drill.cancel
	p.drill.cancel = func() { // as a drill does when its context ends
		cut()
		_ = os.RemoveAll(dir)
		go end()
	}
	if _, err := p.Erase(t.Context(), shop, operator); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the drill's copy is still there: %v", err)
	}
}
