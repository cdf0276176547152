package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
)

// Client speaks to whoever has a data folder. Its errors are *Failure where the
// other side refused, ErrNobody where there is none.
type Client struct{ http *http.Client }

// NewClient is a client of who has a data folder. Each call makes a connection of
// its own: a kept one could be to a process that is about to end, and then nobody
// would know whether it had heard the request.
func NewClient(dir string) *Client { return newClient(dir, socketName) }

func newClient(dir, socket string) *Client {
	t := &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, dir, socket) },
		DisableKeepAlives: true,
	}
	return &Client{&http.Client{Transport: t}}
}

// Close lets go of what the client holds.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// send makes one request. The body of its answer, which is a success, must be
// closed.
func (c *Client) send(ctx context.Context, method, path string, in any) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://lapak"+path, body)
	if err != nil {
		return nil, err
	}
	return c.do(req)
}

func (c *Client) do(req *http.Request) (*http.Response, error) {
	resp, err := c.http.Do(req)
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // the address in it is made up
	}
	if err != nil {
		return nil, fmt.Errorf("ask the data folder's owner: %w", err)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	f := &Failure{}
	if json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(f) != nil || f.Message == "" {
		return nil, fmt.Errorf("ask the data folder's owner: it answers %s", resp.Status)
	}
	return nil, f
}

func call[T any](ctx context.Context, c *Client, method, path string, in any) (out T, err error) {
	resp, err := c.send(ctx, method, path, in)
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return out, fmt.Errorf("read the answer: %w", err)
	}
	return out, nil
}

func shopPath(shop store.Shop, more string) string {
	return "/shops/" + url.PathEscape(shop.String()) + more
}

// Status tells who answers.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return call[Status](ctx, c, "GET", "/status", nil)
}

// Shops lists all shops by name.
func (c *Client) Shops(ctx context.Context) ([]Shop, error) {
	return call[[]Shop](ctx, c, "GET", "/shops", nil)
}

// Shop shows one shop with its usage.
func (c *Client) Shop(ctx context.Context, shop store.Shop) (Shop, error) {
	return call[Shop](ctx, c, "GET", shopPath(shop, ""), nil)
}

// CreateShop makes a new shop.
func (c *Client) CreateShop(ctx context.Context, shop store.Shop, plan string) (Shop, error) {
	return call[Shop](ctx, c, "POST", "/shops", NewShop{shop.String(), plan})
}

// SetShop changes a shop's config: all changes or none.
func (c *Client) SetShop(ctx context.Context, shop store.Shop, changes []catalog.Change) (Shop, error) {
	return call[Shop](ctx, c, "PATCH", shopPath(shop, ""), changes)
}

// Suspend stops serving a shop.
func (c *Client) Suspend(ctx context.Context, shop store.Shop) (Shop, error) {
	return call[Shop](ctx, c, "POST", shopPath(shop, "/suspend"), nil)
}

// Resume serves a suspended shop again.
func (c *Client) Resume(ctx context.Context, shop store.Shop) (Shop, error) {
	return call[Shop](ctx, c, "POST", shopPath(shop, "/resume"), nil)
}

// Plans lists the plans, the smallest first.
func (c *Client) Plans(ctx context.Context) ([]catalog.Plan, error) {
	return call[[]catalog.Plan](ctx, c, "GET", "/plans", nil)
}

// SetPlan changes a plan for all shops that have it.
func (c *Client) SetPlan(ctx context.Context, plan string, changes map[string]string) (catalog.Plan, error) {
	return call[catalog.Plan](ctx, c, "PATCH", "/plans/"+url.PathEscape(plan), changes)
}

// Keys lists a shop's keys, or all for the zero shop, the newest first.
func (c *Client) Keys(ctx context.Context, shop store.Shop) ([]catalog.Key, error) {
	return call[[]catalog.Key](ctx, c, "GET", "/keys?shop="+url.QueryEscape(shop.String()), nil)
}

// CreateKey makes a key for a shop, or an operator's for the zero shop.
func (c *Client) CreateKey(ctx context.Context, shop store.Shop, role catalog.Role, name string) (CreatedKey, error) {
	return call[CreatedKey](ctx, c, "POST", "/keys", NewKey{shop.String(), role, name})
}

// RevokeKey ends a key.
func (c *Client) RevokeKey(ctx context.Context, id string) (catalog.Key, error) {
	return call[catalog.Key](ctx, c, "DELETE", "/keys/"+url.PathEscape(id), nil)
}

// Backups tells to which moments a shop can be restored.
func (c *Client) Backups(ctx context.Context, shop store.Shop) (tenants.Backups, error) {
	return call[tenants.Backups](ctx, c, "GET", shopPath(shop, "/backups"), nil)
}

// Restore restores a shop and returns when that has ended, well or not: see the
// job. Told is called each time the job's state changes; it may be nil. When ctx
// ends first the restore goes on.
func (c *Client) Restore(ctx context.Context, shop store.Shop, in Restore, told func(catalog.Job)) (job catalog.Job, err error) {
	resp, err := c.send(ctx, "POST", shopPath(shop, "/restore"), in)
	if err != nil {
		return job, err
	}
	defer resp.Body.Close()
	for dec := json.NewDecoder(resp.Body); ; {
		var next catalog.Job
		if err := dec.Decode(&next); err != nil {
			return job, fmt.Errorf("wait for the restore %s, which goes on: %w", job.ID, err)
		}
		job = next
		if told != nil {
			told(job)
		}
		if job.State == catalog.Done || job.State == catalog.Failed {
			return job, nil
		}
	}
}

// Copy writes a shop's file as it was at a moment to w.
func (c *Client) Copy(ctx context.Context, shop store.Shop, at string, w io.Writer) (Copied, error) {
	var done Copied
	resp, err := c.send(ctx, "GET", shopPath(shop, "/copy?at="+url.QueryEscape(at)), nil)
	if err != nil {
		return done, err
	}
	defer resp.Body.Close()
	if err := json.Unmarshal([]byte(resp.Header.Get(headerCopied)), &done); err != nil {
		return done, fmt.Errorf("read the answer: %w", err)
	}
	n, err := io.Copy(w, resp.Body)
	if err == nil && n != done.Bytes {
		err = fmt.Errorf("%d bytes of %d", n, done.Bytes)
	}
	if err != nil {
		return done, fmt.Errorf("receive the copy: %w", err)
	}
	return done, nil
}

// Litestream is a litestream.yml for the stock program, of the catalog and of
// the shops that are named, or of all where none is.
func (c *Client) Litestream(ctx context.Context, shops []store.Shop) ([]byte, error) {
	q := url.Values{}
	for _, s := range shops {
		q.Add("shop", s.String())
	}
	resp, err := c.send(ctx, "GET", "/litestream?"+q.Encode(), nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// Doctor looks at everything around the program.
func (c *Client) Doctor(ctx context.Context) ([]Check, error) {
	return call[[]Check](ctx, c, "GET", "/doctor", nil)
}
