package operator

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web"
	"lapak/web/signin"
	"lapak/web/view"
)

// visit is one request of an operator.
type visit struct {
	*Operator
	w  http.ResponseWriter
	r  *http.Request
	c  *web.Caller
	in catalog.Signin
	l  *view.Locale
}

func (o *Operator) visit(w http.ResponseWriter, r *http.Request, c *web.Caller) (*visit, error) {
	in, err := o.opt.Signin.Current(r)
	if err != nil {
		return nil, err
	}
	// The server's clock is the one that its operator's logs are in.
	l := o.opt.Site.Locale(view.Language(in.Language, r.Header.Get("Accept-Language")), time.Local)
	return &visit{Operator: o, w: w, r: r, c: c, in: in, l: l}, nil
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// name is the shop that the path names; ErrNotFound where it is no shop's name.
func (v *visit) name() (store.Shop, error) {
	shop, err := store.ParseShop(web.Param(v.r, "name"))
	if err != nil {
		return shop, fmt.Errorf("%w: %w", store.ErrNotFound, err)
	}
	return shop, nil
}

// record is the record of the shop that the path names.
func (v *visit) record() (catalog.Shop, error) {
	shop, err := v.name()
	if err != nil {
		return catalog.Shop{}, err
	}
	return v.catalog.Shop(v.ctx(), shop)
}

func shopPath(shop store.Shop) string { return "/operator/shops/" + shop.String() }

func (v *visit) form() (url.Values, error) { return signin.Form(v.r) }

// show answers with a page. Current is the path of its line in the navigation.
func (v *visit) show(status int, title, current string, body templ.Component) error {
	page := view.Page{
		L: v.l, Site: v.opt.Site, Title: title, Name: v.l.T("operator.console"), Home: "/operator", Wide: current == "/operator",
		Nav: v.nav(current), Foot: v.opt.Signin.Foot(v.r, v.c, v.l), Toast: v.toast(),
	}
	return v.opt.Site.Write(v.w, v.r, status, page, body)
}

func (v *visit) nav(current string) []view.NavItem {
	item := func(path, label, icon string) view.NavItem {
		return view.NavItem{Href: path, Label: label, Icon: icon, Current: path == current}
	}
	return []view.NavItem{
		item("/operator", v.l.T("operator.shops"), "shops"),
		item("/operator/health", v.l.T("operator.health"), "pulse"),
		item("/operator/account", v.l.T("operator.account"), "user"),
	}
}

func (v *visit) toast() *view.Toast {
	if text := v.l.Or("done."+v.r.URL.Query().Get("done"), ""); text != "" {
		return &view.Toast{Text: text}
	}
	return nil
}

func (v *visit) see(path string) error {
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// done leads on to a page and says there what was done: the text "done."+code.
func (v *visit) done(path, code string) error { return v.see(doneAt(path, code)) }

func doneAt(path, code string) string { return path + "?done=" + code }

const noteTimeout = 30 * time.Second

// note leaves a line in a shop's audit log. What it tells of is done already, so
// a shop that cannot be opened now only costs the line.
func (v *visit) note(shop store.Shop, action, resource, id string, before, after any) {
	if err := v.mustNote(shop, action, resource, id, before, after); err != nil {
		v.log.Warn("cannot note the operator's change in the shop's audit log", "shop", shop.String(), "action", action, "by", v.in.Name, "error", err)
	}
}

// mustNote is note before the act, which must not be done without.
func (v *visit) mustNote(shop store.Shop, action, resource, id string, before, after any) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx()), noteTimeout)
	defer cancel()
	lease, err := v.pool.Acquire(ctx, shop)
	if err != nil {
		return err
	}
	defer lease.Release()
	return lease.Write(ctx, "note the operator's change", func(tx *store.Tx) error {
		return tx.Audit(v.c.By, action, resource, id, before, after)
	})
}
