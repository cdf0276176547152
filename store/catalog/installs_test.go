package catalog

import (
	"fmt"
	"testing"
	"time"
)

func TestInstalls(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := create(t, db, "a")
	none := name(t, "none")
	_, err := db.Install(ctx, shop)
	wantErr(t, err, ErrNotFound)
	wantErr(t, db.RecordInstall(ctx, none, "", at(1)), ErrNotFound)

	// Each step's text is the moment that Shopify says and what it says then.
	for i, step := range []struct {
		do      string
		second  int
		changed bool
		want    string
	}{
		{"uninstall", 1, false, "never"},
		{"scopes", 1, false, "never"},
		{"install", 10, true, "10 - granted at 10"},
		{"uninstall", 9, false, "10 - granted at 10"}, // late
		{"uninstall", 10, false, "10 - granted at 10"},
		{"uninstall", 20, true, "10 20 granted at 10"},
		{"uninstall", 20, true, "10 20 granted at 10"}, // delivered twice
		{"uninstall", 15, true, "10 20 granted at 10"}, // true, but older
		{"install", 12, true, "12 20 granted at 12"},   // was under way when it ended
		{"install", 30, true, "30 - granted at 30"},
		{"uninstall", 20, false, "30 - granted at 30"}, // delivered a third time, late
		{"scopes", 29, false, "30 - granted at 30"},
		{"scopes", 40, true, "30 - granted at 40"},
		{"install", 35, true, "35 - granted at 40"},
		{"scopes", 40, true, "35 - granted at 40"},
	} {
		changed, err := true, error(nil)
		scopes := fmt.Sprint("granted at ", step.second)
		switch step.do {
		case "install":
			err = db.RecordInstall(ctx, shop, scopes, at(step.second))
		case "uninstall":
			changed, err = db.RecordUninstall(ctx, shop, at(step.second))
		case "scopes":
			changed, err = db.RecordScopes(ctx, shop, scopes, at(step.second))
		}
		check(t, err)
		what := fmt.Sprintf("step %d, %s at %d", i, step.do, step.second)
		equal(t, what+": changed", changed, step.changed)
		equal(t, what, installed(t, db, "a"), step.want)
	}
	equal(t, "another's", installed(t, db, "none"), "never")
	check(t, db.BeginErase(ctx, shop, "{}"))
	check(t, db.DeleteShop(ctx, shop, "{}", time.Now()))
	equal(t, "an erased shop's", installed(t, db, "a"), "never")
}

// installed is a shop's install as text.
func installed(t *testing.T, db *DB, label string) string {
	t.Helper()
	i, err := db.Install(t.Context(), name(t, label))
	if err != nil {
		wantErr(t, err, ErrNotFound)
		equal(t, "a shop that never was: installed", i.Installed(), false)
		return "never"
	}
	equal(t, "installed", i.Installed(), i.UninstalledAt.IsZero())
	second := func(at time.Time) string {
		if at.IsZero() {
			return "-"
		}
		return fmt.Sprint(at.Minute()*60 + at.Second())
	}
	return second(i.InstalledAt) + " " + second(i.UninstalledAt) + " " + i.Scopes
}
