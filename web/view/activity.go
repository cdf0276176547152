package view

import "time"

// ActivityView is the audit log.
type ActivityView struct {
	Form     *Form
	Action   string // where the filters are sent
	Fields   []Field
	Filtered bool
	Clear    string // without the filters
	Export   string // the same as CSV
	Kept     string // for how long, in a sentence; "": for ever
	Events   []ActivityRow
	Pager    PagerView
}

// ActivityRow is one entry.
type ActivityRow struct {
	EventView
	Where   string // the address it came from; "": not known
	Changes []Change
	Same    int64 // how many members more stayed as they were
	Before  bool  // there was something before
	After   bool  // there is something after
}

// Change is one member of what an entry is about.
type Change struct {
	Name, Before, After string
	Changed             bool
}

// HasDetails says whether there is more to see.
func (r ActivityRow) HasDetails() bool { return len(r.Changes) > 0 }

// day is a heading's text where a new day begins.
func day(l *Locale, events []ActivityRow, i int) string {
	d := l.Date(events[i].At)
	if i > 0 && l.Date(events[i-1].At) == d {
		return ""
	}
	if d == l.Date(l.Now) {
		return l.T("activity.today")
	}
	if d == l.Date(l.Now.In(l.Zone).Add(-24*time.Hour)) {
		return l.T("activity.yesterday")
	}
	return d
}
