package embed

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"lapak/store"
	"lapak/tenants"
)

// TestConnected shows that whoever wants to know is told of each fresh token, by
// Run and not within the request, and that an error does not end it.
func TestConnected(t *testing.T) {
	g := newRig(t)
	told := make(chan store.Shop, 10)
	g.opt.Connected = func(ctx context.Context, lease *tenants.Lease) error {
		if _, bounded := ctx.Deadline(); !bounded || !lease.Held() {
			t.Error("no deadline, or no shop")
		}
		told <- lease.Shop().Name
		return errors.New("broken")
	}
	for _, shop := range []string{toko, "warung.myshopify.com"} {
		g.there.Install(shop)
		g.want(g.load("/app", shop), http.StatusOK, shop+" shopify:7")
		g.want(g.load("/app", shop), http.StatusOK, shop+" shopify:7") // no other token
	}
	if len(told) != 0 {
		t.Error("told within the request")
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { g.Run(ctx) })
	for _, want := range []string{toko, "warung.myshopify.com"} {
		select {
		case got := <-told:
			if got.String() != want {
				t.Errorf("%s, want %s", got, want)
			}
		case <-time.After(time.Minute):
			t.Fatal("nobody is told")
		}
	}
	cancel()
	running.Wait()
	if len(told) != 0 {
		t.Errorf("told %d times more", len(told))
	}
}

// TestConnectedAtOnce shows that requests never wait for Run.
func TestConnectedAtOnce(t *testing.T) {
	g := newRig(t)
	g.opt.Connected = func(context.Context, *tenants.Lease) error { return nil }
	for range connectedMost + 1 {
		g.connect(g.shop(toko))
	}
	if len(g.connected) != connectedMost {
		t.Errorf("%d wait", len(g.connected))
	}
}
