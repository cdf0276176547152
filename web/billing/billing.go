// Package billing lets merchants pay for their plan through Shopify: it makes the
// subscription that the merchant approves, and gives the shop the plan of what
// Shopify says it pays for. Nobody else's word changes a plan: what stands in the
// address of a returning browser, or in a webhook, only makes it ask Shopify.
//
// No plan ever deletes anything. A shop with more than its plan allows keeps it
// all, and creating more is refused.
package billing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/shopify"
	"lapak/web/shopify/adminapi"
)

// Options of New. All but Log are required.
type Options struct {
	Config Config // what plans cost; see ParseConfig
	App    *shopify.App
	API    *adminapi.Client
	Pool   *tenants.Pool
	// Token is the shop's own access token. An error with the code "reconnect", or
	// Shopify's refusal of the token, means that the shop has none.
	Token func(context.Context, *tenants.Lease) (string, error)
	Log   *slog.Logger // nil means nothing is logged
}

// Billing maps plans to subscriptions. Where nobody pays there is none, and only
// the operator changes plans.
type Billing struct {
	opt Options
	log *slog.Logger
	now func() time.Time
}

// New makes a Billing. Nothing runs until it is called.
func New(opt Options) *Billing {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Billing{opt: opt, log: opt.Log, now: time.Now}
}

// Start makes a subscription for a plan and returns where the merchant approves
// it; they come back to returnPath of this app. For the default plan it ends what
// the shop pays for and returns the way back.
func (b *Billing) Start(ctx context.Context, lease *tenants.Lease, plan, returnPath string) (confirmationURL string, err error) {
	back, err := b.backURL(lease.Shop().Name, returnPath)
	if err != nil {
		return "", fmt.Errorf("%w: %w", web.Invalid("returnPath", "must be a path of this app"), err)
	}
	if plan == catalog.DefaultPlan {
		return back, b.Cancel(ctx, lease)
	}
	price, ok := b.opt.Config.Plans[plan]
	if !ok {
		return "", web.Invalid("plan", "must be one that can be chosen here")
	}
	if _, err := b.opt.Pool.Catalog().Plan(ctx, plan); err != nil {
		return "", fmt.Errorf("a plan that is charged for: %w", err)
	}
	returnURL, err := b.returnURL(lease.Shop().Name, returnPath)
	if err != nil {
		return "", err
	}
	return b.create(ctx, lease, price, returnURL)
}

// Cancel ends what the shop pays for, if it pays for anything, and with it the
// plan.
func (b *Billing) Cancel(ctx context.Context, lease *tenants.Lease) error {
	now, err := b.ask(ctx, lease)
	if err != nil {
		return err
	}
	if now.Status != active && now.Status != frozen {
		return nil
	}
	if err := b.cancel(ctx, lease, now.ID); err != nil {
		return err
	}
	return b.Refresh(ctx, lease)
}

// Refresh asks Shopify what the shop pays for and gives it the plan of that.
func (b *Billing) Refresh(ctx context.Context, lease *tenants.Lease) error {
	found, err := b.ask(ctx, lease)
	if err != nil || found.ID == "" {
		return err
	}
	return b.set(ctx, lease, found)
}

// Event is what a webhook says of a subscription.
type Event struct {
	ID, Status string
	At         time.Time // of the change; zero: unknown
}

// Apply is told of app_subscriptions/update. It asks Shopify how things stand, so
// it does not matter whether events are doubled, late, out of order, or another
// shop's. Where Shopify does not let us ask, because the app was uninstalled or
// the shop is frozen, an event is believed only that ends what the shop is known
// to pay for.
func (b *Billing) Apply(ctx context.Context, shop store.Shop, e Event) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	lease, err := b.opt.Pool.Acquire(ctx, shop)
	if errors.Is(err, tenants.ErrNoShop) {
		return nil
	} else if err != nil {
		return fmt.Errorf("subscription %s: %w", e.ID, err)
	}
	defer lease.Release()
	err = b.Refresh(ctx, lease)
	if errors.Is(err, catalog.ErrNotFound) { // never installed
		return nil
	} else if !tokenless(err) {
		return err
	}
	if e.Status == active {
		return err // once more, when the merchant has opened the app again
	}
	if now := b.now(); e.At.IsZero() || e.At.After(now) {
		e.At = now
	}
	return b.set(ctx, lease, catalog.Subscription{ID: e.ID, Status: e.Status, At: e.At})
}

// tokenless says that Shopify cannot be asked in this shop's name.
func tokenless(err error) bool {
	known := new(web.Error)
	return errors.Is(err, adminapi.ErrShopClosed) || errors.As(err, &known) && known.Code == "reconnect"
}

// set gives the shop what a subscription stands for, and notes in its audit log
// that the plan changed.
func (b *Billing) set(ctx context.Context, lease *tenants.Lease, s catalog.Subscription) error {
	shop := lease.Shop().Name
	before, after, err := b.opt.Pool.Catalog().SetSubscription(ctx, shop, s)
	if err != nil {
		return fmt.Errorf("subscription %s: %w", s.ID, err)
	}
	if before.Plan == after.Plan {
		return nil
	}
	b.log.Info("a shop's plan changed with its subscription", "shop", shop.String(), "from", before.Plan, "to", after.Plan, "subscription", s.ID, "status", s.Status)
	type plan struct {
		Plan string `json:"plan"`
	}
	return lease.Write(ctx, "note changed plan", func(tx *store.Tx) error {
		return tx.Audit(store.By{UserID: "shopify"}, "UPDATE", "settings", shop.String(), plan{before.Plan}, plan{after.Plan})
	})
}

// explain says in the API's words what Shopify's client said.
func explain(err error) error {
	if a, ok := adminapi.Explain(err); ok {
		return &web.Error{Status: a.Status, Code: a.Code, Text: a.Text, Retry: int((a.Retry + time.Second - 1) / time.Second), Cause: err}
	}
	return err
}
