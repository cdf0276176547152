package billing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"lapak/store/catalog"
)

// Config says what plans cost. As JSON:
//
//	{"plans": {"basic": {"price": "9.00"}, "pro": {"price": "29.00", "trialDays": 7}}}
type Config struct {
	Plans map[string]Price `json:"plans"` // by the plan's name; those that are not in it cost nothing and cannot be chosen
	// Test makes subscriptions that nobody is charged for, and believes such ones.
	Test bool `json:"test"`
}

// Price is what one plan costs.
type Price struct {
	Name      string `json:"name"`      // as the merchant sees it on the bill; "" means "Lapak" and the plan's name
	Amount    string `json:"price"`     // such as "9.00"
	Currency  string `json:"currency"`  // ISO 4217; "" means USD
	Interval  string `json:"interval"`  // "monthly" (30 days) or "yearly"; "" means monthly
	TrialDays int    `json:"trialDays"` // before the first charge; 0: none
}

// ParseConfig reads a Config from JSON and fills in what is left out. The error
// names what is wrong in a sentence.
func ParseConfig(raw []byte) (Config, error) {
	var c Config
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return Config{}, fmt.Errorf("billing: not the JSON of prices: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Config{}, errors.New("billing: something follows the JSON of prices")
	}
	if len(c.Plans) == 0 {
		return Config{}, errors.New("billing: no plan has a price")
	}
	names := map[string]string{}
	for _, plan := range slices.Sorted(maps.Keys(c.Plans)) {
		p, err := c.Plans[plan].complete(plan)
		if err != nil {
			return Config{}, fmt.Errorf("billing: plan %q: %w", plan, err)
		}
		if other, taken := names[p.Name]; taken {
			return Config{}, fmt.Errorf("billing: plans %q and %q have the same name %q", other, plan, p.Name)
		}
		names[p.Name], c.Plans[plan] = plan, p
	}
	return c, nil
}

func (p Price) complete(plan string) (Price, error) {
	if plan == "" || plan == catalog.DefaultPlan {
		return p, errors.New("this one cannot be charged for")
	}
	p.Name = or(strings.TrimSpace(p.Name), "Lapak "+plan)
	p.Currency = or(p.Currency, "USD")
	p.Interval = or(p.Interval, "monthly")
	switch {
	case len(p.Name) > 100:
		return p, errors.New("name must be at most 100 characters")
	case !money(p.Amount):
		return p, errors.New(`price must be a text like "9.00"`)
	case len(p.Currency) != 3 || strings.Trim(p.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return p, errors.New("currency must be three capitals like USD")
	case p.Interval != "monthly" && p.Interval != "yearly":
		return p, errors.New("interval must be monthly or yearly")
	case p.TrialDays < 0 || p.TrialDays > 1000:
		return p, errors.New("trialDays must be from 0 to 1,000")
	}
	return p, nil
}

// money accepts a positive amount with at most two decimals.
func money(s string) bool {
	whole, cents, point := strings.Cut(s, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && len(whole) <= 9 && (!point || digits(cents) && len(cents) <= 2) && strings.Trim(s, "0.") != ""
}

func or(s, absent string) string {
	if s == "" {
		return absent
	}
	return s
}

// planOf is the plan that a subscription's name stands for, "" if none does.
func (c Config) planOf(name string) string {
	for plan, p := range c.Plans {
		if p.Name == name {
			return plan
		}
	}
	return ""
}

// interval is Shopify's word.
func (p Price) interval() string {
	if p.Interval == "yearly" {
		return "ANNUAL"
	}
	return "EVERY_30_DAYS"
}
