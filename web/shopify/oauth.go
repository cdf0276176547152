package shopify

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// AuthorizeURL is where a merchant agrees to the app's scopes (the
// authorization-code flow of a stand-alone install). callback is a path of
// this app; state is what NewState made. online asks for a token of the person
// instead of the shop.
func (a *App) AuthorizeURL(shop, state, callback string, online bool) string {
	grant := ""
	if online {
		grant = "per-user"
	}
	q := url.Values{
		"client_id": {a.cfg.Key}, "scope": {a.cfg.Scopes.String()}, "state": {state},
		"redirect_uri": {a.cfg.URL + callback}, "grant_options[]": {grant},
	}
	return a.adminURL(shop) + "/admin/oauth/authorize?" + q.Encode()
}

// TokenURL is where a shop gives access tokens, to a POST of one of the JSON
// bodies below.
func (a *App) TokenURL(shop string) string { return a.adminURL(shop) + "/admin/oauth/access_token" }

// GraphQLURL is a shop's Admin API in the given version, such as "2026-01".
func (a *App) GraphQLURL(shop, version string) string {
	return a.adminURL(shop) + "/admin/api/" + version + "/graphql.json"
}

// ExchangeBody asks for an access token in return for a verified session
// token: an expiring one of the shop, or the person's if online.
func (a *App) ExchangeBody(sessionToken string, online bool) ([]byte, error) {
	body := map[string]string{
		"grant_type":           "urn:ietf:params:oauth:grant-type:token-exchange",
		"subject_token":        sessionToken,
		"subject_token_type":   "urn:ietf:params:oauth:token-type:id_token",
		"requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
		"expiring":             "1",
	}
	if online {
		body["requested_token_type"] = "urn:shopify:params:oauth:token-type:online-access-token"
	}
	return a.grantBody(body)
}

// RefreshBody asks for a new access token. One request at a time for each
// shop: a refresh token is good for one use.
func (a *App) RefreshBody(refresh string) ([]byte, error) {
	return a.grantBody(map[string]string{"grant_type": "refresh_token", "refresh_token": refresh})
}

// CodeBody asks for an access token in return for a callback's code.
func (a *App) CodeBody(code string) ([]byte, error) {
	return a.grantBody(map[string]string{"code": code, "expiring": "1"})
}

func (a *App) grantBody(body map[string]string) ([]byte, error) {
	if len(a.secrets) == 0 {
		return nil, ErrNoSecret
	}
	body["client_id"], body["client_secret"] = a.cfg.Key, string(a.secrets[0])
	b, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode a request for an access token: %w", err)
	}
	return b, nil
}

func (a *App) adminURL(shop string) string {
	return strings.ReplaceAll(a.cfg.AdminURL, "{shop}", shop)
}
