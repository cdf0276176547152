package adopt

import (
	"encoding/json"
	"strings"

	"lapak/store"
)

type config struct {
	store.Config
	extra json.RawMessage
}

func configs() rows {
	return rows{
		model: model{name: "MerchantConfig", fields: common(field{name: "createdAt"},
			field{name: "shopifyProductId", aliases: []string{"productid"}, required: true},
			field{name: "config", aliases: []string{"configjson", "settings", "data"}},
			field{name: "enabled", aliases: []string{"isenabled", "active", "isactive"}},
			field{name: "title", aliases: []string{"producttitle"}}, field{name: "imageUrl", aliases: []string{"productimage", "productimageurl"}})},
		unique: "product", loads: store.LoadConfigs, convert: convertConfig,
		kept: func(v *store.View, _ *env, each func(record) error) error {
			return v.LoadedConfigs(func(c store.Config, extra json.RawMessage) error { return each(config{c, extra}) })
		},
		stamps: (*store.View).ConfigStamps, newest: true,
	}
}

func convertConfig(r row, _ *env) (record, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	c := config{store.Config{ID: id}, r.extra()}
	if c.ProductID, err = store.ProductID(r.text("shopifyProductId")); err != nil {
		return nil, err
	}
	if c.Enabled, err = r.truth("enabled", true); err != nil {
		return nil, err
	}
	title, image, raw := r.text("title"), r.text("imageUrl"), json.RawMessage(strings.Clone(r.text("config")))
	if r.get("config").null() { // the app kept all of it in columns of its own
		raw = json.RawMessage("{}")
	}
	patch := store.ConfigPatch{Title: &title, ImageURL: &image, Config: raw}
	if err := patch.Validate(); err != nil {
		return nil, err
	}
	c.Title, c.ImageURL, c.Config.Config = *patch.Title, *patch.ImageURL, patch.Config
	c.CreatedAt, c.UpdatedAt, err = r.times()
	return c, err
}

func (c config) id() string { return c.ID }

func (c config) write(h *digester) {
	h.text(c.ID)
	h.text(c.ProductID)
	h.text(c.Title)
	h.text(c.ImageURL)
	h.truth(c.Enabled)
	h.number(c.CreatedAt.UnixMilli())
	h.number(c.UpdatedAt.UnixMilli())
	h.bytes(c.extra)
	h.bytes(c.Config.Config)
}

func (c config) load(tx *store.Tx, _ *env, version int64) error {
	c.Version = version
	return tx.LoadConfig(c.Config, c.extra)
}

func (c config) own() record { return c }
