package adopt

import (
	"encoding/json"

	"lapak/store"
)

type design struct {
	store.Design
	extra json.RawMessage
}

func designs() rows {
	return rows{
		model: model{name: "SavedDesign", fields: common(field{name: "createdAt"},
			field{name: "shopifyProductId", aliases: []string{"productid"}, required: true},
			field{name: "designJson", aliases: []string{"design", "json", "data"}, required: true},
			field{name: "name", aliases: []string{"title"}}, field{name: "isTemplate", aliases: []string{"template"}})},
		unique: "id", loads: store.LoadDesigns, convert: convertDesign,
		kept: func(v *store.View, _ *env, each func(record) error) error {
			return v.LoadedDesigns(func(d store.Design, extra json.RawMessage) error { return each(design{d, extra}) })
		},
		stamps: (*store.View).DesignStamps,
	}
}

func convertDesign(r row, _ *env) (record, error) {
	in := store.NewDesign{ProductID: r.text("shopifyProductId"), Name: r.text("name"), DesignJSON: r.get("designJson").text}
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	if in.IsTemplate, err = r.truth("isTemplate", false); err != nil {
		return nil, err
	}
	if err := in.Validate(); err != nil {
		return nil, err
	}
	d := design{store.Design{ID: id, ProductID: in.ProductID, Name: in.Name, IsTemplate: in.IsTemplate, DesignJSON: in.DesignJSON}, r.extra()}
	d.CreatedAt, d.UpdatedAt, err = r.times()
	return d, err
}

func (d design) id() string { return d.ID }

func (d design) write(h *digester) {
	h.text(d.ID)
	h.text(d.ProductID)
	h.text(d.Name)
	h.truth(d.IsTemplate)
	h.number(d.CreatedAt.UnixMilli())
	h.number(d.UpdatedAt.UnixMilli())
	h.bytes(d.extra)
	h.bytes(d.DesignJSON)
}

func (d design) load(tx *store.Tx, _ *env, version int64) error {
	d.Version = version
	return tx.LoadDesign(d.Design, d.extra)
}

func (d design) own() record {
	d.DesignJSON = append(json.RawMessage{}, d.DesignJSON...)
	return d
}
