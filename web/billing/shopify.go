package billing

import (
	"context"
	"errors"
	"fmt"

	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web/shopify/adminapi"
)

// Statuses of a subscription that something hangs on (Shopify's
// AppSubscriptionStatus).
const (
	active = "ACTIVE"
	frozen = "FROZEN"
	gone   = "EXPIRED"
)

const createQuery = `mutation CreateSubscription($name: String!, $returnUrl: URL!, $test: Boolean, $trialDays: Int, $lineItems: [AppSubscriptionLineItemInput!]!) {
  appSubscriptionCreate(name: $name, returnUrl: $returnUrl, test: $test, trialDays: $trialDays, lineItems: $lineItems, replacementBehavior: APPLY_IMMEDIATELY) {
    confirmationUrl
    userErrors { field message }
  }
}`

// create asks Shopify for a subscription. An unapproved one costs nobody anything
// and ends by itself after two days, so asking twice does no harm.
func (b *Billing) create(ctx context.Context, lease *tenants.Lease, p Price, returnURL string) (confirmationURL string, err error) {
	var out struct {
		Create struct {
			ConfirmationURL string `json:"confirmationUrl"`
		} `json:"appSubscriptionCreate"`
	}
	price := map[string]any{"amount": p.Amount, "currencyCode": p.Currency}
	err = b.query(ctx, lease, adminapi.Request{
		Operation: "CreateSubscription", Query: createQuery, Idempotent: true,
		Variables: map[string]any{
			"name": p.Name, "returnUrl": returnURL, "test": b.opt.Config.Test, "trialDays": p.TrialDays,
			"lineItems": []any{map[string]any{"plan": map[string]any{"appRecurringPricingDetails": map[string]any{"price": price, "interval": p.interval()}}}},
		},
	}, &out)
	if err == nil && out.Create.ConfirmationURL == "" {
		err = fmt.Errorf("no address to approve the subscription at: %w", adminapi.ErrUnavailable)
	}
	return out.Create.ConfirmationURL, explain(err)
}

const cancelQuery = `mutation CancelSubscription($id: ID!) {
  appSubscriptionCancel(id: $id) { appSubscription { status } userErrors { field message } }
}`

func (b *Billing) cancel(ctx context.Context, lease *tenants.Lease, id string) error {
	var out struct{}
	return b.query(ctx, lease, adminapi.Request{
		Operation: "CancelSubscription", Query: cancelQuery, Variables: map[string]any{"id": id},
	}, &out)
}

// subscription is one as Shopify writes it.
type subscription struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"`
	Test   bool   `json:"test"`
}

const askQuery = `query Subscription($known: ID!) {
  currentAppInstallation { activeSubscriptions { id name status test } }
  node(id: $known) { ... on AppSubscription { id name status test } }
}`

// ask finds out what the shop pays for: what is active, else what became of the
// subscription that is known. Without either it is the zero Subscription. It is
// catalog.ErrNotFound for a shop that was never installed.
func (b *Billing) ask(ctx context.Context, lease *tenants.Lease) (catalog.Subscription, error) {
	install, err := b.opt.Pool.Catalog().Install(ctx, lease.Shop().Name)
	if err != nil {
		return catalog.Subscription{}, err
	}
	var out struct {
		Installation struct {
			Active []subscription `json:"activeSubscriptions"`
		} `json:"currentAppInstallation"`
		Known *subscription `json:"node"`
	}
	at := b.now() // before the answer: what changes while it comes is news
	known := or(install.Subscription, "gid://shopify/AppSubscription/0")
	if err := b.query(ctx, lease, adminapi.Request{Operation: "Subscription", Query: askQuery, Variables: map[string]any{"known": known}}, &out); err != nil {
		return catalog.Subscription{}, err
	}
	found := out.Known
	for i, s := range out.Installation.Active {
		if b.counts(s) {
			found = &out.Installation.Active[i]
		}
	}
	if found == nil && (install.SubscriptionStatus == active || install.SubscriptionStatus == frozen) {
		found = &subscription{ID: install.Subscription, Status: gone} // Shopify does not know it any more
	}
	if found == nil || found.ID == "" || found.Status == active && !b.counts(*found) {
		return catalog.Subscription{}, nil
	}
	return catalog.Subscription{ID: found.ID, Plan: b.opt.Config.planOf(found.Name), Status: found.Status, At: at}, nil
}

// counts says whether an active subscription pays for a plan of ours.
func (b *Billing) counts(s subscription) bool { return !s.Test || b.opt.Config.Test }

// query asks with the shop's token, and explains what Shopify says.
func (b *Billing) query(ctx context.Context, lease *tenants.Lease, req adminapi.Request, out any) error {
	token, err := b.opt.Token(ctx, lease)
	if err != nil {
		return explain(err)
	}
	err = lease.Aside(ctx, func() error {
		return b.opt.API.Query(ctx, lease.Shop().Name.String(), token, req, out)
	})
	if errors.Is(err, adminapi.ErrUnauthorized) {
		b.log.Warn("Shopify does not accept a shop's access token", "shop", lease.Shop().Name.String())
	}
	return explain(err)
}
