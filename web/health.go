package web

import (
	"context"
	"net/http"
	"time"
)

// ownRoutes are what the machines around the server ask.
func (s *Server) ownRoutes() []Route {
	metrics := s.metrics.handler()
	return []Route{
		{Method: "GET", Pattern: "/healthz", Proof: None(), Handle: s.healthz},
		{Method: "GET", Pattern: "/readyz", Proof: None(), Handle: s.readyz},
		{Method: "GET", Pattern: "/metrics", Proof: None(), Handle: func(w http.ResponseWriter, r *http.Request, _ *Caller) error {
			metrics.ServeHTTP(w, r)
			return nil
		}},
	}
}

// healthz says that the process is up.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	WriteBytes(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
	return nil
}

const readyTimeout = 5 * time.Second

// readyz says whether the server can serve.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := s.opt.Ready(ctx); err != nil {
		return &Error{
			Status: http.StatusServiceUnavailable, Code: "not_ready",
			Text: "The catalog or the data folder cannot be used", Retry: 5, Cause: err,
		}
	}
	WriteBytes(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
	return nil
}
