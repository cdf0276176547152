package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/billing"
	"lapak/web/control"
	"lapak/web/operator"
	"lapak/web/shopify"
)

// finishTimeout is how long requests may go on after the signal to stop.
const finishTimeout = 20 * time.Second

type serveCmd struct {
	Demo       bool          `help:"First fill two shops with designs, configs and images, and say what to try."`
	DrillEvery time.Duration `name:"drill-every" default:"168h" env:"LAPAK_DRILL_EVERY" help:"How often a shop that changed has its backup restored and compared; 0 is never."`
	LogJSON    bool          `name:"log-json" help:"Log as JSON."`
}

func (cmd serveCmd) Run(a *app) error {
	ctx, stop := cmd.untilSignal(a)
	defer stop()
	useCores()
	s := &server{app: a, metrics: web.NewMetrics(), drillEvery: cmd.DrillEvery}
	log := slog.New(s.troubles.Handler(cmd.logHandler(a)))
	s.log = log
	if err := s.open(ctx); err != nil {
		return err
	}
	err := s.serve(ctx, cmd.Demo)
	log.Info("stopping: what is left is replicated first; a second signal stops at once")
	if err = errors.Join(err, s.stop()); err == nil {
		log.Info("stopped")
	}
	return err
}

// untilSignal ends at the first signal to stop; at the second one the program
// ends.
func (cmd serveCmd) untilSignal(a *app) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(a.ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
		}
		if _, again := <-signals; again {
			fmt.Fprintln(a.err, "lapak: stopped at once; what is not replicated yet will be at the next start")
			os.Exit(exitFailed)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel()
		close(signals)
	}
}

func (cmd serveCmd) logHandler(a *app) slog.Handler {
	if cmd.LogJSON {
		return slog.NewJSONHandler(a.err, nil)
	}
	return slog.NewTextHandler(a.err, nil)
}

// server is what lapak serve holds.
type server struct {
	*app
	log     *slog.Logger
	metrics *web.Metrics

	drillEvery time.Duration // 0: never

	slow     operator.Slow     // requests
	troubles operator.Troubles // of the log

	host    *host
	key     []byte          // seals tokens in the shops' files
	shopify *shopify.App    // nil: stand-alone
	billing *billing.Config // nil: plans are the operator's to change
	faces   *faces
	http    *http.Server
	addr    net.Addr
	served  chan error
	wg      sync.WaitGroup
	cancel  context.CancelFunc // of what runs beside the requests
}

// open takes the folder and the port; on an error it holds neither.
func (s *server) open(ctx context.Context) (err error) {
	if s.shopify, err = s.shopifyApp(); err != nil {
		return err
	}
	if s.billing, err = s.billingConfig(); err != nil {
		return err
	}
	_, statErr := os.Stat(filepath.Join(s.Data, "catalog.db"))
	if s.host, err = s.takeFolder(ctx); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			stop, cancel := context.WithTimeout(context.Background(), finishTimeout)
			defer cancel()
			err = errors.Join(err, s.host.close(stop))
		}
	}()
	key, made, err := secretKey(s.keyFile())
	if err != nil {
		return err
	}
	if s.key = key; made && statErr == nil {
		s.log.Warn("a new secret key was made; if this folder had one before, put that back: what it sealed cannot be read without it", "file", s.keyFile())
	}
	return s.listen(ctx)
}

// takeFolder waits for a command that has the folder for a moment, not for
// another server.
func (s *server) takeFolder(ctx context.Context) (*host, error) {
	c := control.NewClient(s.Data)
	defer c.Close()
	for deadline := time.Now().Add(lockPatience); ; {
		h, err := s.openHost(ctx, "serve", s.log, func(o *tenants.Options) {
			o.Observe, o.FetchRest, o.DrillEvery = s.metrics.ObserveQuery, true, s.drillEvery
		})
		if !errors.Is(err, tenants.ErrLocked) {
			return h, err
		}
		ask, cancel := context.WithTimeout(ctx, answerTimeout)
		owner, askErr := c.Status(ask)
		cancel()
		if askErr == nil && owner.Mode == "serve" {
			return nil, fmt.Errorf("a lapak server has this data folder already: %s (process %d)", s.Data, owner.PID)
		}
		if time.Now().After(deadline) {
			return nil, err
		}
		if err := pause(ctx, lockPoll); err != nil {
			return nil, err
		}
	}
}

func (s *server) listen(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use by another program; choose another with --listen or LAPAK_LISTEN", s.Listen)
	} else if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s.addr, s.served = l.Addr(), make(chan error, 1)
	s.host.origin.Store(s.origin())
	if s.faces, err = s.makeFaces(); err != nil {
		return errors.Join(err, l.Close())
	}
	proxies, err := s.proxies()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	s.http = web.NewServer(web.Options{
		Proxies: proxies, Pool: s.host.pool, Provers: s.faces.provers, Ready: s.ready, Metrics: s.metrics, Log: s.log,
		Observe: s.slow.Observe, Routes: append(s.faces.routes, s.frontPage()),
	}).HTTPServer()
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	s.faces.run(run, &s.wg)
	go func() { s.served <- s.http.Serve(l) }()
	return nil
}

// ready says whether the catalog can be read and the folder written.
func (s *server) ready(ctx context.Context) error {
	if err := tryWrite(s.tempDir(), readyBytes, false); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return s.host.pool.Catalog().Ping(ctx)
}

// readyBytes is what a small change of a shop takes on the disk.
const readyBytes = 64 << 10

// serve returns when ctx ends or a listener fails.
func (s *server) serve(ctx context.Context, demo bool) error {
	if demo {
		keys, err := fillDemo(ctx, s.host)
		if err != nil {
			return fmt.Errorf("fill the demo shops: %w", err)
		}
		for i := range keys {
			if keys[i].link, _, err = s.faces.signin.Link(ctx, catalog.Signer{Shop: keys[i].shop}); err != nil {
				return fmt.Errorf("make a sign-in link: %w", err)
			}
		}
		s.greet(ctx)
		s.greetDemo(keys)
	} else {
		s.greet(ctx)
	}
	s.greetOperator(ctx)
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.served:
		s.served <- nil
		return fmt.Errorf("serve %s: %w", s.addr, err)
	case err := <-s.host.served:
		s.host.served <- nil
		return fmt.Errorf("serve the data folder's socket: %w", err)
	}
}

// stop refuses new requests, lets those under way finish, and replicates what is
// left.
func (s *server) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	s.cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		s.log.Warn("requests were cut off", "error", err)
		_ = s.http.Close()
	}
	<-s.served
	s.wg.Wait()
	return errors.Join(s.faces.flush(ctx), s.host.close(ctx))
}

const bucketPatience = 10 * time.Second

// checkBuckets says loudly what is wrong with the buckets. The shops are served
// all the same.
func (s *server) checkBuckets(ctx context.Context) {
	look, cancel := context.WithTimeout(ctx, bucketPatience)
	defer cancel()
	var both sync.WaitGroup
	defer both.Wait()
	both.Go(func() {
		if _, err := s.examineTarget(look, s.host.replication.Shops); err != nil && ctx.Err() == nil {
			s.log.Error("NO BACKUPS: the replica cannot be used; changes are kept here and shipped when it can", "replica", s.host.replication.Shops.String(), "error", err)
		}
	})
	if err := bucket.Check(look, s.host.assets); err != nil && ctx.Err() == nil {
		s.log.Error("NO IMAGES: the bucket of assets cannot be used", "assets", s.host.assets.String(), "error", err)
	}
}
