package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web"
	"lapak/web/view"
)

// show answers with one of the pages of this package.
func (s *Signin) show(w http.ResponseWriter, r *http.Request, status int, l *view.Locale, title string, body templ.Component) error {
	return s.site.Write(w, r, status, view.Page{L: l, Site: s.site, Title: title, Bare: true, Home: "/"}, body)
}

// showForm is the page on which operators sign in.
func (s *Signin) showForm(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	back := r.URL.Query().Get("return")
	if in, err := s.Current(r); err == nil {
		http.Redirect(w, r, landing(in.Signer, back), http.StatusSeeOther)
		return nil
	}
	return s.form(w, r, http.StatusOK, view.Form{Values: url.Values{"return": {ownPath(back)}}})
}

func (s *Signin) form(w http.ResponseWriter, r *http.Request, status int, f view.Form) error {
	operators, err := s.catalog.Operators(r.Context())
	if err != nil {
		return err
	}
	l := s.locale(r)
	f.Values.Del("password") // never sent back
	return s.show(w, r, status, l, l.T("signin.title"), view.Signin(l, view.SigninView{
		Form: f, Return: ownPath(f.Values.Get("return")), Nobody: len(operators) == 0, Passkeys: s.passkey != nil,
	}))
}

// byPassword signs an operator in.
func (s *Signin) byPassword(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	values, err := Form(r)
	if err != nil {
		return err
	}
	op, err := s.verify(r, values.Get("name"), values.Get("password"))
	if status, text := s.refusal(r, err); status != 0 {
		f := view.Form{Values: values}
		f.Bad("", text)
		return s.form(w, r, status, f)
	} else if err != nil {
		return err
	}
	in, cookie, err := s.catalog.CreateSignin(r.Context(), catalog.Signer{Operator: op.ID}, browser(r, c))
	if err != nil {
		return err
	}
	if err := s.enter(w, r, in, cookie); err != nil {
		return err
	}
	goTo(w, r, landing(in.Signer, values.Get("return")))
	return nil
}

// refusal is what to say about a password that was not taken; a status of 0 is
// another kind of error, or none.
func (s *Signin) refusal(r *http.Request, err error) (status int, text string) {
	l := s.locale(r)
	var known *web.Error
	switch {
	case errors.Is(err, ErrWrongPassword):
		s.log.Warn("a sign-in failed", "ip", web.ClientIP(r))
		return http.StatusUnprocessableEntity, l.T("signin.wrong")
	case errors.As(err, &known) && known.Status == http.StatusTooManyRequests:
		return known.Status, l.N("signin.wait", int64(known.Retry))
	}
	return 0, ""
}

// PasswordText says to people why a new password was refused; "" for another
// error.
func PasswordText(l *view.Locale, err error) string {
	switch {
	case errors.Is(err, ErrPasswordShort):
		return l.T("signin.password.short", l.Number(MinPassword))
	case errors.Is(err, ErrPasswordLong):
		return l.T("signin.password.long")
	case errors.Is(err, ErrPasswordEasy):
		return l.T("signin.password.easy")
	}
	return ""
}

// showLink shows what a link would do. It does not use it up: programs that look
// at links before people do would.
func (s *Signin) showLink(w http.ResponseWriter, r *http.Request, _ *web.Caller) error {
	return s.linkForm(w, r, http.StatusOK, view.Form{Values: url.Values{"token": {r.URL.Query().Get("token")}}})
}

func (s *Signin) linkForm(w http.ResponseWriter, r *http.Request, status int, f view.Form) error {
	l := s.locale(r)
	token := f.Values.Get("token")
	link, err := s.catalog.FindLink(r.Context(), token)
	if errors.Is(err, catalog.ErrNotFound) {
		title := l.T("signin.link.dead")
		return s.show(w, r, http.StatusGone, l, title, view.DeadLink(l, title))
	} else if err != nil {
		return err
	}
	f.Values.Del("password")
	title := l.T("signin.title")
	if link.Founds() {
		title = l.T("signin.link.new")
	}
	return s.show(w, r, status, l, title, view.SigninLink(l, title, view.LinkView{
		Form: f, Token: token, New: link.Founds(), Operator: link.Name, Shop: link.Shop.String(), Min: MinPassword,
	}))
}

// byLink uses a link up.
func (s *Signin) byLink(w http.ResponseWriter, r *http.Request, c *web.Caller) error {
	values, err := Form(r)
	if err != nil {
		return err
	}
	token := values.Get("token")
	link, err := s.catalog.FindLink(r.Context(), token)
	if err != nil && !errors.Is(err, catalog.ErrNotFound) {
		return err
	}
	bring, form, err := s.bring(r, c, link, values)
	if err != nil {
		return err
	}
	if !form.OK() {
		return s.linkForm(w, r, http.StatusUnprocessableEntity, form)
	}
	in, cookie, err := s.catalog.Redeem(r.Context(), token, bring)
	switch {
	case errors.Is(err, catalog.ErrNotFound):
		return s.linkForm(w, r, http.StatusGone, form)
	case errors.Is(err, catalog.ErrExists):
		form.Bad("name", s.locale(r).T("signin.name.taken"))
		return s.linkForm(w, r, http.StatusUnprocessableEntity, form)
	case err != nil:
		return err
	}
	if err := s.enter(w, r, in, cookie); err != nil {
		return err
	}
	if !in.Shop.IsZero() {
		s.noteLogin(r.Context(), in)
	}
	goTo(w, r, Home(in.Signer))
	return nil
}

// bring is what the form brings to a link, or what is wrong with it.
func (s *Signin) bring(r *http.Request, c *web.Caller, link catalog.Link, values url.Values) (bring catalog.Redemption, f view.Form, err error) {
	f = view.Form{Values: values}
	bring.Browser = browser(r, c)
	password, name := values.Get("password"), link.Name
	if link.Founds() {
		name = values.Get("name")
		if bring.Name, err = catalog.CheckOperatorName(name); err != nil {
			f.Bad("name", s.locale(r).T("signin.name.bad"))
		}
	}
	if !link.Founds() && (password == "" || link.Operator == "") {
		return bring, f, nil
	}
	if err := CheckPassword(password, name); err != nil {
		f.Bad("password", PasswordText(s.locale(r), err))
	}
	if !f.OK() || link.ExpiresAt.IsZero() { // a stranger's link is worth no hash
		return bring, f, nil
	}
	bring.Password, err = s.hasher.hash(r.Context(), password)
	return bring, f, err
}

const noteTimeout = 10 * time.Second

// noteLogin leaves a line in the shop's audit log. A shop that cannot be opened
// now only costs the line.
func (s *Signin) noteLogin(ctx context.Context, in catalog.Signin) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout)
	defer cancel()
	lease, err := s.pool.Acquire(ctx, in.Shop)
	if err == nil {
		defer lease.Release()
		err = lease.Write(ctx, "note sign-in", func(tx *store.Tx) error {
			return tx.Audit(store.By{UserID: "signin:" + in.ID, IP: in.IP}, "LOGIN", "signin", in.ID, nil, nil)
		})
	}
	if err != nil {
		s.log.Warn("cannot note a sign-in in the shop's audit log", "shop", in.Shop.String(), "error", err)
	}
}
