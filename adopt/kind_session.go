package adopt

import (
	"encoding/json"

	"lapak/store"
	"lapak/web/access"
	"lapak/web/shopify"
)

type session struct {
	access.Session
	extra json.RawMessage
}

func sessions() rows {
	return rows{
		model: model{name: "Session", fields: common(field{name: "state"}, field{name: "isOnline"}, field{name: "scope", aliases: []string{"scopes"}},
			field{name: "expires", aliases: []string{"expiresat"}}, field{name: "accessToken", required: true}, field{name: "refreshToken"},
			field{name: "refreshTokenExpires", aliases: []string{"refreshtokenexpiresat", "refreshexpires", "refreshexpiresat"}},
			field{name: "userId"}, field{name: "firstName"}, field{name: "lastName"}, field{name: "email"}, field{name: "accountOwner"},
			field{name: "locale"}, field{name: "collaborator"}, field{name: "emailVerified"})},
		unique: "id", loads: store.LoadSessions, convert: convertSession,
		kept: func(v *store.View, e *env, each func(record) error) error {
			return v.LoadedSessions(func(s store.Session, extra json.RawMessage) error {
				open, err := e.tokens.Open(e.shop, s)
				if err != nil {
					return err
				}
				return each(session{open, extra})
			})
		},
	}
}

func convertSession(r row, _ *env) (record, error) {
	id, err := r.id()
	if err != nil {
		return nil, err
	}
	s := session{access.Session{ID: id, State: r.text("state"), Token: shopify.AccessToken{
		Token: r.text("accessToken"), Refresh: r.text("refreshToken"), Scopes: shopify.ParseScopes(r.text("scope")),
	}}, r.extra("updatedAt")}
	if s.Token.Token == "" {
		return nil, store.InvalidError{Field: "accessToken", Reason: "must not be empty"}
	}
	if s.Online, err = r.truth("isOnline", false); err != nil {
		return nil, err
	}
	if s.Token.Expires, err = r.time("expires"); err != nil {
		return nil, err
	}
	if s.Token.RefreshExpires, err = r.time("refreshTokenExpires"); err != nil {
		return nil, err
	}
	s.Token.User, err = convertUser(r)
	return s, err
}

// convertUser is nil where the session is of no person.
func convertUser(r row) (u *shopify.User, err error) {
	if r.text("userId") == "" {
		return nil, nil
	}
	u = &shopify.User{FirstName: r.text("firstName"), LastName: r.text("lastName"), Email: r.text("email"), Locale: r.text("locale")}
	if u.ID, err = r.number("userId", 0); err != nil {
		return nil, err
	}
	for name, is := range map[string]*bool{"accountOwner": &u.AccountOwner, "collaborator": &u.Collaborator, "emailVerified": &u.EmailVerified} {
		if *is, err = r.truth(name, false); err != nil {
			return nil, err
		}
	}
	return u, nil
}

func (s session) id() string { return s.ID }

func (s session) write(h *digester) {
	h.text(s.ID)
	h.text(s.State)
	h.truth(s.Online)
	h.text(s.Token.Token)
	h.text(s.Token.Refresh)
	h.text(s.Token.Scopes.String())
	h.number(s.Token.Expires.UnixMilli())
	h.number(s.Token.RefreshExpires.UnixMilli())
	user, _ := json.Marshal(s.Token.User) // its fields always can be
	h.bytes(user)
	h.bytes(s.extra)
}

func (s session) load(tx *store.Tx, e *env, _ int64) error {
	sealed, err := e.tokens.Seal(e.shop, s.Session)
	if err != nil {
		return err
	}
	return tx.LoadSession(sealed, s.extra)
}

func (s session) own() record { return s }
