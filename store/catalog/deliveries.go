package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// Delivery is one of Shopify's webhooks, reduced to what its work needs.
type Delivery struct {
	ID          string          `json:"id"` // Shopify's, the same when it is sent again
	Shop        store.Shop      `json:"shop"`
	Topic       string          `json:"topic"`
	Event       json.RawMessage `json:"-"`        // nil when the work is done
	Attempts    int             `json:"attempts"` // that failed
	Error       string          `json:"error"`    // of the last attempt; of one that is done, why nothing was to do
	TriggeredAt time.Time       `json:"triggeredAt"`
	ReceivedAt  time.Time       `json:"receivedAt"`
	FinishedAt  time.Time       `json:"finishedAt,omitzero"` // zero: it waits for its work

	n int64
}

const selectDeliveries = `SELECT n, id, shop, topic, event, attempts, error, triggered_at, received_at, finished_at FROM deliveries `

func scanDelivery(c *cursor) (d Delivery, err error) {
	d.n, d.ID = c.number(), c.text()
	if d.Shop, err = c.shop(); err != nil {
		return d, err
	}
	d.Topic, d.Event, d.Attempts, d.Error = c.text(), c.Bytes(c.next()), int(c.number()), c.text()
	d.TriggeredAt, d.ReceivedAt, d.FinishedAt = c.time(), c.time(), c.time()
	return d, nil
}

// AddDelivery stores a delivery, durably, for its work to begin at once. It is
// false if one with the same id was stored before: then nothing changes. The
// shop need not be in the catalog.
func (db *DB) AddDelivery(ctx context.Context, d Delivery) (added bool, err error) {
	err = db.db.Write(ctx, "add delivery", func(c *sqlite.Conn) error {
		n, err := c.Exec(`INSERT INTO deliveries (id, shop, topic, event, triggered_at, received_at, due_at)
			VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (id) DO NOTHING`,
			d.ID, d.Shop.String(), d.Topic, string(d.Event), d.TriggeredAt.UnixMilli(), d.ReceivedAt.UnixMilli())
		added = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("add delivery %s: %w", d.ID, err)
	}
	return added, nil
}

const (
	dueShopsSQL     = "SELECT shop FROM deliveries WHERE state = 'queued' AND due_at <= ?1 ORDER BY due_at LIMIT ?2"
	nextDeliverySQL = "SELECT due_at FROM deliveries WHERE state = 'queued' AND due_at > ?1 ORDER BY due_at LIMIT 1"
	dueSQLOfShop    = selectDeliveries + `INDEXED BY deliveries_queue
		WHERE state = 'queued' AND shop = ?1 AND due_at <= ?2 ORDER BY triggered_at, n LIMIT ?3`
	postponeSQL = `UPDATE deliveries INDEXED BY deliveries_queue SET due_at = ?3, error = ?4
		WHERE state = 'queued' AND shop = ?1 AND due_at <= ?2`
	deadSQL   = selectDeliveries + "WHERE state = 'dead' AND (received_at, n) < (?1, ?2) ORDER BY received_at DESC, n DESC LIMIT ?3"
	countsSQL = `SELECT (SELECT count(*) FROM deliveries WHERE state = 'queued'),
		(SELECT min(due_at) FROM deliveries WHERE state = 'queued'), (SELECT count(*) FROM deliveries WHERE state = 'dead')`
	oldDoneSQL = `DELETE FROM deliveries WHERE n IN
		(SELECT n FROM deliveries WHERE state = 'done' AND finished_at < ?1 ORDER BY finished_at LIMIT ?2)`
	oldDeadSQL = `DELETE FROM deliveries WHERE n IN
		(SELECT n FROM deliveries WHERE state = 'dead' AND received_at < ?1 ORDER BY received_at LIMIT ?2)`
)

// DueShops returns the shops of the deliveries that are due, looking at most at
// so many deliveries, the longest due first. More says that there may be others.
func (db *DB) DueShops(ctx context.Context, now time.Time, limit int) (shops []store.Shop, more bool, err error) {
	all, err := list(ctx, db, "list shops with deliveries", dueShopsSQL, []any{now.UnixMilli(), limit}, scanName)
	seen := make(map[store.Shop]bool, len(all))
	for _, shop := range all {
		if !seen[shop] {
			seen[shop] = true
			shops = append(shops, shop)
		}
	}
	return shops, len(all) == limit, err
}

// NextDelivery returns when the first delivery after now falls due; false if
// none does.
func (db *DB) NextDelivery(ctx context.Context, now time.Time) (at time.Time, ok bool, err error) {
	err = db.db.Read(ctx, "next delivery", func(c *sqlite.Conn) (err error) {
		ok, err = c.One(nextDeliverySQL, []any{now.UnixMilli()}, func(r *sqlite.Row) { at = time.UnixMilli(r.Int(0)).UTC() })
		return err
	})
	return at, ok, err
}

// DueDeliveries returns at most limit deliveries of a shop that are due, in the
// order in which they were triggered.
func (db *DB) DueDeliveries(ctx context.Context, shop store.Shop, now time.Time, limit int) ([]Delivery, error) {
	return list(ctx, db, "list due deliveries", dueSQLOfShop, []any{shop.String(), now.UnixMilli(), max(limit, 0)}, scanDelivery)
}

// Attempt is how the work on a delivery ended.
type Attempt struct {
	Delivery Delivery
	Done     bool      // the delivery is remembered, its event is not
	Gone     bool      // its shop is not there, so nothing is remembered
	Retry    time.Time // unless Done or Gone: when to try again; zero: never, it is dead
	Error    string    // why it failed; of one that is done, why nothing was to do
}

// How long deliveries are remembered: longer than Shopify sends one again, and
// long enough for people to look at what failed.
const (
	doneKept  = 7 * 24 * time.Hour
	deadKept  = 90 * 24 * time.Hour
	oldAtOnce = 200 // so that no commit is long
)

// FinishAttempts notes how attempts ended, all in one commit, and forgets some
// deliveries that are old. One that is not there any more, because its shop was
// erased, is no error.
func (db *DB) FinishAttempts(ctx context.Context, attempts []Attempt) error {
	now := time.Now()
	return db.db.Write(ctx, "finish deliveries", func(c *sqlite.Conn) error {
		for _, a := range attempts {
			if err := a.finish(c, now); err != nil {
				return fmt.Errorf("finish delivery %s: %w", a.Delivery.ID, err)
			}
		}
		_, err1 := c.Exec(oldDoneSQL, now.Add(-doneKept).UnixMilli(), oldAtOnce)
		_, err2 := c.Exec(oldDeadSQL, now.Add(-deadKept).UnixMilli(), oldAtOnce)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("forget old deliveries: %w", err)
		}
		return nil
	})
}

func (a Attempt) finish(c *sqlite.Conn, now time.Time) (err error) {
	text := clipError(a.Error)
	switch {
	case a.Gone:
		_, err = c.Exec("DELETE FROM deliveries WHERE id = ?1 AND state = 'queued'", a.Delivery.ID)
	case a.Done:
		_, err = c.Exec(`UPDATE deliveries SET state = 'done', event = NULL, error = ?2, finished_at = ?3
			WHERE id = ?1 AND state = 'queued'`, a.Delivery.ID, text, now.UnixMilli())
	case a.Retry.IsZero():
		_, err = c.Exec(`UPDATE deliveries SET state = 'dead', attempts = attempts + 1, error = ?2, finished_at = ?3
			WHERE id = ?1 AND state = 'queued'`, a.Delivery.ID, text, now.UnixMilli())
	default:
		_, err = c.Exec(`UPDATE deliveries SET attempts = attempts + 1, error = ?2, due_at = ?3
			WHERE id = ?1 AND state = 'queued'`, a.Delivery.ID, text, a.Retry.UnixMilli())
	}
	return err
}

func clipError(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxError)], "")
}

// PostponeDeliveries lets all deliveries of a shop that are due wait until a
// moment, without counting that as an attempt.
func (db *DB) PostponeDeliveries(ctx context.Context, shop store.Shop, now, until time.Time, why string) error {
	return db.db.Write(ctx, "postpone deliveries", func(c *sqlite.Conn) error {
		_, err := c.Exec(postponeSQL, shop.String(), now.UnixMilli(), until.UnixMilli(), clipError(why))
		if err != nil {
			return fmt.Errorf("postpone deliveries of shop %s: %w", shop, err)
		}
		return nil
	})
}

// DeliveryCounts is how the queue of deliveries stands.
type DeliveryCounts struct {
	Queued    int       `json:"queued"`
	OldestDue time.Time `json:"oldestDue,omitzero"` // when the first of them fell due or will; zero: none is queued
	Dead      int       `json:"dead"`
}

// CountDeliveries counts without looking at what is done.
func (db *DB) CountDeliveries(ctx context.Context) (n DeliveryCounts, err error) {
	return get(ctx, db, "deliveries' counts", countsSQL, nil, func(c *cursor) (DeliveryCounts, error) {
		return DeliveryCounts{Queued: int(c.number()), OldestDue: c.time(), Dead: int(c.number())}, nil
	})
}

// DeadDeliveries returns a page of the deliveries whose work was given up, the
// newest first, and what Page.After is for the next page: "" after the last one.
// It is a *FieldError if p.After is not one of these.
func (db *DB) DeadDeliveries(ctx context.Context, p Page) (dead []Delivery, next string, err error) {
	at, n, err := parsePlace(p.After)
	if err != nil {
		return nil, "", err
	}
	limit := min(p.Limit, 1000)
	if limit <= 0 {
		limit = 20
	}
	dead, err = list(ctx, db, "list dead deliveries", deadSQL, []any{at, n, limit + 1}, scanDelivery)
	if len(dead) > limit {
		dead = dead[:limit]
		last := dead[limit-1]
		next = fmt.Sprintf("%d-%d", last.ReceivedAt.UnixMilli(), last.n)
	}
	return dead, next, err
}

// parsePlace reads a place in the list of dead deliveries; "" is before the first.
func parsePlace(after string) (at, n int64, err error) {
	if after == "" {
		return math.MaxInt64, 0, nil
	}
	left, right, _ := strings.Cut(after, "-")
	at, err1 := strconv.ParseInt(left, 10, 64)
	n, err2 := strconv.ParseInt(right, 10, 64)
	if err1 != nil || err2 != nil {
		return 0, 0, invalid("cursor", "is not one of this server's")
	}
	return at, n, nil
}

// RetryDelivery queues a dead delivery again, with all its attempts. It is
// ErrNotFound if there is none of that id and ErrState if it is not dead. Wake
// whoever works on deliveries.
func (db *DB) RetryDelivery(ctx context.Context, id string) (d Delivery, err error) {
	err = db.db.Write(ctx, "retry delivery", func(c *sqlite.Conn) error {
		n, err := c.Exec(`UPDATE deliveries SET state = 'queued', attempts = 0, due_at = ?2, finished_at = NULL
			WHERE id = ?1 AND state = 'dead'`, id, time.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("retry delivery: %w", err)
		}
		d, err = first(c, "delivery", selectDeliveries+"WHERE id = ?1", []any{id}, scanDelivery)
		if err == nil && n == 0 {
			err = fmt.Errorf("retry delivery %s, which is not dead: %w", id, ErrState)
		}
		return err
	})
	return d, err
}
