package api

import (
	"bytes"
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

// publicProduct is what everybody may see of a product.
type publicProduct struct {
	Shop store.Shop `json:"shop"`
	store.PublicProduct
	Branding branding `json:"branding"`
}

type branding struct {
	LogoURL      *string `json:"logoUrl"`
	PrimaryColor *string `json:"primaryColor"`
	CustomDomain *string `json:"customDomain"`
}

// prepared is an answer that is ready to be sent.
type prepared struct {
	version [2]uint64 // of all that the shop shows to the public
	body    []byte
	etag    string
}

// memoKey is where a shop's prepared answers lie in its memo.
type memoKey struct{}

// preparedMost is how many products' answers are kept of one shop.
const preparedMost = 256

// getPublicProduct is asked for by every visitor of a product page, so its
// answer is kept until something in it changes.
func (a *API) getPublicProduct(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	answer, err := publicAnswer(r, c.Lease, web.Param(r, "product"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=0, must-revalidate")
	h.Set("ETag", answer.etag)
	if notModified(r, answer.etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	web.WriteBytes(w, r, http.StatusOK, "application/json; charset=utf-8", answer.body)
	return nil
}

func publicAnswer(r *http.Request, lease *tenants.Lease, raw string) (*prepared, error) {
	memo, err := publicMemo(lease)
	if err != nil {
		return nil, err
	}
	version := lease.PublicVersion() // before the data, as it says
	if p, ok := memo.Get(raw); ok && p.version == version {
		return p, nil
	}
	p, err := preparePublic(r, lease, raw)
	if err != nil {
		return nil, notPublic(err)
	}
	p.version = version
	memo.Add(raw, p)
	return p, nil
}

// notPublic makes an id that no product can have just another that is not there.
func notPublic(err error) error {
	if e := web.Explain(err); e.Code == "invalid" {
		return store.ErrNotFound
	}
	return err
}

func publicMemo(lease *tenants.Lease) (*lru.Cache[string, *prepared], error) {
	memo, ok := lease.Memo().Load(memoKey{})
	if !ok {
		cache, err := lru.New[string, *prepared](preparedMost)
		if err != nil {
			return nil, fmt.Errorf("make room for answers: %w", err)
		}
		memo, _ = lease.Memo().LoadOrStore(memoKey{}, cache)
	}
	return memo.(*lru.Cache[string, *prepared]), nil
}

func preparePublic(r *http.Request, lease *tenants.Lease, id string) (*prepared, error) {
	rec := lease.Shop()
	out := publicProduct{Shop: rec.Name, Branding: brandingOf(rec)}
	err := lease.Snapshot(r.Context(), "read public product", func(v *store.View) (err error) {
		out.PublicProduct, err = v.PublicProduct(id)
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
	return &prepared{body: body, etag: `"` + hex.EncodeToString(sum[:16]) + `"`}, nil
}

func brandingOf(s catalog.Shop) branding {
	return branding{LogoURL: s.LogoURL, PrimaryColor: s.PrimaryColor, CustomDomain: s.CustomDomain}
}
