package admin

import (
	"net/http"
	"strconv"
	"strings"

	"lapak/store"
	"lapak/web"
	"lapak/web/view"
)

// fail answers an error with a page in the same look.
func (f *face) fail(w http.ResponseWriter, r *http.Request, c *web.Caller, e *web.Error) {
	if e.Status == http.StatusUnauthorized && f.opt.SignIn != nil && !f.embedded {
		f.opt.SignIn(w, r, c, e)
		return
	}
	if e.Status == http.StatusUnauthorized || e.Code == "cross_shop" {
		c.Shop = store.Shop{} // not the caller's: nothing of it is shown
	}
	v := f.visit(w, r, c)
	if e.Code == "restoring" && v.waitsForRestore(e.Status) {
		return
	}
	m := view.ErrorView{
		Title: v.errorTitle(e.Status), Text: v.l.Or("error.code."+e.Code, ""), Status: e.Status,
	}
	if m.Text == "" {
		m.Text = v.errorText(e)
	}
	if e.Status >= 500 {
		m.ID = w.Header().Get("X-Request-Id")
		m.Again = r.URL.RequestURI()
		if r.Method != http.MethodGet {
			m.Again = ""
		}
	}
	if !c.Shop.IsZero() {
		m.Home = v.path("", nil)
	}
	if err := v.show(e.Status, m.Title, "-", view.ErrorPage(v.l, m)); err != nil {
		f.opt.Log.Error("cannot answer with an error page", "error", err)
		http.Error(w, e.Text, e.Status)
	}
}

func (v *visit) errorTitle(status int) string {
	if status == http.StatusTooManyRequests {
		status = http.StatusServiceUnavailable
	}
	if title := v.l.Or("error.title."+strconv.Itoa(status), ""); title != "" {
		return title
	}
	return v.l.T("error.title." + strconv.Itoa(status/100*100))
}

func (v *visit) errorText(e *web.Error) string {
	if e.Status == http.StatusNotFound {
		return v.l.T("error.text.404")
	}
	return e.Text
}

// label is the part of a shop's domain that tells it apart.
func label(domain string) string {
	name, _, _ := strings.Cut(domain, ".")
	return name
}
