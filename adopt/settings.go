package adopt

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"lapak/store"
	"lapak/store/catalog"
)

// settingsKeys are the fields of ShopConfig that the catalog has, by the names
// that it gives them.
func settingsKeys() []string {
	return []string{"maxProducts", "maxAssets", "maxDesigns", "storageLimit", "enableWebP", "enableCDN", "enableAdvancedTools",
		"customDomain", "logoUrl", "primaryColor", "timezone", "currency"}
}

func settingsModel() model {
	fields := common(field{name: "plan"})
	for _, key := range settingsKeys() {
		fields = append(fields, field{name: key})
	}
	return model{name: "ShopConfig", fields: fields}
}

// settings are a shop's config as the catalog keeps it.
type settings struct {
	shopID  string
	plan    string
	changes []catalog.Change // what it has besides the plan, valid
	extra   json.RawMessage  // what has no place there, values that it refuses included
	updated time.Time
	zone    *time.Location
}

// convertSettings makes a row the catalog's. A plan that is not there rejects it;
// what else is not valid is kept aside.
func convertSettings(r row, plans []catalog.Plan) (s settings, err error) {
	if s.shopID, err = r.id(); err != nil {
		return s, err
	}
	if s.plan = r.text("plan"); s.plan == "" {
		s.plan = catalog.DefaultPlan
	}
	if planNamed(plans, s.plan) == nil {
		return s, store.InvalidError{Field: "plan", Reason: "must be the name of a plan, not " + strconv.Quote(s.plan)}
	}
	if s.updated, err = r.time("updatedAt"); err != nil {
		return s, err
	}
	aside := []string{"id", "updatedAt"}
	for _, key := range settingsKeys() {
		v := r.get(key)
		if v.null() {
			continue
		}
		ch, err := catalog.CheckChange(catalog.Change{Key: key, Value: settingText(v, r, key)})
		if err != nil {
			aside = append(aside, key)
			continue
		}
		s.changes = append(s.changes, ch)
		if key == "timezone" {
			s.zone, _ = time.LoadLocation(ch.Value) // it was just checked
		}
	}
	s.extra = r.extra(aside...)
	return s, nil
}

// settingText is a value in the catalog's spelling.
func settingText(v value, r row, key string) string {
	if b, err := r.truth(key, false); err == nil && (v.kind == boolean || key[:3] == "ena") {
		return strconv.FormatBool(b)
	}
	return string(v.text)
}

func planNamed(plans []catalog.Plan, name string) *catalog.Plan {
	for i := range plans {
		if plans[i].Name == name {
			return &plans[i]
		}
	}
	return nil
}

// fit is the smallest plan that holds what is used; the largest where none does.
func fit(plans []catalog.Plan, u store.Usage) string {
	for _, p := range plans {
		if within(u.Products, p.MaxProducts) && within(u.Assets, p.MaxAssets) && within(u.Designs, p.MaxDesigns) && within(u.StorageBytes, p.StorageLimit) {
			return p.Name
		}
	}
	return plans[len(plans)-1].Name
}

func within(used, limit int64) bool { return limit < 0 || used <= limit }

// apply brings the catalog's record to what the settings say. A limit that is
// the plan's is not made the shop's own.
func (s *settings) apply(ctx context.Context, db *catalog.DB, rec catalog.Shop) (catalog.Shop, error) {
	var changes []catalog.Change
	if rec.Plan != s.plan {
		changes = append(changes, catalog.Change{Key: "plan", Value: s.plan})
	}
	plan, err := db.Plan(ctx, s.plan)
	if err != nil {
		return rec, err
	}
	ofPlan := catalog.Shop{Limits: plan.Limits}
	for _, ch := range s.changes {
		if rec.Plan == s.plan && settingOf(rec, ch.Key) == ch.Value {
			continue
		}
		if settingOf(ofPlan, ch.Key) == ch.Value && isLimit(ch.Key) {
			ch.Value = "" // the plan's
		}
		changes = append(changes, ch)
	}
	if len(changes) == 0 {
		return rec, nil
	}
	_, after, err := db.SetShop(ctx, rec.Name, changes, catalog.Operator)
	return after, err
}

func isLimit(key string) bool { return key[:3] == "max" || key[:3] == "sto" || key[:3] == "ena" }

// settingOf is a field of a shop's record as CheckChange writes it.
func settingOf(s catalog.Shop, key string) string {
	orEmpty := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	switch key {
	case "maxProducts":
		return strconv.FormatInt(s.MaxProducts, 10)
	case "maxAssets":
		return strconv.FormatInt(s.MaxAssets, 10)
	case "maxDesigns":
		return strconv.FormatInt(s.MaxDesigns, 10)
	case "storageLimit":
		return strconv.FormatInt(s.StorageLimit, 10)
	case "enableWebP":
		return strconv.FormatBool(s.EnableWebP)
	case "enableCDN":
		return strconv.FormatBool(s.EnableCDN)
	case "enableAdvancedTools":
		return strconv.FormatBool(s.EnableAdvancedTools)
	case "customDomain":
		return orEmpty(s.CustomDomain)
	case "logoUrl":
		return orEmpty(s.LogoURL)
	case "primaryColor":
		return orEmpty(s.PrimaryColor)
	case "timezone":
		return s.Timezone
	}
	return s.Currency
}

// settingsRecord is what is compared of a shop's config.
type settingsRecord struct {
	plan   string
	values []catalog.Change
	extra  json.RawMessage
}

func (s *settings) record() settingsRecord { return settingsRecord{s.plan, s.changes, s.extra} }

// kept is the same as the catalog and the shop's file have it.
func (s *settings) kept(rec catalog.Shop, extra json.RawMessage) settingsRecord {
	k := settingsRecord{plan: rec.Plan, extra: extra}
	for _, ch := range s.changes {
		k.values = append(k.values, catalog.Change{Key: ch.Key, Value: settingOf(rec, ch.Key)})
	}
	return k
}

func (s settingsRecord) write(h *digester) {
	h.text(s.plan)
	for _, ch := range s.values {
		h.text(ch.Key)
		h.text(ch.Value)
	}
	h.bytes(s.extra)
}

func (s settingsRecord) id() string  { return "" }
func (s settingsRecord) own() record { return s }
func (s settingsRecord) load(*store.Tx, *env, int64) error {
	return errors.New("a shop's config is in the catalog")
}

// readSettings reads a shop's config, nil where it has none; of several the one
// that was changed last.
func (a *adoption) readSettings(ctx context.Context, from reader, s *shop) (found *settings, err error) {
	t := a.table("ShopConfig")
	if t == nil {
		return nil, nil
	}
	count := s.count(t.model.name)
	err = from.rows(ctx, t, t.all, t.byShop[s.raw], func(_ int64, v []value) error {
		a.read(count, 1)
		r := row{t, v}
		one, err := convertSettings(r, a.plans)
		if err != nil {
			return a.reject(count, r, s.raw, err)
		}
		if found != nil {
			err := errors.New("the shop has another config")
			if rejected := a.reject(count, r, s.raw, err); rejected != nil || !one.updated.After(found.updated) {
				return rejected
			}
		}
		found = &one
		return nil
	})
	if found != nil {
		count.source.add(newDigester().row(found.record()))
	}
	return found, err
}
