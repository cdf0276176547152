package view

import (
	"fmt"
	"time"
)

func (l *Locale) month(m time.Month) string {
	return [...][12]string{
		{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		{"Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"},
	}[l.Lang][m-1]
}

// Date is a day on the shop's calendar: 23 Nov 2026.
func (l *Locale) Date(t time.Time) string {
	t = t.In(l.Zone)
	return fmt.Sprintf("%d %s %d", t.Day(), l.month(t.Month()), t.Year())
}

// Clock is a time of day on the shop's clock: 14:05.
func (l *Locale) Clock(t time.Time) string {
	return t.In(l.Zone).Format([...]string{"15:04", "15.04"}[l.Lang])
}

// Moment is Date and Clock.
func (l *Locale) Moment(t time.Time) string { return l.Date(t) + ", " + l.Clock(t) }

// Second is Moment to the second, with the zone's name.
func (l *Locale) Second(t time.Time) string {
	t = t.In(l.Zone)
	return l.Date(t) + ", " + t.Format([...]string{"15:04:05 MST", "15.04.05 MST"}[l.Lang])
}

// Month is the short name of a month written as YYYY-MM, with its year in January.
func (l *Locale) Month(month string) string {
	t, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	if t.Month() == time.January {
		return fmt.Sprintf("%s %d", l.month(t.Month()), t.Year())
	}
	return l.month(t.Month())
}

// Ago says how long a moment is past, roughly; a moment to come is "just now".
func (l *Locale) Ago(t time.Time) string {
	d := l.Now.Sub(t)
	switch {
	case d < time.Minute:
		return l.T("time.now")
	case d < time.Hour:
		return l.N("time.minutes", int64(d/time.Minute))
	case d < 24*time.Hour:
		return l.N("time.hours", int64(d/time.Hour))
	case d < 31*24*time.Hour:
		return l.N("time.days", int64(d/(24*time.Hour)))
	}
	return l.Date(t)
}

// stamp is a moment for a <time> element.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
