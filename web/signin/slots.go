package signin

import (
	"net/http"

	"github.com/a-h/templ"

	"lapak/web"
	"lapak/web/view"
)

// Foot is who is signed in and the way out, for the end of a navigation. It fits
// admin.Slot; so does Top.
func (s *Signin) Foot(r *http.Request, _ *web.Caller, l *view.Locale) templ.Component {
	in, err := s.Current(r)
	if err != nil {
		return nil
	}
	return view.SigninFoot(l, view.SignedIn{Name: in.Name})
}

// Top says above a shop's pages that an operator looks at them; nil for others.
func (s *Signin) Top(r *http.Request, c *web.Caller, l *view.Locale) templ.Component {
	in, err := s.Current(r)
	if err != nil || in.Operator == "" || c.Shop.IsZero() {
		return nil
	}
	return view.SigninTop(l, "/operator/shops/"+c.Shop.String(), c.Shop.String())
}
