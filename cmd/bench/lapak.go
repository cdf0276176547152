package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/replica"
	"lapak/web"
	"lapak/web/api"
)

// lapakSpec is how Lapak is started.
type lapakSpec struct {
	Dir       string `json:"dir"`
	OpenShops int    `json:"openShops"`
	S3        string `json:"s3"` // a gateway's address; "": the folder DIR/replica, the product's default
}

func (s lapakSpec) replication() replica.Config {
	cfg := replica.Default(s.Dir)
	if s.S3 != "" {
		cfg.Shops, cfg.Catalog = gatewayTarget(s.S3, "tenants"), gatewayTarget(s.S3, "catalog.db")
	}
	return cfg
}

// lapakServer is the product's pool and HTTP side, as lapak serve puts them
// together, without its faces for people.
type lapakServer struct{ pool *tenants.Pool }

func runLapak(arg string) (err error) {
	ignoreInterrupt()
	useCores()
	var spec lapakSpec
	if err := decode(arg, &spec); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(spec.Dir, "tmp"), 0o700); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	metrics := web.NewMetrics()
	ctx := context.Background()
	assets, err := bucket.Open(ctx, "file:"+filepath.Join(spec.Dir, "assets"), os.Getenv)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, assets.Close()) }()
	pool, err := tenants.Open(ctx, tenants.Options{
		Dir: spec.Dir, Replication: spec.replication(), Assets: assets, OpenShops: spec.OpenShops,
		Log: log, Observe: metrics.ObserveQuery,
	})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		err = errors.Join(err, pool.Close(ctx))
	}()
	faces := api.New(api.Options{Pool: pool, Spool: filepath.Join(spec.Dir, "tmp"), Log: log})
	server := web.NewServer(web.Options{
		Pool: pool, Routes: faces.Routes(), Provers: []web.Prover{web.NewKeys(pool.Catalog()).Prove},
		Metrics: metrics, PublicRate: -1, Log: log,
	})
	return serveChild(server.HTTPServer(), (&lapakServer{pool}).control())
}

func (s *lapakServer) control() http.Handler {
	mux := newControl()
	command(mux, "/seed", s.seed)
	command(mux, "/settle", s.settle)
	command(mux, "/create", s.create)
	return mux
}

const seedersAtOnce = 16

// seed makes shops with designs and a key each.
func (s *lapakServer) seed(r *http.Request, spec seedSpec) ([]seeded, error) {
	all := make([]seeded, spec.Shops)
	g, ctx := errgroup.WithContext(r.Context())
	g.SetLimit(seedersAtOnce)
	for i := range all {
		g.Go(func() (err error) { all[i], err = s.seedShop(ctx, spec, i); return err })
	}
	return all, g.Wait()
}

func (s *lapakServer) seedShop(ctx context.Context, spec seedSpec, i int) (seeded, error) {
	shop, err := store.ParseShop(shopName(i))
	if err != nil {
		return seeded{}, err
	}
	if _, err := s.pool.Create(ctx, shop, "enterprise"); err != nil {
		return seeded{}, err
	}
	_, secret, err := s.pool.Catalog().CreateKey(ctx, shop, catalog.RoleAdmin, "bench")
	if err != nil {
		return seeded{}, err
	}
	return seeded{shop.String(), secret}, s.fill(ctx, shop, spec, i)
}

func (s *lapakServer) fill(ctx context.Context, shop store.Shop, spec seedSpec, i int) error {
	lease, err := s.pool.Acquire(ctx, shop)
	if err != nil {
		return err
	}
	defer lease.Release()
	rng := rand.New(rand.NewPCG(uint64(i), 7))
	return lease.Write(ctx, "seed", func(tx *store.Tx) error {
		_, _, err := tx.PutConfig(store.By{}, lease.Terms(), firstProduct, store.ConfigPatch{Config: configJSON(rng)}, 0)
		for n := 0; n < spec.designs(i) && err == nil; n++ {
			_, err = tx.CreateDesign(store.By{}, lease.Terms(), newDesign(rng, n, spec.Templates))
		}
		return err
	})
}

const settleLimit = 20 * time.Minute

// settle waits until every shop is replicated, and says how many are open.
func (s *lapakServer) settle(r *http.Request, _ struct{}) (tenants.Stats, error) {
	ctx, cancel := context.WithTimeout(r.Context(), settleLimit)
	defer cancel()
	for {
		stats := s.pool.Stats()
		dirty, err := s.pool.Catalog().Dirty(ctx)
		if err != nil || stats.Failing > 0 {
			return stats, errors.Join(err, failing(stats))
		}
		closed := 0
		for _, shop := range dirty {
			if !s.pool.IsOpen(shop) {
				closed++
			}
		}
		if closed == 0 && stats.Unreplicated == 0 {
			return stats, nil
		}
		select {
		case <-ctx.Done():
			return stats, fmt.Errorf("%d closed and %d open shops are not replicated: %w", closed, stats.Unreplicated, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func failing(s tenants.Stats) error {
	if s.Failing == 0 {
		return nil
	}
	return fmt.Errorf("replication of %d shops fails", s.Failing)
}

// create makes so many more shops, one after the other, and returns how long
// each took, in nanoseconds.
func (s *lapakServer) create(r *http.Request, n int) ([]time.Duration, error) {
	times := make([]time.Duration, n)
	for i := range times {
		shop, err := store.ParseShop(fmt.Sprintf("new-%d-%d.myshopify.com", time.Now().UnixNano(), i))
		if err != nil {
			return nil, err
		}
		start := time.Now()
		if _, err := s.pool.Create(r.Context(), shop, ""); err != nil {
			return nil, err
		}
		times[i] = time.Since(start)
	}
	return times, nil
}
