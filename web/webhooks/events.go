package webhooks

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"lapak/store"
	"lapak/web"
)

// What is kept of a delivery, by topic. The names in JSON are ours. Sources:
// shopify.dev/docs/api/webhooks, and for the three topics about personal data
// shopify.dev/docs/apps/build/compliance/privacy-law-compliance.

// Subscription is what a shop pays for, as app_subscriptions/update tells it.
type Subscription struct {
	ID        string    `json:"id"`             // gid://shopify/AppSubscription/…
	ShopID    string    `json:"shop,omitempty"` // gid://shopify/Shop/…; "": not told
	Name      string    `json:"name,omitempty"`
	Status    string    `json:"status"` // ACTIVE, FROZEN, CANCELLED, …
	UpdatedAt time.Time `json:"updatedAt"`
}

// scopes are what a shop granted, of app/scopes_update.
type scopes struct {
	Current   []string  `json:"current"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// ended is a product that was deleted, of products/delete.
type ended struct {
	ID string `json:"id"`
}

// dataRequest is of customers/data_request.
type dataRequest struct {
	ID       string   `json:"id,omitempty"`       // "": not told
	Customer string   `json:"customer,omitempty"` // "": known to Shopify by address only
	Orders   []string `json:"orders,omitempty"`
}

// customer is of customers/redact.
type customer struct {
	ID string `json:"id,omitempty"` // "": known to Shopify by address only
}

// nothing is of topics whose name says it all.
type nothing struct{}

// number is one of Shopify's ids: a whole number in JSON, as text here.
type number string

func (n *number) UnmarshalJSON(raw []byte) error {
	text := strings.Trim(string(raw), `"`)
	if text == "null" {
		return nil
	}
	if text == "" || len(text) > 20 || strings.Trim(text, "0123456789") != "" {
		return fmt.Errorf("%q is no id", text[:min(len(text), 20)])
	}
	*n = number(text)
	return nil
}

// decode reads what of a body is of interest.
func decode(body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%w: %w", web.Invalid("body", "is not what this topic promises"), err)
	}
	return nil
}

func missing(field string) error {
	return web.Invalid("body", "lacks "+field+", which this topic promises")
}

func readOrder(body []byte) (o store.Order, err error) {
	var in struct {
		ID        number    `json:"id"`
		CreatedAt time.Time `json:"created_at"`
	}
	if err := decode(body, &in); err != nil {
		return o, err
	}
	switch {
	case in.ID == "":
		return o, missing("id")
	case in.CreatedAt.IsZero():
		return o, missing("created_at")
	}
	return store.Order{ID: string(in.ID), CreatedAt: in.CreatedAt.UTC()}, nil
}

func readEnded(body []byte) (e ended, err error) {
	var in struct {
		ID number `json:"id"`
	}
	if err := decode(body, &in); err != nil {
		return e, err
	}
	if in.ID == "" {
		return e, missing("id")
	}
	return ended{string(in.ID)}, nil
}

// maxScopes is more than there are; so is maxOrders for what anybody asks about.
const (
	maxScopes = 500
	maxOrders = 10_000
	maxText   = 200 // bytes of an id, a name or a status
)

func readScopes(body []byte) (s scopes, err error) {
	var in struct {
		Current   *[]string `json:"current"`
		UpdatedAt time.Time `json:"updated_at"`
	}
	if err := decode(body, &in); err != nil {
		return s, err
	}
	if in.Current == nil || len(*in.Current) > maxScopes {
		return s, missing("current")
	}
	for _, scope := range *in.Current {
		if scope == "" || len(scope) > maxText || strings.Trim(scope, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return s, web.Invalid("body", "names a scope that is none")
		}
	}
	return scopes{Current: *in.Current, UpdatedAt: in.UpdatedAt.UTC()}, nil
}

func readSubscription(body []byte) (s Subscription, err error) {
	var in struct {
		Subscription struct {
			ID        string    `json:"admin_graphql_api_id"`
			ShopID    string    `json:"admin_graphql_api_shop_id"`
			Name      string    `json:"name"`
			Status    string    `json:"status"`
			UpdatedAt time.Time `json:"updated_at"`
		} `json:"app_subscription"`
	}
	if err := decode(body, &in); err != nil {
		return s, err
	}
	got := in.Subscription
	switch {
	case got.ID == "":
		return s, missing("app_subscription.admin_graphql_api_id")
	case got.Status == "":
		return s, missing("app_subscription.status")
	case max(len(got.ID), len(got.ShopID), len(got.Name), len(got.Status)) > maxText:
		return s, web.Invalid("body", "has a text that is too long")
	}
	return Subscription{ID: got.ID, ShopID: got.ShopID, Name: got.Name, Status: strings.ToUpper(got.Status), UpdatedAt: got.UpdatedAt.UTC()}, nil
}

func readDataRequest(body []byte) (d dataRequest, err error) {
	var in struct {
		Customer struct {
			ID number `json:"id"`
		} `json:"customer"`
		Orders  []number `json:"orders_requested"`
		Request struct {
			ID number `json:"id"`
		} `json:"data_request"`
	}
	if err := decode(body, &in); err != nil {
		return d, err
	}
	d = dataRequest{ID: string(in.Request.ID), Customer: string(in.Customer.ID)}
	for _, o := range in.Orders[:min(len(in.Orders), maxOrders)] {
		d.Orders = append(d.Orders, string(o))
	}
	return d, nil
}

func readCustomer(body []byte) (c customer, err error) {
	var in struct {
		Customer struct {
			ID number `json:"id"`
		} `json:"customer"`
	}
	err = decode(body, &in)
	return customer{string(in.Customer.ID)}, err
}

func readNothing(body []byte) (n nothing, err error) { return n, decode(body, &n) }
