package shopify

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// StatusRedirect answers every redirect of the protocol: one for now, not kept.
const StatusRedirect = http.StatusFound

// Headers by which a fetch of App Bridge learns what to do.
const (
	// HeaderRetryToken, with "1" and a 401, asks App Bridge for one more try
	// with a fresh session token.
	HeaderRetryToken = "X-Shopify-Retry-Invalid-Session-Request"
	// HeaderReauthorize, with "1", and HeaderReauthorizeURL stand for a
	// redirect of the whole window.
	HeaderReauthorize    = "X-Shopify-API-Request-Failure-Reauthorize"
	HeaderReauthorizeURL = "X-Shopify-API-Request-Failure-Reauthorize-Url"
)

// AppBridgeURL is the script that must be the first of an embedded page.
const AppBridgeURL = "https://cdn.shopify.com/shopifycloud/app-bridge.js"

// bouncePath answers with BouncePage.
const bouncePath = "/auth/session-token"

// EmbeddedURL is the app inside Shopify's admin.
func (a *App) EmbeddedURL(h Host) (string, error) {
	if h.place == "" {
		return "", ErrNoHost
	}
	return "https://" + h.place + "/apps/" + url.PathEscape(a.cfg.Key), nil
}

// LoginURL is where a merchant installs or opens the app, from the text that
// they typed to name their shop. ErrNoShop or ErrBadShop.
func (a *App) LoginURL(typed string) (string, error) {
	shop, err := a.ParseShopForm(typed)
	if err != nil {
		return "", err
	}
	admin, err := AdminOf(shop)
	if err != nil {
		return "", err
	}
	return "https://" + admin + "/oauth/install?client_id=" + url.QueryEscape(a.cfg.Key), nil
}

// BounceURL is where a document without a good session token goes to get one:
// a path of this app with the request's parameters and, in "shopify-reload",
// the request again under the app's own origin. The old token is dropped from
// both; the other parameters keep their order and spelling. path is the
// request's escaped path.
func (a *App) BounceURL(path, rawQuery string) string {
	params := strings.Join(slices.DeleteFunc(strings.Split(rawQuery, "&"), bounceDrops), "&")
	reload := a.cfg.URL + "/" + strings.TrimLeft(path, `/\`) // "//x" could be another origin
	if params == "" {
		return bouncePath + "?shopify-reload=" + url.QueryEscape(reload)
	}
	return bouncePath + "?" + params + "&shopify-reload=" + url.QueryEscape(reload+"?"+params)
}

// bounceDrops says whether a raw pair must not travel on; a pair that cannot be
// read, or would end the query, must not either.
func bounceDrops(pair string) bool {
	raw, _, _ := strings.Cut(pair, "=")
	key, err := url.QueryUnescape(raw)
	unsafe := strings.Contains(pair, "#") || strings.ContainsFunc(pair, unsafeInURL)
	return err != nil || unsafe || key == "" || key == "id_token" || key == "shopify-reload"
}

// BouncePage is the bounce page's whole body: App Bridge alone, which reloads
// the address in "shopify-reload" with a fresh token.
func (a *App) BouncePage() string {
	return fmt.Sprintf(`<script data-api-key="%s" src="%s"></script>`, html.EscapeString(a.cfg.Key), AppBridgeURL)
}

// FrameAncestors is the Content-Security-Policy of a document shown inside the
// admin of the given verified shop; for shop "", of one that no frame may show.
// An app that serves development domains also lets Shopify's development
// admins frame it, and one whose AdminURL is elsewhere lets that.
func (a *App) FrameAncestors(shop string) string {
	if shop == "" {
		return "frame-ancestors 'none';"
	}
	policy := "frame-ancestors https://" + shop + " https://admin.shopify.com"
	if slices.ContainsFunc(a.cfg.Domains, func(d string) bool { return d != productionDomain }) {
		policy += " https://*.spin.dev https://admin.myshopify.io https://admin.shop.dev"
	}
	if origin := originOf(a.adminURL(shop)); origin != "https://"+shop {
		policy += " " + origin
	}
	return policy + ";"
}

func originOf(raw string) string {
	scheme, rest, _ := strings.Cut(raw, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

// ReturnURL makes a whole URL of a path of this app that a request asked to be
// sent back to. Anything that a browser could take for another origin is
// ErrBadReturn: schemes, "//", backslashes, blanks and control characters.
func (a *App) ReturnURL(path string) (string, error) {
	bad := fmt.Errorf("%q: %w", clip(path), ErrBadReturn)
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsFunc(path, unsafeInURL) {
		return "", bad
	}
	u, err := url.Parse(path)
	if err != nil || strings.Contains(u.Path, "//") || strings.Contains(u.Path, `\`) {
		return "", bad
	}
	return a.cfg.URL + path, nil
}

// ExitURL is where a page may send the whole window out of the iframe: a path of
// this app or a URL of its origin, or a page of a shop's admin. Anything else is
// ErrBadReturn, Shopify's other hosts and the storefronts included. (Rule:
// shopify-app-js's isTrustedExitIframeDestination.)
func (a *App) ExitURL(target string) (string, error) {
	if strings.HasPrefix(target, "/") {
		return a.ReturnURL(target)
	}
	u, err := url.Parse(target)
	if err != nil || strings.ContainsFunc(target, unsafeInURL) || !cleanPath(u.Path) || !a.exitsTo(u) {
		return "", fmt.Errorf("%q: %w", clip(target), ErrBadReturn)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String(), nil
}

// cleanPath refuses what a browser would make another path of.
func cleanPath(p string) bool {
	return p == "" || strings.TrimSuffix(p, "/") == strings.TrimSuffix(path.Clean(p), "/") && !strings.Contains(p, `\`)
}

func (a *App) exitsTo(u *url.URL) bool {
	if u.User != nil || u.Opaque != "" || u.Host == "" {
		return false
	}
	origin := u.Scheme + "://" + u.Host
	if a.cfg.URL != "" && origin == originOf(a.cfg.URL) || !strings.Contains(a.cfg.AdminURL, "://{shop}") && origin == originOf(a.cfg.AdminURL) {
		return true
	}
	if u.Scheme != "https" {
		return false
	}
	admin := u.Path == "/admin" || strings.HasPrefix(u.Path, "/admin/")
	_, err := a.ParseShop(u.Host)
	return admin && err == nil || slices.ContainsFunc(a.cfg.Domains, func(d string) bool { return u.Host == adminHost(d) })
}

func unsafeInURL(r rune) bool { return r <= ' ' || r == '\\' || r >= 0x7f }
