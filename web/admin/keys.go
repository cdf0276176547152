package admin

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web"
	"lapak/web/view"
)

// keysShown is how many revoked keys stay in sight.
const keysShown = 20

func (v *visit) keys() error {
	return v.showKeys(http.StatusOK, &view.Form{}, "", "")
}

// showKeys answers with the keys; secret is that of one that was just made.
func (v *visit) showKeys(status int, form *view.Form, secret, name string) error {
	keys, err := v.opt.Pool.Catalog().Keys(v.r.Context(), v.c.Shop)
	if err != nil {
		return err
	}
	m := view.KeysView{
		Tabs: v.settingTabs("/settings/keys"), Form: form, Action: v.path("/settings/keys", nil), API: v.opt.URL + web.APIPrefix, Secret: secret, SecretName: name,
		Name: form.Field(view.Field{Name: "name", Label: v.l.T("keys.name"), Hint: v.l.T("keys.name.hint"), MaxLength: 100, Autocomplete: "off"}),
		Role: form.Field(view.Field{Name: "role", Label: v.l.T("keys.role")}),
	}
	for _, role := range []catalog.Role{read, write, admin} {
		m.Role.Options = append(m.Role.Options, view.Option{Value: string(role), Label: v.l.T("keys.role." + string(role))})
	}
	revoked := 0
	for _, k := range keys {
		if !k.RevokedAt.IsZero() {
			if revoked++; revoked > keysShown {
				continue
			}
		}
		m.Keys = append(m.Keys, view.APIKeyRow{
			Name: k.Name, Role: v.l.T("keys.role." + string(k.Role)), Prefix: k.Prefix, Created: k.CreatedAt, Used: k.LastUsedAt,
			Revoked: !k.RevokedAt.IsZero(), Revoke: v.path("/settings/keys/"+k.ID+"/revoke", nil),
		})
	}
	return v.show(status, v.l.T("settings.keys"), "/settings", view.Keys(v.l, m))
}

// keyRecord is a key in the audit log.
type keyRecord struct {
	Name   string       `json:"name"`
	Role   catalog.Role `json:"role"`
	Prefix string       `json:"prefix"`
}

// createKey shows the new key's secret in its own answer: it is kept nowhere, so
// there is no page to lead on to.
func (v *visit) createKey() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	form := &view.Form{Values: values}
	role := catalog.Role(values.Get("role"))
	if role == catalog.RoleOperator {
		return web.ErrForbidden()
	}
	key, secret, err := v.opt.Pool.Catalog().CreateKey(v.r.Context(), v.c.Shop, role, values.Get("name"))
	var wrong *catalog.FieldError
	if errors.As(err, &wrong) {
		form.Bad(wrong.Field, v.l.Or("settings.wrong."+wrong.Field, wrong.Reason))
		return v.showKeys(http.StatusUnprocessableEntity, form, "", "")
	} else if err != nil {
		return err
	}
	err = v.noteKey("CREATE", key)
	if err != nil {
		return errors.Join(err, v.opt.Pool.Catalog().RevokeKey(v.r.Context(), key.ID)) // nobody saw its secret
	}
	name := strings.TrimSpace(key.Name)
	if name == "" {
		name = key.Prefix + "…"
	}
	return v.showKeys(http.StatusCreated, &view.Form{}, secret, name)
}

func (v *visit) noteKey(action string, key catalog.Key) error {
	record := keyRecord{key.Name, key.Role, key.Prefix}
	return v.lease().Write(v.r.Context(), "note API key", func(tx *store.Tx) error {
		if action == "CREATE" {
			return tx.Audit(v.c.By, action, "key", key.ID, nil, record)
		}
		return tx.Audit(v.c.By, action, "key", key.ID, record, nil)
	})
}

// revokeKey ends a key of this shop; another shop's is not there.
func (v *visit) revokeKey() error {
	if _, err := v.form(); err != nil {
		return err
	}
	keys, err := v.opt.Pool.Catalog().Keys(v.r.Context(), v.c.Shop)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(keys, func(k catalog.Key) bool { return k.ID == web.Param(v.r, "key") })
	if i < 0 {
		return store.ErrNotFound
	}
	if keys[i].RevokedAt.IsZero() {
		if err := v.opt.Pool.Catalog().RevokeKey(v.r.Context(), keys[i].ID); err != nil {
			return err
		}
		if err := v.noteKey("REVOKE", keys[i]); err != nil {
			return err
		}
	}
	return v.done("/settings/keys", "api-key-revoked", "")
}
