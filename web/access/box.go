package access

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"lapak/store"
)

const (
	// keyInfo keeps this key apart from every other that comes of the secret.
	keyInfo = "lapak/web/access/token-encryption/v1"
	// boxVersion is the first byte of a sealed text: AES-256-GCM, with a random
	// nonce before the text.
	boxVersion = 1
	minSecret  = 32
)

// The fields that are sealed.
const (
	fieldAccess  = "access_token"
	fieldRefresh = "refresh_token"
)

var errSealed = errors.New("it was sealed with another secret key, or for another place")

// box seals texts so that they open only in the place that they were sealed for:
// the same shop, session and field.
type box struct{ aead cipher.AEAD }

func newBox(secret []byte) (box, error) {
	if len(secret) < minSecret {
		return box{}, fmt.Errorf("the secret key has %d bytes, fewer than %d", len(secret), minSecret)
	}
	key, err := hkdf.Key(sha256.New, secret, nil, keyInfo, 32)
	if err != nil {
		return box{}, fmt.Errorf("derive the key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return box{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return box{aead}, err
}

// seal is nil for "".
func (b box) seal(shop store.Shop, id, field, text string) []byte {
	if text == "" {
		return nil
	}
	return b.aead.Seal([]byte{boxVersion}, nil, []byte(text), place(shop, id, field))
}

// open is "" for nil.
func (b box) open(shop store.Shop, id, field string, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	if sealed[0] != boxVersion {
		return "", fmt.Errorf("%s: sealed in an unknown way, %d", field, sealed[0])
	}
	text, err := b.aead.Open(nil, nil, sealed[1:], place(shop, id, field))
	if err != nil {
		return "", fmt.Errorf("%s: %w", field, errSealed)
	}
	return string(text), nil
}

// place says where a text belongs. Neither the field nor the shop holds a zero
// byte, so two places never read the same.
func place(shop store.Shop, id, field string) []byte {
	return []byte(string(rune(boxVersion)) + field + "\x00" + shop.String() + "\x00" + id)
}
