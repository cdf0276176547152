package shopifytest

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange"
	idTokenType   = "urn:ietf:params:oauth:token-type:id_token"
	offlineType   = "urn:shopify:params:oauth:token-type:offline-access-token"
	onlineType    = "urn:shopify:params:oauth:token-type:online-access-token"

	refreshSeconds = 7776000
	onlineSeconds  = 86399
)

// tokenRequest is the body of every request for an access token.
type tokenRequest struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	GrantType    string `json:"grant_type"`
	Subject      string `json:"subject_token"`
	SubjectType  string `json:"subject_token_type"`
	Requested    string `json:"requested_token_type"`
	Expiring     string `json:"expiring"`
	Refresh      string `json:"refresh_token"`
	Code         string `json:"code"`
}

func (s *Shopify) serveToken(w http.ResponseWriter, r *http.Request, f Fault) {
	var req tokenRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&req); err != nil {
		refuse(w, "invalid_request", "the body is no JSON")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sh := s.shop(r.PathValue("shop"))
	switch {
	case req.ClientID != s.opt.Key || req.ClientSecret != s.opt.Secret:
		refuse(w, "invalid_client", "client_id or client_secret")
	case req.GrantType == exchangeGrant:
		s.count("exchange")
		s.exchange(w, sh, req)
	case req.GrantType == "refresh_token":
		s.count("refresh")
		s.refresh(w, sh, req.Refresh, f.Lost)
	case req.GrantType == "" && req.Code != "":
		s.count("code")
		s.code(w, sh, req)
	default:
		refuse(w, "unsupported_grant_type", req.GrantType)
	}
}

func refuse(w http.ResponseWriter, code, why string) {
	writeJSON(w, http.StatusBadRequest, map[string]string{"error": code, "error_description": why})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (s *Shopify) exchange(w http.ResponseWriter, sh *shop, req tokenRequest) {
	user, err := s.verify(sh, req.Subject)
	switch {
	case req.SubjectType != idTokenType:
		refuse(w, "invalid_request", "subject_token_type")
	case err != nil:
		refuse(w, "invalid_subject_token", err.Error())
	case !sh.installed:
		refuse(w, "invalid_request", "the app is not installed")
	case req.Requested == onlineType:
		s.giveOnline(w, sh, user)
	case req.Requested == offlineType:
		s.giveOffline(w, sh, req.Expiring)
	default:
		refuse(w, "invalid_request", "requested_token_type")
	}
}

// verify checks a session token as Shopify does: ours, this shop's, not expired.
func (s *Shopify) verify(sh *shop, token string) (user string, err error) {
	var c struct {
		jwt.RegisteredClaims
		Dest string `json:"dest"`
	}
	_, err = jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return []byte(s.opt.Secret), nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithAudience(s.opt.Key), jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.opt.Now))
	if err == nil && c.Dest != "https://"+sh.name {
		err = jwt.ErrTokenInvalidIssuer
	}
	return c.Subject, err
}

// offlineAnswer is the documented answer; expiring tokens have all of it.
type offlineAnswer struct {
	Access         string `json:"access_token"`
	Scope          string `json:"scope"`
	Expires        int64  `json:"expires_in,omitempty"`
	Refresh        string `json:"refresh_token,omitempty"`
	RefreshExpires int64  `json:"refresh_token_expires_in,omitempty"`
}

func (s *Shopify) giveOffline(w http.ResponseWriter, sh *shop, expiring string) {
	lifetime := time.Duration(0)
	if expiring == "1" {
		lifetime = s.opt.AccessTTL
	}
	s.give(w, sh, lifetime)
}

func (s *Shopify) give(w http.ResponseWriter, sh *shop, lifetime time.Duration) {
	g := s.grant(sh, lifetime)
	out := offlineAnswer{Access: g.access, Scope: g.scopes}
	if lifetime > 0 {
		out.Expires, out.Refresh, out.RefreshExpires = int64(max(lifetime/time.Second, 1)), g.refresh, refreshSeconds
	}
	writeJSON(w, http.StatusOK, out)
}

func (s *Shopify) giveOnline(w http.ResponseWriter, sh *shop, user string) {
	g := s.grant(sh, onlineSeconds*time.Second)
	id, _ := strconv.ParseInt(user, 10, 64)
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": g.access, "scope": g.scopes, "expires_in": onlineSeconds, "associated_user_scope": g.scopes,
		"associated_user": map[string]any{
			"id": id, "first_name": "Sri", "last_name": "Wahyuni", "email": "staff-" + user + "@" + sh.name,
			"email_verified": true, "account_owner": id == 1, "locale": "en", "collaborator": false,
		},
	})
}

// refresh takes each refresh token once. A repeat is forgiven only where the
// answer was lost and the token that was in it is unused, of course.
func (s *Shopify) refresh(w http.ResponseWriter, sh *shop, token string, lost bool) {
	for _, g := range sh.grants {
		switch {
		case g.refresh != token || token == "" || g.dead:
			continue
		case g.used && !g.lost:
			s.count("reused")
			refuse(w, "invalid_grant", "the refresh token was used before")
			return
		}
		g.used, g.lost = true, lost
		s.give(w, sh, s.opt.AccessTTL)
		return
	}
	refuse(w, "invalid_grant", "there is no such refresh token")
}

func (s *Shopify) code(w http.ResponseWriter, sh *shop, req tokenRequest) {
	if !sh.codes[req.Code] {
		refuse(w, "invalid_request", "the authorization code was not found or was already used")
		return
	}
	delete(sh.codes, req.Code)
	sh.installed, sh.scopes = true, s.opt.Scopes
	s.giveOffline(w, sh, req.Expiring)
}

// Code makes an authorization code for a shop, as the merchant's consent would.
func (s *Shopify) Code(shopName string) (code string) {
	s.with(shopName, func(sh *shop) {
		code = rand.Text()
		sh.codes[code] = true
	})
	return code
}

// serveAuthorize is the page where a merchant agrees to an install; they agree at
// once.
func (s *Shopify) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	q, name := r.URL.Query(), r.PathValue("shop")
	back := q.Get("redirect_uri")
	if q.Get("client_id") != s.opt.Key || back == "" {
		http.Error(w, "unknown app or no redirect_uri", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.count("authorize")
	s.mu.Unlock()
	signed := s.InstallQuery(name, url.Values{"code": {s.Code(name)}, "state": {q.Get("state")}})
	http.Redirect(w, r, back+"?"+signed, http.StatusFound)
}
