// Package products knows the products of shops that are installed at Shopify: it
// lists and searches them there, and remembers each answer for about a minute.
package products

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/shopify/adminapi"
)

var (
	// ErrNotInstalled says that the app is not installed in the shop at Shopify,
	// so that nobody can be asked.
	ErrNotInstalled = errors.New("the app is not installed in this shop at Shopify")
	// ErrNotFound says that the shop has no such product.
	ErrNotFound = fmt.Errorf("product %w", store.ErrNotFound)
)

const (
	// keepFor is how long an answer of Shopify is good for. Changes come sooner
	// where webhooks call Forget.
	keepFor = time.Minute
	// patience is how long Shopify may take, with all waits: somebody looks at a
	// page that is being made.
	patience  = 8 * time.Second
	keptPages = 64     // of one shop
	forgotten = 10_000 // shops
)

// Options of New. API, Catalog and Token are required.
type Options struct {
	API     *adminapi.Client
	Catalog *catalog.DB // knows where the app is installed
	// Token is the shop's own access token. Reject is told of one that Shopify did
	// not accept; nil means that nobody needs to know.
	Token  func(context.Context, *tenants.Lease) (string, error)
	Reject func(ctx context.Context, lease *tenants.Lease, token string) error
	// KeepFor is how long an answer is remembered; 0 means a minute.
	KeepFor time.Duration
}

// Products asks Shopify for products. It is safe for use by many goroutines.
type Products struct {
	opt     Options
	flights singleflight.Group
	changes atomic.Uint64                  // counts what Forget was told
	changed *lru.Cache[store.Shop, uint64] // the last of them, by shop
}

// New makes a Products.
func New(opt Options) *Products {
	if opt.KeepFor <= 0 {
		opt.KeepFor = keepFor
	}
	changed, err := lru.New[store.Shop, uint64](forgotten)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &Products{opt: opt, changed: changed}
}

// Product is one product at Shopify.
type Product struct {
	ID           string // as store.ProductID has it
	Title        string
	Handle       string // its name in the storefront's addresses
	Status       string // ACTIVE, DRAFT, ARCHIVED or UNLISTED
	ImageURL     string // "": it has none
	Customizable bool   // its config in the shop's file is enabled
}

// Query asks for a page of a shop's products, the newest first.
type Query struct {
	Search string // words, each the beginning of one in the product; "" means all
	After  string // Page.Next of the page before; "" is the first page
	Limit  int    // 1 to 100; 0 means 20
}

// Page is a part of a shop's products.
type Page struct {
	Products []Product
	Next     string // "": there are no more
}

// List returns a page of the shop's products. It is ErrNotInstalled where there
// is no one to ask, a store.InvalidError for a bad query, and else a *web.Error
// that says what is wrong with Shopify.
func (p *Products) List(ctx context.Context, lease *tenants.Lease, q Query) (Page, error) {
	ask, err := q.parse()
	if err != nil {
		return Page{}, err
	}
	if err := p.installed(ctx, lease); err != nil {
		return Page{}, err
	}
	found, err := p.remembered(ctx, lease, ask)
	if err != nil {
		return Page{}, explain(err, q)
	}
	page := Page{Products: append([]Product{}, found.Products...), Next: found.Next} // others have found too
	return page, mark(ctx, lease, page.Products)
}

// One returns a product by its id. Its errors are those of List, and ErrNotFound.
func (p *Products) One(ctx context.Context, lease *tenants.Lease, id string) (Product, error) {
	id, err := store.ProductID(id)
	if err != nil {
		return Product{}, err
	}
	if err := p.installed(ctx, lease); err != nil {
		return Product{}, err
	}
	found, err := p.remembered(ctx, lease, question{id: id})
	if err == nil && len(found.Products) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Product{}, explain(err, Query{})
	}
	one := append([]Product{}, found.Products...)
	return one[0], mark(ctx, lease, one)
}

// Forget makes the next question about a shop's products go to Shopify: some of
// them changed.
func (p *Products) Forget(shop store.Shop) { p.changed.Add(shop, p.changes.Add(1)) }

func (p *Products) installed(ctx context.Context, lease *tenants.Lease) error {
	install, err := p.opt.Catalog.Install(ctx, lease.Shop().Name)
	if errors.Is(err, catalog.ErrNotFound) || err == nil && !install.Installed() {
		return ErrNotInstalled
	}
	return err
}

// mark says which of the products shoppers may customize.
func mark(ctx context.Context, lease *tenants.Lease, products []Product) error {
	ids := make([]string, len(products))
	for i, product := range products {
		ids[i] = product.ID
	}
	return lease.Read(ctx, "which products are customizable", func(v *store.View) error {
		enabled, err := v.Configured(ids)
		for i := range products {
			products[i].Customizable = enabled[products[i].ID]
		}
		return err
	})
}

// explain says in the API's words what Shopify's client said.
func explain(err error, q Query) error {
	var refused *adminapi.QueryError
	if q.After != "" && errors.As(err, &refused) && refused.Code == "BAD_REQUEST" {
		return errCursor()
	}
	if a, ok := adminapi.Explain(err); ok {
		return &web.Error{Status: a.Status, Code: a.Code, Text: a.Text, Retry: int((a.Retry + time.Second - 1) / time.Second), Cause: err}
	}
	return err
}
