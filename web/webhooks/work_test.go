package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
)

// start runs the queue until the returned function, which waits for its end.
func (g *rig) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(g.t.Context()))
	var running sync.WaitGroup
	running.Go(func() { g.Run(ctx) })
	return func() { cancel(); running.Wait() }
}

// TestRun: a delivery is worked on when it comes, and one that was left by an
// earlier process at the start.
func TestRun(t *testing.T) {
	told := make(chan store.Shop)
	g := newRig(t, func(o *Options) { o.ForgetProducts = func(s store.Shop) { told <- s } })
	product := hook{topic: topicProductGone, body: `{"id":1}`}
	g.accept(product)
	defer g.start()()
	<-told
	for range 3 {
		g.accept(product)
		<-told
	}
}

// A delivery that fails is tried again when its time has come, by a timer.
func TestRunTriesAgain(t *testing.T) {
	tries := make(chan struct{})
	g := newRig(t, func(o *Options) {
		o.ForgetTokens = func(context.Context, *tenants.Lease, time.Time) error {
			tries <- struct{}{}
			return errors.New("broken")
		}
	})
	g.backoff = func(int) time.Duration { return 20 * time.Millisecond }
	g.install(time.Now().Add(-2 * time.Hour))
	stop := g.start()
	g.accept(uninstall(g, time.Now().Add(-time.Hour)))
	for range 3 {
		<-tries
	}
	go func() { // whoever tries once more
		for range tries {
		}
	}()
	stop()
	close(tries)
	g.wantCounts(1, 0)
}

// Shops are worked on side by side, and one shop by one worker.
func TestWorkersShareShops(t *testing.T) {
	const workers = 3
	var mu sync.Mutex
	busy, most := map[store.Shop]int{}, 0
	arrived := make(chan struct{}, 100)
	release := make(chan struct{})
	g := newRig(t, func(o *Options) {
		o.Workers = workers
		o.Redact = func(_ context.Context, shop store.Shop, _ string) error {
			mu.Lock()
			busy[shop]++
			if busy[shop] > 1 {
				t.Errorf("two work on %s", shop)
			}
			most = max(most, len(busy))
			mu.Unlock()
			arrived <- struct{}{}
			<-release
			mu.Lock()
			delete(busy, shop)
			mu.Unlock()
			return nil
		}
	})
	stop := g.start()
	for i := range 5 {
		shop := tenanttest.Shop(t, g.pool, fmt.Sprint("shop-", i))
		for j := range 4 {
			g.accept(hook{topic: topicCustomerRedact, shop: shop, body: fmt.Sprintf(`{"shop_domain":%q,"customer":{"id":%d}}`, shop, j)})
		}
	}
	for range workers {
		<-arrived
	}
	close(release)
	for range 5*4 - workers {
		<-arrived
	}
	stop()
	if most != workers {
		t.Errorf("%d shops at once, want %d", most, workers)
	}
	g.wantCounts(0, 0)
}

// A shop with more than one batch is worked off, and so are more deliveries than
// one look sees.
func TestManyDeliveries(t *testing.T) {
	g := newRig(t)
	for i := range lookAtOnce + 2*batch {
		d := catalog.Delivery{
			ID: fmt.Sprint("d", i), Shop: g.shop, Topic: topicOrder, TriggeredAt: time.Now(), ReceivedAt: time.Now(),
			Event: fmt.Appendf(nil, `{"id":"%d","createdAt":%q}`, i, time.Now().Format(time.RFC3339)),
		}
		if i >= lookAtOnce {
			d.Shop = tenanttest.Name(t, fmt.Sprint("unknown-", i)) // not seen by the first look
		}
		if _, err := g.catalog.AddDelivery(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	stop := g.start()
	for g.counts().Queued > 0 { // a queue that is empty has no event
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	if n := g.orders(g.shop); n != lookAtOnce {
		t.Errorf("%d orders, want %d", n, lookAtOnce)
	}
}

// What cannot be worked on does not keep a shop's other deliveries from it, be
// it an event that cannot be read, an effect that panics, or one that fails.
func TestPoison(t *testing.T) {
	g := newRig(t)
	g.putConfig("1")
	bad := map[string]topic{
		"x/unreadable": {inFile: g.topics[topicOrder].inFile},
		"x/fails": {inFile: func(json.RawMessage) (effect, error) {
			return effect{do: func(tx *store.Tx, _ cause) (string, error) {
				_, err := tx.Once("left behind")
				return "", errors.Join(err, errors.New("poison"))
			}}, nil
		}},
		"x/panics": {inFile: func(json.RawMessage) (effect, error) {
			return effect{do: func(*store.Tx, cause) (string, error) { panic("poison") }}, nil
		}},
		"x/panics alone": {alone: func(*Webhooks, context.Context, catalog.Delivery) (string, error) { panic("poison") }},
		"x/unknown":      {},
	}
	i := 0
	for name, topic := range bad {
		g.topics[name] = topic
		for _, d := range []catalog.Delivery{
			{ID: name, Topic: name, Event: []byte(`[]`)},
			{ID: "good" + name, Topic: topicOrder, Event: fmt.Appendf(nil, `{"id":"%d","createdAt":%q}`, i, time.Now().Format(time.RFC3339))},
		} {
			i++
			d.Shop, d.TriggeredAt, d.ReceivedAt = g.shop, time.Now().Add(time.Duration(i)), time.Now()
			if _, err := g.catalog.AddDelivery(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
	}
	g.drain()
	g.wantCounts(len(bad), 0)
	if n := g.orders(g.shop); n != int64(len(bad)) {
		t.Errorf("%d orders, want %d", n, len(bad))
	}
	g.write(func(tx *store.Tx, _ store.Terms) error {
		first, err := tx.Once("left behind")
		if !first {
			t.Error("half of a failed effect is there")
		}
		return err
	})

	g.backoff = func(int) time.Duration { return 0 }
	hurry(g)
	g.drain()
	g.wantCounts(0, len(bad))
}

// hurry makes all that waits due.
func hurry(g *rig) {
	g.t.Helper()
	future := time.Now().Add(99 * time.Hour)
	if err := g.catalog.PostponeDeliveries(g.t.Context(), g.shop, future, time.Now(), "test"); err != nil {
		g.t.Fatal(err)
	}
}

// TestDeadLetters: after the last attempt a delivery is dead, operators see why,
// and can have it tried again.
func TestDeadLetters(t *testing.T) {
	g := newRig(t)
	operator := tenanttest.Key(t, g.pool, store.Shop{}, catalog.RoleOperator)
	g.install(time.Now().Add(-2 * time.Hour))
	g.fail = errors.New("broken")
	g.backoff = func(tries int) time.Duration {
		if tries < 1 || tries >= maxAttempts {
			t.Errorf("waits after %d tries", tries)
		}
		return 0
	}
	h := uninstall(g, time.Now().Add(-time.Hour))
	h.id = "dead/1"
	g.accept(h)
	g.drain()
	g.wantCounts(0, 1)
	g.mu.Lock()
	tries := len(g.calls)
	g.calls = nil
	g.mu.Unlock()
	if tries != maxAttempts {
		t.Errorf("%d tries, want %d", tries, maxAttempts)
	}
	g.accept(h) // Shopify sends it again: it is remembered
	g.wantCounts(0, 1)

	var dead []map[string]any
	w := g.ask("GET", "/operator/api/webhooks/dead", operator, 200, &dead)
	if len(dead) != 1 || dead[0]["id"] != "dead/1" || dead[0]["shop"] != g.shop.String() || dead[0]["error"] != "broken" || dead[0]["attempts"] != float64(maxAttempts) {
		t.Errorf("%s", w.Body)
	}
	merchant := tenanttest.Key(t, g.pool, g.shop, catalog.RoleAdmin)
	g.ask("GET", "/operator/api/webhooks/dead", merchant, 403, nil)
	g.ask("POST", "/operator/api/webhooks/dead/dead%2F1/retry", merchant, 403, nil)
	g.ask("GET", "/operator/api/webhooks/dead?cursor=x", operator, 400, nil)
	g.ask("POST", "/operator/api/webhooks/dead/none/retry", operator, 404, nil)

	g.fail = nil
	g.ask("POST", "/operator/api/webhooks/dead/dead%2F1/retry", operator, 202, nil)
	g.ask("POST", "/operator/api/webhooks/dead/dead%2F1/retry", operator, 409, nil)
	if shop, ok := g.queue.next(); !ok || shop != g.shop {
		t.Error("nobody was woken")
	}
	g.queue.done(g.shop, false)
	g.drain()
	g.wantCounts(0, 0)
	g.wantCalls("tokens toko")
}

func TestDeadLettersInPages(t *testing.T) {
	g := newRig(t)
	operator := tenanttest.Key(t, g.pool, store.Shop{}, catalog.RoleOperator)
	g.accept(g.order(1), g.order(2), g.order(3))
	due, err := g.catalog.DueDeliveries(t.Context(), g.shop, time.Now(), 9)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range due {
		if err := g.catalog.FinishAttempts(t.Context(), []catalog.Attempt{{Delivery: d}}); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[any]bool{}
	path := "/operator/api/webhooks/dead?limit=2"
	for pages := 0; path != ""; pages++ {
		var dead []map[string]any
		w := g.ask("GET", path, operator, 200, &dead)
		for _, d := range dead {
			seen[d["id"]] = true
		}
		path, _, _ = strings.Cut(strings.TrimPrefix(w.Header().Get("Link"), "<https://app.example"), ">")
		if pages > 2 {
			t.Fatal("no end")
		}
	}
	if len(seen) != 3 {
		t.Errorf("saw %v", seen)
	}
}

// TestRestoring: the deliveries of a shop that is being restored wait, without
// using up their attempts and without holding up other shops.
func TestRestoring(t *testing.T) {
	reached, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	pool := tenanttest.New(t, func(o *tenants.Options) {
		o.FailPoint = func(step string) {
			if step == "frozen" {
				once.Do(func() { close(reached); <-goOn })
			}
		}
	})
	g := newRigOn(t, pool)
	g.pause = func() time.Duration { return time.Hour }
	g.putConfig("1")
	job, err := pool.StartRestore(t.Context(), g.shop, store.By{}, tenants.RestoreRequest{At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	<-reached
	other := g.order(1)
	other.shop = tenanttest.Shop(t, pool, "other")
	g.accept(g.order(1), hook{topic: topicProductGone, body: `{"id":1}`}, uninstall(g, time.Now()), other)
	g.drain()
	g.wantCounts(3, 0)
	if n := g.orders(other.shop); n != 1 {
		t.Errorf("the other shop: %d orders, want 1", n)
	}
	g.wantCalls()
	close(goOn)
	for job.State == catalog.Queued || job.State == catalog.Running {
		time.Sleep(time.Millisecond) // a job has no event to wait for
		if job, err = g.catalog.Job(t.Context(), g.shop, job.ID); err != nil {
			t.Fatal(err)
		}
	}
	if job.State != catalog.Done {
		t.Fatalf("restore: %s", job.Error)
	}
	hurry(g)
	due, err := g.catalog.DueDeliveries(t.Context(), g.shop, time.Now(), 9)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range due {
		if d.Attempts != 0 {
			t.Errorf("%s: waiting took %d attempts", d.Topic, d.Attempts)
		}
	}
	g.drain()
	g.wantCounts(0, 0)
	if n := g.orders(g.shop); n != 1 || g.config("1").Enabled {
		t.Errorf("%d orders, config %+v", n, g.config("1"))
	}
}

// What the server's end cuts off is neither done nor failed.
func TestStopMidway(t *testing.T) {
	begun := make(chan struct{})
	g := newRig(t, func(o *Options) {
		o.ForgetTokens = func(ctx context.Context, _ *tenants.Lease, _ time.Time) error {
			close(begun)
			<-ctx.Done()
			return ctx.Err()
		}
	})
	g.install(time.Now().Add(-2 * time.Hour))
	stop := g.start()
	g.accept(uninstall(g, time.Now().Add(-time.Hour)))
	<-begun
	stop()
	due, err := g.catalog.DueDeliveries(t.Context(), g.shop, time.Now(), 9)
	if err != nil || len(due) != 1 || due[0].Attempts != 0 {
		t.Errorf("%+v, %v", due, err)
	}
}

func TestBackoff(t *testing.T) {
	total, before := time.Duration(0), time.Duration(0)
	for tries := 1; tries < maxAttempts; tries++ {
		least, most := backoff(tries), time.Duration(0)
		for range 200 {
			wait := backoff(tries)
			least, most = min(least, wait), max(most, wait)
		}
		if least == most || most > mostBackoff*11/10 || least < firstBackoff*9/10 || most < before {
			t.Errorf("after %d tries: from %v to %v", tries, least, most)
		}
		total, before = total+(least+most)/2, least
	}
	if total < 20*time.Hour || total > 28*time.Hour {
		t.Errorf("dead after %v, want about a day", total)
	}
}

// Work lets deliveries pass, but not for ever.
func TestLetPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &Webhooks{}
		for _, c := range []struct {
			arrivals int32
			want     time.Duration
		}{{0, 0}, {1, passes * passFor}} {
			h.arrivals.Store(c.arrivals)
			start := time.Now()
			h.letPass(t.Context())
			if took := time.Since(start); took != c.want {
				t.Errorf("%d arrivals: waited %v, want %v", c.arrivals, took, c.want)
			}
		}
		time.AfterFunc(passFor/2, func() { h.arrivals.Store(0) })
		start := time.Now()
		if h.letPass(t.Context()); time.Since(start) != passFor {
			t.Errorf("waited %v after the last arrival", time.Since(start))
		}
	})
}

// TestQueue: a shop is in the queue once, is given to one at a time, and is not
// forgotten if more comes meanwhile.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		a, b := tenanttest.Name(t, "a"), tenanttest.Name(t, "b")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		got := make(chan store.Shop, 10)
		worker := func() {
			for {
				shop, ok := q.take(ctx)
				if !ok {
					return
				}
				got <- shop
			}
		}
		go worker()
		go worker()
		q.add(a)
		q.add(a)
		q.add(b)
		synctest.Wait()
		if len(got) != 2 {
			t.Fatalf("%d shops taken, want 2", len(got))
		}
		q.add(a) // while it is being worked on
		synctest.Wait()
		if len(got) != 2 {
			t.Fatal("two work on one shop")
		}
		if idle := q.done(b, false); idle {
			t.Error("idle although a is being worked on")
		}
		q.done(a, false)
		synctest.Wait()
		if len(got) != 3 {
			t.Fatal("what came meanwhile was forgotten")
		}
		if idle := q.done(a, true); idle {
			t.Error("idle although a has more")
		}
		synctest.Wait()
		if len(got) != 4 {
			t.Fatal("the rest was forgotten")
		}
		if !q.done(a, false) {
			t.Error("not idle at the end")
		}
		cancel()
		synctest.Wait()
	})
}
