// Package api is the HTTP API under /imcst_api: what the app that Lapak replaces
// offered to its pages and to merchants' scripts, with the same JSON names.
package api

import (
	"log/slog"
	"net/http"
	"time"

	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/products"
	"lapak/web/upload"
)

// Options of New. Pool and Spool are required.
type Options struct {
	Pool *tenants.Pool
	// Spool is a folder for uploads and exports on their way. What is in it has
	// no name, so nothing is left behind.
	Spool string
	// Uploads takes images and fonts in and gives them out; nil means one of its own.
	Uploads *upload.Uploads
	// URL is the public origin, e.g. https://lapak.example; links in answers
	// begin with it. "" makes them begin with the path.
	URL string
	// CDN is the origin of one that fetches from this server, for the images of
	// shops whose plan has that; "" means there is none.
	CDN string
	// Products lists the products of shops that are installed at Shopify; nil
	// means that none is.
	Products *products.Products
	Log      *slog.Logger // nil means nothing is logged
}

// API holds the handlers.
type API struct {
	pool     *tenants.Pool
	uploads  *upload.Uploads
	products *products.Products
	spool    string
	url, cdn string
	log      *slog.Logger
}

// New makes the API. Nothing runs until its routes are called.
func New(opt Options) *API {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Uploads == nil {
		opt.Uploads = upload.New(upload.Options{Pool: opt.Pool, Spool: opt.Spool, Log: opt.Log})
	}
	return &API{pool: opt.Pool, uploads: opt.Uploads, products: opt.Products, spool: opt.Spool, url: opt.URL, cdn: opt.CDN, log: opt.Log}
}

const (
	read  = catalog.RoleRead
	write = catalog.RoleWrite
	admin = catalog.RoleAdmin

	maxDesign = 1 << 20   // bytes of a design's JSON
	maxConfig = 256 << 10 // bytes of a config's JSON
	envelope  = 64 << 10  // what else stands in a body
	smallBody = 16 << 10

	visitor = 5 * time.Second

	long = 15 * time.Minute // for what may be large and on a slow line
)

// Routes is the table of the API.
func (a *API) Routes() []web.Route {
	r := []web.Route{
		{Method: "GET", Pattern: "/products", Proof: web.Key(read), Handle: a.listProducts},

		{Method: "GET", Pattern: "/designs", Proof: web.Key(read), Handle: a.listDesigns},
		{Method: "POST", Pattern: "/design", Proof: web.Key(write), Handle: a.createDesign, Body: web.JSON(maxDesign + envelope)},
		{Method: "GET", Pattern: "/design/{id}", Proof: web.Key(read), Handle: a.getDesign},
		{Method: "PUT", Pattern: "/design/{id}", Proof: web.Key(write), Handle: a.updateDesign, Body: web.JSON(maxDesign + envelope)},
		{Method: "DELETE", Pattern: "/design/{id}", Proof: web.Key(write), Handle: a.deleteDesign},
		{Method: "POST", Pattern: "/design/{id}/undelete", Proof: web.Key(write), Handle: a.undeleteDesign},

		{Method: "GET", Pattern: "/configs", Proof: web.Key(read), Handle: a.listConfigs},
		{Method: "GET", Pattern: "/config/{product}", Proof: web.Key(read), Handle: a.getConfig},
		{Method: "PUT", Pattern: "/config/{product}", Proof: web.Key(write), Handle: a.putConfig, Body: web.JSON(maxConfig + envelope)},
		{Method: "DELETE", Pattern: "/config/{product}", Proof: web.Key(write), Handle: a.deleteConfig},
		{Method: "POST", Pattern: "/config/{id}/undelete", Proof: web.Key(write), Handle: a.undeleteConfig},

		{Method: "GET", Pattern: "/assets", Proof: web.Key(read), Handle: a.listAssets},
		{Method: "POST", Pattern: "/assets", Proof: web.Key(write).Cold(), Handle: a.createAsset, Body: web.Stream(upload.MaxForm), Timeout: long},
		{Method: "GET", Pattern: "/assets/{id}", Proof: web.Key(read), Handle: a.getAsset},
		{Method: "DELETE", Pattern: "/assets/{id}", Proof: web.Key(write), Handle: a.deleteAsset},
		{Method: "POST", Pattern: "/assets/{id}/undelete", Proof: web.Key(write), Handle: a.undeleteAsset},
		{Method: "GET", Pattern: "/assets/{id}/content", Proof: web.Key(read), Handle: a.getContent, Timeout: long},

		{Method: "GET", Pattern: "/usage", Proof: web.Key(read), Handle: a.getUsage},
		{Method: "GET", Pattern: "/audit", Proof: web.Key(admin), Handle: a.listAudit},
		{Method: "GET", Pattern: "/export", Proof: web.Key(admin), Handle: a.export, Timeout: long},

		{Method: "GET", Pattern: "/settings", Proof: web.Key(admin), Handle: a.getSettings},
		{Method: "PATCH", Pattern: "/settings", Proof: web.Key(admin), Handle: a.patchSettings, Body: web.JSON(smallBody)},

		{Method: "GET", Pattern: "/backups", Proof: web.Key(admin).Cold(), Handle: a.getBackups},
		{Method: "POST", Pattern: "/restore", Proof: web.Key(admin).Cold(), Handle: a.restore, Body: web.JSON(smallBody)},
		{Method: "GET", Pattern: "/jobs/{id}", Proof: web.Key(admin).Cold(), Handle: a.getJob},

		{Method: "GET", Pattern: "/public/product/{product}", Proof: web.Visitor(), Handle: a.getPublicProduct, AnyOrigin: true, Timeout: visitor},
		{Method: "GET", Pattern: "/public/asset/{id}", Proof: web.Visitor(), Handle: a.getPublicAsset, AnyOrigin: true, Timeout: long},
	}
	for i := range r {
		r[i].Pattern = web.APIPrefix + r[i].Pattern
	}
	return r
}

// noContent is the answer to a deletion.
func noContent(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}
