package shopify

import "strings"

// shopifyAgents are Shopify's own programs, some of which run on devices whose
// names look like a crawler's.
var shopifyAgents = []string{"Shopify POS/", "Shopify Mobile/"}

// crawlers are words by which crawlers and link previews call themselves.
var crawlers = []string{
	"bot", "crawl", "spider", "google", "slurp", "lighthouse", "facebookexternalhit", "whatsapp", "ia_archiver", "archiver",
	"mediapartners", "preview", "scrapy", "yandex", "baidu", "bingpreview", "embedly", "pinterest", "skypeuripreview", "vkshare",
}

// notCrawlers are names of devices and browsers that hold one of those words.
var notCrawlers = []string{"cubot", "google pixel", "googleapp/", "google/google", "com.google."}

// Bot says whether a user agent is one that says of itself to be a crawler,
// which must not begin to sign in. None at all, and Shopify's own, are not.
// (Shopify's libraries ask npm's isbot; these are the words that matter here.)
func Bot(userAgent string) bool {
	for _, own := range shopifyAgents {
		if strings.Contains(userAgent, own) {
			return false
		}
	}
	name := strings.ToLower(userAgent)
	for _, device := range notCrawlers {
		name = strings.ReplaceAll(name, device, "")
	}
	for _, word := range crawlers {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
