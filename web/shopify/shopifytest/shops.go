package shopifytest

import (
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Product is one product of a shop.
type Product struct {
	ID     int64 // 0 means the next free one
	Title  string
	Handle string // "" means made from the title
	Status string // "" means ACTIVE
	Image  string // URL; "" means none
}

// GID is the product's global id.
func (p Product) GID() string { return "gid://shopify/Product/" + strconv.FormatInt(p.ID, 10) }

// shop is one shop's state. The stand-in's mutex guards it.
type shop struct {
	name      string
	id        int64
	installed bool
	status    int // of every GraphQL answer, such as 402 for a frozen shop; 0: it works
	scopes    string
	products  []Product
	grants    []*grant
	codes     map[string]bool // still unused
	subs      []*Subscription
	points    points
}

// grant is one access token and the refresh token that came with it.
type grant struct {
	access  string
	expires time.Time // zero: never
	refresh string    // "": none
	used    bool      // the refresh token
	lost    bool      // the answer to its use never arrived, so that it may be used again
	dead    bool
	scopes  string
}

// shop is the named one; where it is new, the app is not installed there.
func (s *Shopify) shop(name string) *shop {
	sh, ok := s.shops[name]
	if !ok {
		sh = &shop{name: name, id: s.next(), codes: map[string]bool{}, points: points{max: s.opt.Points, rate: s.opt.Restore, left: s.opt.Points}}
		s.shops[name] = sh
	}
	return sh
}

func (s *Shopify) with(name string, do func(*shop)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s.shop(name))
}

// Install installs the app in a shop, with the scopes that it asks for.
func (s *Shopify) Install(shopName string) {
	s.with(shopName, func(sh *shop) { sh.installed, sh.scopes = true, s.opt.Scopes })
}

// Installed says whether the app is installed in a shop.
func (s *Shopify) Installed(shopName string) (yes bool) {
	s.with(shopName, func(sh *shop) { yes = sh.installed })
	return yes
}

// Uninstall removes the app from a shop, ends its tokens and subscriptions, and
// returns the deliveries that Shopify would send.
func (s *Shopify) Uninstall(shopName string) []Delivery {
	var out []Delivery
	s.with(shopName, func(sh *shop) {
		sh.installed = false
		sh.revoke()
		for _, sub := range sh.subs {
			if sub.live() {
				out = append(out, s.update(sh, sub, "CANCELLED"))
			}
		}
		out = append([]Delivery{s.uninstalled(sh)}, out...)
	})
	return out
}

// Revoke ends all tokens of a shop.
func (s *Shopify) Revoke(shopName string) { s.with(shopName, (*shop).revoke) }

func (sh *shop) revoke() {
	for _, g := range sh.grants {
		g.dead = true
	}
}

// SetScopes changes what the shop granted; tokens that are out have it at once.
func (s *Shopify) SetScopes(shopName, scopes string) {
	s.with(shopName, func(sh *shop) {
		sh.scopes = scopes
		for _, g := range sh.grants {
			g.scopes = scopes
		}
	})
}

// SetStatus makes every GraphQL answer of a shop have this status, such as 402
// for a shop that Shopify froze; 0 makes it work again.
func (s *Shopify) SetStatus(shopName string, status int) {
	s.with(shopName, func(sh *shop) { sh.status = status })
}

// AddProducts adds products, the newest last, and returns them with their ids.
func (s *Shopify) AddProducts(shopName string, products ...Product) []Product {
	products = slices.Clone(products)
	s.with(shopName, func(sh *shop) {
		for i := range products {
			products[i].fill(s)
		}
		sh.products = append(sh.products, products...)
	})
	return products
}

// SetProduct changes the product of the same id.
func (s *Shopify) SetProduct(shopName string, p Product) {
	s.with(shopName, func(sh *shop) {
		p.fill(s)
		for i := range sh.products {
			if sh.products[i].ID == p.ID {
				sh.products[i] = p
			}
		}
	})
}

func (p *Product) fill(s *Shopify) {
	if p.ID == 0 {
		p.ID = s.next()
	}
	if p.Handle == "" {
		p.Handle = strings.Join(strings.Fields(strings.ToLower(p.Title)), "-")
	}
	if p.Status == "" {
		p.Status = "ACTIVE"
	}
}

// Token gives out an offline access token without being asked over HTTP, for
// tests that are about something else. The app must be installed.
func (s *Shopify) Token(shopName string) (access string) {
	s.with(shopName, func(sh *shop) { access = s.grant(sh, 0).access })
	return access
}

// grant makes a token; a lifetime of 0 is for ever, and without a refresh token.
func (s *Shopify) grant(sh *shop, lifetime time.Duration) *grant {
	g := &grant{access: "shpat_" + rand.Text(), scopes: sh.scopes}
	if lifetime > 0 {
		g.expires, g.refresh = s.opt.Now().Add(lifetime), "shprt_"+rand.Text()
	}
	sh.grants = append(sh.grants, g)
	return g
}

// holder is the live grant of an access token, nil if there is none.
func (sh *shop) holder(access string, now time.Time) *grant {
	for _, g := range sh.grants {
		if g.access == access && access != "" && !g.dead && (g.expires.IsZero() || now.Before(g.expires)) {
			return g
		}
	}
	return nil
}
