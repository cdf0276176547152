package store_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"lapak/store"
)

// benchDesign is a design of about 8 KB.
func benchDesign() store.NewDesign {
	objects := strings.Repeat(`{"type":"text","left":10.5,"top":20.25,"text":"hello"},`, 150)
	in := store.NewDesign{ProductID: "1", Name: "bench", DesignJSON: json.RawMessage(`{"objects":[` + objects[:len(objects)-1] + `]}`)}
	if err := in.Validate(); err != nil {
		panic(err)
	}
	return in
}

func saveOne(b *testing.B, db *store.DB, in store.NewDesign) {
	err := db.Write(b.Context(), "create design", func(tx *store.Tx) error {
		_, err := tx.CreateDesign(owner, unlimited, in)
		return err
	})
	if err != nil {
		b.Error(err)
	}
}

func BenchmarkSaveDesign(b *testing.B) {
	in := benchDesign()
	b.Run("serial", func(b *testing.B) {
		db := openShop(b, nil)
		for b.Loop() {
			saveOne(b, db, in)
		}
	})
	b.Run("16", func(b *testing.B) {
		db := openShop(b, nil)
		b.SetParallelism(8) // times GOMAXPROCS, 2 on the machine of record
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				saveOne(b, db, in)
			}
		})
	})
}

// benchShop is a shop of 1,000 designs, 20 of them templates of product 1.
func benchShop(b *testing.B) *store.DB {
	db := openShop(b, nil)
	in := benchDesign()
	write(b, db, func(tx *store.Tx) error {
		if _, _, err := tx.PutConfig(owner, unlimited, "1", store.ConfigPatch{Config: json.RawMessage(`{"areas":[{"w":1,"h":2}]}`)}, 0); err != nil {
			return err
		}
		for i := range 1000 {
			in.ProductID, in.IsTemplate = fmt.Sprint(1+i%10), i%50 == 0
			if _, err := tx.CreateDesign(owner, unlimited, in); err != nil {
				return err
			}
		}
		return nil
	})
	return db
}

func BenchmarkList20(b *testing.B) {
	db := benchShop(b)
	for b.Loop() {
		err := db.Read(b.Context(), "designs", func(v *store.View) error {
			_, _, err := v.Designs(store.DesignFilter{ProductID: "1"}, store.Page{})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPublicProduct(b *testing.B) {
	db := benchShop(b)
	for b.Loop() {
		err := db.Snapshot(b.Context(), "public product", func(v *store.View) error {
			_, err := v.PublicProduct("1")
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenAndFirstRead(b *testing.B) {
	path, seal := createShop(b), testSeal(b)
	for b.Loop() {
		db := store.Open(path, store.Options{})
		if _, err := db.CheckSeal(b.Context(), seal); err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCreateShop(b *testing.B) {
	template, err := store.NewTemplate()
	if err != nil {
		b.Fatal(err)
	}
	dir, seal, i := b.TempDir(), testSeal(b), 0
	for b.Loop() {
		i++
		if err := template.Create(filepath.Join(dir, fmt.Sprint(i), "0001.db"), seal); err != nil {
			b.Fatal(err)
		}
	}
}
