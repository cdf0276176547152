package webhooks

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lapak/store"
)

const (
	burst      = 10_000 // deliveries, duplicates included
	burstTwice = burst * 3 / 10
	burstShops = 500
	senders    = 32
)

// sending is one delivery of a burst.
type sending struct {
	shop, id, topic, body string
	answered              atomic.Bool
}

// truth is what must be in a shop's file at the end.
type truth struct{ orders, requests int }

// makeBurst makes deliveries in random order, and what they come to. Half of the
// duplicates are sent again under their id, half tell the same under another
// one, as two subscriptions of a topic do.
func makeBurst(t testing.TB, rnd *rand.Rand, now time.Time) (all []*sending, want map[string]truth) {
	t.Helper()
	want = map[string]truth{}
	for i := range burst - burstTwice {
		shop, err := nthShop(rnd.IntN(burstShops))
		if err != nil {
			t.Fatal(err)
		}
		s := &sending{shop: shop.String(), id: fmt.Sprint("webhook-", i), topic: topicOrder}
		sum := want[s.shop]
		if i%10 == 0 {
			s.topic = topicDataRequest
			s.body = requestBody(shop, fmt.Sprintf(`"id":%d`, i), fmt.Sprintf(`"id":%d`, i))
			sum.requests++
		} else {
			s.body = fmt.Sprintf(`{"id":%d,"created_at":%q,"total_price":"1.00"}`, i, now.Format(time.RFC3339))
			sum.orders++
		}
		want[s.shop] = sum
		all = append(all, s)
	}
	for i := range burstTwice {
		s := all[rnd.IntN(burst-burstTwice)]
		again := &sending{shop: s.shop, id: s.id, topic: s.topic, body: s.body}
		if i%2 == 0 {
			again.id += "-again"
		}
		all = append(all, again)
	}
	rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, want
}

func (s *sending) request(addr string) (*http.Request, error) {
	r, err := http.NewRequest(http.MethodPost, "http://"+addr+"/webhooks/shopify", strings.NewReader(s.body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"X-Shopify-Hmac-Sha256": sign(s.body), "X-Shopify-Topic": s.topic, "X-Shopify-Shop-Domain": s.shop,
		"X-Shopify-Api-Version": "2026-01", "X-Shopify-Webhook-Id": s.id,
	} {
		r.Header.Set(name, value)
	}
	return r, nil
}

// post sends a delivery and returns the status of the answer.
func (s *sending) post(client *http.Client, addr string) (int, error) {
	r, err := s.request(addr)
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Body.Close()
}

// sendAll sends what was not answered with 200, by many senders at once, until
// enough are answered, and calls then while the senders go on. It returns when
// all have tried.
func sendAll(t testing.TB, addr string, all []*sending, enough int, then func()) {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	defer client.CloseIdleConnections()
	todo := make(chan *sending)
	var answered atomic.Int64
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for s := range todo {
				status, err := s.post(client, addr)
				switch {
				case err != nil: // the child is dead
				case status == http.StatusOK:
					s.answered.Store(true)
					if answered.Add(1) == int64(enough) {
						then()
					}
				case status != http.StatusServiceUnavailable:
					t.Errorf("%s: %d", s.topic, status)
				}
			}
		})
	}
	for _, s := range all {
		if !s.answered.Load() {
			todo <- s
		}
	}
	close(todo)
	wg.Wait()
}

func unanswered(all []*sending) (n int) {
	for _, s := range all {
		if !s.answered.Load() {
			n++
		}
	}
	return n
}

// TestKill is the promise: of a burst with duplicates, in random order, and with
// kill -9 in its middle, each delivery is applied exactly once, and none that
// was answered is lost.
func TestKill(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dir := keepDir(t)
	all, want := makeBurst(t, rand.New(rand.NewPCG(seed, 0)), time.Now())

	c := launch(t, dir, burstShops)
	begin := time.Now()
	sendAll(t, c.addr, all, burst/2, c.kill) // while it receives and works
	t.Logf("killed after %v with %d of %d unanswered", time.Since(begin), unanswered(all), burst)

	c = launch(t, dir, burstShops)
	t.Logf("the next process found %d to work on", c.left)
	sendAll(t, c.addr, all, unanswered(all), c.kill) // with the last answer: it still works
	if n := unanswered(all); n > 0 {
		t.Fatalf("%d were not answered with 200", n)
	}

	c = launch(t, dir, burstShops)
	t.Logf("the last process found %d to work on", c.left)
	files := c.files()
	c.kill()
	got := map[string]truth{}
	for shop, file := range files {
		if in := readTruth(t, file); in != (truth{}) {
			got[shop] = in
		}
	}
	if !maps.Equal(got, want) {
		for shop := range files {
			if got[shop] != want[shop] {
				t.Errorf("%s: %+v, want %+v", shop, got[shop], want[shop])
			}
		}
	}
}

// readTruth reads a shop's file without the program around it.
func readTruth(t *testing.T, file string) (sum truth) {
	t.Helper()
	db := store.Open(file, store.Options{})
	defer db.Close()
	audited := 0
	err := db.Snapshot(t.Context(), "truth", func(v *store.View) error {
		history, err := v.UsageHistory(100)
		if err != nil {
			return err
		}
		for _, m := range history {
			sum.orders += int(m.Orders)
		}
		requests, err := v.DataRequests(1000, "")
		if err != nil {
			return err
		}
		sum.requests = len(requests)
		log, _, err := v.AuditLog(store.AuditFilter{Action: "CREATE"}, store.Page{Limit: 100})
		audited = len(log)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if audited != sum.orders+sum.requests {
		t.Errorf("%s: %d audited, %+v", file, audited, sum)
	}
	return sum
}

// keepDir is a folder that stays when the test fails, to look at.
func keepDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lapak-webhooks-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the folder and the children's log are left in %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
