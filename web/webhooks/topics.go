package webhooks

import (
	"context"
	"encoding/json"
	"fmt"

	"lapak/store"
	"lapak/store/catalog"
)

// Topics that the package works on, as Shopify writes them.
const (
	topicUninstalled    = "app/uninstalled"
	topicScopes         = "app/scopes_update"
	topicSubscription   = "app_subscriptions/update"
	topicOrder          = "orders/create"
	topicProduct        = "products/update"
	topicProductGone    = "products/delete"
	topicDataRequest    = "customers/data_request"
	topicCustomerRedact = "customers/redact"
	topicShopRedact     = "shop/redact"
)

// topic is how one of Shopify's topics is reduced and worked on.
type topic struct {
	// reduce makes a body the JSON of an event.
	reduce func(body []byte) (json.RawMessage, error)
	// One of these does the work of an event: inFile in a transaction of the
	// shop's file and nowhere else, alone with whatever it takes. The text that
	// they return says why there was nothing to do; "" if there was.
	inFile func(event json.RawMessage) (effect, error)
	alone  func(h *Webhooks, ctx context.Context, d catalog.Delivery) (string, error)
}

// effect is what an event does in a shop's file.
type effect struct {
	// needed says whether there is anything to do at all, so that nothing is
	// written for nothing. Nil means that there is.
	needed func(v *store.View) (bool, error)
	do     func(tx *store.Tx, c cause) (string, error)
}

// cause is where an effect comes from.
type cause struct {
	catalog.Delivery
	terms store.Terms
}

// shopifyItself is who the audit log names.
func shopifyItself() store.By { return store.By{UserID: "shopify"} }

func topics() map[string]topic {
	return map[string]topic{
		topicOrder:       inFile(readOrder, countOrder),
		topicProduct:     inFileIf(readProduct, func(v *store.View, p store.Product) (bool, error) { return configured(v, p.ID) }, setProduct),
		topicProductGone: inFileIf(readEnded, func(v *store.View, e ended) (bool, error) { return configured(v, e.ID) }, endProduct),
		topicDataRequest: inFile(readDataRequest, addRequest),

		topicUninstalled:    alone(readNothing, (*Webhooks).uninstalled),
		topicScopes:         alone(readScopes, (*Webhooks).scopesChanged),
		topicSubscription:   alone(readSubscription, (*Webhooks).subscribed),
		topicCustomerRedact: alone(readCustomer, (*Webhooks).redactCustomer),
		topicShopRedact:     alone(readNothing, (*Webhooks).redactShop),
	}
}

// inFile is a topic whose event has the type E and changes the shop's file only.
func inFile[E any](read func([]byte) (E, error), apply func(*store.Tx, cause, E) (string, error)) topic {
	return inFileIf(read, nil, apply)
}

// inFileIf is inFile of a topic that shops often have nothing to do with.
func inFileIf[E any](read func([]byte) (E, error), needed func(*store.View, E) (bool, error), apply func(*store.Tx, cause, E) (string, error)) topic {
	return topic{
		reduce: reduce(read),
		inFile: func(event json.RawMessage) (effect, error) {
			e, err := restore[E](event)
			what := effect{do: func(tx *store.Tx, c cause) (string, error) { return apply(tx, c, e) }}
			if needed != nil {
				what.needed = func(v *store.View) (bool, error) { return needed(v, e) }
			}
			return what, err
		},
	}
}

// alone is a topic whose event has the type E and is worked on by itself.
func alone[E any](read func([]byte) (E, error), apply func(*Webhooks, context.Context, catalog.Delivery, E) (string, error)) topic {
	return topic{
		reduce: reduce(read),
		alone: func(h *Webhooks, ctx context.Context, d catalog.Delivery) (string, error) {
			e, err := restore[E](d.Event)
			if err != nil {
				return "", err
			}
			return apply(h, ctx, d, e)
		},
	}
}

func reduce[E any](read func([]byte) (E, error)) func([]byte) (json.RawMessage, error) {
	return func(body []byte) (json.RawMessage, error) {
		e, err := read(body)
		if err != nil {
			return nil, err
		}
		raw, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("keep event: %w", err)
		}
		return raw, nil
	}
}

func restore[E any](event json.RawMessage) (e E, err error) {
	if err := json.Unmarshal(event, &e); err != nil {
		return e, fmt.Errorf("read event: %w", err)
	}
	return e, nil
}
