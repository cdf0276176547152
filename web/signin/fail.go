package signin

import (
	"net/http"
	"net/url"
	"strconv"

	"lapak/web"
	"lapak/web/view"
)

// Fail answers the errors of stand-alone pages: it leads those to the sign-in who
// have to sign in, and from there back; other errors become pages. It fits
// web.Route's Fail.
func (s *Signin) Fail(w http.ResponseWriter, r *http.Request, c *web.Caller, e *web.Error) {
	if e.Status == http.StatusUnauthorized {
		s.lead(w, r)
		return
	}
	l := s.locale(r)
	page := view.Page{L: l, Site: s.site, Title: errorTitle(l, e.Status), Bare: true, Home: "/"}
	m := view.ErrorView{Status: e.Status, Title: page.Title, Text: l.Or("error.code."+e.Code, "")}
	if m.Text == "" {
		m.Text = e.Text
	}
	if in, err := s.Current(r); err == nil {
		m.Home = Home(in.Signer)
	}
	if e.Status >= 500 {
		m.ID = w.Header().Get("X-Request-Id")
		if r.Method == http.MethodGet {
			m.Again = r.URL.RequestURI()
		}
	}
	if err := s.site.Write(w, r, e.Status, page, view.ErrorPage(l, m)); err != nil {
		s.log.Error("cannot answer with an error page", "error", err)
		http.Error(w, e.Text, e.Status)
	}
}

func errorTitle(l *view.Locale, status int) string {
	if status == http.StatusTooManyRequests {
		status = http.StatusServiceUnavailable
	}
	if title := l.Or("error.title."+strconv.Itoa(status), ""); title != "" {
		return title
	}
	return l.T("error.title." + strconv.Itoa(status/100*100))
}

// lead sends the browser to the sign-in. A script that asked for a part of a page
// is told to open a new document instead.
func (s *Signin) lead(w http.ResponseWriter, r *http.Request) {
	if _, err := r.Cookie(s.cookieName()); err == nil {
		s.clearCookie(w)
	}
	to := Path
	if back := wayBack(r); back != "" {
		to += "?return=" + url.QueryEscape(back)
	}
	if r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// wayBack is the page that the request is from: itself, or where a form or a
// script was used.
func wayBack(r *http.Request) string {
	part := r.Header.Get("HX-Request") != "" && r.Header.Get("HX-Boosted") == ""
	if !part && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		return ownPath(r.URL.RequestURI())
	}
	u, err := url.Parse(r.Header.Get("HX-Current-URL"))
	if err != nil || u.Path == "" {
		return ""
	}
	return ownPath(u.RequestURI()) // the path alone, whatever host it says
}

// locale speaks to whoever made the request, in the language that they chose or
// that their browser asks for.
func (s *Signin) locale(r *http.Request) *view.Locale {
	language := ""
	if in, err := s.Current(r); err == nil {
		language = in.Language
	}
	return s.site.Locale(view.Language(language, r.Header.Get("Accept-Language")), nil)
}
