package catalog

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"lapak/store"
)

func BenchmarkFindKey(b *testing.B) {
	db := open(b, Options{})
	_, secret, err := db.CreateKey(b.Context(), store.Shop{}, RoleOperator, "")
	check(b, err)
	b.ReportAllocs()
	for b.Loop() {
		_, err := db.FindKey(b.Context(), secret)
		check(b, err)
	}
}

func BenchmarkShop(b *testing.B) {
	db := open(b, Options{})
	shop := create(b, db, "a")
	b.ReportAllocs()
	for b.Loop() {
		_, err := db.Shop(b.Context(), shop)
		check(b, err)
	}
}

func BenchmarkCreateShop(b *testing.B) {
	db := open(b, Options{})
	for i := 0; b.Loop(); i++ {
		create(b, db, fmt.Sprintf("s%d", i))
	}
}

// BenchmarkMarkDirty has 16 callers a core. A fresh mark is measured with the
// SetMaintenance that makes room for it, so an operation there is two writes.
func BenchmarkMarkDirty(b *testing.B) {
	db := open(b, Options{})
	shops := make([]store.Shop, 1000)
	for i := range shops {
		shops[i] = create(b, db, fmt.Sprintf("s%d", i))
	}
	var next atomic.Int64
	for _, fresh := range []bool{false, true} {
		b.Run(fmt.Sprintf("fresh=%v", fresh), func(b *testing.B) {
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					shop := shops[next.Add(1)%1000]
					var err error
					if fresh {
						err = db.SetMaintenance(b.Context(), shop, at(1))
					}
					if err = errors.Join(err, db.MarkDirty(b.Context(), shop)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

func BenchmarkShopsPage(b *testing.B) {
	db := open(b, Options{})
	for i := range 10_000 {
		create(b, db, fmt.Sprintf("s%05d", i))
	}
	b.ResetTimer()
	for _, f := range []Filter{{}, {Search: "s0999"}} {
		b.Run("search="+f.Search, func(b *testing.B) {
			for b.Loop() {
				page, err := db.Shops(b.Context(), f, Page{Limit: 20, After: "s05000"})
				check(b, err)
				equal(b, "page", len(page) > 0, true)
			}
		})
	}
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			_, err := db.CountShops(b.Context(), Filter{})
			check(b, err)
		}
	})
}
