package tenants

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// momentForms is what ParseMoment accepts, for people.
const momentForms = "use now, -5m, -1h30m, -2d, 14:00, yesterday 14:00, 2026-11-23 14:00:05 or 2026-11-23T14:00:05Z"

// MomentError says why a text is no moment. Its text is a sentence for people.
type MomentError struct {
	Text   string // as it was given, shortened
	Reason string
}

func (e *MomentError) Error() string { return fmt.Sprintf("%q %s", e.Text, e.Reason) }

// ParseMoment reads the moment to which somebody wants to go back:
//
//	now
//	-5m  -1h30m  -2d  -1d12h       so long ago; a day is 24 hours
//	2026-11-23T14:00:05.25+07:00   RFC 3339, with a space for the T if you like
//	2026-11-23 14:00  14:00:05     on the zone's clock, today where no day is named
//	today 14:00  yesterday 14:00
//
// A nil zone is UTC. The result is in UTC and may be in the future where its day
// was named; a bare time of day that today has not seen yet is an error, because
// guessing yesterday could restore the wrong day. So is a time that the zone's
// clock skips or shows twice; the error names both moments that it could be.
// All errors are *MomentError.
func ParseMoment(raw string, now time.Time, zone *time.Location) (time.Time, error) {
	if zone == nil {
		zone = time.UTC
	}
	at, err := parseMoment(raw, now, zone)
	if err == nil && (at.Year() < 1 || at.Year() > 9999) { // RFC 3339 has no others
		return time.Time{}, badMoment(raw, "is not a moment; "+momentForms)
	}
	return at, err
}

func parseMoment(raw string, now time.Time, zone *time.Location) (time.Time, error) {
	text := strings.ToUpper(strings.Join(strings.Fields(raw), " "))
	if text == "NOW" {
		return now.UTC(), nil
	}
	if strings.HasPrefix(text, "-") {
		return parseAgo(raw, strings.ToLower(text[1:]), now)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return parseLocal(raw, text, now, zone)
}

func badMoment(raw, reason string) *MomentError {
	raw = strings.ToValidUTF8(raw, "?")
	if r := []rune(raw); len(r) > 60 {
		raw = string(r[:60]) + "…"
	}
	return &MomentError{Text: raw, Reason: reason}
}

// agoForm keeps out what time.ParseDuration would take: signs, nothing at all.
var agoForm = regexp.MustCompile(`^(?:([0-9]{1,5})d)?((?:[0-9]{1,7}(?:\.[0-9]{1,9})?(?:h|m|s|ms))*)$`)

func parseAgo(raw, ago string, now time.Time) (time.Time, error) {
	m := agoForm.FindStringSubmatch(ago)
	if m == nil || ago == "" {
		return time.Time{}, badMoment(raw, "is not a time ago; "+momentForms)
	}
	days, _ := strconv.Atoi("0" + m[1])
	d := time.Duration(days) * 24 * time.Hour
	if m[2] != "" {
		rest, err := time.ParseDuration(m[2])
		if err != nil || d+rest < d {
			return time.Time{}, badMoment(raw, "is too long ago; "+momentForms)
		}
		d += rest
	}
	return now.Add(-d).UTC(), nil
}

// clockLayouts are the local forms; a fraction may follow the seconds.
var clockLayouts = []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"}

func parseLocal(raw, text string, now time.Time, zone *time.Location) (time.Time, error) {
	word, clock, found := strings.Cut(text, " ")
	today, bare := now.In(zone), false
	var day string
	switch {
	case found && word == "TODAY":
		day = today.Format(time.DateOnly)
	case found && word == "YESTERDAY":
		y, m, d := today.Date()
		day = time.Date(y, m, d-1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	case !found && !strings.Contains(text, "-"):
		day, clock, bare = today.Format(time.DateOnly), text, true
	}
	if day != "" {
		text = day + " " + clock
	}
	for _, layout := range clockLayouts {
		wall, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		t, err := onClock(raw, wall, zone)
		if err == nil && bare && t.After(now) {
			err = badMoment(raw, fmt.Sprintf("is still to come today in %s; for the day before write: yesterday %s", zone, clock))
		}
		if err != nil {
			return time.Time{}, err
		}
		return t, nil
	}
	return time.Time{}, badMoment(raw, "is not a moment; "+momentForms)
}

// onClock is the one moment at which the zone's clock shows what wall does in
// UTC.
func onClock(raw string, wall time.Time, zone *time.Location) (time.Time, error) {
	var could, is []time.Time
	for _, offset := range offsetsAround(wall, zone) {
		t := wall.Add(-time.Duration(offset) * time.Second)
		could = append(could, t)
		if _, o := t.In(zone).Zone(); o == offset {
			is = append(is, t)
		}
	}
	if len(is) == 1 {
		return is[0], nil
	}
	reason := "does not exist"
	if len(is) > 1 {
		reason, could = "happens twice", is
	}
	return time.Time{}, badMoment(raw, fmt.Sprintf("%s in %s, where the clock is changed then: write %s or %s",
		reason, zone, could[0].Format(time.RFC3339Nano), could[len(could)-1].Format(time.RFC3339Nano)))
}

// offsetsAround are the zone's offsets from UTC, in seconds and in order of
// time, that can hold near a wall clock's time. (None is beyond 26 hours.)
func offsetsAround(wall time.Time, zone *time.Location) []int {
	var all []int
	for t, end := wall.Add(-26*time.Hour), wall.Add(26*time.Hour); !t.After(end); {
		local := t.In(zone)
		_, offset := local.Zone()
		if len(all) == 0 || all[len(all)-1] != offset {
			all = append(all, offset)
		}
		if _, t = local.ZoneBounds(); t.IsZero() {
			break
		}
	}
	return all
}
