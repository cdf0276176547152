package tenants

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
)

// until asks again until done says yes.
func until(ctx context.Context, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond) // background work has no event to wait for
	defer tick.Stop()
	for {
		yes, err := done()
		if yes || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// erased waits for the end of an erasure that goes on by itself.
func (c *child) erased(ctx context.Context, shop store.Shop) (done *Certificate, err error) {
	var kept []catalog.Certificate
	err = until(ctx, func() (bool, error) {
		kept, err = c.pool.Catalog().Certificates(ctx, shop, 10)
		return len(kept) > 0, err
	})
	if err != nil || len(kept) != 1 {
		return nil, fmt.Errorf("%d certificates: %w", len(kept), err)
	}
	signed, err := VerifyCertificate([]byte(kept[0].Text))
	return &signed, err
}

// customer saves a design and an upload of the customer 77.
func (c *child) customer(ctx context.Context, todo call) error {
	key := todo.Shop.String() + "/" + annasPhoto
	if _, err := c.pool.Assets().Put(ctx, key, strings.NewReader("png"), 3, bucket.PutOptions{}); err != nil {
		return err
	}
	l, err := c.pool.Acquire(ctx, todo.Shop)
	if err != nil {
		return err
	}
	defer l.Release()
	by := store.By{UserID: store.CustomerOwner("77")}
	return l.Write(ctx, "customer", func(tx *store.Tx) error {
		_, err := tx.CreateDesign(by, l.Terms(), store.NewDesign{
			ProductID: "1", Name: canary, Owner: by.UserID, DesignJSON: []byte(`{"text":"` + canary + `"}`),
		})
		if err == nil {
			_, err = tx.CreateAsset(by, l.Terms(), store.NewAsset{
				Type: "designs", Name: canary, ContentType: "image/png", Object: annasPhoto, Size: 3, Owner: by.UserID,
			})
		}
		return err
	})
}

// redacted waits for the end of redactions that go on by themselves.
func (c *child) redacted(ctx context.Context) error {
	return until(ctx, func() (bool, error) {
		open, err := c.pool.Catalog().OpenRedactions(ctx)
		return len(open) == 0, err
	})
}

// TestKillDuringErasure kills an erasure at each step: the next start ends it, on
// this machine or on a new one that has the bucket alone.
func TestKillDuringErasure(t *testing.T) {
	for _, step := range []string{
		"erasing", "seized", "surveyed", "files-removed", "backups-removed", "images-removed", "proven", "erased",
	} {
		for _, elsewhere := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/elsewhere=%t", step, elsewhere), func(t *testing.T) {
				i := newInterrupted(t, true)
				p := launch(t, i.o)
				p.ask(call{Do: "customer", Shop: i.shop})
				p.ask(call{Do: "await"})
				p.close()
				o := i.o
				o.KillAt = step
				p = launch(t, o)
				p.send(call{Do: "erase", Shop: i.shop})
				p.dies()
				if elsewhere {
					p = i.elsewhere()
				} else {
					p = launch(t, i.o)
				}
				unknown := elsewhere && (step == "erasing" || step == "seized")
				if unknown { // the bucket may not know of it yet: whoever wanted it asks again
					p.send(call{Do: "erase", Shop: i.shop})
					p.next()
				}
				c := p.ask(call{Do: "erased", Shop: i.shop}).Certificate
				wantErased(t, i, c, unknown)
				if got := p.ask(call{Do: "read"}).Shops; got[i.shop.String()] != nil || got["toko-01.myshopify.com"].Names != "theirs" {
					t.Errorf("the shops: %+v", got)
				}
				p.ask(call{Do: "create", Name: "toko", Shops: 1})
				p.ask(call{Do: "save", Shop: i.shop, Name: "new"})
				i.names(p, "new")
				p.close()
			})
		}
	}
}

func wantErased(t *testing.T, i *interrupted, c *Certificate, anew bool) {
	t.Helper()
	if c.By.UserID != "operator" || c.Removed.Backups.Objects == 0 || !anew && c.Removed.Files.Objects == 0 || !c.Left.none() {
		t.Errorf("certificate: %+v", c)
	}
	for _, dir := range []string{i.o.Dir, i.o.bucket()} {
		for _, path := range traces(t, dir, i.shop) {
			t.Errorf("left: %s", path)
		}
	}
}

// TestKillDuringRedaction kills a redaction at each step. The customer is gone
// after the next start, from the live file, from a restored past and from the
// bucket of images, on this machine or on a new one.
func TestKillDuringRedaction(t *testing.T) {
	for _, step := range []string{"redaction-noted", "redaction-backed-up", "redaction-bytes", "redaction-rows", "redaction-vacuumed", "redaction-shipped"} {
		for _, elsewhere := range []bool{false, true} {
			if elsewhere && step == "redaction-noted" {
				continue // nobody was told of it, and the new machine cannot know
			}
			t.Run(fmt.Sprintf("%s/elsewhere=%t", step, elsewhere), func(t *testing.T) {
				i := newInterrupted(t, false)
				p := launch(t, i.o)
				p.ask(call{Do: "customer", Shop: i.shop})
				i.req.At = p.ask(call{Do: "await"}).Now
				p.close()
				o := i.o
				o.KillAt = step
				p = launch(t, o)
				p.send(call{Do: "redact", Shop: i.shop, Name: "77"})
				p.dies()
				if elsewhere {
					p = i.elsewhere()
				} else {
					p = launch(t, i.o)
				}
				p.ask(call{Do: "redacted"})
				i.names(p, "one two")
				p.close()
				wantNoCustomer(t, i, "0001.db", elsewhere)
				p = launch(t, i.o)
				i.restore(p)
				i.names(p, "one two")
				p.ask(call{Do: "await"})
				p.kill()
				wantNoCustomer(t, i, "0002.db", elsewhere)
			})
		}
	}
}

// wantNoCustomer looks into all files of an epoch on disk. The bucket of
// images is the lost machine's folder: a new one has another.
func wantNoCustomer(t *testing.T, i *interrupted, epoch string, elsewhere bool) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(i.o.Dir, "tenants", i.shop.String()), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.Contains(filepath.Base(path), epoch) {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(canary)) {
			t.Errorf("%s holds the customer's data", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(i.o.Dir, "assets", i.shop.String(), annasPhoto)); err == nil && !elsewhere {
		t.Error("the upload's bytes are there")
	}
}
