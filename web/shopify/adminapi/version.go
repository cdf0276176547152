package adminapi

import (
	"fmt"
	"time"
)

// Version is the one version of the Admin API that this program speaks. Webhooks
// should be subscribed in the same one.
const Version = "2026-10"

const (
	supportedMonths = 12 // at least so long (shopify.dev, "About Shopify API versioning")
	versionWarning  = 90 * 24 * time.Hour
)

// VersionEnds is until when Shopify promises to answer in Version. Later it
// answers in the oldest version that it still has, which may differ.
func VersionEnds() time.Time {
	month, err := time.Parse("2006-01", Version)
	if err != nil {
		return time.Time{} // a test sees to it
	}
	return month.AddDate(0, supportedMonths, 0).Add(17 * time.Hour) // a release is at 17:00 UTC
}

// VersionNote is a sentence about the end of Version, from 90 days before it on;
// "" while there is nothing to say.
func VersionNote(now time.Time) string {
	end := VersionEnds()
	switch {
	case now.After(end):
		return fmt.Sprintf("Shopify's Admin API %s has been unsupported since %s; install a newer Lapak", Version, end.Format(time.DateOnly))
	case end.Sub(now) < versionWarning:
		return fmt.Sprintf("Shopify's Admin API %s is supported until %s; install a newer Lapak before then", Version, end.Format(time.DateOnly))
	}
	return ""
}
