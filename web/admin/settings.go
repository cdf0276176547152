package admin

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web"
	"lapak/web/view"
)

func (f *face) settingRoutes() []web.Route {
	return []web.Route{
		f.get("/settings", admin, (*visit).settings),
		f.post("/settings", admin, (*visit).saveSettings),
		f.export(),
		f.get("/settings/keys", admin, (*visit).keys),
		f.post("/settings/keys", admin, (*visit).createKey),
		f.post("/settings/keys/{key}/revoke", admin, (*visit).revokeKey),
		f.get("/settings/plan", admin, (*visit).plans),
		f.post("/settings/plan", admin, (*visit).startPlan),
		f.get("/settings/requests", admin, (*visit).requests),
		f.answer(),
	}
}

// settingNames are the fields of the form, which are keys of the shop's config.
func settingNames() []string {
	return []string{"logoUrl", "primaryColor", "customDomain", "timezone", "currency", "language", "alertEmails"}
}

// settingValues are the settings as the form shows them.
func settingValues(s catalog.Shop) url.Values {
	f := url.Values{}
	for name, p := range map[string]*string{"logoUrl": s.LogoURL, "primaryColor": s.PrimaryColor, "customDomain": s.CustomDomain} {
		if p != nil {
			f.Set(name, *p)
		}
	}
	f.Set("timezone", s.Timezone)
	f.Set("currency", s.Currency)
	f.Set("language", s.Language)
	f.Set("alertEmails", strings.ReplaceAll(s.AlertEmails, ",", ", "))
	return f
}

func (v *visit) settings() error {
	return v.showSettings(http.StatusOK, &view.Form{Values: settingValues(v.shop())})
}

func (v *visit) showSettings(status int, form *view.Form) error {
	field := func(name, label, hint string) view.Field {
		f := view.Field{Name: name, Label: v.l.T(label), Autocomplete: "off"}
		if hint != "" {
			f.Hint = v.l.T(hint)
		}
		return form.Field(f)
	}
	m := view.SettingsView{
		Tabs: v.settingTabs("/settings"), Form: form, Action: v.path("/settings", nil), Export: v.path("/settings/export", nil),
		Logo:  field("logoUrl", "settings.logo", "settings.logo.hint"),
		Color: field("primaryColor", "settings.color", "settings.color.hint"), Domain: field("customDomain", "settings.domain", "settings.domain.hint"),
		Zone: field("timezone", "settings.timezone", "settings.timezone.hint"), Currency: field("currency", "settings.currency", ""),
		Lang: field("language", "settings.language", ""), Alerts: field("alertEmails", "settings.alerts.field", "settings.alerts.hint"),
		Zones: zones(), Preview: v.preview(form.Values),
	}
	m.Zone.List = "zones"
	m.Currency.Options = known(currencies(), m.Currency.Value)
	m.Lang.Options = []view.Option{{Label: v.l.T("settings.language.reader")}, {Value: "en", Label: "English"}, {Value: "id", Label: "Bahasa Indonesia"}}
	return v.show(status, v.l.T("settings.title"), "/settings", view.Settings(v.l, m))
}

func (v *visit) settingTabs(current string) (tabs []view.NavItem) {
	for _, t := range []struct{ path, key string }{
		{"/settings", "settings.shop"}, {"/settings/keys", "settings.keys"}, {"/settings/plan", "settings.plan"},
		{"/settings/requests", "settings.requests"},
	} {
		tabs = append(tabs, view.NavItem{Href: v.path(t.path, nil), Label: v.l.T(t.key), Current: t.path == current})
	}
	return tabs
}

// defaultColor stands in the preview where a shop has chosen none.
const defaultColor = "#37449c"

func (v *visit) preview(values url.Values) view.BrandView {
	b := view.BrandView{Shop: shopName(v.c.Shop), Color: longColor(strings.TrimSpace(values.Get("primaryColor"))), Logo: showable(values.Get("logoUrl"))}
	if !isColor(b.Color) {
		b.Color = defaultColor
	}
	b.OnColor = inkOn(b.Color)
	return b
}

// inkOn is the ink that can be read on a colour #rrggbb: by the relative
// luminance of WCAG 2.
func inkOn(color string) string {
	n, err := strconv.ParseUint(color[1:], 16, 32)
	if err != nil {
		return "#ffffff"
	}
	luminance := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		c := float64(n>>(16-8*i)&0xff) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		luminance += weight * c
	}
	if luminance > 0.179 {
		return "#1d1a16"
	}
	return "#ffffff"
}

func (v *visit) saveSettings() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	was, form := settingValues(v.shop()), &view.Form{Values: values}
	var changes []catalog.Change
	for _, name := range settingNames() {
		value := strings.TrimSpace(values.Get(name))
		if _, sent := values[name]; sent && value != was.Get(name) {
			changes = append(changes, catalog.Change{Key: name, Value: value})
		}
	}
	if len(changes) > 0 {
		if err := v.setShop(changes, form); err != nil {
			return err
		}
	}
	if !form.OK() {
		return v.showSettings(http.StatusUnprocessableEntity, form)
	}
	return v.done("/settings", "settings-saved", "")
}

// setShop changes the shop's config and leaves a line in its audit log. What the
// catalog refuses is noted in the form.
func (v *visit) setShop(changes []catalog.Change, form *view.Form) error {
	before, after, err := v.opt.Pool.Catalog().SetShop(v.r.Context(), v.c.Shop, changes, catalog.Merchant)
	var wrong *catalog.FieldError
	if errors.As(err, &wrong) {
		form.Bad(wrong.Field, v.l.Or("settings.wrong."+wrong.Field, wrong.Reason))
		return nil
	} else if err != nil {
		return err
	}
	return v.lease().Write(v.r.Context(), "note changed settings", func(tx *store.Tx) error {
		return tx.Audit(v.c.By, "UPDATE", "settings", v.c.Shop.String(), before.Only(changes), after.Only(changes))
	})
}

// zones are time zones to suggest; any other is fine too.
func zones() []string {
	return []string{
		"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Asia/Pontianak", "Asia/Singapore", "Asia/Kuala_Lumpur", "Asia/Bangkok", "Asia/Manila",
		"Asia/Ho_Chi_Minh", "Asia/Hong_Kong", "Asia/Shanghai", "Asia/Tokyo", "Asia/Seoul", "Asia/Kolkata", "Asia/Dubai", "Australia/Perth",
		"Australia/Sydney", "Pacific/Auckland", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Paris", "Europe/Berlin",
		"Europe/Amsterdam", "Europe/Madrid", "Europe/Rome", "Europe/Stockholm", "Europe/Warsaw", "Europe/Athens", "Europe/Istanbul",
		"Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "America/New_York", "America/Chicago", "America/Denver",
		"America/Los_Angeles", "America/Toronto", "America/Vancouver", "America/Mexico_City", "America/Bogota", "America/Sao_Paulo",
		"America/Argentina/Buenos_Aires", "UTC",
	}
}

func currencies() (options []view.Option) {
	for _, code := range []string{
		"IDR", "USD", "EUR", "GBP", "SGD", "MYR", "AUD", "NZD", "JPY", "KRW", "CNY", "HKD", "TWD", "THB", "PHP", "VND", "INR", "AED", "SAR",
		"CAD", "MXN", "BRL", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "TRY", "ZAR",
	} {
		options = append(options, view.Option{Value: code, Label: code})
	}
	return options
}
