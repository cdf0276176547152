package tenants

import (
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestParseMoment(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 30, 0, 500e6, time.UTC) // 16:30 in Jakarta, 04:30 in New York
	for _, c := range []struct{ raw, zone, want string }{
		{"now", "UTC", "2026-11-23T09:30:00.5Z"},
		{" NOW ", "Asia/Jakarta", "2026-11-23T09:30:00.5Z"},
		{"-5m", "UTC", "2026-11-23T09:25:00.5Z"},
		{"-1h30m", "UTC", "2026-11-23T08:00:00.5Z"},
		{"-2d", "Asia/Jakarta", "2026-11-21T09:30:00.5Z"},
		{"-1d12h", "UTC", "2026-11-21T21:30:00.5Z"},
		{"-1.5h", "UTC", "2026-11-23T08:00:00.5Z"},
		{"-500ms", "UTC", "2026-11-23T09:30:00Z"},
		{"-0s", "UTC", "2026-11-23T09:30:00.5Z"},
		{"2026-11-23T14:00:05Z", "Asia/Jakarta", "2026-11-23T14:00:05Z"},
		{"2026-11-23t14:00:05.123456z", "UTC", "2026-11-23T14:00:05.123456Z"},
		{"2026-11-23 14:00:05.25+07:00", "UTC", "2026-11-23T07:00:05.25Z"},
		{"2026-11-23T14:00+07:00", "UTC", "2026-11-23T07:00:00Z"},
		{"2026-11-20 14:00", "Asia/Jakarta", "2026-11-20T07:00:00Z"},
		{"2026-11-20T14:00:05", "Asia/Jakarta", "2026-11-20T07:00:05Z"},
		{"2026-11-20  14:00:05.75", "Asia/Jakarta", "2026-11-20T07:00:05.75Z"},
		{"2027-01-01 00:00", "UTC", "2027-01-01T00:00:00Z"}, // the future is the caller's to refuse
		{"14:00", "Asia/Jakarta", "2026-11-23T07:00:00Z"},
		{"16:30:00.5", "Asia/Jakarta", "2026-11-23T09:30:00.5Z"}, // this very moment
		{"today 14:00", "Asia/Jakarta", "2026-11-23T07:00:00Z"},
		{"Today 18:00", "Asia/Jakarta", "2026-11-23T11:00:00Z"},
		{"yesterday 14:00:05", "Asia/Jakarta", "2026-11-22T07:00:05Z"},
		{"yesterday 23:00", "America/New_York", "2026-11-23T04:00:00Z"},
		{"2026-11-01 00:59:59", "America/New_York", "2026-11-01T04:59:59Z"}, // before the doubled hour
		{"2026-11-01 02:00", "America/New_York", "2026-11-01T07:00:00Z"},    // after it
		{"2026-03-29 01:59:59", "Europe/Berlin", "2026-03-29T00:59:59Z"},    // before the skipped hour
		{"2026-03-29 03:00", "Europe/Berlin", "2026-03-29T01:00:00Z"},       // after it
		{"2011-12-31 00:00", "Pacific/Apia", "2011-12-30T10:00:00Z"},        // after the skipped day
		{"2026-11-23 14:00", "Asia/Kathmandu", "2026-11-23T08:15:00Z"},
	} {
		got, err := ParseMoment(c.raw, now, location(t, c.zone))
		if err != nil || got.Format(time.RFC3339Nano) != c.want {
			t.Errorf("%q in %s: got %s, %v, want %s", c.raw, c.zone, got.Format(time.RFC3339Nano), err, c.want)
		}
	}
}

func TestParseMomentRefuses(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	for _, c := range []struct{ raw, zone, want string }{
		{"", "UTC", "2026-11-23T14:00:05Z"}, // every form is named
		{"tomorrow 14:00", "UTC", "is not a moment; use now, -5m"},
		{"yesterday", "UTC", "is not a moment"},
		{"2026-11-23", "UTC", "is not a moment"},
		{"14:60", "UTC", "is not a moment"},
		{"25:00", "UTC", "is not a moment"},
		{"today", "UTC", "is not a moment"},
		{"2026-02-30 14:00", "UTC", "is not a moment"},
		{"2026-11-23T14:00:05+99:00", "UTC", "is not a moment"},
		{"5m", "UTC", "is not a moment"},
		{"0001-01-01 00:00", "Asia/Jakarta", "is not a moment"},
		{"9999-12-31T23:59:59-01:00", "UTC", "is not a moment"},
		{"-", "UTC", "is not a time ago"},
		{"-5", "UTC", "is not a time ago"},
		{"--5m", "UTC", "is not a time ago"},
		{"-5m-3s", "UTC", "is not a time ago"},
		{"-5x", "UTC", "is not a time ago"},
		{"-99999d9999999h", "UTC", "is too long ago"},
		{"-9999999h", "UTC", "is too long ago"},
		{"17:00", "Asia/Jakarta", "still to come today in Asia/Jakarta; for the day before write: yesterday 17:00"},
		{"2026-11-01 01:30", "America/New_York", "happens twice in America/New_York, where the clock is changed then: write 2026-11-01T05:30:00Z or 2026-11-01T06:30:00Z"},
		{"2026-11-01 01:00", "America/New_York", "write 2026-11-01T05:00:00Z or 2026-11-01T06:00:00Z"},
		{"2026-03-29 02:30", "Europe/Berlin", "does not exist in Europe/Berlin, where the clock is changed then: write 2026-03-29T01:30:00Z or 2026-03-29T00:30:00Z"},
		{"2026-04-05 01:45", "Australia/Lord_Howe", "write 2026-04-04T14:45:00Z or 2026-04-04T15:15:00Z"}, // by half an hour
		{"2011-12-30 12:00", "Pacific/Apia", "does not exist"},                                            // the whole day
		{strings.Repeat("ä", 1000), "UTC", "ä…"},
		{"\xff", "UTC", "?"},
	} {
		got, err := ParseMoment(c.raw, now, location(t, c.zone))
		var bad *MomentError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 400 {
			t.Errorf("%q in %s: got %v, %v, want an error with %q", c.raw, c.zone, got, err, c.want)
		}
	}
}

func FuzzParseMoment(f *testing.F) {
	for _, s := range []string{"now", "-5m", "-1d2h3m", "2026-11-23T14:00:05.5Z", "2026-11-01 01:30", "yesterday 14:00", "24:00", "-\x00"} {
		f.Add(s, int64(1795426200))
	}
	zones := []*time.Location{nil, location(f, "America/New_York"), location(f, "Pacific/Apia"), location(f, "Asia/Tehran")}
	f.Fuzz(func(t *testing.T, raw string, seconds int64) {
		now := time.Unix(seconds%4e9, 0)
		for _, zone := range zones {
			at, err := ParseMoment(raw, now, zone)
			var bad *MomentError
			if err != nil && !errors.As(err, &bad) {
				t.Fatalf("%q: a %T", raw, err)
			}
			if err != nil {
				continue
			}
			if again, err := ParseMoment(at.Format(time.RFC3339Nano), now, zone); err != nil || !again.Equal(at) {
				t.Fatalf("%q is %v, read again %v (%v)", raw, at, again, err)
			}
		}
	})
}
