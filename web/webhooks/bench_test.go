package webhooks

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lapak/store"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
)

// BenchmarkAccept sends orders of 8 KB over 500 shops to a real server and
// reports how many a second were answered, and how long that took the sender.
// It does so while nobody works on them, and while they are worked off, which
// takes the same two hands.
func BenchmarkAccept(b *testing.B) {
	for _, c := range []struct {
		senders int
		work    bool
	}{{1, false}, {16, false}, {16, true}} {
		b.Run(fmt.Sprintf("senders=%d/work=%t", c.senders, c.work), func(b *testing.B) {
			g := newRigOn(b, tenanttest.New(b, func(o *tenants.Options) {
				o.OpenShops, o.Log = burstShops+10, slog.New(slog.DiscardHandler)
			}))
			shops := benchShops(b, g, c.work)
			server := httptest.NewServer(g.handler)
			defer server.Close()
			if c.work {
				defer g.start()()
			}
			accept(b, server, shops, c.senders)
			b.ReportMetric(float64(g.counts().Queued), "left")
		})
	}
}

// benchShops are the shops' names; the shops are there only if they are needed.
func benchShops(b *testing.B, g *rig, create bool) (all []store.Shop) {
	b.Helper()
	for i := range burstShops {
		shop, err := nthShop(i)
		if err == nil && create {
			_, err = g.pool.Ensure(b.Context(), shop, "enterprise")
		}
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, shop)
	}
	return all
}

func accept(b *testing.B, server *httptest.Server, shops []store.Shop, senders int) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	defer client.CloseIdleConnections()
	addr := strings.TrimPrefix(server.URL, "http://")
	padding := strings.Repeat(`{"name":"mug","price":"10.00"},`, 8000/32) + "{}"
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range senders {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= b.N {
					return
				}
				s := sending{
					shop: shops[i%len(shops)].String(), id: fmt.Sprint("bench-", i), topic: topicOrder,
					body: fmt.Sprintf(`{"id":%d,"created_at":%q,"line_items":[%s]}`, i, time.Now().Format(time.RFC3339), padding),
				}
				start := time.Now()
				if status, err := s.post(client, addr); err != nil || status != http.StatusOK {
					b.Errorf("%d, %v", status, err)
				}
				took[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "accepted/s")
	b.ReportMetric(float64(took[b.N/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(took[b.N*99/100].Microseconds())/1000, "ms-p99")
}
