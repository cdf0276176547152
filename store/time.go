package store

import (
	"fmt"
	"time"
)

// Time is a moment to the millisecond. In JSON it is RFC 3339 in UTC, always
// with three digits of a second.
type Time struct{ time.Time }

// MarshalJSON writes the time as "2006-01-02T15:04:05.000Z".
func (t Time) MarshalJSON() ([]byte, error) {
	return t.UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000Z"`), nil
}

// millis is how every time is stored.
func millis(t time.Time) int64 { return t.UnixMilli() }

func fromMillis(ms int64) Time { return Time{time.UnixMilli(ms).UTC()} }

// stamp is the time of this transaction in milliseconds. It is never before the
// newest audit entry's, so that a clock set back does not reorder the file.
func (tx *Tx) stamp() (int64, error) {
	if tx.now == 0 {
		last, err := tx.c.Int("SELECT max(created_at) FROM audit")
		if err != nil {
			return 0, fmt.Errorf("read the newest time: %w", err)
		}
		tx.now = max(millis(tx.clock()), last)
	}
	return tx.now, nil
}
