package adminapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"lapak/web/shopify"
)

const (
	maxAnswer = 4 << 20 // bytes
	// maxTries is how often a request is sent that fails, maxThrottled how often
	// one that Shopify puts off.
	maxTries     = 4
	maxThrottled = 10
)

// post is one request of ours. Its body and header hold secrets.
type post struct {
	url    string
	header http.Header
	body   []byte
}

// failure is an error that another try could mend.
type failure struct {
	err   error
	begun bool          // Shopify may have carried the request out
	wait  time.Duration // that Shopify asked for; 0: it did not
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// throttled is a request that Shopify put off.
type throttled struct {
	known bool          // the bucket knows how long
	wait  time.Duration // that Shopify asked for; 0: it did not
}

func (t *throttled) Error() string { return ErrThrottled.Error() }

// repeat calls try until it succeeds, fails for good, or the time is over.
func (c *Client) repeat(ctx context.Context, repeatable bool, try func(context.Context) error) error {
	for failed, putOff := 0, 0; ; {
		err := try(ctx)
		var f *failure
		var t *throttled
		switch {
		case errors.As(err, &t):
			putOff++
			wait := c.pauseBefore(putOff, t.wait)
			if t.known && putOff == 1 {
				wait = 0 // the bucket makes us wait
			}
			if putOff == maxThrottled || !pause(ctx, wait) {
				return &ThrottledError{wait}
			}
		case errors.As(err, &f):
			failed++
			again := failed < maxTries && (repeatable || !f.begun)
			if !again || !pause(ctx, c.pauseBefore(failed, f.wait)) {
				return f.err
			}
		default:
			return err
		}
	}
}

// pauseBefore is a wait of at least what was asked for, with jitter so that
// callers who failed together do not come back together.
func (c *Client) pauseBefore(tries int, asked time.Duration) time.Duration {
	mean := c.backoff << min(tries-1, 6)
	return max(asked, mean/2+rand.N(mean))
}

// pause waits, or says at once that ctx ends before.
func pause(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return ctx.Err() == nil
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// send makes one request and reads a bounded answer. Answers that another try
// may mend are *failure.
func (c *Client) send(ctx context.Context, p post) (status int, raw []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.opt.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(p.body))
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrUnavailable, withoutURL(err))
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	for name, values := range p.header {
		req.Header[name] = values
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, &failure{err: fmt.Errorf("%w: %w", ErrUnavailable, withoutURL(err)), begun: !notSent(err)}
	}
	defer resp.Body.Close()
	raw, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return 0, nil, &failure{err: fmt.Errorf("%w: read the answer: %w", ErrUnavailable, err), begun: true}
	}
	if len(raw) > maxAnswer {
		return 0, nil, fmt.Errorf("%w: an answer of more than %d bytes", ErrUnavailable, maxAnswer)
	}
	c.noteVersion(resp.Header.Get("X-Shopify-API-Version"))
	return resp.StatusCode, raw, retryStatus(resp)
}

// withoutURL drops what net/http adds: whose request it was stands in the
// caller's text, and other packages take a *url.Error for one of theirs.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// notSent says that no connection came about, so that nothing was carried out.
func notSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// retryStatus is what a status says that passes by itself; nil for all others.
func retryStatus(resp *http.Response) error {
	wait := retryAfter(resp.Header.Get("Retry-After"))
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return &throttled{wait: wait}
	case resp.StatusCode >= http.StatusInternalServerError:
		return &failure{err: fmt.Errorf("%w: %s", ErrUnavailable, resp.Status), begun: true, wait: wait}
	}
	return nil
}

// retryAfter reads seconds, which Shopify writes with a decimal point.
func retryAfter(text string) time.Duration {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || seconds <= 0 || seconds > 3600 {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// queryStatus is what the status of a GraphQL answer means. (shopify.dev,
// "Status and error codes": 402 frozen, 403 forbidden, 404, 423 locked.)
func queryStatus(status int, raw []byte) error {
	switch status {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("%w: status %d", ErrUnauthorized, status)
	case http.StatusPaymentRequired, http.StatusNotFound, http.StatusLocked:
		return fmt.Errorf("%w: status %d", ErrShopClosed, status)
	}
	return fmt.Errorf("%w: status %d, %d bytes", ErrUnavailable, status, len(raw))
}

// grant asks a shop's token endpoint.
func (c *Client) grant(ctx context.Context, shop, what string, body []byte, repeatable bool) (t shopify.AccessToken, err error) {
	start := time.Now()
	defer func() { c.observe("token", start, err) }()
	if shop, err = c.opt.App.ParseShop(shop); err != nil {
		return t, fmt.Errorf("%s: %w", what, err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	p := post{url: c.opt.App.TokenURL(shop), body: body}
	var status int
	var raw []byte
	err = c.repeat(ctx, repeatable, func(ctx context.Context) (err error) {
		status, raw, err = c.send(ctx, p)
		return err
	})
	if err == nil {
		t, err = readGrant(status, raw)
	}
	if err != nil {
		return shopify.AccessToken{}, fmt.Errorf("%s of %s: %w", what, shop, err)
	}
	return t, nil
}

func readGrant(status int, raw []byte) (shopify.AccessToken, error) {
	switch {
	case status == http.StatusOK:
		return shopify.ParseAccessToken(raw, time.Now())
	case status >= http.StatusBadRequest:
		return shopify.AccessToken{}, fmt.Errorf("status %d: %w", status, shopify.ParseGrantError(raw))
	}
	return shopify.AccessToken{}, fmt.Errorf("%w: status %d", ErrUnavailable, status)
}

// noteVersion warns once when Shopify answers in another version than was asked
// for, which it does when that one has ended.
func (c *Client) noteVersion(answered string) {
	if answered != "" && answered != Version {
		c.aged.Do(func() {
			c.opt.Log.Warn("Shopify answers in another version of its Admin API; install a newer Lapak", "asked", Version, "answered", answered)
		})
	}
}

func (c *Client) observe(operation string, start time.Time, err error) {
	if c.opt.Observe != nil {
		c.opt.Observe(operation, time.Since(start), err)
	}
}
