package admin

import (
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/web"
	"lapak/web/view"
)

// Slot makes a part of a page that another package knows about; nil leaves it out.
type Slot func(r *http.Request, c *web.Caller, l *view.Locale) templ.Component

// visit is one request to one of the pages.
type visit struct {
	*face
	w http.ResponseWriter
	r *http.Request
	c *web.Caller
	l *view.Locale
}

func (f *face) visit(w http.ResponseWriter, r *http.Request, c *web.Caller) *visit {
	language, zone := "", time.UTC
	if c.Lease != nil {
		language, zone = c.Lease.Shop().Language, c.Lease.Terms().Zone
	}
	l := f.opt.Site.Locale(view.Language(language, r.Header.Get("Accept-Language")), zone)
	return &visit{face: f, w: w, r: r, c: c, l: l}
}

func (v *visit) lease() *tenants.Lease { return v.c.Lease }
func (v *visit) shop() catalog.Shop    { return v.c.Lease.Shop() }

// path is the path of one of this shop's pages, with query where it is not empty.
func (v *visit) path(path string, query url.Values) string {
	to := v.at(v.c.Shop, path)
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	return to
}

// can says whether the caller may do what the role may.
func (v *visit) can(role catalog.Role) bool {
	switch v.c.Role {
	case admin, catalog.RoleOperator:
		return true
	case write:
		return role != admin
	}
	return role == read
}

// show answers with a page. Current is the path of its line in the navigation.
func (v *visit) show(status int, title, current string, body templ.Component) error {
	return v.opt.Site.Write(v.w, v.r, status, v.frame(title, current), body)
}

func (v *visit) ok(title, current string, body templ.Component) error {
	return v.show(http.StatusOK, title, current, body)
}

// frame is what stands around a page.
func (v *visit) frame(title, current string) view.Page {
	p := view.Page{L: v.l, Site: v.opt.Site, Title: title, Name: shopName(v.c.Shop), Bare: v.c.Shop.IsZero(), Home: v.at(v.c.Shop, "")}
	if v.embedded {
		p.Embedded = &view.Embedding{APIKey: v.opt.APIKey, AppBridge: v.opt.AppBridge}
	}
	if p.Bare {
		return p
	}
	p.Nav, p.Toast = v.nav(current), v.toast()
	if v.opt.Top != nil {
		p.Top = v.opt.Top(v.r, v.c, v.l)
	}
	if v.opt.Foot != nil && !v.embedded {
		p.Foot = v.opt.Foot(v.r, v.c, v.l)
	}
	return p
}

func (v *visit) nav(current string) (items []view.NavItem) {
	for _, n := range []struct {
		path, key, icon string
		role            catalog.Role
	}{
		{"", "nav.home", "home", read},
		{"/products", "nav.products", "tag", read},
		{"/designs", "nav.designs", "pencil", read},
		{"/assets", "nav.assets", "image", read},
		{"/activity", "nav.activity", "clock", admin},
		{"/backups", "nav.backups", "history", admin},
		{"/settings", "nav.settings", "sliders", admin},
	} {
		if v.can(n.role) {
			items = append(items, view.NavItem{Href: v.at(v.c.Shop, n.path), Label: v.l.T(n.key), Icon: n.icon, Current: n.path == current})
		}
	}
	return items
}

// shopName is a shop's name for people: without Shopify's domain.
func shopName(shop store.Shop) string { return label(shop.String()) }

// form reads the form that was sent. The shop that it names must be the caller's.
func (v *visit) form() (url.Values, error) {
	kind, _, err := mime.ParseMediaType(v.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, &web.Error{Status: http.StatusUnsupportedMediaType, Code: "invalid", Text: "The request must be a form"}
	}
	if err := v.r.ParseForm(); err != nil {
		return nil, web.BodyError(err)
	}
	for _, shop := range v.r.PostForm["shop"] {
		if err := v.c.Names(shop); err != nil {
			return nil, err
		}
	}
	return v.r.PostForm, nil
}

// see leads the browser on to a page, after a form was dealt with.
func (v *visit) see(to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// leave leads away from these pages. A script must not fetch what is there, so it
// is told to go.
func (v *visit) leave(to string) error {
	if v.r.Header.Get("HX-Request") != "true" {
		return v.see(to)
	}
	v.w.Header().Set("HX-Redirect", to)
	v.w.WriteHeader(http.StatusOK)
	return nil
}

// done leads on to a page of the shop and says there what was done: the text
// "done."+code. Of is what it was done to, for an undo; "" leaves it out.
func (v *visit) done(path, code, of string) error {
	return v.doneWith(path, nil, code, of)
}

// doneWith is done on a page with a query.
func (v *visit) doneWith(path string, query url.Values, code, of string) error {
	q := url.Values{}
	for name, values := range query {
		q[name] = values
	}
	q.Set("done", code)
	if of != "" {
		q.Set("of", of)
	}
	return v.see(v.path(path, q))
}

// toast reads what done wrote.
func (v *visit) toast() *view.Toast {
	q := v.r.URL.Query()
	code := q.Get("done")
	text := v.l.Or("done."+code, "")
	if text == "" {
		return nil
	}
	t := &view.Toast{Text: text}
	if undo := undoPath(code); undo != "" && q.Get("of") != "" {
		t.Undo, t.With = v.path(undo, nil), map[string]string{"of": q.Get("of")}
	}
	return t
}

// undoPath is where the form is sent that undoes what was done; "" if it cannot.
func undoPath(code string) string {
	switch code {
	case "product-deleted":
		return "/products/undo"
	case "design-deleted", "designs-deleted", "designs-templated", "designs-untemplated":
		return "/designs/undo"
	case "asset-deleted", "assets-deleted":
		return "/assets/undo"
	case "restored":
		return "/backups/undo"
	}
	return ""
}
