package tenants

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"lapak/store"
)

// BenchmarkSave saves designs of 10 KB through leases, replication included.
func BenchmarkSave(b *testing.B) {
	for _, shops := range []int{1, 1000} {
		b.Run(fmt.Sprintf("shops=%d", shops), func(b *testing.B) {
			opt := testOptions(b, b.TempDir())
			opt.Log = slog.New(slog.DiscardHandler)
			opt.OpenShops = 1100
			p := openPool(b, opt)
			all := make([]store.Shop, shops)
			for i := range all {
				all[i] = shopName(b, fmt.Sprint("toko-", i))
				if _, err := p.Create(b.Context(), all[i], "enterprise"); err != nil {
					b.Fatal(err)
				}
				save(b, p, all[i], "first")
			}
			awaitClean(b, p)
			json := []byte(`{"layers":["` + strings.Repeat("x", 10_000) + `"]}`)
			var n atomic.Int64
			b.SetParallelism(8)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					shop := all[int(n.Add(1))%len(all)]
					l, err := p.Acquire(b.Context(), shop)
					if err != nil {
						b.Error(err)
						return
					}
					err = l.Write(b.Context(), "save", func(tx *store.Tx) error {
						_, err := tx.CreateDesign(store.By{}, l.Terms(), store.NewDesign{ProductID: "1", Name: "n", DesignJSON: json})
						return err
					})
					l.Release()
					if err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "saves/s")
		})
	}
}
