// Package control is the operator's JSON API. It is served on a Unix socket in
// the data folder, by a server or by a command that has the folder for itself,
// so there is one way to do each thing whether a server runs or not. Who may
// open the socket may do everything: it has no other proof of identity.
package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/replica"
)

// Options of New. All but Origin and Log are required.
type Options struct {
	Pool   *tenants.Pool
	Status Status // Shops is filled in for each answer
	// TempDir is a private folder where copies are made before they are sent.
	TempDir string
	// Replication is what the pool was opened with.
	Replication replica.Config
	// Doctor looks at everything around the program.
	Doctor func(context.Context) []Check
	// Origin is where browsers find the server; nil means that nobody knows.
	Origin func() string
	Log    *slog.Logger // nil means none
}

type server struct {
	Options
	pool *tenants.Pool
	by   store.By
}

// New returns the handler. It does not own the pool.
func New(opt Options) http.Handler {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{Options: opt, pool: opt.Pool, by: store.By{UserID: "operator"}}
	mux := http.NewServeMux()
	for route, h := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /status":                s.status,
		"GET /shops":                 s.listShops,
		"POST /shops":                s.createShop,
		"GET /shops/{shop}":          s.showShop,
		"PATCH /shops/{shop}":        s.setShop,
		"POST /shops/{shop}/suspend": s.suspend,
		"POST /shops/{shop}/resume":  s.resume,
		"GET /shops/{shop}/backups":  s.backups,
		"GET /shops/{shop}/copy":     s.copyShop,
		"POST /shops/{shop}/restore": s.restore,
		"POST /shops/{shop}/export":  s.exportShop,
		"POST /shops/{shop}/erase":   s.erase,
		"GET /shops/{shop}/erased":   s.certificates,
		"POST /drills":               s.drill,
		"GET /plans":                 s.listPlans,
		"PATCH /plans/{plan}":        s.setPlan,
		"GET /keys":                  s.listKeys,
		"POST /keys":                 s.createKey,
		"DELETE /keys/{id}":          s.revokeKey,
		"GET /litestream":            s.litestream,
		"POST /signin-links":         s.createSigninLink,
		"GET /doctor":                s.doctor,
	} {
		mux.Handle(route, s.handle(h))
	}
	mux.Handle("POST /imports", s.handleStream(s.importShop))
	return mux
}

func (s *server) handle(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		if err := h(w, r); err != nil {
			f := failure(err)
			s.Log.Debug("an operator's request failed", "method", r.Method, "path", r.URL.Path, "error", err)
			answer(w, statusOf(f.Code), f)
		}
	})
}

// failure says an error in one line for the operator, who may see all of it.
func failure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Message: oneLine(err), Code: codeOf(err)}
}

func codeOf(err error) string {
	var moment *tenants.MomentError
	var before *replica.BeforeFirstError
	switch {
	case errors.As(err, &moment), errors.Is(err, catalog.ErrInvalid), errors.Is(err, store.ErrInvalid), errors.Is(err, store.ErrBadShop):
		return CodeInvalid
	case errors.Is(err, tenants.ErrFuture), errors.As(err, &before), errors.Is(err, replica.ErrNoBackup):
		return CodeMoment
	case errors.Is(err, tenants.ErrNoShop), errors.Is(err, catalog.ErrNotFound):
		return CodeNotFound
	case errors.Is(err, catalog.ErrExists), errors.Is(err, fs.ErrExist):
		return CodeExists
	case errors.Is(err, catalog.ErrState), errors.Is(err, tenants.ErrRestoring), errors.Is(err, tenants.ErrBusy):
		return CodeState
	}
	return CodeFailed
}

func statusOf(code string) int {
	switch code {
	case CodeInvalid:
		return http.StatusBadRequest
	case CodeNotFound:
		return http.StatusNotFound
	case CodeExists, CodeState, CodeMoment:
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}

func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}

// answer sends v as JSON. That the other side is gone is nobody's to know.
func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func readBody(r *http.Request, v any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return &Failure{fmt.Sprintf("the request is not understood: %v", err), CodeInvalid}
	}
	if _, err := dec.Token(); err != io.EOF {
		return &Failure{"the request has something after its JSON", CodeInvalid}
	}
	return nil
}

func pathShop(r *http.Request) (store.Shop, error) { return store.ParseShop(r.PathValue("shop")) }

func (s *server) status(w http.ResponseWriter, r *http.Request) error {
	n, err := s.pool.Catalog().CountShops(r.Context(), catalog.Filter{})
	if err != nil {
		return err
	}
	now := s.Status
	now.Shops = n
	answer(w, http.StatusOK, now)
	return nil
}

func (s *server) doctor(w http.ResponseWriter, r *http.Request) error {
	answer(w, http.StatusOK, s.Doctor(r.Context()))
	return nil
}
