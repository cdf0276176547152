package view

import (
	"encoding/json"
	"strconv"
	"time"
)

// BackupsView is the page of what a shop can be taken back to.
type BackupsView struct {
	Action      string // of choosing a moment, and of restoring
	Zone        string // the shop's time zone
	Timeline    Timeline
	State       BackupNote
	Granularity []GranularityLine
	Problem     string // why there is nothing to choose; "": there is
	Failed      string // the last restore failed: a sentence; "": it did not
	At          string // the moment as it was entered
	Error       string // what is wrong with it; "": nothing
	Wish        *Wish  // what would happen; nil: no moment is chosen
	Undo        string // where the last restore is undone; "": there is none
}

// GranularityLine says how exact a stretch of time is.
type GranularityLine struct {
	From, To time.Time
	Text     string
}

// Wish is a moment that the shop may be taken back to, and what would happen.
type Wish struct {
	At      time.Time
	Exactly string // for the form
	Step    string // how exact the moment is
	Lines   []string
}

// ProgressView is the page of a restore under way.
type ProgressView struct {
	Stream  string // address of its events
	Here    string // the page that was wanted
	Refresh int    // seconds, without scripts
}

// ProgressNote is how far a restore is.
type ProgressNote struct {
	Text string
	Next string // where to go on; "": it is not at its end
}

// Stretch is a time that can be restored to, each Step of it; 0 is each change.
type Stretch struct {
	From, To time.Time
	Step     time.Duration
}

// span is a stretch's time, with its day once where that is the same.
func (g GranularityLine) span(l *Locale) string {
	if l.Date(g.From) == l.Date(g.To) {
		return l.Moment(g.From) + " – " + l.Clock(g.To)
	}
	return l.Moment(g.From) + " – " + l.Moment(g.To)
}

// StepKey is the text for how many seconds a restored state may be older than
// the moment that was asked for.
func StepKey(seconds float64) string {
	switch {
	case seconds < 1:
		return "backups.step.exact"
	case seconds <= 90:
		return "backups.step.minute"
	case seconds <= 5400:
		return "backups.step.hour"
	}
	return "backups.step.day"
}

// Timeline is all that can be restored to as a picture. The nearer the past, the
// more room it has: what one looks for is mostly of today.
type Timeline struct {
	Knots []Knot // places on the line whose time is known, from the left
	Bands []Band
	Ticks []Tick
}

// Knot is a place on the line, 0 to 1000, and its moment.
type Knot struct {
	X     int
	At    time.Time
	Label string
}

// Band is a stretch on the line.
type Band struct {
	X, Width int
	Class    string
}

// Tick is one moment that can be restored to.
type Tick struct {
	X     int
	Class string
}

const (
	lineWidth = 1000
	tickRoom  = 6 // the least between two ticks; where they were closer, the band is full
)

// NewTimeline draws the stretches up to now.
func NewTimeline(l *Locale, all []Stretch, now time.Time) Timeline {
	var t Timeline
	if len(all) == 0 {
		return t
	}
	t.Knots = knots(l, all[0].From, now)
	if last := all[len(all)-1]; last.To.Before(now) { // nothing was changed since
		t.Bands = append(t.Bands, Band{t.x(last.To), lineWidth - t.x(last.To), "calm"})
	}
	for _, s := range all {
		from, to := t.x(s.From), t.x(s.To)
		class, room := bandClass(s.Step), t.room(s)
		if room < tickRoom {
			class += " full"
		}
		t.Bands = append(t.Bands, Band{from, max(to-from, 2), class})
		if room < tickRoom || len(t.Ticks) > lineWidth/tickRoom {
			continue
		}
		for at := s.From; !at.After(s.To); at = at.Add(s.Step) {
			t.Ticks = append(t.Ticks, Tick{t.x(at), bandClass(s.Step)})
		}
	}
	return t
}

func bandClass(step time.Duration) string {
	switch {
	case step < time.Second:
		return "exact"
	case step <= 90*time.Second:
		return "minute"
	}
	return "hour"
}

// room is how far apart a stretch's moments are on the line, where it is densest.
func (t Timeline) room(s Stretch) int {
	if s.Step <= 0 {
		return 0
	}
	return min(t.x(s.From.Add(s.Step))-t.x(s.From), t.x(s.To)-t.x(s.To.Add(-s.Step)))
}

// knots share the line among the last hour, the rest of the last day, of the last
// week, and what is older.
func knots(l *Locale, oldest, now time.Time) []Knot {
	ks := []Knot{{At: oldest}}
	for _, ago := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour} {
		if at := now.Add(-ago); at.After(oldest.Add(ago / 20)) {
			ks = append(ks, Knot{At: at, Label: l.Ago(at)})
		}
	}
	ks = append(ks, Knot{At: now, Label: l.T("backups.now")})
	if ks[0].Label = l.Moment(oldest); now.Sub(oldest) > 48*time.Hour {
		ks[0].Label = l.Date(oldest)
	}
	for i := range ks {
		ks[i].X = i * lineWidth / (len(ks) - 1)
	}
	return ks
}

// x is a moment's place on the line.
func (t Timeline) x(at time.Time) int {
	for i := 1; i < len(t.Knots); i++ {
		a, b := t.Knots[i-1], t.Knots[i]
		if at.Before(b.At) || i == len(t.Knots)-1 {
			part := float64(at.Sub(a.At)) / max(float64(b.At.Sub(a.At)), 1)
			return a.X + int(max(0, min(1, part))*float64(b.X-a.X))
		}
	}
	return 0
}

// scale is the knots for the script that moves along them.
func (t Timeline) scale() string {
	var pairs [][2]int64
	for _, k := range t.Knots {
		pairs = append(pairs, [2]int64{int64(k.X), k.At.UnixMilli()})
	}
	raw, err := json.Marshal(pairs)
	if err != nil {
		return "[]" // numbers always can be
	}
	return string(raw)
}

// local is a moment as <input type=datetime-local> has it.
func (v BackupsView) local(l *Locale) string {
	if v.Wish != nil {
		return v.Wish.At.In(l.Zone).Format("2006-01-02T15:04:05")
	}
	return v.At
}

func (v BackupsView) bound(l *Locale, i int) string {
	if len(v.Timeline.Knots) == 0 {
		return ""
	}
	k := v.Timeline.Knots
	at := k[0].At
	if i > 0 {
		return k[len(k)-1].At.In(l.Zone).Format("2006-01-02T15:04:05")
	}
	return at.Add(time.Second).In(l.Zone).Format("2006-01-02T15:04:05")
}

func (v BackupsView) place() string {
	if v.Wish != nil {
		return strconv.Itoa(v.Timeline.x(v.Wish.At))
	}
	return strconv.Itoa(lineWidth)
}
