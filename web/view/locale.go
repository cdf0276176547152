package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// Lang is a language that the pages speak.
type Lang int

// The languages.
const (
	English Lang = iota
	Indonesian
)

// Code is the language's tag (BCP 47).
func (l Lang) Code() string { return [...]string{"en", "id"}[l] }

// Language chooses the language of a reader: the shop's own setting ("en" or
// "id"), or where that is "" what the browser asks for.
func Language(setting, acceptLanguage string) Lang {
	switch setting {
	case "en":
		return English
	case "id":
		return Indonesian
	}
	if len(acceptLanguage) > 200 {
		return English
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return English
	}
	for _, t := range tags {
		switch base, _ := t.Base(); base.String() {
		case "en":
			return English
		case "id":
			return Indonesian
		}
	}
	return English
}

// Locale is how a page speaks to one reader: language, time zone, clock.
type Locale struct {
	Lang Lang
	Zone *time.Location
	Now  time.Time
	book book
}

// Locale makes one; a nil zone is UTC.
func (s *Site) Locale(lang Lang, zone *time.Location) *Locale {
	if zone == nil {
		zone = time.UTC
	}
	return &Locale{Lang: lang, Zone: zone, Now: time.Now(), book: s.book}
}

// T is a text by its key, with args for its %s in their order.
func (l *Locale) T(key string, args ...any) string {
	text, ok := l.book[key]
	if !ok {
		return "⟦" + key + "⟧" // no page has one: a test looks
	}
	if len(args) == 0 {
		return text[l.Lang]
	}
	return fmt.Sprintf(text[l.Lang], args...)
}

// N is a text about a number of things: T of what stands before the text's "|"
// for one, of what stands behind it otherwise. The number is its first %s.
func (l *Locale) N(key string, n int64, args ...any) string {
	text, ok := l.book[key]
	if !ok {
		return "⟦" + key + "⟧"
	}
	one, many, both := strings.Cut(text[l.Lang], "|")
	if both && n != 1 {
		one = many
	}
	return fmt.Sprintf(one, append([]any{l.Number(n)}, args...)...)
}

// Or is T, or other where there is no such key, for words that others chose.
func (l *Locale) Or(key, other string) string {
	if text, ok := l.book[key]; ok {
		return text[l.Lang]
	}
	return other
}

// Number is a whole number with its thousands apart.
func (l *Locale) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "−", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(l.thousands())
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

func (l *Locale) thousands() string { return [...]string{",", "."}[l.Lang] }
func (l *Locale) point() string     { return [...]string{".", ","}[l.Lang] }

// Decimal is a number with so many digits behind the point, without zeros at its
// end.
func (l *Locale) Decimal(x float64, digits int) string {
	whole, part, _ := strings.Cut(strconv.FormatFloat(x, 'f', digits, 64), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return whole
	}
	if part = strings.TrimRight(part, "0"); part == "" {
		return l.Number(n)
	}
	return l.Number(n) + l.point() + part
}

// Bytes is a size for people: 12 KB, 3.4 GB (of 1,024 each).
func (l *Locale) Bytes(n int64) string {
	units := []string{"B", "KB", "MB", "GB", "TB"}
	x, u := float64(n), 0
	for x >= 1023.95 && u < len(units)-1 {
		x, u = x/1024, u+1
	}
	digits := 1
	if x >= 100 || u < 2 {
		digits = 0
	}
	return l.Decimal(x, digits) + " " + units[u]
}

// Percent is used of limit in percent, at least 1 where anything is used.
func (l *Locale) Percent(used, limit int64) string {
	if limit <= 0 {
		return "0%"
	}
	p := int64(float64(used) / float64(limit) * 100)
	if used > 0 && p == 0 {
		p = 1
	}
	return l.Number(p) + "%"
}
