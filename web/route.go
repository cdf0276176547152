package web

import (
	"net/http"
	"net/url"
	"time"

	"lapak/store/catalog"
)

// Route is one line of the table of routes.
type Route struct {
	Method, Pattern string // GET answers HEAD too; the pattern is chi's
	Proof           Proof
	Handle          func(w http.ResponseWriter, r *http.Request, c *Caller) error
	// Body says what the request may carry; the zero value is nothing.
	Body Body
	// Timeout is how long the request may take, its body and its answer
	// included; 0 means 30 seconds.
	Timeout time.Duration
	// Fail answers errors in the face's own way, such as a page or a redirect to
	// where one signs in; nil means the JSON error. Nothing was sent before it.
	Fail func(w http.ResponseWriter, r *http.Request, c *Caller, e *Error)
	// AnyOrigin lets scripts of every web page read the answer, errors included.
	AnyOrigin bool
}

// Body is what kind of body a route takes.
type Body struct {
	limit  int64
	stream bool
}

// JSON is a body of one JSON object of at most so many bytes. It is read before
// the shop is opened, so that a slow sender occupies nothing.
func JSON(limit int64) Body { return Body{limit: limit} }

// Stream is a body of at most so many bytes that the handler reads itself. It
// must also look at a shop named in it; see Caller.Names.
func Stream(limit int64) Body { return Body{limit: limit, stream: true} }

// Proof is what a request must prove before its handler runs.
type Proof struct {
	kind proofKind
	role catalog.Role
	cold bool
	by   Prover // nil: the server's provers
}

type proofKind int

const (
	proofNone proofKind = iota
	proofVisitor
	proofShop
	proofOperator
)

// None asks for no proof and opens no shop.
func None() Proof { return Proof{} }

// Visitor asks for no proof and opens the shop of the query's "shop". Requests
// are limited by address and shop; a shop that is not there, or is suspended,
// is not found.
func Visitor() Proof { return Proof{kind: proofVisitor} }

// Key asks for the proof of being a shop's bearer with at least this role, or an
// operator who names the shop, and opens the shop. A part of the path called
// "shop" names it too.
func Key(role catalog.Role) Proof { return Proof{kind: proofShop, role: role} }

// Operator asks for an operator's proof. Caller.Shop is the one that the path,
// the query or the header names; zero if none.
func Operator() Proof { return Proof{kind: proofOperator, role: catalog.RoleOperator} }

// By is p with this proof of identity and no other, for a face that others sign.
func (p Proof) By(prove Prover) Proof { p.by = prove; return p }

// Cold is p without opening the shop: Caller.Lease is nil until Caller.Open, and
// a shop that is being restored is served.
func (p Proof) Cold() Proof { p.cold = true; return p }

// Param is a part of the path by its name in the pattern, decoded; "" if what
// is there cannot be.
func Param(r *http.Request, name string) string {
	raw := r.PathValue(name)
	if r.URL.RawPath == "" {
		return raw // chi matched the decoded path
	}
	value, err := url.PathUnescape(raw)
	if err != nil {
		return ""
	}
	return value
}
