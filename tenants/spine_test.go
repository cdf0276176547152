package tenants

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
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

func names(t testing.TB, p *Pool, shop store.Shop) string {
	t.Helper()
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	s := ""
	err = l.Read(t.Context(), "list", func(v *store.View) error {
		ds, _, err := v.Designs(store.DesignFilter{}, store.Page{Limit: 100})
		for _, d := range ds {
			s = d.Name + " " + s
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSpine(t *testing.T) {
	dir := t.TempDir()
	opt := testOptions(t, dir)
	p := openPool(t, opt)
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, "pro"); err != nil {
		t.Fatal(err)
	}
	save(t, p, shop, "one")
	if err := p.replicateNow(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Millisecond)
	at := time.Now()
	time.Sleep(2 * time.Millisecond)
	save(t, p, shop, "two")
	fmt.Println(names(t, p, shop))
	b, err := p.Backups(t.Context(), shop)
	fmt.Printf("%+v %v\n", b, err)
	start := time.Now()
	job, err := p.StartRestore(t.Context(), shop, store.By{UserID: "x"}, RestoreRequest{At: at})
	if err != nil {
		t.Fatal(err)
	}
	job = waitJob(t, p, job)
	fmt.Println(string(job.Result), job.Error, time.Since(start))
	fmt.Println(names(t, p, shop))
	b, err = p.Backups(t.Context(), shop)
	fmt.Printf("%+v %v\n", b, err)
	job, err = p.StartRestore(t.Context(), shop, store.By{UserID: "x"}, RestoreRequest{Undo: true})
	if err != nil {
		t.Fatal(err)
	}
	job = waitJob(t, p, job)
	fmt.Println(string(job.Result), job.Error)
	fmt.Println(names(t, p, shop))
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
