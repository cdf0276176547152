package store

import (
	"crypto/sha256"
	"encoding/hex"
)

// Owner is the shopper who owns a design or an asset; "" is the merchant. Only
// the functions below make others.
type Owner = string

// CustomerOwner is a customer that Shopify says is signed in, by Shopify's id.
func CustomerOwner(id string) Owner { return "customer:" + id }

// ClaimOwner is a visitor who holds a random token. The token itself is kept
// nowhere, so a copy of the file lets nobody act for the visitor.
func ClaimOwner(token string) Owner {
	sum := sha256.Sum256([]byte(token))
	return "claim:" + hex.EncodeToString(sum[:])
}
