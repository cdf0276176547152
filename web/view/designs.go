package view

import (
	"time"
)

// DesignsView is a page of the list of designs.
type DesignsView struct {
	Filter  DesignsFilter
	Items   []DesignItem
	Grid    bool   // as pictures, not as a table
	GridURL string // of either way to look at it
	ListURL string
	ByName  SortView
	ByTime  SortView
	Bulk    string // where the chosen designs are sent; "": not for this reader
	Next    PagerView
	Count   string // how many there are, as a sentence
	Narrow  bool   // a filter is in force
	Trash   string // what was deleted
}

// DesignsFilter is what the list is narrowed down by, as the address has it.
type DesignsFilter struct {
	Action                              string
	Text, Product, Show, From, To, Sort string
	View                                string
	Products                            []Option
	Clear                               string
	Error                               string // what is wrong with it; "": nothing
}

func (f DesignsFilter) shows(l *Locale) []Option {
	return []Option{
		{"", l.T("designs.show.all")}, {"templates", l.T("designs.show.templates")},
		{"mine", l.T("designs.show.mine")}, {"customers", l.T("designs.show.customers")},
	}
}

func (f DesignsFilter) sorts(l *Locale) []Option {
	return []Option{{"", l.T("designs.sort.changed")}, {"name", l.T("designs.sort.name")}}
}

// DesignItem is one design in a list.
type DesignItem struct {
	ID, Name, Href string
	Preview        string // address of its picture
	Product        string // its title, or its id
	Owner          string // whose it is; "": the merchant's
	Template       bool
	Changed        time.Time
}

// DesignView is a design's own page.
type DesignView struct {
	DesignItem
	Created     time.Time
	Size        string // of its canvas
	Back        string
	ProductHref string
	JSON        string // its beginning, for people
	JSONBytes   string // how large it is
	JSONCut     bool   // there is more of it
	JSONHref    string // all of it, as a file
	Omitted     string // a sentence on what the picture leaves out; "": nothing
	Rename      Form
	Edit        bool              // the reader may change it
	Acts        map[string]string // addresses of forms: rename, template, copy, delete
	History     []EventView
	HistoryCut  bool   // there may be older events
	HistoryAll  string // the activity page; "": not for this reader
}
