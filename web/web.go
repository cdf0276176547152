// Package web is the kit that every face of Lapak uses over HTTP: a table of
// routes with the proof of identity beside each, the one place where errors
// become statuses, and what every request gets: an id, a deadline, a log line,
// headers that keep browsers safe, and a number in the metrics.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"

	"lapak/store"
	"lapak/tenants"
)

// Options of NewServer. Pool and Routes are required.
type Options struct {
	Pool   *tenants.Pool
	Routes []Route
	// Provers find out who asks, tried in this order. See Keys.Prove.
	Provers []Prover
	// Ready says why the server cannot serve now; nil means it always can.
	Ready func(context.Context) error
	// Metrics counts requests and is served under /metrics; nil means a new one.
	Metrics *Metrics
	// Proxies are the networks of proxies of ours in front of the server, which say
	// in X-Forwarded-For who asked them. None means that nobody is believed.
	Proxies []netip.Prefix
	// Observe is told of each request that was answered; nil means nobody listens.
	Observe func(shop store.Shop, method, route string, status int, took time.Duration)
	// NotFound answers paths that no route has, outside of APIPrefix. Nil means
	// the JSON error.
	NotFound http.Handler
	// AcquireWait is how long a request waits for its shop; 0 means 5 seconds.
	AcquireWait time.Duration
	// PublicRate is how many requests a second one address may make to one shop
	// without proof, PublicBurst how many at once. 0 means 50 and 200; a rate
	// below 0 means no limit.
	PublicRate  float64
	PublicBurst int
	Log         *slog.Logger // nil means nothing is logged
}

// APIPrefix is where the HTTP API begins. Below it every answer is JSON.
const APIPrefix = "/imcst_api"

// Server answers HTTP requests for the shops of one pool.
type Server struct {
	opt     Options
	log     *slog.Logger
	metrics *Metrics
	limiter *Limiter[Visit] // nil: no limit
	mux     *chi.Mux
	boot    string // tells request ids of different processes apart
	serial  atomic.Uint64
	headers http.Header // of every answer
	repeats repeats
	buffers sync.Pool // of *bytes.Buffer, for answers
}

// NewServer makes a server. Nothing runs until its handler is called.
func NewServer(opt Options) *Server {
	if opt.AcquireWait <= 0 {
		opt.AcquireWait = 5 * time.Second
	}
	if opt.Metrics == nil {
		opt.Metrics = NewMetrics()
	}
	if opt.Ready == nil {
		opt.Ready = func(context.Context) error { return nil }
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		opt: opt, log: opt.Log, metrics: opt.Metrics, boot: bootID(), headers: safeHeaders(),
		limiter: publicLimiter(opt.PublicRate, opt.PublicBurst),
	}
	s.metrics.watch(opt.Pool)
	s.mux = s.router()
	return s
}

// Handler answers every request.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// HTTPServer is an http.Server for the handler with bounds on what a stranger
// may make it wait for and keep. Routes with a longer Timeout extend the bounds.
func (s *Server) HTTPServer() *http.Server {
	return &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

func (s *Server) router() *chi.Mux {
	mux := chi.NewRouter()
	mux.NotFound(s.notFound)
	mux.MethodNotAllowed(s.methodNotAllowed)
	for _, rt := range append(s.ownRoutes(), s.opt.Routes...) {
		h := s.handle(rt)
		mux.Method(rt.Method, rt.Pattern, h)
		if rt.Method == http.MethodGet {
			mux.Method(http.MethodHead, rt.Pattern, h)
		}
	}
	return mux
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	if s.opt.NotFound != nil && !isAPI(r.URL.Path) {
		s.opt.NotFound.ServeHTTP(w, r)
		return
	}
	s.fail(w, r, store.ErrNotFound)
}

func isAPI(path string) bool { return path == APIPrefix || strings.HasPrefix(path, APIPrefix+"/") }

func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if r.URL.RawPath != "" {
		path = r.URL.RawPath
	}
	var allowed []string
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		if s.mux.Match(chi.NewRouteContext(), method, path) {
			allowed = append(allowed, method)
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	s.fail(w, r, &Error{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Text: "Method not allowed"})
}
