package operator

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/web"
	"lapak/web/signin"
	"lapak/web/view"
)

const accountPath = "/operator/account"

// signer is the operator who makes the request.
func (v *visit) signer() catalog.Signer { return catalog.Signer{Operator: v.in.Operator} }

// account is the operator's own page.
func (v *visit) account() error { return v.showAccount(http.StatusOK, view.Form{}) }

func (v *visit) showAccount(status int, f view.Form) error {
	m := view.AccountView{
		Name: v.in.Name, Form: f, Min: signin.MinPassword, Language: v.in.Language, CanAdd: v.opt.Signin.HasPasskeys(), NewName: v.device(v.r.UserAgent()),
		Languages: []view.Option{{Label: v.l.T("operator.language.own")}, {Value: "en", Label: "English"}, {Value: "id", Label: "Bahasa Indonesia"}},
	}
	f.Values.Del("old") // passwords are never sent back
	f.Values.Del("password")
	keys, err := v.catalog.Passkeys(v.ctx(), v.in.Operator)
	if err != nil {
		return err
	}
	for _, k := range keys {
		m.Passkeys = append(m.Passkeys, view.PasskeyRow{ID: base64.RawURLEncoding.EncodeToString(k.ID), Name: k.Name, Created: k.CreatedAt, Used: k.LastUsedAt})
	}
	signins, err := v.catalog.Signins(v.ctx(), v.signer())
	if err != nil {
		return err
	}
	m.Signins = v.signinRows(signins)
	operators, err := v.catalog.Operators(v.ctx())
	if err != nil {
		return err
	}
	for _, o := range operators {
		m.Operators = append(m.Operators, view.OperatorRow{ID: o.ID, Name: o.Name, Since: o.CreatedAt, Self: o.ID == v.in.Operator})
	}
	title := v.l.T("operator.account")
	return v.show(status, title, accountPath, view.Account(v.l, title, m))
}

// changePassword needs the present one.
func (v *visit) changePassword() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	f, status := view.Form{Values: values}, http.StatusUnprocessableEntity
	err = v.opt.Signin.ChangePassword(v.r, v.in, values.Get("old"), values.Get("password"))
	var known *web.Error
	switch {
	case err == nil:
		return v.done(accountPath, "password-changed")
	case errors.Is(err, signin.ErrWrongPassword):
		f.Bad("old", v.l.T("operator.password.wrong"))
	case signin.PasswordText(v.l, err) != "":
		f.Bad("password", signin.PasswordText(v.l, err))
	case errors.As(err, &known) && known.Status == http.StatusTooManyRequests:
		status = known.Status
		f.Bad("old", v.l.N("signin.wait", int64(known.Retry)))
	default:
		return err
	}
	return v.showAccount(status, f)
}

func (v *visit) setLanguage() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	if err := v.catalog.SetSigninLanguage(v.ctx(), v.in.ID, values.Get("language")); err != nil {
		return err
	}
	return v.done(accountPath, "language-set")
}

// endOwn signs one of the operator's browsers out, perhaps this one.
func (v *visit) endOwn() error {
	if err := v.catalog.EndSignin(v.ctx(), v.signer(), web.Param(v.r, "id")); err != nil {
		return err
	}
	return v.done(accountPath, "signin-ended")
}

func (v *visit) endOthers() error {
	if err := v.catalog.EndSignins(v.ctx(), v.signer(), v.in.ID); err != nil {
		return err
	}
	return v.done(accountPath, "signin-ended")
}

// beginPasskey gives our script what the browser makes a passkey of.
func (v *visit) beginPasskey() error {
	options, err := v.opt.Signin.BeginPasskey(v.ctx(), v.in)
	if err != nil {
		return err
	}
	return web.WriteJSON(v.w, v.r, http.StatusOK, options)
}

func (v *visit) finishPasskey() error {
	body, err := io.ReadAll(v.r.Body)
	if err != nil {
		return web.BodyError(err)
	}
	if err := v.opt.Signin.AddPasskey(v.ctx(), v.in, v.r.URL.Query().Get("name"), body); err != nil {
		return err
	}
	return web.WriteJSON(v.w, v.r, http.StatusOK, map[string]string{"location": doneAt(accountPath, "passkey-added")})
}

// passkey is the id of the passkey that the path names.
func (v *visit) passkey() ([]byte, error) {
	id, err := base64.RawURLEncoding.DecodeString(web.Param(v.r, "id"))
	if err != nil {
		return nil, store.ErrNotFound
	}
	return id, nil
}

func (v *visit) renamePasskey() error {
	id, err := v.passkey()
	if err != nil {
		return err
	}
	values, err := v.form()
	if err != nil {
		return err
	}
	if err := v.catalog.RenamePasskey(v.ctx(), v.in.Operator, id, values.Get("name")); err != nil {
		return err
	}
	return v.done(accountPath, "passkey-renamed")
}

func (v *visit) removePasskey() error {
	id, err := v.passkey()
	if err != nil {
		return err
	}
	if err := v.catalog.RemovePasskey(v.ctx(), v.in.Operator, id); err != nil {
		return err
	}
	return v.done(accountPath, "passkey-removed")
}

// invite makes a link for another operator and shows it once.
func (v *visit) invite() error {
	address, _, err := v.opt.Signin.Link(v.ctx(), catalog.Signer{})
	if err != nil {
		return err
	}
	v.log.Warn("an operator invites another one", "by", v.in.Name)
	return v.once(view.OnceView{
		Title: v.l.T("operator.invite.title"), Text: v.l.T("operator.invite.text"), Secret: address, Back: accountPath, BackLabel: v.l.T("operator.account"),
	}, accountPath)
}

// removeOperator ends another operator.
func (v *visit) removeOperator() error {
	id := web.Param(v.r, "id")
	if id == v.in.Operator {
		return notNow(errors.New("operators do not remove themselves"))
	}
	if err := v.catalog.RemoveOperator(v.ctx(), id); err != nil {
		return err
	}
	v.log.Warn("an operator removed another one", "removed", id, "by", v.in.Name)
	return v.done(accountPath, "operator-removed")
}
