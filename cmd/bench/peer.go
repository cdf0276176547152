package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/tenants"
	"lapak/tenants/replica"
	"lapak/web"
)

// peerSpec is how the handlers over PostgreSQL are started.
type peerSpec struct {
	App   string `json:"app"`   // connection string of the role that row security binds
	Owner string `json:"owner"` // and of the owner, to fill the tables
	Dir   string `json:"dir"`   // for what the web kit wants of a pool, which stays empty
}

// peer is the same API over row-level tenancy. Its router, its reading of bodies,
// its checks, its JSON and its metrics are Lapak's own package web, so that what
// differs is where the data is.
type peer struct {
	db  *pgxpool.Pool
	own *pgxpool.Pool

	mu   sync.RWMutex
	keys map[[sha256.Size]byte]peerKey
}

type peerKey struct {
	id, shop string
	terms    store.Terms
}

const peerConnections = 32

func runPeer(arg string) error {
	ignoreInterrupt()
	useCores()
	var spec peerSpec
	if err := decode(arg, &spec); err != nil {
		return err
	}
	ctx := context.Background()
	p := &peer{keys: map[[sha256.Size]byte]peerKey{}}
	var err error
	if p.db, err = connect(ctx, spec.App); err != nil {
		return err
	}
	defer p.db.Close()
	if p.own, err = connect(ctx, spec.Owner); err != nil {
		return err
	}
	defer p.own.Close()
	pool, err := emptyPool(ctx, spec.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close(ctx) }()
	server := web.NewServer(web.Options{Pool: pool, Routes: p.routes(), PublicRate: -1, Log: slog.New(slog.DiscardHandler)})
	mux := newControl()
	command(mux, "/seed", p.seed)
	command(mux, "/plans", p.plans)
	return serveChild(server.HTTPServer(), mux)
}

func connect(ctx context.Context, url string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = peerConnections
	return pgxpool.NewWithConfig(ctx, cfg) // it prepares each statement once per connection
}

func emptyPool(ctx context.Context, dir string) (*tenants.Pool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	assets, err := bucket.Open(ctx, "file:"+filepath.Join(dir, "assets"), os.Getenv)
	if err != nil {
		return nil, err
	}
	return tenants.Open(ctx, tenants.Options{Dir: dir, Replication: replica.Default(dir), Assets: assets})
}

// routes are those of the API that are measured, over two ways to talk to
// PostgreSQL: statement by statement, and all in one round trip.
func (p *peer) routes() []web.Route {
	const body = 1<<20 + 64<<10
	return []web.Route{
		{Method: "POST", Pattern: savePath, Proof: web.None(), Body: web.JSON(body), Handle: p.save(p.insertStepwise)},
		{Method: "GET", Pattern: listPath, Proof: web.None(), Handle: p.list(p.stepwise)},
		{Method: "GET", Pattern: publicPath + "{product}", Proof: web.None(), Handle: p.public(p.stepwise)},
		{Method: "POST", Pattern: onePrefix + savePath, Proof: web.None(), Body: web.JSON(body), Handle: p.save(p.insertAtOnce)},
		{Method: "GET", Pattern: onePrefix + listPath, Proof: web.None(), Handle: p.list(p.atOnce)},
		{Method: "GET", Pattern: onePrefix + publicPath + "{product}", Proof: web.None(), Handle: p.public(p.atOnce)},
	}
}

// prove finds the key in memory, by the hash of its secret.
func (p *peer) prove(r *http.Request) (peerKey, error) {
	token, ok := web.Bearer(r)
	if !ok {
		return peerKey{}, web.ErrNoProof
	}
	hash := sha256.Sum256([]byte(token))
	p.mu.RLock()
	defer p.mu.RUnlock()
	key, ok := p.keys[hash]
	if !ok {
		return key, web.ErrBadProof
	}
	return key, nil
}

// saved is one design with all that is written with it.
type saved struct {
	store.Design
	shop, month, user, ip, audit, after string
	most                                int64
}

func (p *peer) save(insert func(context.Context, saved) error) handler {
	return func(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
		key, err := p.prove(r)
		if err != nil {
			return err
		}
		var in store.NewDesign
		if err := c.Decode(&in); err != nil {
			return err
		}
		if err := in.Validate(); err != nil {
			return err
		}
		s, err := newSaved(key, in, c.By.IP)
		if err != nil {
			return err
		}
		if err := insert(r.Context(), s); err != nil {
			return err
		}
		w.Header().Set("Location", savePath+"/"+s.ID)
		w.Header().Set("ETag", s.ETag())
		raw := s.DesignJSON
		s.DesignJSON = nil
		return web.WriteSpliced(w, r, http.StatusCreated, s.Design, "designJson", raw)
	}
}

type handler = func(http.ResponseWriter, *http.Request, *web.Caller) error

func newSaved(key peerKey, in store.NewDesign, ip string) (saved, error) {
	id, err := uuid.NewV7() // it begins with the time: kind to the index
	if err != nil {
		return saved{}, err
	}
	audit, err := uuid.NewV7()
	if err != nil {
		return saved{}, err
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	sum := sha256.Sum256(in.DesignJSON)
	after, err := json.Marshal(map[string]any{
		"shopifyProductId": in.ProductID, "name": in.Name, "isTemplate": in.IsTemplate, "version": 1,
		"bytes": len(in.DesignJSON), "sha256": hex.EncodeToString(sum[:]),
	})
	if err != nil {
		return saved{}, err
	}
	return saved{
		Design: store.Design{
			ID: id.String(), ProductID: in.ProductID, Name: in.Name, IsTemplate: in.IsTemplate, DesignJSON: in.DesignJSON,
			Version: 1, CreatedAt: store.Time{Time: now}, UpdatedAt: store.Time{Time: now},
		},
		shop: key.shop, month: now.Format("2006-01"), user: "key:" + key.id, ip: ip,
		audit: audit.String(), after: string(after), most: key.terms.MaxDesigns,
	}, nil
}

// list answers with a shop's last 20 designs and a link to the next.
func (p *peer) list(read reader) handler {
	return func(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
		key, err := p.prove(r)
		if err != nil {
			return err
		}
		items := make([]store.Design, 0, listed+1)
		err = read(r.Context(), key.shop, query{listSQL, []any{listed + 1}, scanDesigns(&items)})
		if err != nil {
			return err
		}
		if len(items) > listed {
			items = items[:listed]
			last := items[listed-1]
			w.Header().Set("Link", fmt.Sprintf("<%s?cursor=%d-%s>; rel=\"next\"", listPath, last.UpdatedAt.UnixMilli(), last.ID))
		}
		return web.WriteJSON(w, r, http.StatusOK, items)
	}
}

// public answers with one product's config and its templates.
func (p *peer) public(read reader) handler {
	return func(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
		shop, err := store.ParseShop(r.URL.Query().Get("shop"))
		if err != nil {
			return store.ErrNotFound
		}
		product := web.Param(r, "product")
		out := struct {
			Shop store.Shop `json:"shop"`
			store.PublicProduct
			Branding map[string]*string `json:"branding"`
		}{Shop: shop, Branding: map[string]*string{"logoUrl": nil, "primaryColor": nil, "customDomain": nil}}
		out.Templates = []store.Design{}
		err = read(r.Context(), shop.String(),
			query{configSQL, []any{product}, scanConfig(&out.Config)}, query{templatesSQL, []any{product}, scanTemplates(&out.Templates)})
		if err != nil {
			return err
		}
		return web.WriteJSON(w, r, http.StatusOK, out)
	}
}

// remember keeps a key as Lapak's catalog does, in memory.
func (p *peer) remember(secret string, key peerKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys[sha256.Sum256([]byte(secret))] = key
}
