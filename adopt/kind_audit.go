package adopt

import (
	"encoding/json"
	"strconv"
	"time"

	"lapak/store"
)

type entry struct {
	store.Entry
	extra json.RawMessage
}

func entries() rows {
	return rows{
		model: model{name: "AuditLog", fields: common(field{name: "createdAt"}, field{name: "action", required: true}, field{name: "resource", required: true},
			field{name: "resourceId"}, field{name: "userId"}, field{name: "userEmail"}, field{name: "ipAddress", aliases: []string{"ip"}},
			field{name: "before"}, field{name: "after"})},
		unique: "id", loads: store.LoadEntries, convert: convertEntry,
		kept: func(v *store.View, _ *env, each func(record) error) error {
			return v.LoadedEntries(func(e store.Entry, extra json.RawMessage) error { return each(entry{e, extra}) })
		},
		stamps: (*store.View).EntryStamps,
	}
}

func convertEntry(r row, e *env) (record, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	a := entry{store.Entry{ID: id, Action: r.text("action"), Resource: r.text("resource"), ResourceID: r.optional("resourceId"),
		UserID: r.optional("userId"), UserEmail: r.optional("userEmail"), IPAddress: r.optional("ipAddress")}, r.extra("updatedAt")}
	if a.Before, err = r.document("before"); err != nil {
		return nil, err
	}
	if a.After, err = r.document("after"); err != nil {
		return nil, err
	}
	a.CreatedAt, _, err = r.times()
	// No change here may be older than the newest entry, so one of tomorrow would
	// date all of today's.
	if err == nil && a.CreatedAt.After(e.now.Add(time.Minute)) {
		err = store.InvalidError{Field: "createdAt", Reason: "must not be in the future, but is " + strconv.Quote(r.text("createdAt"))}
	}
	return a, err
}

func (a entry) id() string { return a.ID }

func (a entry) write(h *digester) {
	h.text(a.ID)
	h.text(a.Action)
	h.text(a.Resource)
	h.optional(a.ResourceID)
	h.optional(a.UserID)
	h.optional(a.UserEmail)
	h.optional(a.IPAddress)
	h.bytes(a.Before)
	h.bytes(a.After)
	h.number(a.CreatedAt.UnixMilli())
	h.bytes(a.extra)
}

func (a entry) load(tx *store.Tx, _ *env, _ int64) error { return tx.LoadEntry(a.Entry, a.extra) }
func (a entry) own() record                              { return a }
