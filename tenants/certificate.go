package tenants

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lapak/store"
	"lapak/store/bucket"
)

// Certificate says that a shop was erased. The signature is Ed25519 (RFC 8032)
// over the text of "certificate" without spaces; the key follows from the
// program's secret key, so all certificates of an installation have the same.
type Certificate struct {
	Erased    `json:"certificate"`
	PublicKey string `json:"publicKey"` // base64 of the key in the form that PEM has (RFC 8410)
	Signature string `json:"signature"` // base64
}

// Erased is what was done to a shop.
type Erased struct {
	Shop     store.Shop `json:"shop"`
	UUID     string     `json:"id"` // the shop's identity, not that of another by the same name
	BegunAt  time.Time  `json:"begunAt"`
	ErasedAt time.Time  `json:"erasedAt"`
	By       Eraser     `json:"by"`
	Removed  Remains    `json:"removed"`
	// Left is what a last look found in the same places: nothing.
	Left   Remains  `json:"left"`
	Looked []string `json:"looked"` // the places
}

// Eraser is who wanted it. All empty is the system.
type Eraser struct {
	UserID string `json:"userId,omitempty"`
	Email  string `json:"email,omitempty"`
	IP     string `json:"ip,omitempty"`
}

// Remains is how much there is of a shop outside of the catalog.
type Remains struct {
	Files   bucket.Holding `json:"files"`   // on this machine's disk
	Backups bucket.Holding `json:"backups"` // of all its epochs
	Images  bucket.Holding `json:"images"`
}

func (r Remains) none() bool { return r == Remains{} }

// errNoSecret says that nobody could sign a certificate.
var errNoSecret = errors.New("shops cannot be erased without the secret key, which signs their certificates")

// certificateKey is the key that signs certificates.
func (p *Pool) certificateKey() (ed25519.PrivateKey, error) {
	if p.opt.Secret == nil {
		return nil, errNoSecret
	}
	secret, err := p.opt.Secret()
	if err == nil && len(secret) == 0 {
		err = errNoSecret
	}
	if err != nil {
		return nil, err
	}
	seed, err := hkdf.Key(sha256.New, secret, nil, "lapak certificates", ed25519.SeedSize)
	if err != nil {
		return nil, fmt.Errorf("key of the certificates: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// sign makes the certificate of what was done.
func (e Erased) sign(key ed25519.PrivateKey) (Certificate, error) {
	text, err := e.text()
	if err != nil {
		return Certificate{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return Certificate{}, fmt.Errorf("sign certificate: %w", err)
	}
	return Certificate{
		Erased: e, PublicKey: base64.StdEncoding.EncodeToString(public),
		Signature: base64.StdEncoding.EncodeToString(ed25519.Sign(key, text)),
	}, nil
}

// text is what is signed: JSON as other programs write it too, without escapes
// for HTML.
func (e Erased) text() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, fmt.Errorf("write certificate: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// ErrForged says that a certificate was not signed as it stands there.
var ErrForged = errors.New("the certificate's signature is wrong")

// VerifyCertificate reads the JSON of a certificate and checks its signature by
// the key in it: compare that one with the installation's.
func VerifyCertificate(raw []byte) (c Certificate, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields() // they would not be signed
	if err := dec.Decode(&c); err != nil {
		return c, fmt.Errorf("read certificate: %w", err)
	}
	der, err1 := base64.StdEncoding.DecodeString(c.PublicKey)
	signature, err2 := base64.StdEncoding.DecodeString(c.Signature)
	text, err3 := c.text()
	if err := errors.Join(err1, err2, err3); err != nil {
		return c, fmt.Errorf("read certificate: %w", err)
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return c, fmt.Errorf("read certificate: %w", err)
	}
	if key, ok := parsed.(ed25519.PublicKey); !ok || !ed25519.Verify(key, text, signature) {
		return c, ErrForged
	}
	return c, nil
}
