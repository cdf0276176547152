package view

// SigninView is what Signin shows.
type SigninView struct {
	Form     Form
	Return   string // where to go on; "": the start
	Nobody   bool   // there is no operator yet
	Passkeys bool   // browsers have them here
}

// LinkView is what SigninLink shows.
type LinkView struct {
	Form           Form
	Token          string
	New            bool   // it makes an operator
	Operator, Shop string // whom it signs in; "" for others
	Min            int    // fewest characters of a password
}

// SignedIn is what SigninFoot shows.
type SignedIn struct {
	Name string // the operator's; "" for a merchant
}

// linkLead says in a sentence what a link does.
func linkLead(l *Locale, v LinkView) string {
	switch {
	case v.New:
		return l.T("signin.link.new.lead")
	case v.Operator != "":
		return l.T("signin.link.operator", v.Operator)
	}
	return l.T("signin.link.shop", v.Shop)
}

func newPassword(l *Locale, v LinkView, required bool) Field {
	return v.Form.Field(Field{
		Name: "password", Label: l.T("signin.password.new"), Type: "password", Hint: l.T("signin.password.hint", l.Number(int64(v.Min))),
		Required: required, Autocomplete: "new-password", MaxLength: 200,
	})
}
