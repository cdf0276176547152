package access

import "lapak/store"

// Seal is a session as it is kept in the shop's file, for those who write rows
// there themselves.
func (t *Tokens) Seal(shop store.Shop, s Session) (store.Session, error) { return t.seal(shop, s) }

// Open is what Seal made of a session. It is an error if that was with another
// secret key or for another shop.
func (t *Tokens) Open(shop store.Shop, sealed store.Session) (Session, error) {
	return t.open(shop, sealed)
}
