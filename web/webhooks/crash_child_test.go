package webhooks

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/replica"
	"lapak/web"
	"lapak/web/shopify"
)

// childVar holds a child's orders. A test binary that finds it is no test but a
// server of its own, for the crash test to kill.
const childVar = "LAPAK_WEBHOOKS_CHILD"

func TestMain(m *testing.M) {
	if orders := os.Getenv(childVar); orders != "" {
		if err := runChild(orders); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

type childOrders struct {
	Dir   string
	Shops int // that there are
}

// childSays is one line from a child.
type childSays struct {
	Addr  string            `json:",omitempty"` // where it listens
	Left  int               // deliveries that wait for their work
	Files map[string]string `json:",omitempty"` // of the shops
}

func nthShop(i int) (store.Shop, error) {
	return store.ParseShop(fmt.Sprintf("toko-%03d.myshopify.com", i))
}

// runChild serves webhooks until it is killed. For every line that it reads it
// works off the queue and says so.
func runChild(text string) error {
	var o childOrders
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	pool, files, err := openChild(ctx, o)
	if err != nil {
		return err
	}
	app, err := shopify.NewApp(shopify.Config{Key: "client-id", Secrets: []string{secret}})
	if err != nil {
		return err
	}
	h := New(Options{App: app, Pool: pool, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	left, err := h.Stats(ctx)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := web.NewServer(web.Options{Pool: pool, Routes: h.Routes()}).HTTPServer()
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { _ = server.Serve(listener) })
	running.Go(func() { h.Run(ctx) })
	defer cancel()
	defer server.Close()
	say(childSays{Addr: listener.Addr().String(), Left: left.Queued})
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := drained(ctx, h); err != nil {
			return err
		}
		say(childSays{Files: files})
	}
	return nil
}

func openChild(ctx context.Context, o childOrders) (*tenants.Pool, map[string]string, error) {
	assets, err := bucket.NewFolder(filepath.Join(o.Dir, "assets"))
	if err != nil {
		return nil, nil, err
	}
	pool, err := tenants.Open(ctx, tenants.Options{
		Dir: o.Dir, Replication: replica.Default(o.Dir), Assets: assets, OpenShops: 600, Debounce: time.Hour,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return nil, nil, err
	}
	files := map[string]string{}
	for i := range o.Shops {
		shop, err := nthShop(i)
		if err != nil {
			return nil, nil, err
		}
		if _, err := pool.Ensure(ctx, shop, "enterprise"); err != nil {
			return nil, nil, err
		}
		files[shop.String()] = pool.Path(shop, 1)
	}
	return pool, files, nil
}

// drained returns when nothing is queued any more.
func drained(ctx context.Context, h *Webhooks) error {
	tick := time.NewTicker(5 * time.Millisecond) // an empty queue has no event
	defer tick.Stop()
	for {
		n, err := h.Stats(ctx)
		if err != nil || n == (catalog.DeliveryCounts{}) {
			return err
		}
		if n.Dead > 0 {
			return errors.New("a delivery was given up")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// say writes one line in one system call, so that a kill cuts none in two.
func say(s childSays) {
	line, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	_, _ = os.Stdout.Write(append(line, '\n')) // the parent is gone: nothing to say
}

// child is a child as its parent sees it.
type child struct {
	t    testing.TB
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	addr string
	left int // deliveries that it found
	dead bool
}

// launch starts a child and waits until it listens. Its log is child.log in dir.
func launch(t testing.TB, dir string, shops int) *child {
	t.Helper()
	text, err := json.Marshal(childOrders{Dir: filepath.Join(dir, "data"), Shops: shops})
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.OpenFile(filepath.Join(dir, "child.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c := &child{t: t, cmd: exec.Command(os.Args[0])}
	c.cmd.Env = append(os.Environ(), childVar+"="+string(text))
	c.cmd.Stderr = log
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	c.out = bufio.NewReader(out)
	said := c.next()
	c.addr, c.left = said.Addr, said.Left
	return c
}

// next is the child's next line.
func (c *child) next() (s childSays) {
	c.t.Helper()
	line, err := c.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &s)
	}
	if err != nil {
		c.t.Fatalf("the child said %q: %v", line, err)
	}
	return s
}

// files waits until the child has worked off the queue, and returns the shops'
// files.
func (c *child) files() map[string]string {
	c.t.Helper()
	if _, err := io.WriteString(c.in, "drain\n"); err != nil {
		c.t.Fatal(err)
	}
	return c.next().Files
}

// kill is kill -9. It returns when the process is gone.
func (c *child) kill() {
	if c.dead {
		return
	}
	c.dead = true
	_ = c.cmd.Process.Kill() // an error means that it has ended
	_ = c.in.Close()
	_ = c.cmd.Wait() // killed, or its error is in its log
}
