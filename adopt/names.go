package adopt

import (
	"fmt"
	"sort"
	"strings"

	"lapak/store"
)

// named is what the source's spellings of shops stand for.
type named struct {
	shops   []*shop
	strange map[string]string // spelling: why its rows belong to no shop
}

// resolve finds the shops that the tables name. A name in capitals is the shop's,
// as Shopify does not tell them apart; but where the app before had two spellings
// of one, it had two tenants, and only the right spelling's rows are surely the
// shop's.
func resolve(tables []*table) named {
	spellings := map[string][]string{}
	seen := map[string]bool{}
	for _, t := range tables {
		for raw := range t.byShop {
			if !seen[raw] {
				seen[raw] = true
				lower := strings.ToLower(raw)
				spellings[lower] = append(spellings[lower], raw)
			}
		}
	}
	all := named{strange: map[string]string{}}
	for lower, raws := range spellings {
		name, err := store.ParseShop(lower)
		for _, raw := range raws {
			switch {
			case raw == "":
				all.strange[raw] = "it names no shop"
			case err != nil:
				all.strange[raw] = err.Error()
			case len(raws) > 1 && raw != lower:
				all.strange[raw] = fmt.Sprintf("ambiguous: this is another spelling of %s, of which there are %d", lower, len(raws))
			default:
				all.shops = append(all.shops, newShop(name, raw))
			}
		}
	}
	sort.Slice(all.shops, func(i, j int) bool { return all.shops[i].raw < all.shops[j].raw })
	return all
}
