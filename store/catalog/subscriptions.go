package catalog

import (
	"context"
	"fmt"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// Subscription is what a shop pays for at Shopify, or was asked to.
type Subscription struct {
	ID     string    // Shopify's global id
	Plan   string    // the plan that it stands for; "" where that is not known
	Status string    // as Shopify writes it: ACTIVE, FROZEN, CANCELLED, ...
	At     time.Time // when Shopify said so
}

// final says that a subscription of this status never comes back.
func final(status string) bool {
	return status == "CANCELLED" || status == "DECLINED" || status == "EXPIRED"
}

const (
	active = "ACTIVE"
	frozen = "FROZEN" // for a while
)

// SetSubscription notes what Shopify says of a subscription and gives the shop
// its plan: the subscription's while it is active, and DefaultPlan when it no
// longer is and the shop still has the plan from it. It returns the shop before
// and after.
//
// Told twice, late or out of order it comes out the same: what ended stays ended,
// an older word about the same subscription changes nothing, and of others than
// the shop's own only one that is active does. It is ErrNotFound for a shop that
// was never installed at Shopify.
func (db *DB) SetSubscription(ctx context.Context, shop store.Shop, s Subscription) (before, after Shop, err error) {
	err = db.write(ctx, "set subscription", shop, func(c *sqlite.Conn) (err error) {
		install, err := first(c, "install of shop "+shop.String(), installSQL, []any{shop.String()}, scanInstall)
		if err != nil {
			return err
		}
		if before, err = shopRecord(c, shop); err != nil {
			return err
		}
		if install.Subscription == s.ID && s.Plan == "" {
			s.Plan = install.SubscriptionPlan
		}
		if install.outdates(s) {
			after = before
			return nil
		}
		if err := install.subscribe(c, before, s); err != nil {
			return fmt.Errorf("set subscription of shop %s: %w", shop, err)
		}
		after, err = shopRecord(c, shop)
		return err
	})
	return before, after, err
}

// outdates says whether s tells nothing new.
func (i Install) outdates(s Subscription) bool {
	older := s.At.Before(i.SubscriptionAt)
	switch same := i.Subscription == s.ID; {
	case s.Status != active && s.Status != frozen && !final(s.Status): // an offer
		return true
	case !same: // not what the shop pays for, unless it is now
		return s.Status != active || older
	case final(i.SubscriptionStatus):
		return true
	case final(s.Status):
		return false
	}
	return older
}

func (i Install) subscribe(c *sqlite.Conn, shop Shop, s Subscription) error {
	_, err := c.Exec(`UPDATE installs SET subscription = ?2, subscription_plan = ?3, subscription_status = ?4,
			subscription_at = ?5, updated_at = ?6 WHERE shop = ?1`,
		shop.Name.String(), s.ID, s.Plan, s.Status, s.At.UnixMilli(), time.Now().UnixMilli())
	if err != nil {
		return err
	}
	plan := i.planUnder(shop.Plan, s)
	if plan == shop.Plan {
		return nil
	}
	return update(c, shop.Name, []columnValue{{"plan", "plan", plan}})
}

// planUnder is the plan of a shop that has the plan now, once s is true. What an
// operator changed by hand in between stays.
func (i Install) planUnder(now string, s Subscription) string {
	paid := i.SubscriptionStatus == active
	switch same := i.Subscription == s.ID && i.SubscriptionPlan == s.Plan; {
	case s.Status == active && s.Plan != "" && !(paid && same):
		return s.Plan
	case s.Status != active && paid && now == i.SubscriptionPlan:
		return DefaultPlan
	}
	return now
}
