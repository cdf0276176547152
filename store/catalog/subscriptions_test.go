package catalog

import (
	"testing"
	"time"

	"lapak/store"
)

// word is what Shopify says at a second.
type word struct {
	second           int
	id, plan, status string
}

func (w word) subscription() Subscription {
	return Subscription{ID: w.id, Plan: w.plan, Status: w.status, At: time.Unix(int64(w.second), 0)}
}

func TestSetSubscription(t *testing.T) {
	for name, tc := range map[string]struct {
		words []word
		plan  string
		is    string // the subscription that the shop has then, and its status
	}{
		"active":                      {[]word{{1, "a", "pro", "ACTIVE"}}, "pro", "a ACTIVE"},
		"pending, then active":        {[]word{{1, "a", "pro", "PENDING"}, {2, "a", "pro", "ACTIVE"}}, "pro", "a ACTIVE"},
		"declined":                    {[]word{{1, "a", "pro", "PENDING"}, {2, "a", "pro", "DECLINED"}}, "free", " "},
		"frozen":                      {[]word{{1, "a", "pro", "ACTIVE"}, {2, "a", "pro", "FROZEN"}}, "free", "a FROZEN"},
		"frozen, then paid":           {[]word{{1, "a", "pro", "ACTIVE"}, {2, "a", "pro", "FROZEN"}, {3, "a", "pro", "ACTIVE"}}, "pro", "a ACTIVE"},
		"cancelled":                   {[]word{{1, "a", "pro", "ACTIVE"}, {2, "a", "pro", "CANCELLED"}}, "free", "a CANCELLED"},
		"expired while frozen":        {[]word{{1, "a", "pro", "ACTIVE"}, {2, "a", "pro", "FROZEN"}, {3, "a", "pro", "EXPIRED"}}, "free", "a EXPIRED"},
		"cancelled for good":          {[]word{{1, "a", "pro", "ACTIVE"}, {2, "a", "pro", "CANCELLED"}, {3, "a", "pro", "ACTIVE"}}, "free", "a CANCELLED"},
		"a late active":               {[]word{{2, "a", "pro", "CANCELLED"}, {1, "a", "pro", "ACTIVE"}}, "pro", "a ACTIVE"},
		"a late frozen":               {[]word{{1, "a", "pro", "ACTIVE"}, {3, "a", "pro", "ACTIVE"}, {2, "a", "pro", "FROZEN"}}, "pro", "a ACTIVE"},
		"a late cancelled":            {[]word{{3, "a", "pro", "ACTIVE"}, {2, "a", "pro", "CANCELLED"}}, "free", "a CANCELLED"},
		"upgraded":                    {[]word{{1, "a", "basic", "ACTIVE"}, {2, "b", "pro", "ACTIVE"}, {2, "a", "basic", "CANCELLED"}}, "pro", "b ACTIVE"},
		"upgraded, the end first":     {[]word{{1, "a", "basic", "ACTIVE"}, {2, "a", "basic", "CANCELLED"}, {2, "b", "pro", "ACTIVE"}}, "pro", "b ACTIVE"},
		"upgraded, the old one late":  {[]word{{1, "a", "basic", "ACTIVE"}, {3, "b", "pro", "ACTIVE"}, {2, "a", "basic", "ACTIVE"}}, "pro", "b ACTIVE"},
		"an offer that is let lie":    {[]word{{1, "a", "basic", "ACTIVE"}, {2, "b", "pro", "PENDING"}, {3, "b", "pro", "EXPIRED"}}, "basic", "a ACTIVE"},
		"an offer is no end":          {[]word{{1, "a", "pro", "ACTIVE"}, {2, "a", "pro", "PENDING"}, {3, "a", "pro", "ELSE"}}, "pro", "a ACTIVE"},
		"an unknown plan":             {[]word{{1, "a", "", "ACTIVE"}}, "free", "a ACTIVE"},
		"a known one whose plan went": {[]word{{1, "a", "pro", "ACTIVE"}, {2, "a", "", "FROZEN"}, {3, "a", "", "ACTIVE"}}, "pro", "a ACTIVE"},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t, Options{})
			shop := create(t, db, "toko")
			check(t, db.RecordInstall(t.Context(), shop, "read_products", time.Unix(0, 0)))
			for _, w := range tc.words {
				for range 2 { // told twice
					_, after, err := db.SetSubscription(t.Context(), shop, w.subscription())
					check(t, err)
					equal(t, "returned plan", after.Plan, record(t, db, shop).Plan)
				}
			}
			install, err := db.Install(t.Context(), shop)
			check(t, err)
			equal(t, "plan", record(t, db, shop).Plan, tc.plan)
			equal(t, "subscription", install.Subscription+" "+install.SubscriptionStatus, tc.is)
		})
	}
}

// What an operator gave by hand, no subscription takes away.
func TestSubscriptionLeavesTheOperatorsPlan(t *testing.T) {
	db := open(t, Options{})
	shop := create(t, db, "toko")
	check(t, db.RecordInstall(t.Context(), shop, "", time.Unix(0, 0)))
	set := func(plan string) {
		t.Helper()
		_, _, err := db.SetShop(t.Context(), shop, []Change{{"plan", plan}}, Operator)
		check(t, err)
	}
	say := func(w word) string {
		t.Helper()
		_, after, err := db.SetSubscription(t.Context(), shop, w.subscription())
		check(t, err)
		return after.Plan
	}
	set("enterprise")
	equal(t, "plan after another's end", say(word{1, "a", "pro", "CANCELLED"}), "enterprise")
	equal(t, "plan", say(word{2, "b", "pro", "ACTIVE"}), "pro")
	set("enterprise")
	equal(t, "plan, told again", say(word{3, "b", "pro", "ACTIVE"}), "enterprise")
	equal(t, "plan after the end", say(word{4, "b", "pro", "CANCELLED"}), "enterprise")
}

func TestSubscriptionTellsOfTheChange(t *testing.T) {
	var told int
	db := open(t, Options{OnChange: func(store.Shop) { told++ }})
	shop := create(t, db, "toko")
	_, _, err := db.SetSubscription(t.Context(), shop, word{1, "a", "pro", "ACTIVE"}.subscription())
	wantErr(t, err, ErrNotFound)
	check(t, db.RecordInstall(t.Context(), shop, "", time.Unix(0, 0)))
	told = 0
	before, after, err := db.SetSubscription(t.Context(), shop, word{1, "a", "pro", "ACTIVE"}.subscription())
	check(t, err)
	if told != 1 || before.Plan != "free" || after.Plan != "pro" || after.MaxDesigns != 5000 {
		t.Errorf("told %d times, %s to %s with %d designs", told, before.Plan, after.Plan, after.MaxDesigns)
	}
	_, _, err = db.SetSubscription(t.Context(), shop, word{2, "b", "gold", "ACTIVE"}.subscription())
	wantErr(t, err, ErrInvalid)
	equal(t, "plan", record(t, db, shop).Plan, "pro")
}
