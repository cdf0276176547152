// Package storefront prepares what every visitor of a shop may see: a product's
// config, its templates and the shop's branding. The answer is kept with the open
// shop until something in it changes.
package storefront

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"

	lru "github.com/hashicorp/golang-lru/v2"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
)

// Product is one product's answer, ready to be sent.
type Product struct {
	version [2]uint64 // of all that the shop shows to the public
	origin  string    // of the images it names
	body    []byte
	etag    string
}

// content is what the answer's JSON is made of.
type content struct {
	Shop store.Shop `json:"shop"`
	store.PublicProduct
	Branding branding `json:"branding"`
	// Assets is where the images and fonts are that the config and the templates
	// name, by what they call them.
	Assets map[string]string `json:"assets"`
}

type branding struct {
	LogoURL      *string `json:"logoUrl"`
	PrimaryColor *string `json:"primaryColor"`
	CustomDomain *string `json:"customDomain"`
}

// memoKey is where a shop's prepared answers lie in its memo.
type memoKey struct{}

// preparedMost is how many products' answers are kept of one shop.
const preparedMost = 256

// Read returns a product's answer as of now. It is store.ErrNotFound if the
// product has no config, or none that is enabled, or its id is no product's.
func Read(ctx context.Context, lease *tenants.Lease, productID string, at Origins) (*Product, error) {
	memo, err := memoOf(lease)
	if err != nil {
		return nil, err
	}
	version := lease.PublicVersion() // before the data, as it says
	origin := at.of(lease.Shop())
	if p, ok := memo.Get(productID); ok && p.version == version && p.origin == origin {
		return p, nil
	}
	p, err := prepare(ctx, lease, productID, origin)
	if err != nil {
		return nil, notPublic(err)
	}
	p.version, p.origin = version, origin
	memo.Add(productID, p)
	return p, nil
}

// Send answers with the product, or that the visitor has it already. Cache is what
// goes into Cache-Control.
func (p *Product) Send(w http.ResponseWriter, r *http.Request, cache string) error {
	h := w.Header()
	h.Set("Cache-Control", cache)
	h.Set("ETag", p.etag)
	if web.NotModified(r, p.etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	web.WriteBytes(w, r, http.StatusOK, "application/json; charset=utf-8", p.body)
	return nil
}

// notPublic makes an id that no product can have just another that is not there.
func notPublic(err error) error {
	if e := web.Explain(err); e.Code == "invalid" {
		return store.ErrNotFound
	}
	return err
}

func memoOf(lease *tenants.Lease) (*lru.Cache[string, *Product], error) {
	memo, ok := lease.Memo().Load(memoKey{})
	if !ok {
		cache, err := lru.New[string, *Product](preparedMost)
		if err != nil {
			return nil, fmt.Errorf("make room for answers: %w", err)
		}
		memo, _ = lease.Memo().LoadOrStore(memoKey{}, cache)
	}
	return memo.(*lru.Cache[string, *Product]), nil
}

func prepare(ctx context.Context, lease *tenants.Lease, productID, origin string) (*Product, error) {
	rec := lease.Shop()
	out := content{Shop: rec.Name, Branding: brandingOf(rec)}
	err := lease.Snapshot(ctx, "read public product", func(v *store.View) (err error) {
		if out.PublicProduct, err = v.PublicProduct(productID); err != nil {
			return err
		}
		out.Assets, err = addresses(v, rec.Name, origin, out.PublicProduct)
		return err
	})
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := web.EncodeJSON(&buf, out); err != nil {
		return nil, err
	}
	body := bytes.Clone(buf.Bytes())
	sum := sha256.Sum256(body)
	return &Product{body: body, etag: `"` + hex.EncodeToString(sum[:16]) + `"`}, nil
}

func brandingOf(s catalog.Shop) branding {
	return branding{LogoURL: s.LogoURL, PrimaryColor: s.PrimaryColor, CustomDomain: s.CustomDomain}
}
