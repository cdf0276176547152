package tenants

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/superfly/ltx"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/tenants/replica"
)

// canary stands in all that the customer to be redacted makes.
const canary = "a customer who was here"

const annasPhoto = "designs/" + "aa23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" + ".png"
const annasOther = "designs/" + "bb23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" + ".png"
const sharedPhoto = "designs/" + "cc23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" + ".png"

// ofCustomer saves a design and, where object is not "", an upload.
func ofCustomer(t testing.TB, p *Pool, shop store.Shop, customer, name, object string) (a store.Asset) {
	t.Helper()
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if object != "" {
		if _, err := p.Assets().Put(t.Context(), shop.String()+"/"+object, strings.NewReader("png"), 3, bucket.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	by := store.By{UserID: store.CustomerOwner(customer)}
	err = l.Write(t.Context(), "test", func(tx *store.Tx) (err error) {
		_, err = tx.CreateDesign(by, l.Terms(), store.NewDesign{
			ProductID: "1", Name: name, Owner: store.CustomerOwner(customer),
			DesignJSON: []byte(`{"text":"` + strings.Repeat(name+" ", 500) + `"}`),
		})
		if err == nil && object != "" {
			a, err = tx.CreateAsset(by, l.Terms(), store.NewAsset{
				Type: "designs", Name: name, ContentType: "image/png", Object: object, Size: 3, Owner: store.CustomerOwner(customer),
			})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func redacted(t testing.TB, p *Pool, shop store.Shop, customer string) {
	t.Helper()
	if err := p.Redact(t.Context(), shop, customer); err != nil {
		t.Fatal(err)
	}
	for _, r := range redactionsOf(t, p, shop) {
		if r.CleanedAt.IsZero() {
			t.Errorf("not done: %+v", r)
		}
	}
}

func redactionsOf(t testing.TB, p *Pool, shop store.Shop) []catalog.Redaction {
	t.Helper()
	all, err := p.Catalog().Redactions(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wantClean wants no trace of the customer in a file, not even where it is free.
func wantClean(t testing.TB, path string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(path + suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(canary)) {
			t.Errorf("%s%s holds the customer's data", path, suffix)
		}
	}
}

// wantLive wants these designs in the live shop, and no trace of the customer in
// its newest backup.
func wantLive(t testing.TB, p *Pool, shop store.Shop, want string) {
	t.Helper()
	if got := names(t, p, shop); got != want {
		t.Errorf("the shop holds %q, want %q", got, want)
	}
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	rec, err := p.Catalog().Shop(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "newest.db")
	if err := p.replicas.Restore(t.Context(), replicaName(shop, rec.Epoch), 0, file); err != nil {
		t.Fatal(err)
	}
	wantClean(t, file)
}

// TestRedact lets a customer leave the live file and every way back.
func TestRedact(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, "pro"); err != nil {
		t.Fatal(err)
	}
	save(t, p, shop, "merchants")
	ofCustomer(t, p, shop, "77", canary, annasPhoto)
	ofCustomer(t, p, shop, "77", canary, sharedPhoto)
	ofCustomer(t, p, shop, "777", "berts", sharedPhoto)
	dropped := ofCustomer(t, p, shop, "77", canary, annasOther)
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	early := time.Now()
	drop(t, p, shop, dropped, early)
	save(t, p, shop, "two")
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	save(t, p, shop, "three")

	redacted(t, p, shop, "77")
	wantLive(t, p, shop, "three two berts merchants")
	wantClean(t, p.Path(shop, 1))
	for object, want := range map[string]bool{annasPhoto: false, annasOther: false, sharedPhoto: true} {
		if got := there(t, p, shop, object); got != want {
			t.Errorf("the bytes of %s are there: %t, want %t", object, got, want)
		}
	}
	redacted(t, p, shop, "77")     // again
	redacted(t, p, shop, "nobody") // of whom nothing is there
	wantLive(t, p, shop, "three two berts merchants")

	file := filepath.Join(t.TempDir(), "copy.db")
	if _, err := p.CopyAt(t.Context(), shop, before, file); err != nil {
		t.Fatal(err)
	}
	wantClean(t, file)
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*")); err != nil || len(left) != 1 {
		t.Errorf("beside the copy: %v, %v", left, err)
	}
	restore(t, p, shop, RestoreRequest{At: before})
	wantLive(t, p, shop, "two berts merchants")
	wantClean(t, p.Path(shop, 2))
	restore(t, p, shop, RestoreRequest{At: early})
	wantLive(t, p, shop, "berts merchants")
	restore(t, p, shop, RestoreRequest{Undo: true})
	wantLive(t, p, shop, "two berts merchants")
	if there(t, p, shop, annasOther) {
		t.Error("the bytes of an asset that was restored are there")
	}

	// Who comes back afterwards is a customer like any other.
	ofCustomer(t, p, shop, "77", "annas new", annasPhoto)
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	save(t, p, shop, "four")
	restore(t, p, shop, RestoreRequest{At: now})
	wantLive(t, p, shop, "annas new two berts merchants")
	if !there(t, p, shop, annasPhoto) {
		t.Error("the bytes of the new upload are gone")
	}
}

// TestRedactThenUndo goes back to an epoch that was left before the redaction.
func TestRedactThenUndo(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, "pro"); err != nil {
		t.Fatal(err)
	}
	save(t, p, shop, "one")
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	ofCustomer(t, p, shop, "77", canary, annasPhoto)
	restore(t, p, shop, RestoreRequest{At: before})
	redacted(t, p, shop, "77") // of whom the live file holds nothing
	if !there(t, p, shop, annasPhoto) {
		t.Fatal("the undo could not show what it has to")
	}
	restore(t, p, shop, RestoreRequest{Undo: true})
	wantLive(t, p, shop, "one")
	wantClean(t, p.Path(shop, 1))
	if there(t, p, shop, annasPhoto) {
		t.Error("the bytes that the undo brought back are there")
	}
	// Also where the other epoch has left the disk.
	restore(t, p, shop, RestoreRequest{Undo: true})
	if err := os.RemoveAll(filepath.Dir(p.Path(shop, 1)) + "/0001.db"); err != nil {
		t.Fatal(err)
	}
	restore(t, p, shop, RestoreRequest{Undo: true})
	wantLive(t, p, shop, "one")
}

// TestBackupsForgetARedactedCustomer wants the customer's past gone from every
// file in the bucket after 29 days, and what came later still to be restored.
func TestBackupsForgetARedactedCustomer(t *testing.T) {
	opt := testOptions(t, t.TempDir())
	long := 60 * 24 * time.Hour // so that nothing else deletes a backup
	opt.Policy = replica.Policy{Exact: long, Minutes: long, Hours: long, Snapshot: 24 * time.Hour}
	p := openPool(t, opt)
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, "pro"); err != nil {
		t.Fatal(err)
	}
	ofCustomer(t, p, shop, "77", canary, annasPhoto)
	save(t, p, shop, "one")
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	save(t, p, shop, "two")
	restore(t, p, shop, RestoreRequest{At: before}) // epoch 2 begins with the customer
	redacted(t, p, shop, "77")
	save(t, p, shop, "three")
	restore(t, p, shop, RestoreRequest{Undo: true}) // epoch 1 is cleaned
	save(t, p, shop, "four")
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	day := 24 * time.Hour
	start := time.Now()
	for _, at := range []time.Time{start.Add(2 * time.Hour), start.Add(day), start.Add(28 * day)} {
		next, err := p.Maintain(t.Context(), shop, at)
		if err != nil {
			t.Fatal(err)
		}
		if next.IsZero() || next.After(start.Add(30*day)) {
			t.Errorf("after %s the next maintenance is at %s", at.Sub(start), next)
		}
	}
	if holders := canaryIn(t, p); len(holders) == 0 {
		t.Fatal("no backup holds the customer before: this test shows nothing")
	}
	if _, err := p.Maintain(t.Context(), shop, start.Add(29*day+time.Minute)); err != nil {
		t.Fatal(err)
	}
	if holders := canaryIn(t, p); len(holders) != 0 {
		t.Errorf("backups that hold the customer: %v", holders)
	}
	if left := redactionsOf(t, p, shop); len(left) != 0 {
		t.Errorf("redactions that are kept for nothing: %+v", left)
	}
	var early *replica.BeforeFirstError
	if _, err := p.StartRestore(t.Context(), shop, store.By{}, RestoreRequest{At: before}); !errors.As(err, &early) {
		t.Errorf("restore to before the redaction: %v", err)
	}
	wantLive(t, p, shop, "four two one")
	restore(t, p, shop, RestoreRequest{Undo: true})
	wantLive(t, p, shop, "three one")
}

// canaryIn names the files of the shops' replica that hold the customer's data.
func canaryIn(t testing.TB, p *Pool) (holders []string) {
	t.Helper()
	err := p.replicas.Bucket.List(t.Context(), "", "", func(o bucket.Info) error {
		if !strings.HasSuffix(o.Key, ".ltx") || !strings.HasPrefix(o.Key, "tenants/") {
			return nil
		}
		body, _, err := p.replicas.Bucket.Get(t.Context(), o.Key, 0, 0)
		if err != nil {
			return err
		}
		defer body.Close()
		found, err := canaryInFile(body)
		if found {
			holders = append(holders, o.Key)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return holders
}

func canaryInFile(r io.Reader) (found bool, err error) {
	dec := ltx.NewDecoder(r)
	if err := dec.DecodeHeader(); err != nil {
		return false, err
	}
	page := make([]byte, dec.Header().PageSize)
	for {
		var h ltx.PageHeader
		if err := dec.DecodePage(&h, page); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return found, err
		}
		found = found || bytes.Contains(page, []byte(canary))
	}
}

func TestRedactRefused(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if err := p.Redact(t.Context(), shop, "77"); !errors.Is(err, ErrNoShop) {
		t.Errorf("in a shop that is not there: %v", err)
	}
	if _, err := p.Create(t.Context(), shop, ""); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", strings.Repeat("7", 65)} {
		if err := p.Redact(t.Context(), shop, bad); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("customer %q: %v", bad, err)
		}
	}
	if left := redactionsOf(t, p, shop); len(left) != 0 {
		t.Errorf("noted: %+v", left)
	}
}

// TestRedactWhileItCannotBe notes a redaction during a restore and an outage, and
// does it afterwards.
func TestRedactWhileItCannotBe(t *testing.T) {
	dir := t.TempDir()
	p := openPool(t, testOptions(t, dir))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, "pro"); err != nil {
		t.Fatal(err)
	}
	ofCustomer(t, p, shop, "77", canary, annasPhoto)
	ofCustomer(t, p, shop, "78", "another "+canary, "")
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	if err := p.freeze(t.Context(), shop, ErrRestoring); err != nil {
		t.Fatal(err)
	}
	if err := p.Redact(t.Context(), shop, "77"); !errors.Is(err, ErrRestoring) {
		t.Errorf("redact while it is being restored: %v", err)
	}
	p.thaw(shop)
	back := breakFolder(t, filepath.Join(dir, "replica", "tenants"))
	if err := p.Redact(t.Context(), shop, "78"); !errors.Is(err, ErrNotReplicated) {
		t.Errorf("redact without the bucket: %v", err)
	}
	back()
	if open, err := p.Catalog().OpenRedactions(t.Context()); err != nil || len(open) != 2 {
		t.Errorf("open: %+v, %v", open, err)
	}
	if err := p.finishRedactions(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantLive(t, p, shop, "")
	if open, err := p.Catalog().OpenRedactions(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("still open: %+v, %v", open, err)
	}
}

func TestCleanSince(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0).UTC() }
	done := catalog.Redaction{Since: at(20), CleanedAt: at(25)}
	after := func(s int) time.Time { return at(s).Add(time.Millisecond) }
	period := func(epoch, from, to int) catalog.Period {
		p := catalog.Period{Epoch: epoch, From: at(from)}
		if to > 0 {
			p.To = at(to)
		}
		return p
	}
	for name, c := range map[string]struct {
		periods []catalog.Period
		epoch   int
		want    time.Time
	}{
		"live all the time":       {[]catalog.Period{period(1, 0, 0)}, 1, after(25)},
		"left after":              {[]catalog.Period{period(1, 0, 40), period(2, 40, 0)}, 1, after(25)},
		"restored after":          {[]catalog.Period{period(1, 0, 40), period(2, 40, 0)}, 2, after(40)},
		"left before":             {[]catalog.Period{period(1, 0, 10), period(2, 10, 0)}, 1, time.Time{}},
		"left before, and undone": {[]catalog.Period{period(1, 0, 10), period(2, 10, 50), period(1, 50, 0)}, 1, after(50)},
		"left while it was noted": {[]catalog.Period{period(1, 0, 22), period(2, 22, 0)}, 1, time.Time{}},
		"live while it was noted": {[]catalog.Period{period(1, 0, 22), period(2, 22, 0)}, 2, after(25)},
	} {
		if got := cleanSince(c.periods, c.epoch, done); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
