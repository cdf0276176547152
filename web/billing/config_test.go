package billing

import (
	"strings"
	"testing"
)

func TestParseConfig(t *testing.T) {
	c, err := ParseConfig([]byte(`{"plans": {"basic": {"price": "9"}, "pro": {"price": "290.50", "currency": "IDR", "interval": "yearly", "name": "Pro!"}}, "test": true}`))
	if err != nil || !c.Test || c.Plans["basic"] != (Price{"Lapak basic", "9", "USD", "monthly", 0}) || c.Plans["pro"] != (Price{"Pro!", "290.50", "IDR", "yearly", 0}) {
		t.Errorf("%+v, %v", c, err)
	}
	if c.planOf("Pro!") != "pro" || c.planOf("Gold") != "" {
		t.Error("names are not found")
	}
}

func TestParseConfigRefuses(t *testing.T) {
	for raw, want := range map[string]string{
		``:                                     "not the JSON",
		`[]`:                                   "not the JSON",
		`{}`:                                   "no plan has a price",
		`{"plans": {"a": {"price": "1"}}} x`:   "something follows",
		`{"plans": {"free": {"price": "1"}}}`:  "cannot be charged for",
		`{"plans": {"a": {"price": "0.00"}}}`:  "price must be",
		`{"plans": {"a": {"price": "-1"}}}`:    "price must be",
		`{"plans": {"a": {"price": "1.001"}}}`: "price must be",
		`{"plans": {"a": {"price": 9}}}`:       "not the JSON",
		`{"plans": {"a": {"cost": "9"}}}`:      "unknown field",
		`{"plans": {"a": {}}}`:                 "price must be",
		`{"plans": {"a": {"price": "1", "currency": "usd"}}}`:                             "currency must be",
		`{"plans": {"a": {"price": "1", "interval": "weekly"}}}`:                          "interval must be",
		`{"plans": {"a": {"price": "1", "trialDays": -1}}}`:                               "trialDays must be",
		`{"plans": {"a": {"price": "1", "name": "N"}, "b": {"price": "2", "name": "N"}}}`: "same name",
		`{"plans": {"a": {"price": "1", "name": "` + strings.Repeat("n", 101) + `"}}}`:    "name must be",
	} {
		if _, err := ParseConfig([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", raw, err, want)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(`{"plans": {"basic": {"price": "9.00", "trialDays": 3}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ParseConfig(raw)
		if err != nil {
			return
		}
		for plan, p := range c.Plans {
			if c.planOf(p.Name) != plan || p.Amount == "" || p.TrialDays < 0 {
				t.Errorf("%q: %+v", raw, p)
			}
		}
	})
}
