package webhooks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
)

// Why there was nothing to do.
const (
	noteCounted   = "the order was counted before, or is too old"
	noteNeedless  = "there is no config of the product"
	noteSame      = "nothing changed in the product's config, or something newer is known"
	noteKnown     = "this was done before"
	noteLate      = "it is from before the last install, or the app was never installed"
	noteOlder     = "something newer is known, or the app was never installed"
	noteFree      = "the app costs nothing here"
	noteNobody    = "Shopify named no customer by id, so nothing is held"
	noteInstalled = "the app was installed again since"
)

func countOrder(tx *store.Tx, c cause, o store.Order) (string, error) {
	counted, err := tx.CountOrderOnce(shopifyItself(), c.terms, o)
	return unless(counted, noteCounted), err
}

func configured(v *store.View, productID string) (bool, error) {
	_, err := v.Config(productID)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func setProduct(tx *store.Tx, c cause, p store.Product) (string, error) {
	// Shopify tells the time of a change to the second only. Within it, the time
	// of the delivery tells which of two changes was the later one.
	p.UpdatedAt = p.UpdatedAt.Add(min(max(c.TriggeredAt.Sub(p.UpdatedAt), 0), time.Second-time.Millisecond))
	changed, err := tx.SetProduct(shopifyItself(), p)
	return unless(changed, noteSame), err
}

// endProduct disables the product's config and keeps it: a merchant may have
// deleted the product by mistake, and what they made is theirs.
func endProduct(tx *store.Tx, c cause, e ended) (string, error) {
	changed, err := tx.EndProduct(shopifyItself(), e.ID, c.TriggeredAt)
	return unless(changed, noteSame), err
}

func addRequest(tx *store.Tx, c cause, d dataRequest) (string, error) {
	key := "webhook:" + c.ID
	if d.ID != "" {
		key = "data_request:" + d.ID
	}
	first, err := tx.Once(key)
	if err != nil || !first {
		return unless(first, noteKnown), err
	}
	_, err = tx.AddDataRequest(shopifyItself(), d.Customer, d.Orders, c.TriggeredAt)
	return "", err
}

func unless(done bool, note string) string {
	if done {
		return ""
	}
	return note
}

// uninstalled forgets the shop's tokens, which are dead. All that the merchant
// made stays, for the day when they come back.
func (h *Webhooks) uninstalled(ctx context.Context, d catalog.Delivery, _ nothing) (string, error) {
	if h.opt.ForgetTokens == nil {
		return "", errors.New("nobody can forget tokens here")
	}
	lease, err := h.open(ctx, d.Shop)
	if err != nil {
		return "", err
	}
	defer lease.Release()
	dead, err := h.catalog.RecordUninstall(ctx, d.Shop, d.TriggeredAt)
	if err != nil || !dead {
		return noteLate, err
	}
	if err := h.opt.ForgetTokens(ctx, lease, d.TriggeredAt); err != nil {
		return "", err
	}
	return "", audit(ctx, lease, d, "UNINSTALL", "app", nil)
}

func (h *Webhooks) scopesChanged(ctx context.Context, d catalog.Delivery, s scopes) (string, error) {
	lease, err := h.open(ctx, d.Shop)
	if err != nil {
		return "", err
	}
	defer lease.Release()
	slices.Sort(s.Current)
	granted := strings.Join(s.Current, ",")
	changed, err := h.catalog.RecordScopes(ctx, d.Shop, granted, timeOr(s.UpdatedAt, d.TriggeredAt))
	if err != nil || !changed {
		return noteOlder, err
	}
	return "", audit(ctx, lease, d, "UPDATE", "app", map[string]string{"scopes": granted})
}

func timeOr(at, otherwise time.Time) time.Time {
	if at.IsZero() {
		return otherwise
	}
	return at
}

func (h *Webhooks) subscribed(ctx context.Context, d catalog.Delivery, s Subscription) (string, error) {
	if h.opt.Subscribed == nil {
		return noteFree, nil
	}
	s.UpdatedAt = timeOr(s.UpdatedAt, d.TriggeredAt)
	return "", h.opt.Subscribed(ctx, d.Shop, s)
}

// audit enters a line in the shop's audit log, once for each delivery.
func audit(ctx context.Context, lease *tenants.Lease, d catalog.Delivery, action, resource string, after any) error {
	err := lease.Write(ctx, "webhooks", func(tx *store.Tx) error {
		first, err := tx.Once("webhook:" + d.ID)
		if err != nil || !first {
			return err
		}
		if err := tx.ForgetApplied(); err != nil {
			return err
		}
		return tx.Audit(shopifyItself(), action, resource, "", nil, after)
	})
	if errors.Is(err, tenants.ErrNotReplicated) {
		err = nil // it is on this disk, and will be in the bucket
	}
	return err
}

// redactCustomer erases what a customer has. The audit log does not say whose it
// was: that would keep what was to go.
func (h *Webhooks) redactCustomer(ctx context.Context, d catalog.Delivery, c customer) (string, error) {
	if c.ID == "" {
		return noteNobody, nil
	}
	if h.opt.Redact == nil {
		return "", errors.New("nobody can redact customers here")
	}
	if err := h.opt.Redact(ctx, d.Shop, c.ID); err != nil {
		return "", err
	}
	lease, err := h.open(ctx, d.Shop)
	if err != nil {
		return "", err
	}
	defer lease.Release()
	return "", audit(ctx, lease, d, "REDACT", "customer", nil)
}

// redactAfter is how long after an uninstall Shopify asks to erase a shop.
const redactAfter = 48 * time.Hour

// redactShop erases the shop, unless the app was installed there again.
func (h *Webhooks) redactShop(ctx context.Context, d catalog.Delivery, _ nothing) (string, error) {
	if h.opt.Erase == nil {
		return "", errors.New("nobody can erase shops here")
	}
	if _, err := h.catalog.Shop(ctx, d.Shop); errors.Is(err, catalog.ErrNotFound) {
		return "", tenants.ErrNoShop
	} else if err != nil {
		return "", err
	}
	install, err := h.catalog.Install(ctx, d.Shop)
	if err != nil && !errors.Is(err, catalog.ErrNotFound) {
		return "", err
	}
	stays := err == nil && installedSince(install, d.TriggeredAt)
	if err == nil && !stays && install.Installed() {
		if stays, err = h.alive(ctx, d.Shop); err != nil {
			return "", fmt.Errorf("is the app still installed: %w", err)
		}
	}
	if stays {
		h.log.Warn("Shopify asked to erase a shop that was installed again since; it stays", "shop", d.Shop.String(), "webhook", d.ID)
		return noteInstalled, nil
	}
	return "", h.opt.Erase(ctx, d.Shop)
}

// alive asks Shopify whether the app is installed.
func (h *Webhooks) alive(ctx context.Context, shop store.Shop) (bool, error) {
	if h.opt.Alive == nil {
		return false, nil
	}
	lease, err := h.open(ctx, shop)
	if err != nil {
		return false, err
	}
	defer lease.Release()
	return h.opt.Alive(ctx, lease)
}

// installedSince says whether the app was installed again after the uninstall
// that led to a shop/redact. Where nobody knows of an uninstall, it was 48 hours
// before the redact at the latest: an install after that is a new one.
func installedSince(i catalog.Install, redact time.Time) bool {
	if i.Installed() {
		return i.InstalledAt.After(redact.Add(-redactAfter))
	}
	return !i.InstalledAt.Before(redact)
}
