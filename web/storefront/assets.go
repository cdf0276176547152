package storefront

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web"
)

// Origins are where a browser finds public images: URL is this server's own, such
// as https://lapak.example, or "" for addresses that begin with the path; CDN is
// one that fetches from it, for shops whose plan has that, or "".
type Origins struct{ URL, CDN string }

func (o Origins) of(s catalog.Shop) string {
	if o.CDN != "" && s.EnableCDN {
		return o.CDN
	}
	return o.URL
}

const (
	// assetMark begins the name of an asset where JSON names one.
	assetMark = "asset:"
	// namedMost is how many assets one answer gives the addresses of.
	namedMost = 500
)

// addresses are those of the public assets that a product's JSON names.
func addresses(v *store.View, shop store.Shop, origin string, p store.PublicProduct) (map[string]string, error) {
	names := map[string]string{}
	collect(p.Config.Config, names)
	for _, t := range p.Templates {
		collect(t.DesignJSON, names)
	}
	for name := range names {
		as, err := v.AssetNamed(strings.TrimPrefix(name, assetMark))
		if errors.Is(err, store.ErrNotFound) || err == nil && !as.Public() {
			delete(names, name)
			continue
		} else if err != nil {
			return nil, err
		}
		names[name] = origin + web.APIPrefix + "/public/asset/" + as.ID + "?" + url.Values{"shop": {shop.String()}}.Encode()
	}
	return names, nil
}

// collect notes the texts in JSON that name an asset.
func collect(raw json.RawMessage, names map[string]string) {
	if !bytes.Contains(raw, []byte(assetMark)) {
		return
	}
	for d := json.NewDecoder(bytes.NewReader(raw)); len(names) < namedMost; {
		token, err := d.Token()
		if err != nil {
			return // its end
		}
		if text, ok := token.(string); ok && strings.HasPrefix(text, assetMark) {
			names[text] = ""
		}
	}
}
