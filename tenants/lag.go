package tenants

import (
	"time"

	"lapak/store/catalog"
)

// Lag is for how long the oldest change of a shop has waited that is not in the
// bucket, 0 when all is there. It opens nothing and asks nobody.
func (p *Pool) Lag(rec catalog.Shop) time.Duration {
	return max(p.lag(rec), 0) // a clock may have been set back
}
