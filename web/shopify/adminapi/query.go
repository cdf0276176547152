package adminapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Request is one GraphQL operation.
type Request struct {
	Operation string // the operation's name in Query
	Query     string // a document of one operation
	Variables any    // becomes JSON; nil: none
	// Idempotent says that a mutation does no harm when it is done twice. A
	// mutation that is not is repeated only where Shopify cannot have begun it.
	Idempotent bool
}

// repeatable says whether the request may be sent again though Shopify may have
// carried it out.
func (r Request) repeatable() bool {
	return r.Idempotent || !strings.HasPrefix(strings.TrimSpace(r.Query), "mutation")
}

// answer is what Shopify sends to a GraphQL request, always with HTTP's 200.
type answer struct {
	Data       json.RawMessage `json:"data"`
	Errors     graphErrors     `json:"errors"`
	Extensions struct {
		Cost struct {
			Requested float64         `json:"requestedQueryCost"`
			Status    *throttleStatus `json:"throttleStatus"`
		} `json:"cost"`
	} `json:"extensions"`
}

// graphErrors are a list, but for some refusals a text.
type graphErrors []struct {
	Message    string `json:"message"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

func (g *graphErrors) UnmarshalJSON(raw []byte) error {
	type list graphErrors
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		*g = make(graphErrors, 1)
		(*g)[0].Message = text
		return nil
	}
	return json.Unmarshal(raw, (*list)(g))
}

func (g graphErrors) throttled() bool {
	for _, e := range g {
		if e.Extensions.Code == "THROTTLED" || e.Extensions.Code == "" && e.Message == "Throttled" {
			return true
		}
	}
	return false
}

func (g graphErrors) err() error {
	if len(g) == 0 {
		return nil
	}
	texts := make([]string, len(g))
	for i, e := range g {
		texts[i] = e.Message
	}
	return &QueryError{Code: g[0].Extensions.Code, Message: strings.Join(texts, "; ")}
}

// Query puts a GraphQL operation to a shop's Admin API and decodes the answer's
// data into out. It waits for the points that the operation needs, and repeats
// what may be repeated, until ctx ends or 30 seconds have passed.
//
// Errors: ErrUnauthorized for a dead token, ErrShopClosed for a shop that Shopify
// serves no more, ErrThrottled where waiting would take too long, ErrUnavailable
// where Shopify cannot be reached or understood, *QueryError and *UserError for
// what it refused.
func (c *Client) Query(ctx context.Context, shop, accessToken string, req Request, out any) error {
	start := time.Now()
	err := c.query(ctx, shop, accessToken, req, out)
	c.observe(req.Operation, start, err)
	if err != nil {
		return fmt.Errorf("Shopify's Admin API of %s: %s: %w", shop, req.Operation, err)
	}
	return nil
}

func (c *Client) query(ctx context.Context, shop, accessToken string, req Request, out any) error {
	shop, err := c.opt.App.ParseShop(shop)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"query": req.Query, "operationName": req.Operation, "variables": req.Variables})
	if err != nil {
		return fmt.Errorf("encode the variables: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	p := post{url: c.opt.App.GraphQLURL(shop, Version), header: http.Header{"X-Shopify-Access-Token": {accessToken}}, body: body}
	var a answer
	err = c.repeat(ctx, req.repeatable(), func(ctx context.Context) error {
		a = answer{}
		return c.ask(ctx, c.bucket(shop), req.Operation, p, &a)
	})
	if err != nil {
		return err
	}
	return a.decode(out)
}

// ask sends the request once there are points for it.
func (c *Client) ask(ctx context.Context, b *bucket, operation string, p post, a *answer) error {
	need := c.cost(operation)
	if wait := b.reserve(time.Now(), need); !pause(ctx, wait) {
		b.cancel(need)
		return &ThrottledError{wait}
	}
	status, raw, err := c.send(ctx, p)
	if err == nil {
		err = queryStatus(status, raw)
	}
	if err == nil {
		err = understand(raw, a)
	}
	b.settle(time.Now(), need, a.Extensions.Cost.Status)
	if asked := a.Extensions.Cost.Requested; asked > 0 {
		c.costs.Store(operation, asked)
	}
	if err != nil {
		return err
	}
	if a.Errors.throttled() {
		return &throttled{known: a.Extensions.Cost.Status.known() && a.Extensions.Cost.Requested > 0}
	}
	return a.Errors.err()
}

// cost is what an operation is expected to cost; 0 while nobody knows.
func (c *Client) cost(operation string) float64 {
	cost, _ := c.costs.Load(operation)
	known, _ := cost.(float64)
	return known
}

func understand(raw []byte, a *answer) error {
	if err := json.Unmarshal(raw, a); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

func (a *answer) decode(out any) error {
	if len(a.Data) == 0 || string(a.Data) == "null" {
		return fmt.Errorf("an answer without data: %w", ErrUnavailable)
	}
	if err := a.refusal(); err != nil {
		return err
	}
	if err := json.Unmarshal(a.Data, out); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// refusal is the first mutation's userErrors, if it has some.
func (a *answer) refusal() error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(a.Data, &fields); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	for name, raw := range fields {
		var result struct {
			UserErrors []Problem `json:"userErrors"`
		}
		if json.Unmarshal(raw, &result) == nil && len(result.UserErrors) > 0 {
			return &UserError{Mutation: name, Problems: result.UserErrors}
		}
	}
	return nil
}
