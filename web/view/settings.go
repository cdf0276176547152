package view

import "time"

// SettingsView is a shop's settings.
type SettingsView struct {
	Tabs   []NavItem
	Form   *Form
	Action string
	Export string // "": not there

	Logo, Color, Domain          Field
	Zone, Currency, Lang, Alerts Field
	Zones                        []string
	Preview                      BrandView
}

// BrandView is how customers will see the branding.
type BrandView struct {
	Shop, Color, OnColor, Logo string
}

// KeysView is a shop's API keys.
type KeysView struct {
	Tabs       []NavItem
	Form       *Form
	Action     string
	Name, Role Field
	Keys       []APIKeyRow
	Secret     string // of the key just made; "": none was
	SecretName string
	API        string // address of the API
}

// APIKeyRow is one API key.
type APIKeyRow struct {
	Name, Role, Prefix string
	Created            time.Time
	Used               time.Time // zero: never
	Revoked            bool
	Revoke             string // where the form is sent that revokes it
}

// PlansView is what each plan gives and what of it is used.
type PlansView struct {
	Tabs   []NavItem
	Meters []MeterView
	Plans  []PlanView
	Own    bool   // some limits are the shop's own
	Start  string // where a plan is chosen; "": only the operator changes it
}

// PlanView is one plan.
type PlanView struct {
	ID, Name string
	Current  bool
	Lines    []string // what it gives
	Extras   []PlanExtra
}

// PlanExtra is something that a plan has or has not.
type PlanExtra struct {
	Text string
	Has  bool
}
