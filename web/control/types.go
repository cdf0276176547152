package control

import (
	"os"
	"time"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
)

// Status is who answers on the socket.
type Status struct {
	Mode        string    `json:"mode"` // "serve", or the name of a command at work
	PID         int       `json:"pid"`
	Version     string    `json:"version"`
	Replication string    `json:"replication"` // where backups go
	Shops       int       `json:"shops"`
	StartedAt   time.Time `json:"startedAt"`
}

// Shop is a shop's record with what only the operator sees.
type Shop struct {
	catalog.Shop
	Overrides     []string       `json:"overrides"` // the limits that are the shop's own
	PreviousEpoch int            `json:"previousEpoch,omitempty"`
	FileBytes     int64          `json:"fileBytes"`
	Usage         *store.Usage   `json:"usage,omitempty"`
	Monthly       *store.Monthly `json:"monthly,omitempty"`
}

// newShop tells the size of the file that is here, or else of the one that was
// replicated last.
func (s *server) newShop(rec catalog.Shop) Shop {
	bytes := rec.Replica.Size
	if info, err := os.Stat(s.pool.Path(rec.Name, rec.Epoch)); err == nil {
		bytes = info.Size()
	}
	return Shop{Shop: rec, Overrides: append([]string{}, rec.Overrides...), PreviousEpoch: rec.PreviousEpoch, FileBytes: bytes}
}

// NewShop asks for a shop; an empty plan is the default one.
type NewShop struct {
	Shop string `json:"shop"`
	Plan string `json:"plan,omitempty"`
}

// NewKey asks for a key: of a shop, or of the operator for an empty shop.
type NewKey struct {
	Shop string       `json:"shop,omitempty"`
	Role catalog.Role `json:"role"`
	Name string       `json:"name,omitempty"`
}

// CreatedKey is a key with its secret, which nobody can ask for again.
type CreatedKey struct {
	catalog.Key
	Secret string `json:"secret"`
}

// Restore asks for a state of the past: At as tenants.ParseMoment reads it in
// the shop's time zone, or Undo.
type Restore struct {
	At   string `json:"at,omitempty"`
	Undo bool   `json:"undo,omitempty"`
}

// Copied is what a copy of a shop holds.
type Copied struct {
	tenants.Restored
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
}

// Check is one thing that the doctor looked at.
type Check struct {
	Name   string `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // what was found, or what is wrong
}

// Failure is the body of every answer that is no success.
type Failure struct {
	Message string `json:"error"`
	Code    string `json:"code"` // see the constants
}

// The codes of a Failure.
const (
	CodeInvalid  = "invalid" // the wish itself is wrong
	CodeNotFound = "not_found"
	CodeExists   = "exists"
	CodeState    = "state"  // not possible now
	CodeMoment   = "moment" // no backup of that moment
	CodeFailed   = "failed"
)

func (f *Failure) Error() string { return f.Message }
