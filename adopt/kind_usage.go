package adopt

import (
	"encoding/json"
	"time"

	"lapak/store"
)

type month struct {
	store.MonthUsage
	extra json.RawMessage
}

func months() rows {
	return rows{
		model: model{name: "ShopUsage", fields: common(field{name: "month", required: true}, field{name: "productCount"}, field{name: "assetCount"},
			field{name: "designCount"}, field{name: "storageUsed"}, field{name: "monthlyUploads"}, field{name: "monthlyOrders"})},
		unique: "month", loads: store.LoadMonths, convert: convertMonth, newest: true,
		kept: func(v *store.View, _ *env, each func(record) error) error {
			return v.LoadedMonths(func(m store.MonthUsage, extra json.RawMessage) error { return each(month{m, extra}) })
		},
	}
}

func convertMonth(r row, e *env) (record, error) {
	m := month{extra: r.extra("id", "updatedAt", "productCount", "assetCount", "designCount", "storageUsed")}
	m.Month = r.text("month")
	// Somewhere it may be next month already.
	if at, err := time.Parse("2006-01", m.Month); err != nil || at.After(e.now.Add(14*time.Hour)) {
		return nil, store.InvalidError{Field: "month", Reason: "must be YYYY-MM and not in the future"}
	}
	for name, n := range map[string]*int64{"productCount": &m.Products, "assetCount": &m.Assets, "designCount": &m.Designs,
		"storageUsed": &m.StorageBytes, "monthlyUploads": &m.Uploads, "monthlyOrders": &m.Orders} {
		var err error
		if *n, err = r.number(name, 0); err == nil && *n < 0 {
			err = store.InvalidError{Field: name, Reason: "must not be negative"}
		}
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m month) id() string { return m.Month }

// write leaves out what is counted anew.
func (m month) write(h *digester) {
	h.text(m.Month)
	h.number(m.Uploads)
	h.number(m.Orders)
	h.bytes(m.extra)
}

func (m month) load(tx *store.Tx, _ *env, _ int64) error { return tx.LoadMonth(m.MonthUsage, m.extra) }
func (m month) own() record                              { return m }
