package shopify_test

import (
	"testing"

	"lapak/web/shopify"
)

func TestBot(t *testing.T) {
	const chrome = " AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"
	for agent, want := range map[string]bool{
		"":          false,
		"google":    true,
		"Googlebot": true,
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":                           true,
		"Mozilla/5.0 (compatible; bingbot/2.0)":                                                              true,
		"facebookexternalhit/1.1":                                                                            true,
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)" + chrome:                                           false,
		"Mozilla/5.0 (Linux; Android 14; Google Pixel 8)" + chrome:                                           false,
		"Mozilla/5.0 (Linux; Android 14; CUBOT X30)" + chrome:                                                false,
		"Google Shopify POS/something":                                                                       false,
		"Google Shopify Mobile/something":                                                                    false,
		"Mozilla/5.0 (Linux; Android 14) Shopify POS/9.7.0/Android/14/google/sdk_gphone64_arm64/development": false,
		"Google shopify pos/9":                                                                               true,
		"Mozilla/5.0 HeadlessChrome/141" + "":                                                                false,
	} {
		if got := shopify.Bot(agent); got != want {
			t.Errorf("%q: %v", agent, got)
		}
	}
}
