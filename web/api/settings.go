package api

import (
	"encoding/json"
	"net/http"
	"strings"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web"
)

func (a *API) getSettings(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	return web.WriteJSON(w, r, http.StatusOK, c.Lease.Shop())
}

// patchSettings changes the shop's config in the catalog, and leaves a line in
// the shop's own audit log.
func (a *API) patchSettings(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	changes, err := settingChanges(c)
	if err != nil {
		return err
	}
	by := catalog.Merchant
	if c.Operator {
		by = catalog.Operator
	}
	before, after, err := a.pool.Catalog().SetShop(r.Context(), c.Shop, changes, by)
	if err != nil {
		return err
	}
	if len(changes) > 0 {
		err = c.Lease.Write(r.Context(), "note changed settings", func(tx *store.Tx) error {
			return tx.Audit(c.By, "UPDATE", "settings", c.Shop.String(), before.Only(changes), after.Only(changes))
		})
		if err != nil {
			return err
		}
	}
	return web.WriteJSON(w, r, http.StatusOK, after)
}

func settingChanges(c *web.Caller) ([]catalog.Change, error) {
	var changes []catalog.Change
	err := c.Members(func(key string, value json.RawMessage) error {
		kind, operators := settingKind(key)
		if kind == "" {
			return web.Invalid(clip(key), "is no setting of a shop")
		}
		if operators && !c.Operator {
			e := web.ErrForbidden()
			e.Text = key + " can be changed by the operator only"
			return e
		}
		text, ok := settingText(kind, value)
		if !ok {
			return web.Invalid(key, "must be "+kind)
		}
		changes = append(changes, catalog.Change{Key: key, Value: text})
		return nil
	})
	return changes, err
}

// settingKind is what kind of value a setting has, "" if there is no such
// setting, and whether only an operator may change it.
func settingKind(key string) (kind string, operators bool) {
	switch key {
	case "customDomain", "logoUrl", "primaryColor", "timezone", "currency":
		return kindText, false
	case "plan", "durability":
		return kindText, true
	case "maxProducts", "maxAssets", "maxDesigns", "storageLimit":
		return kindNumber, true
	case "enableWebP", "enableCDN", "enableAdvancedTools":
		return kindTruth, true
	}
	return "", false
}

const (
	kindText   = "text"
	kindNumber = "a whole number"
	kindTruth  = "true or false"
)

// settingText is a value as the catalog takes it; null is "", which takes a
// setting back.
func settingText(kind string, value json.RawMessage) (text string, ok bool) {
	var v any
	if json.Unmarshal(value, &v) != nil {
		return "", false
	}
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, kind == kindText
	case bool:
		return string(value), kind == kindTruth
	case float64:
		return string(value), kind == kindNumber
	}
	return "", false
}

// clip shortens a stranger's text for an answer.
func clip(s string) string {
	if len(s) <= 60 {
		return s
	}
	return strings.ToValidUTF8(s[:60], "") + "…"
}
