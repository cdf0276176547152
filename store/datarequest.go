package store

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"lapak/store/sqlite"
)

// DataRequest is a customer's wish to know what the shop's app holds about them.
type DataRequest struct {
	ID          string   `json:"id"`
	Customer    string   `json:"customer"` // Shopify's id; "": one that Shopify knows by address only, so nothing is held
	Orders      []string `json:"orders"`   // Shopify's ids of the orders that it is about
	RequestedAt Time     `json:"requestedAt"`
	FetchedAt   *Time    `json:"fetchedAt"` // nil: the answer was not yet handed over
}

const (
	requestColumns = "id, customer, orders, requested_at, fetched_at"
	// requestKept is how long a request is there to be answered; the law gives a
	// month.
	requestKept = 180 * 24 * time.Hour
)

func scanRequest(r *sqlite.Row) DataRequest {
	d := DataRequest{ID: r.Text(0), Customer: r.Text(1), Orders: []string{}, RequestedAt: fromMillis(r.Int(3))}
	_ = json.Unmarshal(r.Bytes(2), &d.Orders) // AddDataRequest wrote it
	if !r.Null(4) {
		at := fromMillis(r.Int(4))
		d.FetchedAt = &at
	}
	return d
}

// AddDataRequest keeps a request for the merchant to answer, for half a year.
func (tx *Tx) AddDataRequest(by By, customer string, orders []string, requestedAt time.Time) (DataRequest, error) {
	id, now, err := tx.fresh()
	if err != nil {
		return DataRequest{}, err
	}
	d := DataRequest{ID: id, Customer: customer, Orders: append([]string{}, orders...), RequestedAt: fromMillis(millis(requestedAt))}
	list, err := json.Marshal(d.Orders)
	if err != nil {
		return DataRequest{}, fmt.Errorf("data request: %w", err)
	}
	_, err = tx.c.Exec("INSERT INTO data_requests (id, customer, orders, requested_at) VALUES (?1, ?2, ?3, ?4)",
		d.ID, d.Customer, string(list), millis(requestedAt))
	if err != nil {
		return DataRequest{}, fmt.Errorf("insert data request: %w", err)
	}
	_, err = tx.c.Exec("DELETE FROM /* whole table */ data_requests WHERE requested_at < ?1", now-requestKept.Milliseconds())
	if err != nil {
		return DataRequest{}, fmt.Errorf("forget old data requests: %w", err)
	}
	return d, tx.Audit(by, "CREATE", "data_request", d.ID, nil, nil)
}

// DataRequests lists at most limit requests, the newest first, that came before
// the one with the id before; "" starts at the newest.
func (v *View) DataRequests(limit int, before string) ([]DataRequest, error) {
	if before == "" {
		before = "~" // behind every id
	}
	all := []DataRequest{} // ids begin with the time
	err := v.c.Query("SELECT "+requestColumns+" FROM data_requests WHERE id < ?1 ORDER BY id DESC LIMIT ?2", []any{before, max(limit, 0)},
		func(r *sqlite.Row) error { all = append(all, scanRequest(r)); return nil })
	if err != nil {
		return nil, fmt.Errorf("list data requests: %w", err)
	}
	return all, nil
}

// DataRequest returns the request, or ErrNotFound.
func (v *View) DataRequest(id string) (d DataRequest, err error) {
	found, err := v.c.One("SELECT "+requestColumns+" FROM data_requests WHERE id = ?1", []any{id},
		func(r *sqlite.Row) { d = scanRequest(r) })
	return d, must("data request", found, err)
}

// FetchedDataRequest notes that the answer to a request was handed over. It is
// ErrNotFound if there is none.
func (tx *Tx) FetchedDataRequest(by By, id string) error {
	now, err := tx.stamp()
	if err != nil {
		return err
	}
	n, err := tx.c.Exec("UPDATE data_requests SET fetched_at = ?2 WHERE id = ?1", id, now)
	if err := must("data request", n > 0, err); err != nil {
		return err
	}
	return tx.Audit(by, "EXPORT", "data_request", id, nil, nil)
}

// customerUpload is an upload in the answer to a data request.
type customerUpload struct {
	Asset
	URL string `json:"url"`
}

// customerDeleted is a deleted thing in the answer to a data request.
type customerDeleted struct {
	Trashed
	Content json.RawMessage `json:"content"`
}

// customerAct is a line of the audit log in the answer to a data request.
type customerAct struct {
	At         Time    `json:"createdAt"`
	Action     string  `json:"action"`
	Resource   string  `json:"resource"`
	ResourceID *string `json:"resourceId"`
	IPAddress  *string `json:"ipAddress"`
}

// CustomerData writes all that the shop holds about the customer of a request,
// as a JSON object: designs with their JSON, uploads, what of both was deleted
// and can still be brought back, and what the customer did. Link returns where
// an upload's bytes are, by the asset's id. One row is in memory at a time. Use a
// Snapshot, so that all is of one moment.
func (v *View) CustomerData(w io.Writer, d DataRequest, link func(assetID string) string) error {
	buf := bufio.NewWriterSize(w, 64<<10)
	head, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("customer data: %w", err)
	}
	_, _ = buf.Write(head[:len(head)-1]) // an error is Flush's too
	for _, part := range customerParts(link) {
		if _, err := fmt.Fprintf(buf, ",\n%q:[", part.name); err != nil {
			return fmt.Errorf("customer data: %w", err)
		}
		if err := v.customerRows(buf, part, d.Customer); err != nil {
			return fmt.Errorf("customer data: %s: %w", part.name, err)
		}
	}
	_, _ = buf.WriteString("}\n")
	return buf.Flush()
}

type customerPart struct {
	name, sql string
	scan      func(*sqlite.Row) any
}

func customerParts(link func(assetID string) string) []customerPart {
	return []customerPart{
		{"designs", "SELECT " + designColumns + `, j.json FROM designs d INDEXED BY designs_owner JOIN design_json j ON j.n = d.n
			WHERE d.owner = ?1 ORDER BY d.updated_at DESC, d.n DESC`,
			func(r *sqlite.Row) any { return scanWholeDesign(r) }},
		{"uploads", "SELECT " + assetColumns + " FROM assets INDEXED BY assets_owner WHERE owner = ?1 ORDER BY n DESC",
			func(r *sqlite.Row) any { a := scanAsset(r); return customerUpload{a, link(a.ID)} }},
		{"deleted", "SELECT " + trashColumns + ", content FROM trash INDEXED BY trash_owner WHERE owner = ?1 ORDER BY n DESC",
			func(r *sqlite.Row) any { return customerDeleted{scanTrashed(r), r.Bytes(8)} }},
		// The audit log does not say which customer it was, but what it was about.
		{"activity", `SELECT /* whole table */ created_at, action, resource, resource_id, ip_address FROM audit NOT INDEXED
			WHERE user_id = ?1 OR user_id IN ('customer', 'visitor') AND resource IN ('design', 'asset') AND resource_id IN
				(SELECT id FROM designs WHERE owner = ?1 UNION ALL SELECT id FROM assets WHERE owner = ?1
				UNION ALL SELECT id FROM trash WHERE owner = ?1)
			ORDER BY n DESC`,
			func(r *sqlite.Row) any {
				return customerAct{fromMillis(r.Int(0)), r.Text(1), r.Text(2), r.TextPtr(3), r.TextPtr(4)}
			}},
	}
}

// customerRows writes the rows of one part and the bracket behind them. Nobody
// owns anything as the customer without an id.
func (v *View) customerRows(w *bufio.Writer, part customerPart, customer string) error {
	rows := json.NewEncoder(w)
	rows.SetEscapeHTML(false)
	first := true
	each := func(r *sqlite.Row) error {
		if !first {
			_ = w.WriteByte(',')
		}
		first = false
		return rows.Encode(part.scan(r))
	}
	if customer != "" {
		if err := v.c.Query(part.sql, []any{CustomerOwner(customer)}, each); err != nil {
			return err
		}
	}
	return w.WriteByte(']')
}
