package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"lapak/store"
	"lapak/web"
	"lapak/web/upload"
	"lapak/web/view"
)

const (
	maxConfig = 256 << 10 // bytes of a config's JSON
	// largeForm is how many bytes a form takes that holds one, each of whose
	// characters may be three.
	largeForm = 3*maxConfig + smallForm
)

func (f *face) configRoutes() []web.Route {
	routes := []web.Route{
		f.get("/products/{product}", read, (*visit).config),
		f.post("/products/{product}", write, (*visit).saveConfig),
		f.get("/products/{product}/json", read, (*visit).configJSON),
		f.post("/products/{product}/json", write, (*visit).saveConfigJSON),
	}
	for i := range routes {
		if routes[i].Method == http.MethodPost {
			routes[i].Body = web.Stream(largeForm)
		}
	}
	return routes
}

// setup is a product's config, there or about to be made.
type setup struct {
	store.Config
	known bool
	names assetNames
}

// assetNames are names to suggest, by the list that they belong to.
type assetNames map[string][]string

// suggested is how many assets of a type are suggested.
const suggested = 50

// setup reads a product's config, or begins one where there is none.
func (v *visit) setup() (s setup, err error) {
	id, err := store.ProductID(web.Param(v.r, "product"))
	if err != nil {
		return s, store.ErrNotFound
	}
	s.names = assetNames{}
	err = v.lease().Snapshot(v.r.Context(), "product's setup", func(db *store.View) (err error) {
		if s.Config, err = db.Config(id); errors.Is(err, store.ErrNotFound) {
			s.Config, err = v.newConfig(id)
		} else if err == nil {
			s.known = true
		}
		if err != nil {
			return err
		}
		return s.names.read(db)
	})
	return s, err
}

func (n assetNames) read(db *store.View) error {
	for _, kind := range []string{"base-images", "gallery", "fonts"} {
		assets, _, err := db.Assets(store.AssetFilter{Type: kind}, store.Page{Limit: suggested})
		if err != nil {
			return err
		}
		for _, a := range assets {
			n[kind] = append(n[kind], a.Name)
		}
	}
	return nil
}

func (v *visit) newConfig(id string) (store.Config, error) {
	raw, err := json.Marshal(newDoc(v.shop().Currency))
	q := v.r.URL.Query()
	return store.Config{ProductID: id, Title: clip(q.Get("title")), ImageURL: showable(q.Get("image")), Config: raw, Enabled: true}, err
}

func (v *visit) config() error {
	s, err := v.setup()
	if err != nil {
		return err
	}
	d, err := parseDoc(s.Config.Config)
	if err != nil {
		return err
	}
	form := &view.Form{Values: d.values()}
	form.Values.Set("title", s.Title)
	form.Values.Set("imageUrl", s.ImageURL)
	form.Values.Set("enabled", onOff(s.Enabled))
	return v.showConfig(http.StatusOK, s, d, form, "")
}

// showConfig answers with the form; conflict is the version that the config has
// meanwhile, "" if that is not the trouble.
func (v *visit) showConfig(status int, s setup, d doc, form *view.Form, conflict string) error {
	pictures, err := v.pictures(form.Values["view.image"])
	if err != nil {
		return err
	}
	m := v.configPage(s, d, form, pictures)
	m.Conflict = conflict
	return v.show(status, m.Title, "/products", view.Config(v.l, m))
}

// pictures are the assets of these names, as far as they are images.
func (v *visit) pictures(names []string) (map[string]view.AreaView, error) {
	out := map[string]view.AreaView{}
	err := v.lease().Read(v.r.Context(), "base images", func(s *store.View) error {
		for _, name := range names[:min(len(names), rowsMost)] {
			as, err := s.AssetNamed(name)
			if errors.Is(err, store.ErrNotFound) {
				continue
			} else if err != nil {
				return err
			}
			if src := v.pictureURL(as, upload.Large); src != "" && as.Width != nil && as.Height != nil {
				out[name] = view.AreaView{Src: src, Width: *as.Width, Height: *as.Height}
			}
		}
		return nil
	})
	return out, err
}

func (v *visit) saveConfig() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	s, err := v.setup()
	if err != nil {
		return err
	}
	d, err := parseDoc(s.Config.Config)
	if err != nil {
		return err
	}
	form := &view.Form{Values: values}
	if !d.fits() {
		return v.showConfig(http.StatusUnprocessableEntity, s, d, form, "")
	}
	formReader{form, v.l}.into(d)
	patch, err := v.patch(d, form)
	if err != nil {
		return err
	}
	if !form.OK() {
		return v.showConfig(http.StatusUnprocessableEntity, s, d, form, "")
	}
	status, err := v.put(s, patch, form)
	if err != nil || status == 0 {
		return err
	}
	return v.showConfig(status, s, d, form, conflictOf(status, s))
}

// conflictOf is the version that the config has now, if that is the trouble.
func conflictOf(status int, s setup) string {
	if status != http.StatusPreconditionFailed {
		return ""
	}
	return strconv.FormatInt(s.Version, 10)
}

// patch makes of the form what the store takes.
func (v *visit) patch(d doc, form *view.Form) (store.ConfigPatch, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return store.ConfigPatch{}, err
	}
	title, image := strings.TrimSpace(form.Values.Get("title")), strings.TrimSpace(form.Values.Get("imageUrl"))
	enabled := form.Values.Get("enabled") == "on"
	if len([]rune(title)) > 200 || strings.ContainsAny(title, "\r\n\t") {
		form.Bad("title", v.l.T("config.bad.title"))
	}
	if image != "" && (showable(image) == "" || len(image) > 2000) {
		form.Bad("imageUrl", v.l.T("config.bad.url"))
	}
	if len(raw) > maxConfig {
		form.Bad("", v.l.T("config.bad.large"))
	}
	return store.ConfigPatch{Title: &title, ImageURL: &image, Config: raw, Enabled: &enabled}, nil
}

// put saves a config at the version that the form began with. Status is 0 when it
// led on to the next page, else the form is to be shown again with it.
func (v *visit) put(s setup, patch store.ConfigPatch, form *view.Form) (status int, err error) {
	at, err := strconv.ParseInt(form.Values.Get("version"), 10, 64)
	if over := form.Values.Get("over"); over != "" { // they saw that it had changed
		at, err = strconv.ParseInt(over, 10, 64)
	}
	if err != nil || at < 0 {
		return 0, web.Invalid("version", "must be a number")
	}
	err = v.lease().Write(v.r.Context(), "save product's setup", func(tx *store.Tx) error {
		card, err := tx.ConfigCard(s.ProductID)
		if known := err == nil; err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		} else if known && card.Version != at || !known && at != 0 {
			return store.ErrChanged
		}
		_, _, err = tx.PutConfig(v.c.By, v.lease().Terms(), s.ProductID, patch, at)
		return err
	})
	var wrong store.InvalidError
	switch {
	case err == nil:
		return 0, v.done("/products/"+url.PathEscape(s.ProductID), "product-saved", "")
	case errors.Is(err, store.ErrChanged):
		return http.StatusPreconditionFailed, nil
	case errors.Is(err, store.ErrLimit):
		form.Bad("", v.l.T("error.code.limit_reached"))
		return http.StatusForbidden, nil
	case errors.As(err, &wrong):
		form.Bad("", wrong.Error())
		return http.StatusUnprocessableEntity, nil
	}
	return 0, err
}

func (v *visit) configJSON() error {
	s, err := v.setup()
	if err != nil {
		return err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, s.Config.Config, "", "  "); err != nil {
		return err
	}
	form := &view.Form{Values: url.Values{"json": {pretty.String()}, "version": {strconv.FormatInt(s.Version, 10)}}}
	return v.showJSON(http.StatusOK, s, form, "")
}

func (v *visit) showJSON(status int, s setup, form *view.Form, conflict string) error {
	name := v.productName(s)
	m := view.JSONPage{
		Title: v.l.T("config.json.title", name), Form: form, Action: v.path(configPath(s)+"/json", nil), Back: v.path(configPath(s), nil), BackText: name,
		Version: form.Values.Get("version"), Conflict: conflict,
	}
	m.Field = form.Field(view.Field{Name: "json", Label: v.l.T("config.json.field"), Rows: 24, Data: map[string]string{"code": ""}})
	return v.show(status, m.Title, "/products", view.ConfigJSON(v.l, m))
}

func (v *visit) saveConfigJSON() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	s, err := v.setup()
	if err != nil {
		return err
	}
	form := &view.Form{Values: values}
	raw := strings.TrimSpace(values.Get("json"))
	v.checkJSON(raw, form)
	if !form.OK() {
		return v.showJSON(http.StatusUnprocessableEntity, s, form, "")
	}
	patch := store.ConfigPatch{Config: json.RawMessage(raw)}
	if !s.known {
		patch.Title, patch.ImageURL, patch.Enabled = &s.Title, &s.ImageURL, &s.Enabled
	}
	status, err := v.put(s, patch, form)
	if err != nil || status == 0 {
		return err
	}
	return v.showJSON(status, s, form, conflictOf(status, s))
}

// checkJSON says where the text is no JSON object.
func (v *visit) checkJSON(raw string, form *view.Form) {
	var any json.RawMessage
	err := json.Unmarshal([]byte(raw), &any)
	line, column := place(raw, err)
	switch {
	case len(raw) > maxConfig:
		form.Bad("json", v.l.T("config.bad.large"))
	case err != nil && line > 0:
		why := strings.TrimPrefix(err.Error(), "json: ")
		form.Bad("json", v.l.T("config.bad.json", v.l.Number(int64(line)), v.l.Number(int64(column)), why))
	case err != nil || !strings.HasPrefix(raw, "{") || !utf8.ValidString(raw):
		form.Bad("json", v.l.T("config.bad.object"))
	}
}

func configPath(s setup) string { return "/products/" + url.PathEscape(s.ProductID) }

func (v *visit) productName(s setup) string {
	if s.Title != "" {
		return s.Title
	}
	return s.ProductID
}
