package tenants

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/store/sqlite"
	"lapak/tenants/replica"
)

func testOptions(t testing.TB, dir string) Options {
	t.Helper()
	assets, err := bucket.NewFolder(filepath.Join(dir, "assets"))
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Dir: dir, Replication: replica.Default(dir), Assets: assets, OpenShops: 16,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
}

func openPool(t testing.TB, opt Options) *Pool {
	t.Helper()
	p, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

func shopName(t testing.TB, label string) store.Shop {
	t.Helper()
	s, err := store.ParseShop(label + ".myshopify.com")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func save(t testing.TB, p *Pool, shop store.Shop, name string) store.Design {
	t.Helper()
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	var d store.Design
	err = l.Write(t.Context(), "save", func(tx *store.Tx) (err error) {
		d, err = tx.CreateDesign(store.By{}, l.Terms(), store.NewDesign{ProductID: "1", Name: name, DesignJSON: []byte(`{"a":1}`)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// names are the shop's designs, the newest first.
func names(t testing.TB, p *Pool, shop store.Shop) string {
	t.Helper()
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	var all []string
	err = l.Read(t.Context(), "list", func(v *store.View) error {
		ds, _, err := v.Designs(store.DesignFilter{}, store.Page{Limit: 100})
		for _, d := range ds {
			all = append(all, d.Name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

// restore runs a restore to its end and wants it done.
func restore(t testing.TB, p *Pool, shop store.Shop, req RestoreRequest) Restored {
	t.Helper()
	job, err := p.StartRestore(t.Context(), shop, store.By{UserID: "operator"}, req)
	if err != nil {
		t.Fatal(err)
	}
	var done Restored
	if job = waitJob(t, p, job); job.State != catalog.Done {
		t.Fatalf("restore: %s: %s", job.State, job.Error)
	}
	if err := json.Unmarshal(job.Result, &done); err != nil {
		t.Fatal(err)
	}
	return done
}

// TestRestoreAndUndo goes the whole way: request, file, replica, restore.
func TestRestoreAndUndo(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop, other := shopName(t, "toko"), shopName(t, "warung")
	for _, s := range []store.Shop{shop, other} {
		if _, err := p.Create(t.Context(), s, "pro"); err != nil {
			t.Fatal(err)
		}
	}
	save(t, p, other, "theirs")
	save(t, p, shop, "one")
	if err := awaitReplicated(t, p, shop); err != nil {
		t.Fatal(err)
	}
	between := time.Now()
	save(t, p, shop, "two")

	done := restore(t, p, shop, RestoreRequest{At: between})
	if got := names(t, p, shop); got != "one" {
		t.Errorf("restored to between the two: %q", got)
	}
	if done.From != 1 || done.To != 2 || done.Point.After(between) || !done.Next.After(between) {
		t.Errorf("restored: %+v", done)
	}
	if got := auditOf(t, p, shop)[0]; got.Action != "RESTORE" || *got.UserID != "operator" {
		t.Errorf("newest audit entry after a restore: %+v", got)
	}
	save(t, p, shop, "three")
	restore(t, p, shop, RestoreRequest{Undo: true})
	if got := names(t, p, shop); got != "two one" {
		t.Errorf("after the undo: %q", got)
	}
	restore(t, p, shop, RestoreRequest{Undo: true})
	if got := names(t, p, shop); got != "three one" {
		t.Errorf("after the redo: %q", got)
	}
	// The past is found through every epoch that was live.
	restore(t, p, shop, RestoreRequest{At: done.Next})
	if got := names(t, p, shop); got != "two one" {
		t.Errorf("restored to the second change: %q", got)
	}
	if got := names(t, p, other); got != "theirs" {
		t.Errorf("the other shop has %q", got)
	}
}

func auditOf(t testing.TB, p *Pool, shop store.Shop) (entries []store.Entry) {
	t.Helper()
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	err = l.Read(t.Context(), "audit", func(v *store.View) (err error) {
		entries, _, err = v.AuditLog(store.AuditFilter{}, store.Page{Limit: 100})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// TestRestoreOfADamagedFile brings a shop back whose live file is no use.
func TestRestoreOfADamagedFile(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, ""); err != nil {
		t.Fatal(err)
	}
	save(t, p, shop, "one")
	damage(t, p, shop)
	if _, err := p.Acquire(t.Context(), shop); !errors.Is(err, sqlite.ErrCorrupt) {
		t.Fatalf("Acquire of a damaged file: %v", err)
	}
	restore(t, p, shop, RestoreRequest{At: time.Now()})
	if got := names(t, p, shop); got != "one" {
		t.Errorf("restored: %q", got)
	}
	save(t, p, shop, "two")
}

func TestWishesThatCannotBeMet(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, ""); err != nil {
		t.Fatal(err)
	}
	save(t, p, shop, "one")
	var early *replica.BeforeFirstError
	for _, wish := range []time.Time{time.Now().Add(-time.Hour), {}} {
		_, err := p.StartRestore(t.Context(), shop, store.By{}, RestoreRequest{At: wish})
		if !errors.As(err, &early) || early.Oldest.At.IsZero() {
			t.Errorf("restore to %s: %v", wish, err)
		}
	}
	if _, err := p.StartRestore(t.Context(), shop, store.By{}, RestoreRequest{At: time.Now().Add(time.Hour)}); !errors.Is(err, ErrFuture) {
		t.Errorf("restore to the future: %v", err)
	}
	if _, err := p.StartRestore(t.Context(), shop, store.By{}, RestoreRequest{Undo: true}); !errors.Is(err, catalog.ErrState) {
		t.Errorf("undo without a restore: %v", err)
	}
	if _, err := p.StartRestore(t.Context(), shopName(t, "nobody"), store.By{}, RestoreRequest{At: time.Now()}); !errors.Is(err, ErrNoShop) {
		t.Errorf("restore of an unknown shop: %v", err)
	}
	if got := names(t, p, shop); got != "one" {
		t.Errorf("after refused restores: %q", got)
	}
}

func waitJob(t testing.TB, p *Pool, j catalog.Job) catalog.Job {
	t.Helper()
	for {
		got, err := p.Catalog().Job(t.Context(), j.Shop, j.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got.State == catalog.Done || got.State == catalog.Failed {
			return got
		}
		time.Sleep(time.Millisecond)
	}
}
