package proxy

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"

	"lapak/store"
	"lapak/web"
)

// claimHeader is where a storefront's script sends a visitor's claim. Shopify takes
// away cookies, in both directions, and names no other request header that it would
// ("App proxies don't support cookies", the same page); where a header does not
// come through, the body's "claim" does the same.
const claimHeader = "X-Lapak-Claim"

const claimBytes = 32 // of randomness

// newClaim makes a token that nobody can guess. It is given out once and kept
// nowhere; see store.ClaimOwner.
func newClaim() string {
	b := make([]byte, claimBytes)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// isClaim says whether a text has the form of newClaim's.
func isClaim(token string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	return err == nil && len(raw) == claimBytes && len(token) == base64.RawURLEncoding.EncodedLen(claimBytes)
}

// customer is the id of who is signed in to the shop, "" for a visitor. It is
// called when the prover has read the query: so there is one, and it is Shopify's.
func customer(r *http.Request) string { return r.URL.Query().Get("logged_in_customer_id") }

// claimOf is the claim that a request shows, "" if none. The body's is inBody.
func claimOf(r *http.Request, inBody string) (string, error) {
	token := r.Header.Get(claimHeader)
	switch {
	case token == "":
		token = inBody
	case inBody != "" && inBody != token:
		return "", web.Invalid("claim", "must be the same in the header and in the body")
	}
	if token != "" && !isClaim(token) {
		return "", web.Invalid("claim", "must be one that this server gave")
	}
	return token, nil
}

// reader is who asks; "", who owns nothing, where nobody can tell.
func reader(r *http.Request) store.Owner {
	if id := customer(r); id != "" {
		return store.CustomerOwner(id)
	}
	if token := r.Header.Get(claimHeader); isClaim(token) {
		return store.ClaimOwner(token)
	}
	return ""
}

// writer is who saves something, with what they show in the body. A visitor who
// shows no claim gets one.
func writer(r *http.Request, inBody string) (owner store.Owner, claim string, err error) {
	token, err := claimOf(r, inBody)
	if err != nil {
		return "", "", err
	}
	if id := customer(r); id != "" {
		return store.CustomerOwner(id), "", nil
	}
	if token == "" {
		token = newClaim()
		claim = token
	}
	return store.ClaimOwner(token), claim, nil
}
