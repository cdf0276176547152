package view

import "time"

// BadgeView is what Badge shows.
type BadgeView struct{ Tone, Text string }

// FleetView is what Fleet shows.
type FleetView struct {
	Form                   Form
	States, Plans, Backups []Option
	Heads                  []SortView
	Rows                   []FleetRow
	Count                  string // how many there are, in words
	Filtered               bool   // some are left out
	Range                  string // which are on this page; "": all
	Prev, Next             string // other pages; "": there is none
}

// None says that there is no shop at all.
func (v FleetView) None() bool { return len(v.Rows) == 0 && !v.Filtered }

// FleetRow is one shop in a list.
type FleetRow struct {
	Href, Name, Domain string
	State              BadgeView // Text "": active, which needs no word
	Plan, Size, Used   string
	UsedTone           string
	Active             time.Time
	Backup             BadgeView
	Proven             time.Time // zero: never
	ProvenBad          bool      // the last drill found something wrong
}

// ShopView is what OperatorShop shows.
type ShopView struct {
	Path, Name, Domain string
	State              BadgeView
	Banner             BannerView // Text "": there is no news
	CanOpen            bool
	Suspended          bool
	CanSwitch          bool // it may be suspended or resumed
	CanErase           bool
	Meters             []MeterView
	MetersNote         string
	Facts, Backup      []Fact
	Install            []Fact // none: never installed
	Plan               []Fact
	Keys               []KeyRow
	KeyForm            Form
	Roles              []Option
	Signins            []SigninRow
	Jobs               []JobRow
	Slow               []SlowRow
}

// BannerView is news with what to do about it.
type BannerView struct{ Tone, Text, More string }

// Fact is a name with its value.
type Fact struct {
	Name, Value string
	When        time.Time // instead of Value; zero: Value
	Tone        string
}

// KeyRow is an API key without its secret.
type KeyRow struct {
	ID, Name, Role, Prefix string
	Used                   time.Time // zero: never
}

// SigninRow is a browser that is signed in.
type SigninRow struct {
	ID, Device, IP string
	Used           time.Time
	Here           bool // this browser
}

// JobRow is a job of a shop.
type JobRow struct {
	Shop, Href, Kind string // Href "": the shop is known
	State            BadgeView
	At               time.Time
	Error            string
}

// SlowRow is a request that took long.
type SlowRow struct {
	Shop, Href, Route, Took string
	At                      time.Time
	Failed                  bool
}

// LimitsView is what ShopLimits shows.
type LimitsView struct {
	Path, Name        string
	Form              Form
	Plans, Durability []Option
	YesNo             []Option
	Fields            []Field // the limits, completed
}

// EraseView is what EraseShop shows.
type EraseView struct {
	Path, Name, Domain string
	Form               Form
}

// OnceView is what Once shows: a secret that nobody can ask for again.
type OnceView struct {
	Title, Text, Secret, Back, BackLabel string
}

// HealthView is what Health shows.
type HealthView struct {
	Tone, Title string // of all together
	Checks      []CheckView
	Worst       []LagRow
	Running     []JobRow
	Failed      []JobRow
	Dead        []DeadRow
	Slow        []SlowRow
	Errors      []ErrorRow
}

// CheckView is one thing that is well, or not.
type CheckView struct {
	ID, Icon, Title string
	Tone            string // good, warn, bad, plain
	Value, Text     string
	Meter           *MeterView
	Advice          string // what to do; "": nothing
}

// LagRow is a shop whose backup is behind.
type LagRow struct{ Name, Href, Lag, Error string }

// DeadRow is a webhook that was given up.
type DeadRow struct {
	ID, Shop, Topic, Error string
	At                     time.Time
	CanRetry               bool
}

// ErrorRow is one line of the log.
type ErrorRow struct {
	Bad          bool // an error, not a warning
	Text, Detail string
	At           time.Time
	Times        string // how often in a row; "": once
}

// AccountView is what Account shows.
type AccountView struct {
	Name      string
	Form      Form // of the password
	Min       int
	Languages []Option
	Language  string
	Passkeys  []PasskeyRow
	CanAdd    bool // browsers have passkeys here
	NewName   string
	Signins   []SigninRow
	Operators []OperatorRow
}

// PasskeyRow is a passkey.
type PasskeyRow struct {
	ID, Name      string
	Created, Used time.Time // Used zero: never
}

// OperatorRow is somebody who looks after all shops.
type OperatorRow struct {
	ID, Name string
	Since    time.Time
	Self     bool
}
