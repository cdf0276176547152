package operator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web"
	"lapak/web/view"
)

// newShop is the form for a new shop.
func (v *visit) newShop() error { return v.newShopForm(http.StatusOK, view.Form{}) }

func (v *visit) newShopForm(status int, f view.Form) error {
	plans, err := v.planOptions("")
	if err != nil {
		return err
	}
	title := v.l.T("operator.new")
	return v.show(status, title, "", view.NewShop(v.l, title, f, plans))
}

func (v *visit) createShop() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	f := view.Form{Values: values}
	shop, err := store.ParseShop(strings.TrimSpace(values.Get("name")))
	if err != nil {
		f.Bad("name", v.l.T("operator.name.bad"))
		return v.newShopForm(http.StatusUnprocessableEntity, f)
	}
	rec, err := v.pool.Create(v.ctx(), shop, values.Get("plan"))
	switch {
	case errors.Is(err, catalog.ErrExists):
		f.Bad("name", v.l.T("operator.name.there"))
	case errors.Is(err, catalog.ErrInvalid):
		f.Bad("plan", v.l.T("operator.bad.plan"))
	case err != nil:
		return err
	}
	if !f.OK() {
		return v.newShopForm(http.StatusUnprocessableEntity, f)
	}
	v.note(shop, "CREATE", "shop", shop.String(), nil, struct {
		Plan string `json:"plan"`
	}{rec.Plan})
	return v.done(shopPath(shop), "shop-created")
}

// openShop leads to the merchant's pages, after their audit log says so.
func (v *visit) openShop() error {
	shop, err := v.name()
	if err != nil {
		return err
	}
	if err := v.mustNote(shop, "OPEN", "shop", shop.String(), nil, nil); err != nil {
		return err
	}
	return v.see("/shops/" + shop.String())
}

// linkShop makes a link that signs the merchant in, and shows it once.
func (v *visit) linkShop() error {
	rec, err := v.record()
	if err != nil {
		return err
	}
	address, expires, err := v.opt.Signin.Link(v.ctx(), catalog.Signer{Shop: rec.Name})
	if err != nil {
		return err
	}
	v.note(rec.Name, "CREATE", "signin-link", rec.Name.String(), nil, map[string]any{"expiresAt": expires})
	label, _, _ := strings.Cut(rec.Name.String(), ".")
	return v.once(view.OnceView{
		Title: v.l.T("operator.link.title", label), Text: v.l.T("operator.link.text"), Secret: address, Back: shopPath(rec.Name), BackLabel: label,
	}, "")
}

func (v *visit) once(m view.OnceView, current string) error {
	return v.show(http.StatusOK, m.Title, current, view.Once(v.l, m))
}

func (v *visit) suspend() error {
	return v.switchState("SUSPEND", "shop-suspended", v.catalog.Suspend)
}

func (v *visit) resume() error { return v.switchState("RESUME", "shop-resumed", v.catalog.Resume) }

// stateRecord is a shop's state in its audit log.
type stateRecord struct {
	State catalog.State `json:"state"`
}

func (v *visit) switchState(action, done string, step func(context.Context, store.Shop) error) error {
	before, err := v.record()
	if err != nil {
		return err
	}
	if err := step(v.ctx(), before.Name); errors.Is(err, catalog.ErrState) {
		return notNow(err)
	} else if err != nil {
		return err
	}
	after, err := v.catalog.Shop(v.ctx(), before.Name)
	if err != nil {
		return err
	}
	if before.State != after.State {
		v.note(before.Name, action, "shop", before.Name.String(), stateRecord{before.State}, stateRecord{after.State})
	}
	return v.done(shopPath(before.Name), done)
}

// notNow is the answer where a shop's state does not allow what was asked.
func notNow(err error) error {
	return &web.Error{Status: http.StatusConflict, Code: "conflict", Text: "This is not possible in the shop's present state", Cause: err}
}

// limitKeys are the limits that are numbers.
func limitKeys() []string { return []string{"maxProducts", "maxAssets", "maxDesigns", "storageLimit"} }

// flagKeys are those that are on or off.
func flagKeys() []string { return []string{"enableWebP", "enableCDN", "enableAdvancedTools"} }

// limits is the form for a shop's plan and limits.
func (v *visit) limits() error {
	rec, err := v.record()
	if err != nil {
		return err
	}
	return v.limitsForm(http.StatusOK, rec, view.Form{Values: limitValues(rec)})
}

// limitValues is a shop's own limits as the form has them; the plan's are "".
func limitValues(rec catalog.Shop) url.Values {
	values := url.Values{"plan": {rec.Plan}, "durability": {rec.Durability}}
	for key, value := range map[string]any{
		"maxProducts": rec.MaxProducts, "maxAssets": rec.MaxAssets, "maxDesigns": rec.MaxDesigns, "storageLimit": rec.StorageLimit,
		"enableWebP": rec.EnableWebP, "enableCDN": rec.EnableCDN, "enableAdvancedTools": rec.EnableAdvancedTools,
	} {
		text := ""
		if slices.Contains(rec.Overrides, key) {
			text = fmt.Sprint(value)
		}
		values.Set(key, text)
	}
	return values
}

func (v *visit) limitsForm(status int, rec catalog.Shop, f view.Form) error {
	plans, err := v.planOptions("")
	if err != nil {
		return err
	}
	plan, err := v.catalog.Plan(v.ctx(), rec.Plan)
	if err != nil {
		return err
	}
	label, _, _ := strings.Cut(rec.Name.String(), ".")
	m := view.LimitsView{
		Path: shopPath(rec.Name), Name: label, Form: f, Plans: plans,
		YesNo: []view.Option{{Label: v.l.T("operator.as.plan")}, {Value: "true", Label: v.l.T("operator.yes")}, {Value: "false", Label: v.l.T("operator.no")}},
		Durability: []view.Option{
			{Value: "local", Label: v.l.T("operator.durability.local")}, {Value: "replicated", Label: v.l.T("operator.durability.replicated")},
		},
	}
	says := map[string]int64{"maxProducts": plan.MaxProducts, "maxAssets": plan.MaxAssets, "maxDesigns": plan.MaxDesigns, "storageLimit": plan.StorageLimit}
	for _, key := range limitKeys() {
		m.Fields = append(m.Fields, f.Field(view.Field{
			Name: key, Label: v.l.T("operator.limit." + key), Hint: v.l.T("operator.limits.plan", v.limitText(key, says[key])),
			Type: "number", Min: "-1", Step: "1", InputMode: "numeric", Autocomplete: "off",
		}))
	}
	title := v.l.T("operator.limits")
	return v.show(status, title, "", view.ShopLimits(v.l, title, m))
}

func (v *visit) limitText(key string, n int64) string {
	switch {
	case n < 0:
		return v.l.T("operator.unlimited")
	case key == "storageLimit":
		return v.l.Bytes(n)
	}
	return v.l.Number(n)
}

// setLimits changes what differs from before.
func (v *visit) setLimits() error {
	rec, err := v.record()
	if err != nil {
		return err
	}
	values, err := v.form()
	if err != nil {
		return err
	}
	var changes []catalog.Change
	was := limitValues(rec)
	for _, key := range slices.Concat([]string{"plan", "durability"}, limitKeys(), flagKeys()) {
		if value := strings.TrimSpace(values.Get(key)); values.Has(key) && value != was.Get(key) {
			changes = append(changes, catalog.Change{Key: key, Value: value})
		}
	}
	before, after, err := v.catalog.SetShop(v.ctx(), rec.Name, changes, catalog.Operator)
	var wrong *catalog.FieldError
	if errors.As(err, &wrong) {
		f := view.Form{Values: values}
		f.Bad(wrong.Field, v.limitProblem(wrong.Field))
		return v.limitsForm(http.StatusUnprocessableEntity, rec, f)
	} else if err != nil {
		return err
	}
	if len(changes) > 0 {
		v.note(rec.Name, "UPDATE", "settings", rec.Name.String(), before.Only(changes), after.Only(changes))
	}
	return v.done(shopPath(rec.Name), "limits-saved")
}

func (v *visit) limitProblem(field string) string {
	switch {
	case slices.Contains(limitKeys(), field):
		return v.l.T("operator.bad.number")
	case field == "plan":
		return v.l.T("operator.bad.plan")
	}
	return v.l.T("operator.bad")
}

// createKey makes an API key of a shop and shows it once.
func (v *visit) createKey() error {
	rec, err := v.record()
	if err != nil {
		return err
	}
	values, err := v.form()
	if err != nil {
		return err
	}
	role := catalog.Role(values.Get("role"))
	key, secret, err := v.catalog.CreateKey(v.ctx(), rec.Name, role, values.Get("name"))
	if errors.Is(err, catalog.ErrInvalid) {
		f := view.Form{Values: values}
		f.Bad("name", v.l.T("operator.key.bad"))
		return v.showShop(http.StatusUnprocessableEntity, rec, f)
	} else if err != nil {
		return err
	}
	v.note(rec.Name, "CREATE", "key", key.ID, nil, key)
	label, _, _ := strings.Cut(rec.Name.String(), ".")
	return v.once(view.OnceView{
		Title: v.l.T("operator.key.made"), Text: v.l.T("operator.key.made.text", rec.Name.String()), Secret: secret, Back: shopPath(rec.Name), BackLabel: label,
	}, "")
}

// revokeKey ends a key of the shop that the path names, and of no other.
func (v *visit) revokeKey() error {
	shop, err := v.name()
	if err != nil {
		return err
	}
	keys, err := v.catalog.Keys(v.ctx(), shop)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(keys, func(k catalog.Key) bool { return k.ID == web.Param(v.r, "id") })
	if i < 0 {
		return store.ErrNotFound
	}
	if err := v.catalog.RevokeKey(v.ctx(), keys[i].ID); err != nil {
		return err
	}
	if keys[i].RevokedAt.IsZero() {
		v.note(shop, "DELETE", "key", keys[i].ID, keys[i], nil)
	}
	return v.done(shopPath(shop), "key-revoked")
}

// endMerchant signs a merchant's browser out.
func (v *visit) endMerchant() error {
	shop, err := v.name()
	if err != nil {
		return err
	}
	id := web.Param(v.r, "id")
	if err := v.catalog.EndSignin(v.ctx(), catalog.Signer{Shop: shop}, id); err != nil {
		return err
	}
	v.note(shop, "DELETE", "signin", id, nil, nil)
	return v.done(shopPath(shop), "signin-ended")
}

// askErase asks for the shop's name.
func (v *visit) askErase() error { return v.eraseForm(http.StatusOK, view.Form{}) }

func (v *visit) eraseForm(status int, f view.Form) error {
	rec, err := v.record()
	if err != nil {
		return err
	}
	if v.opt.Erase == nil {
		return store.ErrNotFound
	}
	label, _, _ := strings.Cut(rec.Name.String(), ".")
	title := v.l.T("operator.erase.title", label)
	return v.show(status, title, "", view.EraseShop(v.l, title, view.EraseView{Path: shopPath(rec.Name), Name: label, Domain: rec.Name.String(), Form: f}))
}

// erase removes a shop for good, if its name was typed.
func (v *visit) erase() error {
	rec, err := v.record()
	if err != nil {
		return err
	}
	values, err := v.form()
	if err != nil {
		return err
	}
	if strings.TrimSpace(values.Get("name")) != rec.Name.String() {
		f := view.Form{Values: values}
		f.Bad("name", v.l.T("operator.erase.differs"))
		return v.eraseForm(http.StatusUnprocessableEntity, f)
	}
	if v.opt.Erase == nil {
		return store.ErrNotFound
	}
	v.log.Warn("an operator erases a shop", "shop", rec.Name.String(), "by", v.in.Name)
	// It goes on when the browser does not wait.
	err = v.opt.Erase(context.WithoutCancel(v.ctx()), rec.Name, v.c.By)
	switch {
	case err == nil:
		return v.done("/operator", "shop-erased")
	case errors.Is(err, catalog.ErrState):
		return notNow(err)
	}
	if now, readErr := v.catalog.Shop(v.ctx(), rec.Name); readErr == nil && now.State == catalog.Erasing {
		v.log.Warn("an erasure is not complete yet", "shop", rec.Name.String(), "error", err)
		return v.done(shopPath(rec.Name), "shop-erasing") // it goes on by itself
	}
	return err
}
