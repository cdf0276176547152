package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"lapak/cmd/lapak/demo"
	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/tenants"
)

// demoBy is who fills the demo shops, for their audit logs.
func demoBy() store.By { return store.By{UserID: "operator"} }

// demoKey is what lets somebody into a demo shop: a script by its API key, a
// browser by a link that works once.
type demoKey struct {
	shop   store.Shop
	title  string
	secret string
	link   string
}

// demoSetting is where the catalog keeps how far a demo shop is.
func demoSetting(shop store.Shop) string { return "demo:" + shop.String() }

// fillDemo makes the demo shops where they are not there, and a new key for
// each; the one of the last start is revoked.
func fillDemo(ctx context.Context, h *host) ([]demoKey, error) {
	var keys []demoKey
	for _, d := range demo.Shops() {
		shop, err := store.ParseShop(d.Name)
		if err != nil {
			return nil, err
		}
		if err := fillShop(ctx, h, shop, d); err != nil {
			return nil, fmt.Errorf("%s: %w", shop, err)
		}
		secret, err := renewKey(ctx, h.pool.Catalog(), shop)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", shop, err)
		}
		keys = append(keys, demoKey{shop: shop, title: d.Title, secret: secret})
	}
	return keys, nil
}

// fillShop fills a shop that it makes, or that an interrupted start made. Of a
// shop that is there it changes nothing.
func fillShop(ctx context.Context, h *host, shop store.Shop, d demo.Shop) error {
	c := h.pool.Catalog()
	state, known, err := c.Setting(ctx, demoSetting(shop))
	if err != nil || state == "full" {
		return err
	}
	if _, err := c.Shop(ctx, shop); err == nil && !known {
		return nil // somebody's own
	} else if err != nil && !errors.Is(err, catalog.ErrNotFound) {
		return err
	}
	if err := c.SetSetting(ctx, demoSetting(shop), "filling"); err != nil {
		return err
	}
	if _, err := h.pool.Ensure(ctx, shop, d.Plan); err != nil {
		return err
	}
	_, _, err = c.SetShop(ctx, shop, []catalog.Change{
		{Key: "timezone", Value: d.Timezone}, {Key: "currency", Value: d.Currency}, {Key: "primaryColor", Value: d.PrimaryColor},
	}, catalog.Operator)
	if err != nil {
		return err
	}
	if err := fillFile(ctx, h, shop, d); err != nil {
		return err
	}
	return c.SetSetting(ctx, demoSetting(shop), "full")
}

func fillFile(ctx context.Context, h *host, shop store.Shop, d demo.Shop) error {
	l, err := h.pool.Acquire(ctx, shop)
	if err != nil {
		return err
	}
	defer l.Release()
	var used store.Usage
	err = l.Read(ctx, "read usage", func(v *store.View) (err error) {
		used, _, err = v.Usage(l.Terms())
		return err
	})
	if err != nil {
		return err
	}
	// An interrupted start left the first so many.
	for _, image := range d.Images[min(int(used.Assets), len(d.Images)):] {
		l.Objects().RLock()
		err := addImage(ctx, l, h.assets, image)
		l.Objects().RUnlock()
		if err != nil {
			return fmt.Errorf("%s: %w", image.Name, err)
		}
	}
	return l.Write(ctx, "fill the demo shop", func(tx *store.Tx) error { return fillTables(tx, l.Terms(), d) })
}

func addImage(ctx context.Context, l *tenants.Lease, assets bucket.Bucket, image demo.Image) error {
	raw := image.Bytes()
	sum := sha256.Sum256(raw)
	object := image.Type + "/" + hex.EncodeToString(sum[:]) + ".png"
	_, err := assets.Put(ctx, l.Shop().Name.String()+"/"+object, bytes.NewReader(raw), int64(len(raw)),
		bucket.PutOptions{IfAbsent: true, ContentType: image.ContentType})
	if err != nil && !errors.Is(err, bucket.ErrExists) {
		return err
	}
	side := int64(image.Side)
	in := store.NewAsset{
		Type: image.Type, Name: image.Name, ContentType: image.ContentType, Object: object,
		Size: int64(len(raw)), Width: &side, Height: &side,
	}
	return l.Write(ctx, "fill the demo shop", func(tx *store.Tx) error {
		_, err := tx.CreateAsset(demoBy(), l.Terms(), in)
		return err
	})
}

func fillTables(tx *store.Tx, terms store.Terms, d demo.Shop) error {
	for _, c := range d.Configs {
		_, _, err := tx.PutConfig(demoBy(), terms, c.ProductID, store.ConfigPatch{Title: &c.Title, Config: c.JSON, Enabled: &c.Enabled}, 0)
		if err != nil {
			return err
		}
	}
	for _, n := range d.Designs {
		_, err := tx.CreateDesign(demoBy(), terms, store.NewDesign{
			ProductID: n.ProductID, Name: n.Name, IsTemplate: n.IsTemplate, DesignJSON: n.JSON,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// renewKey makes a demo shop's key of this start.
func renewKey(ctx context.Context, c *catalog.DB, shop store.Shop) (string, error) {
	keys, err := c.Keys(ctx, shop)
	if err != nil {
		return "", err
	}
	for _, k := range keys {
		if k.Name == "demo" && k.RevokedAt.IsZero() {
			if err := c.RevokeKey(ctx, k.ID); err != nil {
				return "", err
			}
		}
	}
	_, secret, err := c.CreateKey(ctx, shop, catalog.RoleAdmin, "demo")
	return secret, err
}

// greetDemo says what to try, in lines that can be pasted.
func (s *server) greetDemo(keys []demoKey) {
	fmt.Fprintf(s.out, "\nTwo demo shops. Open one in your browser; each link works once:\n\n")
	_ = table(s.out, func(w io.Writer) {
		for _, k := range keys {
			row(w, "  "+k.title, k.link)
		}
	})
	fmt.Fprintf(s.out, "\nAnd a new API key for each:\n\n")
	_ = table(s.out, func(w io.Writer) {
		for _, k := range keys {
			row(w, "  "+k.title, k.shop, k.secret)
		}
	})
	fmt.Fprintf(s.out, `
Save a design in %s, delete it, and take that shop alone back to before:

  KEY=%s API=%s/imcst_api
  ID=$(curl -sS $API/design -H "Authorization: Bearer $KEY" -d '{"shopifyProductId":"8120374418721","name":"Mug for Sari","designJson":{"version":1,"view":"front","canvas":{"width":909,"height":1000},"layers":[]}}' | sed 's/.*"id":"\([^"]*\)".*/\1/'); echo "saved $ID"; sleep 1
  AT=$(date -u +%%Y-%%m-%%dT%%H:%%M:%%SZ); sleep 1; curl -sS -X DELETE $API/design/$ID -H "Authorization: Bearer $KEY"; curl -sS $API/design/$ID -H "Authorization: Bearer $KEY"
  curl -sS $API/restore -H "Authorization: Bearer $KEY" -d "{\"at\":\"$AT\"}"; sleep 2; curl -sS $API/design/$ID -H "Authorization: Bearer $KEY"

`, keys[0].title, keys[0].secret, s.origin())
}
