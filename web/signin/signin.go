// Package signin lets people in outside of Shopify: operators by password or
// passkey, merchants by a link that an operator gave them. A browser that is
// signed in holds a cookie with a random secret; what it stands for is in the
// catalog and ends there.
package signin

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/view"
)

// Options of New. Pool, Site and Origin are required.
type Options struct {
	Pool *tenants.Pool
	Site *view.Site
	// Origin is where browsers find the server, such as https://lapak.example.
	// Passkeys belong to its host name for good.
	Origin string
	Log    *slog.Logger // nil means nothing is logged
}

// Signin proves the identity of browsers that are signed in, and signs them in
// and out. It is safe for concurrent use.
type Signin struct {
	pool    *tenants.Pool
	catalog *catalog.DB
	site    *view.Site
	log     *slog.Logger
	origin  string
	secure  bool // the origin is https
	cross   *http.CrossOriginProtection
	hasher  hasher
	guard   *guard
	passkey *ceremonies // nil: there are no passkeys at this origin

	mu   sync.Mutex
	used map[string]catalog.Use // since the last note in the catalog
	wake chan struct{}          // has a token while used is not empty
}

// New makes it. Nothing runs until its routes are called.
func New(opt Options) (*Signin, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	origin := strings.TrimRight(opt.Origin, "/")
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("sign-in: %q is not an origin like https://lapak.example", opt.Origin)
	}
	s := &Signin{
		pool: opt.Pool, catalog: opt.Pool.Catalog(), site: opt.Site, log: opt.Log, origin: origin, secure: u.Scheme == "https",
		cross: http.NewCrossOriginProtection(), hasher: newHasher(), guard: newGuard(),
		used: map[string]catalog.Use{}, wake: make(chan struct{}, 1),
	}
	if err := s.cross.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	if s.passkey, err = newCeremonies(u); err != nil {
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	return s, nil
}

// Routes is the table of what signs in and out.
func (s *Signin) Routes() []web.Route {
	r := []web.Route{
		{Method: "GET", Pattern: Path, Handle: s.showForm},
		{Method: "POST", Pattern: Path, Handle: s.byPassword, Body: web.Stream(smallBody)},
		{Method: "GET", Pattern: linkPath, Handle: s.showLink},
		{Method: "POST", Pattern: linkPath, Handle: s.byLink, Body: web.Stream(smallBody)},
		{Method: "POST", Pattern: "/signin/passkey/begin", Handle: s.beginPasskey, Body: web.Stream(smallBody)},
		{Method: "POST", Pattern: "/signin/passkey/finish", Handle: s.finishPasskey, Body: web.Stream(passkeyBody)},
		{Method: "POST", Pattern: "/signout", Handle: s.signOut, Body: web.Stream(smallBody)},
	}
	for i := range r {
		r[i].Proof = web.None()
		if !strings.HasPrefix(r[i].Pattern, "/signin/passkey/") { // scripts want JSON
			r[i].Fail = s.Fail
		}
		if handle := r[i].Handle; r[i].Method != http.MethodGet {
			r[i].Handle = func(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
				if err := s.sameSite(r); err != nil {
					return err
				}
				return handle(w, r, c)
			}
		}
	}
	return r
}

// Path is where one signs in.
const Path = "/signin"

const smallBody = 16 << 10

// sameSite refuses what another site's page made the browser send.
func (s *Signin) sameSite(r *http.Request) error {
	if err := s.cross.Check(r); err != nil {
		return &web.Error{Status: http.StatusForbidden, Code: "cross_site", Text: "This was sent by another site's page", Cause: err}
	}
	return nil
}

// Form reads a form's fields. The route's body must be a stream.
func Form(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		return nil, web.BodyError(err)
	}
	return r.PostForm, nil
}

// Home is the path where somebody begins.
func Home(who catalog.Signer) string {
	if who.Operator != "" {
		return "/operator"
	}
	return "/shops/" + who.Shop.String()
}

// landing is where somebody goes after they signed in: where they wanted to, if
// that is a path of ours that is theirs.
func landing(who catalog.Signer, wish string) string {
	path := ownPath(wish)
	own := Home(who)
	switch {
	case path == "":
		return own
	case who.Operator == "" && path != own && !strings.HasPrefix(path, own+"/") && !strings.HasPrefix(path, own+"?"):
		return own
	}
	return path
}

// maxReturn is how long the way back may be.
const maxReturn = 2000

// ownPath is raw if it is a path of this origin that is worth going back to, or "".
// Browsers take a backslash for a slash and skip tabs and line feeds, and two
// slashes begin another host.
func ownPath(raw string) string {
	if len(raw) > maxReturn || !strings.HasPrefix(raw, "/") || strings.HasPrefix(raw, "//") {
		return ""
	}
	for i := range len(raw) {
		if raw[i] <= ' ' || raw[i] == '\\' || raw[i] >= 0x7f {
			return ""
		}
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") {
		return ""
	}
	for _, own := range []string{Path, "/signout"} {
		if u.Path == own || strings.HasPrefix(u.Path, own+"/") {
			return ""
		}
	}
	return raw
}

// browser is what is noted of who signs in.
func browser(r *http.Request, c *web.Caller) catalog.Browser {
	return catalog.Browser{UserAgent: r.UserAgent(), IP: c.By.IP}
}

// enter gives the browser its cookie and sends it on. What the browser was before
// has ended.
func (s *Signin) enter(w http.ResponseWriter, r *http.Request, in catalog.Signin, cookie string) error {
	if err := s.leave(r); err != nil {
		return err
	}
	s.setCookie(w, cookie)
	s.log.Info("signed in", "signin", in.ID, "operator", in.Name, "shop", in.Shop.String(), "ip", in.IP)
	return nil
}

// leave ends the sign-in that the browser has, if any.
func (s *Signin) leave(r *http.Request) error {
	old, err := s.Current(r)
	if err != nil {
		return nil // there is none that is worth ending
	}
	if err := s.catalog.EndSignin(r.Context(), old.Signer, old.ID); !errors.Is(err, catalog.ErrNotFound) {
		return err
	}
	return nil
}

// signOut ends the browser's sign-in.
func (s *Signin) signOut(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	if err := s.leave(r); err != nil {
		return err
	}
	s.clearCookie(w)
	w.Header().Set("Clear-Site-Data", `"cache"`)
	goTo(w, r, Path)
	return nil
}

// goTo answers a form with where to go on.
func goTo(w http.ResponseWriter, r *http.Request, path string) {
	if r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Redirect", path) // a new document, not a part of this one
		w.WriteHeader(http.StatusOK)
		return
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
}
