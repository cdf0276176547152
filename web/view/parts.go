package view

import "strconv"

func bannerRole(tone string) string {
	if tone == "bad" {
		return "alert"
	}
	return "status"
}

func bannerIcon(tone string) string {
	switch tone {
	case "good":
		return "check"
	case "warn", "bad":
		return "warning"
	}
	return "info"
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

// MeterView is what Meter shows.
type MeterView struct {
	ID          string // unique on the page
	Label, Text string
	Used, Limit int64 // Limit below 0: none
}

// From 90 percent on a limit is worth a warning; see store.Warnings.
func (m MeterView) high() int64 { return m.Limit - m.Limit/10 }
func (m MeterView) low() int64  { return m.Limit * 3 / 4 }

func (m MeterView) tone() string {
	switch {
	case m.Limit < 0:
		return ""
	case m.Used >= m.Limit:
		return "bad"
	case m.Used >= m.high():
		return "warn"
	}
	return ""
}

// PagerView are the ways out of a page of a list; "" where there is none.
type PagerView struct{ First, Next string }

// SortView is a column heading that sorts.
type SortView struct {
	Label, Href string
	Class       string
	Sorted      string // "asc", "desc", or "": not by this column
}

func (c SortView) aria() string {
	switch c.Sorted {
	case "asc":
		return "ascending"
	case "desc":
		return "descending"
	}
	return "none"
}

func (c SortView) icon() string {
	if c.Sorted == "asc" {
		return "up"
	}
	return "down"
}

func truth(yes bool) string { return strconv.FormatBool(yes) }

// onOff is what a box to tick sends.
func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
