package shopify_test

import (
	"net/url"
	"testing"

	"lapak/web/shopify"
)

const hostParam = "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvbXktc2hvcA" // admin.shopify.com/store/my-shop

func TestReadInstall(t *testing.T) {
	a := newApp(t)
	in, err := a.ReadInstall(signQuery(t, secret, url.Values{
		"shop": {shop}, "timestamp": {stamp(-90)}, "code": {"c"}, "state": {"s"}, "host": {hostParam},
	}))
	if err != nil || in.Shop != shop || in.Code != "c" || in.State != "s" || in.Host.String() != "admin.shopify.com/store/my-shop" {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestReadInstallRefuses(t *testing.T) {
	a := newApp(t)
	for name, c := range map[string]struct {
		q    url.Values
		want error
	}{
		"no shop":            {url.Values{}, shopify.ErrBadShop},
		"capitals":           {url.Values{"shop": {"My-Shop.myshopify.com"}}, shopify.ErrBadShop},
		"development domain": {url.Values{"shop": {"my-shop.myshopify.io"}}, shopify.ErrBadShop},
		"bad host":           {url.Values{"shop": {shop}, "host": {"host"}}, shopify.ErrBadHost},
		"empty host":         {url.Values{"shop": {shop}, "host": {""}}, shopify.ErrNoHost},
		"91 seconds ahead":   {url.Values{"shop": {shop}, "timestamp": {stamp(91)}}, shopify.ErrStale},
		"91 seconds ago":     {url.Values{"shop": {shop}, "timestamp": {stamp(-91)}}, shopify.ErrStale},
		"signed timestamp":   {url.Values{"shop": {shop}, "timestamp": {"+" + stamp(0)}}, shopify.ErrBadTimestamp},
		"huge timestamp":     {url.Values{"shop": {shop}, "timestamp": {"18446744073709551615"}}, shopify.ErrBadTimestamp},
	} {
		t.Run(name, func(t *testing.T) {
			if !c.q.Has("timestamp") {
				c.q.Set("timestamp", stamp(0))
			}
			in, err := a.ReadInstall(signQuery(t, secret, c.q))
			wantErr(t, err, c.want)
			if in != (shopify.Install{}) {
				t.Errorf("a refused query gives %+v", in)
			}
		})
	}
}

func TestVerifyQueryRefuses(t *testing.T) {
	a := newApp(t)
	good := signQuery(t, secret, url.Values{"shop": {shop}, "timestamp": {stamp(0)}})
	for raw, want := range map[string]error{
		"":                       shopify.ErrNoSignature,
		good + "&x=1":            shopify.ErrBadSignature,
		good + "&shop=" + shop:   shopify.ErrRepeated,
		good + "&hmac=0":         shopify.ErrRepeated,
		good + "&signature=0":    nil, // legacy, never signed
		good + "&%zz=1":          shopify.ErrBadQuery,
		good + "&ids[]=1;2":      shopify.ErrBadQuery,
		good + "&ids[]=%22":      shopify.ErrBadQuery,
		good + "&ids[]=a%26b=c":  shopify.ErrBadQuery,
		good + "&ids[]=%C3%A9":   shopify.ErrBadQuery,
		good + "&ids[]=1&ids[]=": shopify.ErrBadSignature,
	} {
		_, err := a.VerifyQuery(raw)
		t.Log(raw)
		wantErr(t, err, want)
	}
}

func TestReadProxy(t *testing.T) {
	a := newApp(t)
	q := url.Values{
		"shop": {shop}, "timestamp": {stamp(0)}, "path_prefix": {"/apps/lapak"}, "logged_in_customer_id": {""}, "product": {"7"},
	}
	raw := signProxy(secret, q)
	p, err := a.ReadProxy(raw, "product", "variant")
	if err != nil || p.Shop != shop || p.Customer != "" || p.PathPrefix != "/apps/lapak" || p.Params.Encode() != "product=7" {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = a.ReadProxy(raw)
	wantErr(t, err, shopify.ErrUnknownParam)
}

func TestReadProxyRefuses(t *testing.T) {
	a := newApp(t)
	for name, c := range map[string]struct {
		q    url.Values
		want error
	}{
		"no shop":            {url.Values{}, shopify.ErrBadShop},
		"customer's name":    {url.Values{"shop": {shop}, "logged_in_customer_id": {"ann"}}, shopify.ErrBadQuery},
		"equals sign":        {url.Values{"shop": {shop}, "product": {"1=2"}}, shopify.ErrBadQuery},
		"unknown":            {url.Values{"shop": {shop}, "zz": {""}}, shopify.ErrUnknownParam},
		"old":                {url.Values{"shop": {shop}, "timestamp": {stamp(-91)}}, shopify.ErrStale},
		"development domain": {url.Values{"shop": {"my-shop.shop.dev"}}, shopify.ErrBadShop},
	} {
		t.Run(name, func(t *testing.T) {
			if !c.q.Has("timestamp") {
				c.q.Set("timestamp", stamp(0))
			}
			_, err := a.ReadProxy(signProxy(secret, c.q), "product")
			wantErr(t, err, c.want)
		})
	}
}

// TestProxyRecut takes what Shopify signed for a visitor of one shop and cuts
// the same text into a request for another. The signature holds, so only
// ReadProxy stands in the way.
func TestProxyRecut(t *testing.T) {
	a := newApp(t)
	signed := url.Values{
		"a":    {"1shop=victim.myshopify.comtimestamp=" + stamp(0) + "zz="},
		"shop": {shop}, "timestamp": {stamp(0)},
	}
	signProxy(secret, signed)
	recut := url.Values{
		"a": {"1"}, "shop": {"victim.myshopify.com"}, "timestamp": {stamp(0)},
		"zz": {"shop=" + shop + "timestamp=" + stamp(0)}, "signature": signed["signature"],
	}
	if _, err := a.VerifyProxy(recut.Encode()); err != nil {
		t.Fatalf("the attack is not the one meant: %v", err)
	}
	_, err := a.ReadProxy(recut.Encode(), "a")
	wantErr(t, err, shopify.ErrUnknownParam)
	_, err = a.ReadProxy(recut.Encode(), "a", "zz")
	wantErr(t, err, shopify.ErrBadQuery)
}
