package view

import "time"

// HomeView is the start page of a shop.
type HomeView struct {
	Guide    []GuideStep // empty: all is done
	Warnings []string    // sentences about limits
	Meters   []MeterView
	Plan     string // its name
	PlanHref string // "": not for this reader
	Chart    ChartView
	Recent   []EventView
	AllHref  string // of the activity page; "": not for this reader
	Backup   BackupNote
}

// GuideStep is one of the first things to do in a new shop.
type GuideStep struct {
	Title, Text  string
	Href, Action string
	Done         bool
}

// BackupNote is how the backup stands, in sentences.
type BackupNote struct {
	Tone  string // good, warn, bad
	Title string
	Lines []string
	Href  string // of the backups page; "": not for this reader
}

// EventView is one line of what happened.
type EventView struct {
	Icon, Tone string
	Text       string // what happened
	Detail     string // to which thing; "": the whole shop
	Who        string
	At         time.Time
	Href       string // "": there is nothing more to see
}

// ChartView is a small chart of months, the oldest first.
type ChartView struct {
	Title  string
	First  string // what the first bar of each month counts
	Second string
	Months []ChartMonth
	Empty  string // instead of the bars, where nothing happened at all
	Text   string // the newest month against the one before, as a sentence; "": nothing to compare
}

// ChartMonth is one month's two bars.
type ChartMonth struct {
	Label         string
	First, Second BarView
	Now           bool
}

// BarView is a bar, with its height in percent of the chart's.
type BarView struct {
	Text   string // its value
	Height int
}

// Bar makes a bar of n where the highest of the chart is most.
func Bar(l *Locale, n, most int64) BarView {
	b := BarView{Text: l.Number(n)}
	if most > 0 && n > 0 {
		b.Height = max(int(float64(n)/float64(most)*100), 2)
	}
	return b
}

// bar is a rectangle's place in a box of 24 by 100.
func (b BarView) y() string      { return num(int64(100 - b.Height)) }
func (b BarView) height() string { return num(int64(b.Height)) }
