package shopifytest

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Subscription is what a shop pays, or was asked to pay.
type Subscription struct {
	ID        string // global id
	Name      string
	Status    string
	Amount    string
	Currency  string
	Interval  string
	TrialDays int64
	Test      bool
	ReturnURL string
	CreatedAt time.Time
	UpdatedAt time.Time
}

func (sub *Subscription) number() string {
	return strings.TrimPrefix(sub.ID, "gid://shopify/AppSubscription/")
}

// live says whether the subscription can still change: the others are final.
func (sub *Subscription) live() bool {
	return sub.Status == "PENDING" || sub.Status == "ACTIVE" || sub.Status == "FROZEN"
}

func (sub *Subscription) object() object {
	return object{
		"__typename": "AppSubscription", "id": sub.ID, "name": sub.Name, "status": sub.Status, "createdAt": sub.CreatedAt.UTC().Format(time.RFC3339),
		"currentPeriodEnd": nil, "returnUrl": sub.ReturnURL, "test": sub.Test, "trialDays": sub.TrialDays,
	}
}

// Subscriptions are a shop's, the oldest first.
func (s *Shopify) Subscriptions(shopName string) (all []Subscription) {
	s.with(shopName, func(sh *shop) {
		for _, sub := range sh.subs {
			all = append(all, *sub)
		}
	})
	return all
}

func (s *Shopify) createSubscription(sh *shop, args map[string]any) object {
	name, _ := args["name"].(string)
	back, _ := args["returnUrl"].(string)
	if u, err := url.Parse(back); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(back) > 255 {
		return refused("returnUrl", "Return url is not a whole URL of at most 255 characters")
	}
	if strings.TrimSpace(name) == "" {
		return refused("name", "Name can't be blank")
	}
	amount, currency, interval := price(args)
	if value, err := strconv.ParseFloat(amount, 64); err != nil || value <= 0 {
		return refused("lineItems", "Price must be greater than zero")
	}
	now := s.opt.Now()
	sub := &Subscription{
		ID: "gid://shopify/AppSubscription/" + strconv.FormatInt(s.next(), 10), Name: name, Status: "PENDING", ReturnURL: back,
		Amount: amount, Currency: currency, Interval: interval, CreatedAt: now, UpdatedAt: now,
	}
	sub.TrialDays = integer(args["trialDays"])
	sub.Test, _ = args["test"].(bool)
	sh.subs = append(sh.subs, sub)
	return object{"appSubscription": sub.object(), "confirmationUrl": "https://" + sh.name + "/admin/charges/" + sub.number() + "/confirm", "userErrors": []any{}}
}

func refused(field, why string) object {
	return object{"appSubscription": nil, "confirmationUrl": nil, "userErrors": []any{object{"field": []any{field}, "message": why}}}
}

func price(args map[string]any) (amount, currency, interval string) {
	items, _ := args["lineItems"].([]any)
	if len(items) != 1 {
		return "", "", ""
	}
	at := func(v any, name string) any { m, _ := v.(map[string]any); return m[name] }
	details := at(at(items[0], "plan"), "appRecurringPricingDetails")
	interval, _ = at(details, "interval").(string)
	if interval == "" {
		interval = "EVERY_30_DAYS"
	}
	currency, _ = at(at(details, "price"), "currencyCode").(string)
	return fmt.Sprint(at(at(details, "price"), "amount")), currency, interval
}

func (s *Shopify) cancelSubscription(sh *shop, args map[string]any) object {
	for _, sub := range sh.subs {
		if sub.ID == args["id"] && sub.live() {
			s.update(sh, sub, "CANCELLED")
			return object{"appSubscription": sub.object(), "userErrors": []any{}}
		}
	}
	return object{"appSubscription": nil, "userErrors": []any{object{"field": []any{"id"}, "message": "Couldn't find RecurringApplicationCharge"}}}
}

// SetSubscription gives a subscription another status, as the merchant or Shopify
// would, and returns the deliveries of it, in order: an approval ends the
// subscription that was active before.
func (s *Shopify) SetSubscription(shopName, id, status string) (out []Delivery) {
	s.with(shopName, func(sh *shop) {
		for _, sub := range sh.subs {
			if status == "ACTIVE" && sub.ID != id && (sub.Status == "ACTIVE" || sub.Status == "FROZEN") {
				out = append(out, s.update(sh, sub, "CANCELLED"))
			}
		}
		for _, sub := range sh.subs {
			if sub.ID == id {
				out = append(out, s.update(sh, sub, status))
			}
		}
	})
	return out
}

// update changes a status and makes the webhook of it, in the documented form.
func (s *Shopify) update(sh *shop, sub *Subscription, status string) Delivery {
	sub.Status, sub.UpdatedAt = status, s.opt.Now()
	return s.Webhook(sh.name, "app_subscriptions/update", object{"app_subscription": object{
		"admin_graphql_api_id": sub.ID, "name": sub.Name, "status": status,
		"admin_graphql_api_shop_id": "gid://shopify/Shop/" + strconv.FormatInt(sh.id, 10),
		"created_at":                sub.CreatedAt.Format(time.RFC3339), "updated_at": sub.UpdatedAt.Format(time.RFC3339),
		"currency": sub.Currency, "capped_amount": nil, "price": sub.Amount, "interval": strings.ToLower(sub.Interval), "plan_handle": nil,
	}})
}

// serveCharge is the page where a merchant approves a subscription; ?decision=
// says what they did, and without it the page asks.
func (s *Shopify) serveCharge(w http.ResponseWriter, r *http.Request) {
	name, id := r.PathValue("shop"), "gid://shopify/AppSubscription/"+r.PathValue("id")
	var back string
	s.with(name, func(sh *shop) {
		for _, sub := range sh.subs {
			if sub.ID == id {
				back = sub.ReturnURL
			}
		}
	})
	switch {
	case back == "":
		http.NotFound(w, r)
	case r.URL.Query().Get("decision") == "":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><title>Approve subscription</title><a id="approve" href="?decision=ACTIVE">Approve</a> <a id="decline" href="?decision=DECLINED">Decline</a>`)
	default:
		s.SetSubscription(name, id, r.URL.Query().Get("decision"))
		sep := "?"
		if strings.Contains(back, "?") {
			sep = "&"
		}
		http.Redirect(w, r, back+sep+"charge_id="+r.PathValue("id"), http.StatusFound)
	}
}
