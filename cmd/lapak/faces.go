package main

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"lapak/store"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/access"
	"lapak/web/admin"
	"lapak/web/api"
	"lapak/web/billing"
	"lapak/web/embed"
	"lapak/web/operator"
	"lapak/web/products"
	"lapak/web/proxy"
	"lapak/web/shopify"
	"lapak/web/shopify/adminapi"
	"lapak/web/signin"
	"lapak/web/storefront"
	"lapak/web/upload"
	"lapak/web/view"
	"lapak/web/webhooks"
)

// faces are all that answers HTTP, and what works beside it.
type faces struct {
	routes  []web.Route
	provers []web.Prover // in the order in which they are asked
	beside  []func(context.Context)
	last    []func(context.Context) error // at the end

	signin  *signin.Signin
	uploads *upload.Uploads
	// What only an app at Shopify has; nil without one.
	products *products.Products
	billing  *billing.Billing
	webhooks *webhooks.Webhooks
}

// makeFaces puts together what this server answers.
func (s *server) makeFaces() (*faces, error) {
	site, err := view.NewSite()
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	pool := s.host.pool
	keys := web.NewKeys(pool.Catalog())
	f := &faces{uploads: upload.New(upload.Options{Pool: pool, Spool: s.tempDir(), Log: s.log})}
	f.signin, err = signin.New(signin.Options{Pool: pool, Site: site, Origin: s.origin(), Log: s.log})
	if err != nil {
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	f.provers = []web.Prover{keys.Prove}
	f.beside = []func(context.Context){func(ctx context.Context) { keys.Run(ctx, s.log) }, f.signin.Run, s.checkBuckets}
	f.last = []func(context.Context) error{keys.Flush, f.signin.Flush}
	var app *embed.Embed
	if s.shopify != nil {
		if app, err = s.addShopify(f); err != nil {
			return nil, err
		}
	}
	f.provers = append(f.provers, f.signin.Prove)
	if err := s.addPages(f, site, app); err != nil {
		return nil, err
	}
	faces := api.New(api.Options{Pool: pool, Spool: s.tempDir(), URL: s.publicURL(), Products: f.products, Uploads: f.uploads, CDN: s.cdn(), Log: s.log})
	f.routes = append(f.routes, faces.Routes()...)
	return f, nil
}

// addPages adds what people look at.
func (s *server) addPages(f *faces, site *view.Site, app *embed.Embed) error {
	images, err := s.derive("image addresses")
	if err != nil {
		return err
	}
	opt := admin.Options{
		Pool: s.host.pool, Site: site, URL: s.publicURL(), Uploads: f.uploads, ImageKey: images,
		SignIn: f.signin.Fail, Foot: f.signin.Foot, Top: f.signin.Top, Log: s.log,
	}
	if s.shopify != nil {
		opt.APIKey, opt.AppBridge, opt.Products = s.shopify.Key(), shopify.AppBridgeURL, f.listProducts
	}
	if f.billing != nil {
		opt.StartPlan = func(ctx context.Context, lease *tenants.Lease, plan, back string) (string, error) {
			confirm, err := f.billing.Start(ctx, lease, plan, back)
			return app.ExitURL(lease.Shop().Name.String(), confirm), err // Shopify asks in the whole window
		}
	}
	pages := admin.New(opt)
	f.routes = append(f.routes, admin.Static(site)...)
	f.routes = append(f.routes, pages.Media()...)
	f.routes = append(f.routes, pages.Routes("/shops/{shop}", false)...)
	f.routes = append(f.routes, f.signin.Routes()...)
	f.routes = append(f.routes, s.console(f, site).Routes()...)
	if app != nil {
		f.routes = append(f.routes, app.Wrap(pages.Routes("/app", true))...)
	}
	return nil
}

// console is the operator's pages.
func (s *server) console(f *faces, site *view.Site) *operator.Operator {
	opt := operator.Options{
		Pool: s.host.pool, Site: site, Signin: f.signin, Dir: s.Data, Slow: &s.slow, Troubles: &s.troubles,
		Version: version().Version, StartedAt: time.Now(), Log: s.log,
		Erase: func(ctx context.Context, shop store.Shop, by store.By) error {
			_, err := s.host.pool.Erase(ctx, shop, by)
			return err
		},
	}
	if f.webhooks != nil {
		opt.RetryDelivery = func(ctx context.Context, id string) error {
			if _, err := s.host.pool.Catalog().RetryDelivery(ctx, id); err != nil {
				return err
			}
			f.webhooks.Wake()
			return nil
		}
	}
	return operator.New(opt)
}

// listProducts shows Shopify's products to the pages; a shop that is not
// installed there has those that it configured.
func (f *faces) listProducts(ctx context.Context, lease *tenants.Lease, q admin.ProductQuery) (admin.ProductPage, error) {
	page, err := f.products.List(ctx, lease, products.Query{Search: q.Search, After: q.After, Limit: q.Limit})
	if err != nil {
		return admin.ProductPage{}, err
	}
	out := admin.ProductPage{Next: page.Next}
	for _, p := range page.Products {
		out.Products = append(out.Products, admin.Product{ID: p.ID, Title: p.Title, ImageURL: p.ImageURL})
	}
	return out, nil
}

// addShopify adds what the app is at Shopify.
func (s *server) addShopify(f *faces) (*embed.Embed, error) {
	pool := s.host.pool
	client := adminapi.New(adminapi.Options{App: s.shopify, Log: s.log})
	tokens, err := access.New(access.Options{Secret: s.key, API: client, Log: s.log})
	if err != nil {
		return nil, fmt.Errorf("access tokens: %w", err)
	}
	token := func(ctx context.Context, lease *tenants.Lease) (string, error) {
		t, err := tokens.Offline(ctx, lease)
		return t.Token, err
	}
	f.products = products.New(products.Options{API: client, Catalog: pool.Catalog(), Token: token, Reject: tokens.Reject})
	shoppers := proxy.New(proxy.Options{
		App: s.shopify, Pool: pool, Spool: s.tempDir(), Uploads: f.uploads,
		Origins: storefront.Origins{URL: s.publicURL(), CDN: s.cdn()}, Log: s.log,
	})
	hooks := webhooks.Options{
		App: s.shopify, Pool: pool, ForgetTokens: tokens.Forget, ForgetProducts: f.products.Forget,
		Redact: pool.Redact, Erase: s.eraseForShopify, Alive: alive(client, token), URL: s.publicURL(), Spool: s.tempDir(), Log: s.log,
	}
	entrance := embed.Options{App: s.shopify, API: client, Tokens: tokens, Pool: pool, Log: s.log}
	if s.billing != nil {
		f.billing = billing.New(billing.Options{Config: *s.billing, App: s.shopify, API: client, Pool: pool, Token: token, Log: s.log})
		f.routes = append(f.routes, f.billing.Routes()...)
		hooks.Subscribed = func(ctx context.Context, shop store.Shop, b webhooks.Subscription) error {
			return f.billing.Apply(ctx, shop, billing.Event{ID: b.ID, Status: b.Status, At: b.UpdatedAt})
		}
		entrance.Connected = f.billing.Refresh
	}
	app := embed.New(entrance)
	f.webhooks = webhooks.New(hooks)
	f.beside = append(f.beside, f.webhooks.Run, app.Run)
	s.metrics.Add(f.webhooks.Collector())
	f.provers = append(f.provers, app.Prove)
	f.routes = append(f.routes, app.Routes()...)
	f.routes = append(f.routes, shoppers.Routes()...)
	f.routes = append(f.routes, f.webhooks.Routes()...)
	return app, nil
}

// alive asks whether Shopify accepts a shop's token.
func alive(client *adminapi.Client, token func(context.Context, *tenants.Lease) (string, error)) func(context.Context, *tenants.Lease) (bool, error) {
	return func(ctx context.Context, lease *tenants.Lease) (bool, error) {
		key, err := token(ctx, lease)
		if errors.Is(err, access.ErrNoToken) {
			return false, nil
		} else if err != nil {
			return false, err
		}
		err = lease.Aside(ctx, func() error {
			var out struct{}
			return client.Query(ctx, lease.Shop().Name.String(), key, adminapi.Request{Operation: "Alive", Query: "query Alive { shop { id } }"}, &out)
		})
		if errors.Is(err, adminapi.ErrUnauthorized) || errors.Is(err, adminapi.ErrShopClosed) {
			return false, nil
		}
		return err == nil, err
	}
}

// eraseForShopify is shop/redact.
func (s *server) eraseForShopify(ctx context.Context, shop store.Shop) error {
	_, err := s.host.pool.Erase(ctx, shop, store.By{UserID: "shopify"})
	if errors.Is(err, tenants.ErrNoShop) {
		return nil
	}
	return err
}

// derive makes a key for one purpose from the program's secret key (RFC 5869).
func (s *server) derive(purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, s.key, nil, "lapak/"+purpose+"/v1", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key of %s: %w", purpose, err)
	}
	return key, nil
}

// run works beside the requests until ctx ends.
func (f *faces) run(ctx context.Context, wg *sync.WaitGroup) {
	for _, work := range f.beside {
		wg.Go(func() { work(ctx) })
	}
}

// flush notes what is only in memory yet.
func (f *faces) flush(ctx context.Context) error {
	var errs []error
	for _, last := range f.last {
		errs = append(errs, last(ctx))
	}
	return errors.Join(errs...)
}
