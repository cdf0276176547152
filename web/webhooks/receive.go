package webhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web"
	"lapak/web/shopify"
)

const (
	// maxBody bounds a delivery. Shopify names no bound; a product with 2,048
	// variants is some 2 MiB.
	maxBody = 5 << 20
	// smallBody is up to what bodies are read without taking turns, and
	// largeAtOnce how many larger ones are in memory at once, so that strangers
	// cannot fill it.
	smallBody   = 256 << 10
	largeAtOnce = 8
	// answerWithin is what Shopify waits for an answer.
	answerWithin = 5 * time.Second
	// retryAfter, in seconds, is for whoever sends a delivery that cannot be
	// stored.
	retryAfter = 30
	maxID      = 200 // bytes of a delivery's id; Shopify's are UUIDs
)

// receive verifies a delivery, stores it and answers. It opens no shop, so it
// works whatever state the shop is in, and for shops that are not there.
func (h *Webhooks) receive(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	d, err := h.read(w, r)
	if err != nil {
		h.numbers.received(d.Topic, refused(err))
		return err
	}
	if _, known := h.topics[d.Topic]; !known {
		h.numbers.received(d.Topic, "unknown")
		h.log.Info("a webhook of a topic that nobody works on", "topic", d.Topic, "shop", d.Shop.String())
		w.WriteHeader(http.StatusOK)
		return nil
	}
	h.arrivals.Add(1)
	added, err := h.catalog.AddDelivery(r.Context(), d)
	h.arrivals.Add(-1)
	if err != nil {
		h.numbers.received(d.Topic, "unstored")
		return &web.Error{
			Status: http.StatusServiceUnavailable, Code: "not_stored", Text: "The webhook could not be stored; send it again",
			Retry: retryAfter, Cause: err,
		}
	}
	if added {
		h.numbers.received(d.Topic, "accepted")
		h.queue.add(d.Shop)
	} else {
		h.numbers.received(d.Topic, "duplicate")
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// read makes a request a delivery. Its topic is set on an error too if it is
// signed.
func (h *Webhooks) read(w http.ResponseWriter, r *http.Request) (d catalog.Delivery, err error) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(answerWithin)) // not supported in tests without a connection
	buf := h.buffer()
	defer h.giveBack(buf)
	release, err := h.readBody(r, buf)
	if err != nil {
		return d, err
	}
	defer release()
	body := buf.Bytes()
	hook, err := h.opt.App.ReadWebhook(r.Method, r.Header, body)
	if err != nil {
		return d, explain(err)
	}
	d = catalog.Delivery{
		ID: hook.ID, Topic: strings.ToLower(hook.Topic), ReceivedAt: time.Now(), TriggeredAt: hook.TriggeredAt,
	}
	if d.TriggeredAt.IsZero() || d.TriggeredAt.After(d.ReceivedAt) { // that header is not signed
		d.TriggeredAt = d.ReceivedAt
	}
	if len(d.ID) > maxID {
		return d, web.Invalid("X-Shopify-Webhook-Id", "is too long")
	}
	if d.Shop, err = store.ParseShop(hook.Shop); err != nil {
		return d, web.Invalid("X-Shopify-Shop-Domain", "must be a shop's name like example.myshopify.com")
	}
	return d, h.reduce(&d, hook, body)
}

// reduce sets the event of a delivery of a known topic. The body must be about
// the header's shop as far as it says so.
func (h *Webhooks) reduce(d *catalog.Delivery, hook shopify.Webhook, body []byte) (err error) {
	t, known := h.topics[d.Topic]
	if !known {
		return nil
	}
	if d.Event, err = t.reduce(body); err != nil {
		return err
	}
	if hook.Destructive() || namesShop(body) {
		if err := hook.CheckBodyShop(body); err != nil {
			return explain(err)
		}
	}
	return nil
}

// namesShop says whether a body has one of the members that
// shopify.Webhook.CheckBodyShop looks at. Most do not even hold such a text.
func namesShop(body []byte) bool {
	if !bytes.Contains(body, []byte(`"shop_domain"`)) && !bytes.Contains(body, []byte(`"myshopify_domain"`)) {
		return false
	}
	var named struct {
		ShopDomain      json.RawMessage `json:"shop_domain"`
		MyshopifyDomain json.RawMessage `json:"myshopify_domain"`
	}
	return json.Unmarshal(body, &named) == nil && (named.ShopDomain != nil || named.MyshopifyDomain != nil)
}

// readBody reads the whole body into buf. Release lets the next large one in.
func (h *Webhooks) readBody(r *http.Request, buf *bytes.Buffer) (release func(), err error) {
	release = func() {}
	_, err = io.CopyN(buf, r.Body, smallBody)
	if err == nil { // there may be more
		if release, err = h.turn(r.Context()); err != nil {
			return nil, err
		}
		_, err = buf.ReadFrom(r.Body)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		release()
		return nil, web.BodyError(err)
	}
	return release, nil
}

// turn waits for a place for a large body.
func (h *Webhooks) turn(ctx context.Context) (release func(), err error) {
	select {
	case h.large <- struct{}{}:
		return func() { <-h.large }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the turn of a large body: %w", ctx.Err())
	}
}

func (h *Webhooks) buffer() *bytes.Buffer {
	if buf, ok := h.buffers.Get().(*bytes.Buffer); ok {
		buf.Reset()
		return buf
	}
	return new(bytes.Buffer)
}

func (h *Webhooks) giveBack(buf *bytes.Buffer) {
	if buf.Cap() <= 2*smallBody {
		h.buffers.Put(buf)
	}
}

// explain is the answer to a delivery that is not Shopify's, or not whole.
func explain(err error) error {
	e := &web.Error{Status: shopify.Status(err), Code: "invalid", Text: "This is not one of Shopify's webhooks", Cause: err}
	if e.Status == http.StatusUnauthorized {
		e.Code = "unauthorized"
	}
	return e
}

// refused is the outcome for the numbers.
func refused(err error) string {
	switch web.Explain(err).Status {
	case http.StatusUnauthorized:
		return "unauthorized"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusBadRequest:
		return "invalid"
	}
	return "unstored"
}
