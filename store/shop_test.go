package store_test

import (
	"errors"
	"strings"
	"testing"

	"lapak/store"
)

func TestParseShop(t *testing.T) {
	for _, good := range []string{
		"a.myshopify.com", "example.myshopify.com", "my-shop_2.myshopify.com", "0.myshopify.com", "dev.myshopify.io", "x.shop.dev",
		strings.Repeat("a", store.MaxShopLength-len(".myshopify.com")) + ".myshopify.com",
	} {
		if shop, err := store.ParseShop(good); err != nil || shop.String() != good || shop.IsZero() {
			t.Errorf("%q: got %q, %v", good, shop, err)
		}
	}
	for _, bad := range []string{
		"", ".", "a", "myshopify.com", ".myshopify.com", "A.myshopify.com", "a.MyShopify.com", "ä.myshopify.com", "а.myshopify.com",
		"a.myshopify.com.", "a.myshopify.com/", "a.myshopify.com\n", "\na.myshopify.com", " a.myshopify.com", "a.myshopify.com ",
		"a.myshopify.com\x00", "-a.myshopify.com", "_a.myshopify.com", "a.b.myshopify.com", "a.myshopify.com,b.myshopify.com",
		"a.myshopify.com?x", "a.myshopify.com:443", "https://a.myshopify.com", "../a.myshopify.com", "a%2e.myshopify.com",
		"a.myshopify.com.evil.com", "a.evilmyshopify.com", "a@b.myshopify.com", "a.shop.dev.", "ａ.myshopify.com",
		strings.Repeat("a", 300) + ".myshopify.com", strings.Repeat("a", 300),
	} {
		shop, err := store.ParseShop(bad)
		if !errors.Is(err, store.ErrBadShop) || !shop.IsZero() {
			t.Errorf("%q: got %q, %v, want ErrBadShop", bad, shop, err)
		}
		if err != nil && len(err.Error()) > 400 {
			t.Errorf("%q: the error repeats all of it", bad)
		}
	}
}

func FuzzParseShop(f *testing.F) {
	for _, s := range []string{"a.myshopify.com", "A.myshopify.com", "a.myshopify.com.", "a.myshopify.com\n", "ä.shop.dev", "a-_.myshopify.io"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		shop, err := store.ParseShop(s)
		if err != nil {
			if !shop.IsZero() {
				t.Fatalf("%q: an error and the shop %q", s, shop)
			}
			return
		}
		if shop.String() != s || len(s) > store.MaxShopLength || s != strings.ToLower(s) ||
			strings.ContainsAny(s, "/\\ \t\r\n\x00,:%@?#\"'") || strings.Contains(s, "..") || strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") {
			t.Fatalf("%q was accepted", s)
		}
	})
}
