package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"lapak/store/bucket"
	"lapak/tenants"
	"lapak/tenants/replica"
	"lapak/web/control"
)

const (
	openTimeout   = time.Minute
	answerTimeout = 5 * time.Second  // of a process that has the data folder
	lockPatience  = 5 * time.Second  // for another command to end
	closeTimeout  = 30 * time.Second // to replicate what is left
	lockPoll      = 50 * time.Millisecond
)

// host is the data folder in this process' hands, with its socket.
type host struct {
	pool        *tenants.Pool
	assets      bucket.Bucket
	replication replica.Config
	openShops   int
	socket      *control.Listener
	control     *http.Server
	served      chan error   // what the socket's server ended with
	origin      atomic.Value // string: where browsers find the server
}

// openHost takes the data folder. Mode is what others are told who ask for it.
func (a *app) openHost(ctx context.Context, mode string, log *slog.Logger, more func(*tenants.Options)) (h *host, err error) {
	h = &host{served: make(chan error, 1)}
	if err := os.MkdirAll(a.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if h.replication, err = a.replication(); err != nil {
		return nil, err
	}
	limit, err := descriptors()
	if err != nil {
		return nil, err
	}
	if h.openShops, err = openShops(a.OpenShops, limit); err != nil {
		return nil, err
	}
	if h.assets, err = a.assets(ctx); err != nil {
		return nil, err
	}
	opt := tenants.Options{
		Dir: a.Data, Replication: h.replication, Assets: h.assets, Getenv: a.getenv, OpenShops: h.openShops, Log: log,
		Secret: func() ([]byte, error) { key, _, err := secretKey(a.keyFile()); return key, err },
	}
	if more != nil {
		more(&opt)
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if h.pool, err = tenants.Open(ctx, opt); err != nil {
		if errors.Is(err, tenants.ErrRecover) {
			err = fmt.Errorf("%w; lapak recover rebuilds it", err)
		}
		return nil, errors.Join(err, h.assets.Close())
	}
	if err := h.listen(ctx, a, mode, log); err != nil {
		return nil, errors.Join(err, h.closeFolder())
	}
	return h, nil
}

func (h *host) listen(ctx context.Context, a *app, mode string, log *slog.Logger) error {
	tmp := a.tempDir()
	if err := os.RemoveAll(tmp); err != nil { // what a crash left
		return fmt.Errorf("data folder: %w", err)
	}
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	var err error
	if h.socket, err = control.Listen(ctx, a.Data); err != nil {
		return err
	}
	h.control = &http.Server{
		Handler: control.New(control.Options{
			Pool: h.pool, TempDir: tmp, Replication: h.replication, Log: log,
			Origin: func() string { origin, _ := h.origin.Load().(string); return origin },
			Doctor: func(ctx context.Context) []control.Check { return a.examine(ctx, h) },
			Status: control.Status{
				Mode: mode, PID: os.Getpid(), Version: version().Version,
				Replication: h.replication.Shops.String(), StartedAt: time.Now().UTC(),
			},
		}),
		ReadHeaderTimeout: answerTimeout,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	go func() { h.served <- h.control.Serve(h.socket) }()
	return nil
}

// close answers what was asked for already, at most until ctx ends, replicates
// what is left and gives the folder back.
func (h *host) close(ctx context.Context) error {
	leave, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	_ = h.socket.Leave(leave) // whoever is cut off tries again
	if err := h.control.Shutdown(ctx); err != nil {
		_ = h.control.Close()
	}
	<-h.served
	return h.closeFolder()
}

func (h *host) closeFolder() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return errors.Join(h.pool.Close(ctx), h.assets.Close())
}

// with runs fn with a client of whoever has the data folder: the server, another
// command, or else this process itself for as long as fn runs. Fn makes one
// request, so that it can be run again when the other has ended meanwhile.
func (a *app) with(fn func(context.Context, *control.Client) error) error {
	ctx, cancel := context.WithTimeout(a.ctx, a.timeout)
	defer cancel()
	c := control.NewClient(a.Data)
	defer c.Close()
	for {
		h, err := a.reach(ctx, c)
		if err != nil {
			return a.explain(err)
		}
		err = fn(ctx, c)
		if h == nil && errors.Is(err, control.ErrNobody) {
			continue
		}
		if h != nil {
			if closeErr := h.close(ctx); err == nil && closeErr != nil {
				err = fmt.Errorf("close the data folder: %w", closeErr)
			}
		}
		return a.explain(err)
	}
}

// explain says what a deadline or a signal cut off.
func (a *app) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case a.ctx.Err() != nil:
		return fmt.Errorf("interrupted: %w", err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("not done within %s (--timeout): %w", a.timeout, err)
	}
	return err
}

// reach finds who has the data folder. It returns a host if nobody had it and
// this process has it now. Another command may have it for a moment, and be
// closing it.
func (a *app) reach(ctx context.Context, c *control.Client) (*host, error) {
	for deadline := time.Now().Add(lockPatience); ; {
		err := a.ask(ctx, c)
		if err == nil {
			return nil, nil
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("%s is in use, but its owner does not answer: %w", a.Data, err)
		}
		h, err := a.openHost(ctx, "command", a.log(), nil)
		if !errors.Is(err, tenants.ErrLocked) {
			return h, err
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%w, and it does not answer on its socket", err)
		}
		if err := pause(ctx, lockPoll); err != nil {
			return nil, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *app) ask(ctx context.Context, c *control.Client) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	_, err := c.Status(ctx)
	return err
}
