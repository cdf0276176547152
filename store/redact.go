package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"lapak/store/sqlite"
)

// Redacted is what RedactCustomer removed.
type Redacted struct {
	Designs  int64 `json:"designs"`
	Assets   int64 `json:"assets"`
	Trashed  int64 `json:"trashed"`  // things that were deleted, and could have been brought back
	Entries  int64 `json:"entries"`  // of the audit log, that no longer say what was changed
	Requests int64 `json:"requests"` // to be told what is known
}

// Any says whether there was anything.
func (r Redacted) Any() bool { return r != Redacted{} }

// RedactCustomer removes what a customer made until a moment (the zero Time: all)
// and what is said about it: designs, assets, what the trash holds of them, and
// requests for their data. The audit log keeps that things happened, not what.
// Customer is Shopify's id, and claims are the visitors that they turned out to
// be: in a state from before, things are theirs still. A customer of whom nothing
// is there is no error. See ObjectsOf for the bytes; the rows' own stay readable
// where the file is free until it is vacuumed.
func (tx *Tx) RedactCustomer(terms Terms, customer string, until time.Time, claims ...Owner) (done Redacted, err error) {
	c, err := tx.customer(customer, until, claims)
	if err != nil {
		return done, fmt.Errorf("look for a customer's data: %w", err)
	}
	if done, err = tx.deleteCustomer(c); err != nil || !done.Any() {
		return done, err
	}
	freed, err := tx.freed(c)
	if err != nil {
		return done, err
	}
	if err := tx.spend(terms, spending{designs: -done.Designs, assets: -done.Assets, storage: -freed}); err != nil {
		return done, err
	}
	return done, tx.Audit(By{}, "REDACT", "customer", "", nil, done)
}

// ObjectsOf returns the objects that nothing will name any more when the customer
// is redacted until a moment, those of assets that are long deleted included.
// Claims are RedactCustomer's.
func (v *View) ObjectsOf(customer string, until time.Time, claims ...Owner) ([]string, error) {
	c, err := v.customer(customer, until, claims)
	if err != nil {
		return nil, fmt.Errorf("look for a customer's uploads: %w", err)
	}
	var alone []string
	for object := range c.objects {
		named, err := v.othersName(c, object)
		if err != nil {
			return nil, fmt.Errorf("look who else has an object: %w", err)
		}
		if !named {
			alone = append(alone, object)
		}
	}
	return alone, nil
}

// othersName says whether anything but what goes with the customer names the
// object.
func (v *View) othersName(c customer, object string) (bool, error) {
	for _, q := range [][2]string{
		{"SELECT count(*) FROM assets WHERE object = ?1", "SELECT count(*) FROM assets WHERE object = ?1 AND owner = ?2 AND created_at <= ?3"},
		{"SELECT count(*) FROM trash WHERE object = ?1", "SELECT count(*) FROM trash WHERE object = ?1 AND owner = ?2 AND deleted_at <= ?3"},
	} {
		others, err := v.c.Int(q[0], object)
		for _, owner := range c.owners {
			theirs, countErr := v.c.Int(q[1], object, owner, c.until)
			others, err = others-theirs, errors.Join(err, countErr)
		}
		if err != nil || others > 0 {
			return true, err
		}
	}
	return false, nil
}

// customer is what a file holds of one.
type customer struct {
	id, owner string
	owners    []Owner          // owner and the visitors that they were
	until     int64            // ms
	things    []string         // ids of their designs and assets, those that are gone included
	objects   map[string]int64 // of their assets, and those assets' size; 0 where it is not known
	entries   []int64          // numbers of the audit log's lines about all that
}

func (v *View) customer(id string, until time.Time, claims []Owner) (c customer, err error) {
	c = customer{id: id, owner: CustomerOwner(id), until: math.MaxInt64, objects: map[string]int64{}}
	c.owners = append([]Owner{c.owner}, claims...)
	if !until.IsZero() {
		c.until = millis(until)
	}
	thing := func(r *sqlite.Row) error { c.things = append(c.things, r.Text(0)); return nil }
	upload := func(r *sqlite.Row) error {
		if object := r.Text(1); object != "" {
			c.objects[object] = max(c.objects[object], r.Int(2))
		}
		return thing(r)
	}
	for _, q := range []struct {
		sql  string
		of   []Owner
		each func(*sqlite.Row) error
	}{
		{"SELECT id FROM designs WHERE owner = ?1 AND created_at <= ?2", c.owners, thing},
		{"SELECT id, object, size FROM assets WHERE owner = ?1 AND created_at <= ?2", c.owners, upload},
		{"SELECT id, coalesce(object, ''), 0 FROM trash WHERE owner = ?1 AND deleted_at <= ?2", c.owners, upload},
		{`SELECT /* whole table */ resource_id FROM audit NOT INDEXED WHERE user_id = ?1 AND created_at <= ?2
			AND action = 'CREATE' AND resource IN ('design', 'asset') AND resource_id IS NOT NULL`, c.owners[:1], thing},
	} {
		for _, owner := range q.of {
			if err := v.c.Query(q.sql, []any{owner, c.until}, q.each); err != nil {
				return c, err
			}
		}
	}
	return c, v.entriesOf(&c)
}

// entriesOf finds the audit log's lines by the customer, about their things, or
// with their id in them.
func (v *View) entriesOf(c *customer) error {
	things, err := json.Marshal(c.things)
	if err != nil {
		return err
	}
	// As encoding/json writes them.
	owner, id := quoted(c.owner), quoted(c.id)
	const mention = "instr(coalesce(before, '') || coalesce(after, ''), "
	return v.c.Query(`SELECT /* whole table */ n, coalesce(before, '') || coalesce(after, '') FROM audit NOT INDEXED
		WHERE created_at <= ?1 AND (user_id = ?2
			OR resource_id IN (SELECT value FROM json_each(?3)) AND resource IN ('design', 'asset')
			OR resource_id = ?4 AND resource = 'customer'
			OR `+mention+`?5) OR `+mention+`?6) OR `+mention+`?7))`,
		[]any{c.until, c.owner, string(things), c.id, owner, `"customer":` + id, `"customerId":` + id},
		func(r *sqlite.Row) error {
			c.entries = append(c.entries, r.Int(0))
			for _, object := range objectForm.FindAllString(r.Text(1), -1) {
				c.objects[object] += 0
			}
			return nil
		})
}

// objectForm is how an object is named in the audit log; see validObject.
var objectForm = regexp.MustCompile(`\b(?:` + strings.Join(AssetTypes(), "|") + `)/[0-9a-f]{64}\.[0-9a-z]{1,8}\b`)

func quoted(s string) string {
	raw, _ := json.Marshal(s) // a string never fails
	return string(raw)
}

func (tx *Tx) deleteCustomer(c customer) (done Redacted, err error) {
	entries, err := json.Marshal(c.entries)
	if err != nil {
		return done, err
	}
	for _, step := range []struct {
		count *int64
		sql   string
	}{
		{&done.Designs, "DELETE FROM designs WHERE owner = ?1 AND created_at <= ?2"},
		{&done.Assets, "DELETE FROM assets WHERE owner = ?1 AND created_at <= ?2"},
		{&done.Trashed, "DELETE FROM trash WHERE owner = ?1 AND deleted_at <= ?2"},
	} {
		for _, owner := range c.owners {
			n, err := tx.c.Exec(step.sql, owner, c.until)
			if err != nil {
				return done, fmt.Errorf("redact: %w", err)
			}
			*step.count += n
		}
	}
	done.Requests, err = tx.c.Exec("DELETE /* whole table */ FROM data_requests WHERE customer = ?1 AND requested_at <= ?2", c.id, c.until)
	if err != nil {
		return done, fmt.Errorf("redact: %w", err)
	}
	done.Entries, err = tx.c.Exec(`UPDATE /* whole table */ audit SET before = iif(before IS NULL, NULL, ?2), after = iif(after IS NULL, NULL, ?2),
			user_email = iif(user_id = ?3, NULL, user_email), ip_address = iif(user_id = ?3, NULL, ip_address),
			resource_id = iif(resource = 'customer', NULL, resource_id), user_id = iif(user_id = ?3, 'redacted', user_id)
		WHERE n IN (SELECT value FROM json_each(?1))`, string(entries), redactedJSON, c.owner)
	if err != nil {
		return done, fmt.Errorf("redact: %w", err)
	}
	return done, nil
}

// redactedJSON stands in the audit log for what was there.
const redactedJSON = `{"redacted":true}`

// freed is how many bytes of storage the deleted assets took.
func (v *View) freed(c customer) (bytes int64, err error) {
	for object, size := range c.objects {
		named, err := v.HasObject(object)
		if err != nil {
			return 0, err
		}
		if !named {
			bytes += size
		}
	}
	return bytes, nil
}
