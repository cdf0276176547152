package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"lapak/store"
	"lapak/tenants"
)

// exchange is one request's answer on its way, and what the log will say of it.
type exchange struct {
	http.ResponseWriter
	server *Server
	id     string
	route  string     // the pattern; "" if none matched
	shop   store.Shop // whose data it is about
	status int        // 0: nothing was sent yet
	bytes  int64
	failed error  // what the handler returned
	code   string // of the error that was answered
}

// WriteHeader notes the status.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && status >= 200 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write counts what is sent.
func (x *exchange) Write(p []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.ResponseWriter.Write(p)
	x.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

func bootID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	return hex.EncodeToString(b[:])
}

// serve is what happens around every request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	x := &exchange{ResponseWriter: w, server: s, id: s.boot + "-" + strconv.FormatUint(s.serial.Add(1), 36)}
	start := time.Now()
	s.believeProxies(r)
	s.metrics.inFlight.Inc()
	maps.Copy(w.Header(), s.headers) // nobody changes the values in place
	w.Header().Set("X-Request-Id", x.id)
	defer func() {
		s.metrics.inFlight.Dec()
		aborted := s.recovered(x, r, recover())
		took := time.Since(start)
		s.metrics.observe(r.Method, x, took)
		if s.opt.Observe != nil {
			s.opt.Observe(x.shop, r.Method, x.route, x.status, took)
		}
		s.logLine(x, r, took)
		if aborted {
			panic(http.ErrAbortHandler) // net/http cuts the connection and logs nothing
		}
	}()
	s.mux.ServeHTTP(x, r)
}

// safeHeaders are right for any answer; a face that serves pages replaces some.
func safeHeaders() http.Header {
	return http.Header{
		"X-Content-Type-Options":  {"nosniff"},
		"Referrer-Policy":         {"no-referrer"},
		"Content-Security-Policy": {"default-src 'none'; frame-ancestors 'none'"},
		"Cache-Control":           {"no-store"},
	}
}

// recovered answers for a handler that panicked, and says whether the answer has
// to be cut off.
func (s *Server) recovered(x *exchange, r *http.Request, cause any) (abort bool) {
	if cause == nil {
		return false
	}
	if cause == http.ErrAbortHandler {
		return true
	}
	x.failed = fmt.Errorf("panic: %v", cause)
	s.log.Error("panic", "request", x.id, "shop", x.shop.String(), "route", x.route, "panic", cause, "stack", string(debug.Stack()))
	if x.status != 0 {
		return true
	}
	s.fail(x, r, x.failed)
	return false
}

// slowRequest is from when on a request is worth a warning.
const slowRequest = time.Second

func (s *Server) logLine(x *exchange, r *http.Request, took time.Duration) {
	level, text := slog.LevelDebug, "request"
	switch {
	case errors.Is(r.Context().Err(), context.Canceled):
		text = "client went away"
	case x.status >= 500 && x.status != http.StatusServiceUnavailable, x.status < 300 && x.failed != nil:
		level, text = slog.LevelError, "request failed"
	case x.status >= 500:
		level, text = slog.LevelWarn, "request refused"
	case took > slowRequest:
		level, text = slog.LevelWarn, "slow request"
	}
	ctx := context.Background()
	if !s.log.Enabled(ctx, level) {
		return
	}
	hidden := 0
	if trouble := (trouble{x.code, x.shop}); x.status >= 500 && x.code != "internal" {
		var show bool
		if show, hidden = s.repeats.look(trouble, time.Now()); !show {
			return
		}
	}
	attrs := []slog.Attr{
		slog.String("request", x.id), slog.String("shop", x.shop.String()), slog.String("method", r.Method),
		slog.String("route", x.route), slog.String("path", r.URL.Path), slog.Int("status", x.status),
		slog.Int64("bytes", x.bytes), slog.Duration("took", took), slog.String("ip", ClientIP(r)),
	}
	if x.failed != nil {
		attrs = append(attrs, slog.String("error", x.failed.Error()))
	}
	if hidden > 0 {
		attrs = append(attrs, slog.Int("like_this_before", hidden))
	}
	s.log.LogAttrs(ctx, level, text, attrs...)
}

// defaultTimeout is how long a request may take.
const defaultTimeout = 30 * time.Second

// handle makes a route's handler: proof, body, shop, and then what it is for.
func (s *Server) handle(rt Route) http.Handler {
	if rt.Timeout <= 0 {
		rt.Timeout = defaultTimeout
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if x, ok := w.(*exchange); ok {
			x.route = rt.Pattern
		}
		c := &Caller{pool: s.opt.Pool, wait: s.opt.AcquireWait, By: store.By{IP: ClientIP(r)}}
		defer c.close()
		err := s.run(w, r, rt, c)
		switch {
		case err == nil:
		case rt.Fail != nil:
			rt.Fail(w, r, c, s.failed(w, err))
		default:
			s.fail(w, r, err)
		}
	})
}

func (s *Server) run(w http.ResponseWriter, r *http.Request, rt Route, c *Caller) error {
	if rt.Timeout > defaultTimeout {
		extend(w, rt.Timeout)
	}
	if rt.AnyOrigin {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Expose-Headers", "ETag, Retry-After, X-Request-Id")
	}
	ctx, cancel := context.WithTimeout(r.Context(), rt.Timeout)
	defer cancel()
	r = r.WithContext(ctx)
	bound := rt.Body.limit
	if bound == 0 {
		bound = otherBody
	}
	if r.Body != nil && r.ContentLength != 0 {
		r.Body = http.MaxBytesReader(w, r.Body, bound)
	}
	err := s.prepare(r, rt, c)
	if x, ok := w.(*exchange); ok {
		x.shop = c.Shop
	}
	if err != nil {
		return err
	}
	return rt.Handle(w, r, c)
}

// extend replaces the server's bounds on reading and writing this request.
func extend(w http.ResponseWriter, timeout time.Duration) {
	ctl, end := http.NewResponseController(w), time.Now().Add(timeout)
	_ = ctl.SetReadDeadline(end) // not supported in tests without a connection
	_ = ctl.SetWriteDeadline(end)
}

// prepare does what a route's proof asks for.
func (s *Server) prepare(r *http.Request, rt Route, c *Caller) error {
	switch rt.Proof.kind {
	case proofNone:
		return c.readBody(r, rt)
	case proofVisitor:
		return s.visit(r, c)
	}
	if err := s.admit(r, rt, c); err != nil {
		return err
	}
	return s.enter(r.Context(), rt, c)
}

// visit opens the shop that a visitor names. What is wrong with it is nobody's
// business.
func (s *Server) visit(r *http.Request, c *Caller) error {
	shop, err := store.ParseShop(r.URL.Query().Get("shop"))
	if err != nil {
		return store.ErrNotFound
	}
	if wait := s.limiter.Take(Visit{Network(c.By.IP), shop}); wait > 0 {
		return ErrTooMany(wait)
	}
	c.Shop = shop
	err = c.Open(r.Context())
	if known := new(Error); errors.As(err, &known) || errors.Is(err, tenants.ErrNoShop) {
		return store.ErrNotFound
	}
	return err
}
