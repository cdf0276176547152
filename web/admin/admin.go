// Package admin is the merchant's pages: what a shop has, what happens in it and
// how it is set up. The same pages are served inside Shopify's admin under /app,
// and stand-alone under /shops/{shop}.
package admin

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/upload"
	"lapak/web/view"
)

// Options of New. Pool, Site and Uploads are required.
type Options struct {
	Pool *tenants.Pool
	Site *view.Site
	// APIKey is Shopify's client id of the app; "" where the pages are served
	// stand-alone only. AppBridge is the address of its script.
	APIKey, AppBridge string
	// Spool is a folder for exports on their way; "" is the system's. What is in it
	// has no name, so nothing is left behind.
	Spool string
	// URL is the public origin, e.g. https://lapak.example; "" where it is not
	// known. Addresses that a merchant copies begin with it.
	URL string
	// Products lists the shop's products for the products page; nil, like
	// products.ErrNotInstalled, means those that have a config.
	Products func(ctx context.Context, lease *tenants.Lease, q ProductQuery) (ProductPage, error)
	// StartPlan leads to where a plan is paid for; nil means that the operator
	// alone changes plans.
	StartPlan func(ctx context.Context, lease *tenants.Lease, plan, returnPath string) (confirmationURL string, err error)
	// Uploads takes images and fonts in and gives them out.
	Uploads *upload.Uploads
	// ImageKey signs the addresses of images, which last for a week or two; nil
	// means one that lasts as long as the program.
	ImageKey []byte
	// SignIn answers a stand-alone request without proof; nil means the error page.
	SignIn func(w http.ResponseWriter, r *http.Request, c *web.Caller, e *web.Error)
	// Foot is what stands below the stand-alone navigation, such as signing out;
	// nil means nothing. Top is what stands above each page, such as a note that an
	// operator looks at the shop; nil means nothing.
	Foot, Top Slot
	Log       *slog.Logger // nil means nothing is logged
}

// Admin holds the pages.
type Admin struct {
	opt   Options
	media *media
}

// New makes the pages. Nothing runs until their routes are called.
func New(opt Options) *Admin {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Admin{opt: opt, media: newMedia(opt)}
}

const (
	read  = catalog.RoleRead
	write = catalog.RoleWrite
	admin = catalog.RoleAdmin
)

// Routes is the table of the pages below base: "/app" for those that Shopify
// embeds, "/shops/{shop}" for those that stand alone.
func (a *Admin) Routes(base string, embedded bool) []web.Route {
	f := &face{Admin: a, base: base, embedded: embedded}
	routes := []web.Route{f.get("", read, (*visit).home)}
	routes = append(routes, f.productRoutes()...)
	routes = append(routes, f.configRoutes()...)
	routes = append(routes, f.designRoutes()...)
	routes = append(routes, f.assetRoutes()...)
	routes = append(routes, f.trashRoutes()...)
	routes = append(routes, f.activityRoutes()...)
	routes = append(routes, f.backupRoutes()...)
	return append(routes, f.settingRoutes()...)
}

// Static is the routes of the site's static files. Register them once, whoever
// else uses the site.
func Static(site *view.Site) []web.Route {
	return []web.Route{{
		Method: http.MethodGet, Pattern: view.StaticPrefix + "*", Proof: web.None(),
		Handle: func(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
			if !site.ServeStatic(w, r) {
				return store.ErrNotFound
			}
			return nil
		},
	}}
}

// face is the pages in one of their two places.
type face struct {
	*Admin
	base     string
	embedded bool
}

type handler func(*visit) error

// get is a route of a page that the role may read.
func (f *face) get(path string, role catalog.Role, h handler) web.Route {
	return f.route(http.MethodGet, path, web.Key(role), h)
}

// post is a route that a form of at most 64 KiB is sent to.
func (f *face) post(path string, role catalog.Role, h handler) web.Route {
	rt := f.route(http.MethodPost, path, web.Key(role), h)
	rt.Body = web.Stream(smallForm)
	return rt
}

const smallForm = 64 << 10

func (f *face) route(method, path string, proof web.Proof, h handler) web.Route {
	return web.Route{
		Method: method, Pattern: f.base + path, Proof: proof, Fail: f.fail,
		Handle: func(w http.ResponseWriter, r *http.Request, c *web.Caller) error { return h(f.visit(w, r, c)) },
	}
}

// at is the path of one of a shop's pages, such as "/products".
func (f *face) at(shop store.Shop, path string) string {
	return strings.Replace(f.base, "{shop}", shop.String(), 1) + path
}
