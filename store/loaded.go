package store

import (
	"encoding/json"
	"fmt"
	"time"

	"lapak/store/sqlite"
)

// The Loaded functions call each with every row of a kind and its extra (nil:
// none), to compare them with where they came from; each's error ends it.

// LoadedDesigns reads all designs with their JSON.
func (v *View) LoadedDesigns(each func(Design, json.RawMessage) error) error {
	return v.c.Query("SELECT /* whole table */ "+designColumns+", j.json, j.extra FROM designs d JOIN design_json j ON j.n = d.n", nil,
		func(r *sqlite.Row) error { return each(scanWholeDesign(r), r.Bytes(10)) })
}

// LoadedConfigs reads all configs.
func (v *View) LoadedConfigs(each func(Config, json.RawMessage) error) error {
	return v.c.Query("SELECT /* whole table */ "+configColumns+", extra FROM configs", nil,
		func(r *sqlite.Row) error { return each(scanConfig(r), r.Bytes(10)) })
}

// LoadedAssets reads all assets.
func (v *View) LoadedAssets(each func(Asset, json.RawMessage) error) error {
	return v.c.Query("SELECT /* whole table */ "+assetColumns+", extra FROM assets", nil,
		func(r *sqlite.Row) error { return each(scanAsset(r), r.Bytes(11)) })
}

// LoadedSessions reads all sessions, their tokens encrypted.
func (v *View) LoadedSessions(each func(Session, json.RawMessage) error) error {
	return v.c.Query("SELECT /* whole table */ "+sessionColumns+", extra FROM sessions", nil,
		func(r *sqlite.Row) error { return each(scanSession(r), r.Bytes(12)) })
}

// LoadedEntries reads the whole audit log.
func (v *View) LoadedEntries(each func(Entry, json.RawMessage) error) error {
	return v.c.Query(`SELECT /* whole table */ created_at, n, id, action, resource, resource_id, user_id, user_email, ip_address,
		before, after, extra FROM audit`, nil,
		func(r *sqlite.Row) error { return each(scanEntry(r), r.Bytes(11)) })
}

// LoadedMonths reads the months that were loaded.
func (v *View) LoadedMonths(each func(MonthUsage, json.RawMessage) error) error {
	return v.c.Query("SELECT /* whole table */ "+usageColumns+", extra FROM usage WHERE extra IS NOT NULL", nil,
		func(r *sqlite.Row) error { return each(scanUsage(r), r.Bytes(7)) })
}

// Stamp is which state of a row there is.
type Stamp struct {
	ID        string
	UpdatedAt Time
	Version   int64
}

// DesignStamps calls each with every design's; its error ends it.
func (v *View) DesignStamps(each func(Stamp) error) error {
	return v.stamps("SELECT /* whole table */ id, updated_at, version FROM designs NOT INDEXED", each)
}

// ConfigStamps is DesignStamps of configs.
func (v *View) ConfigStamps(each func(Stamp) error) error {
	return v.stamps("SELECT /* whole table */ id, updated_at, version FROM configs NOT INDEXED", each)
}

// EntryStamps is DesignStamps of the audit log, whose entries never change.
func (v *View) EntryStamps(each func(Stamp) error) error {
	return v.stamps("SELECT /* whole table */ id, created_at, 1 FROM audit NOT INDEXED", each)
}

func (v *View) stamps(sql string, each func(Stamp) error) error {
	return v.c.Query(sql, nil, func(r *sqlite.Row) error {
		return each(Stamp{r.Text(0), fromMillis(r.Int(1)), r.Int(2)})
	})
}

// Adopted is where a shop's rows came from.
type Adopted struct {
	Source   string // its address, without secrets
	At       Time
	Settings json.RawMessage // what the shop's config had there and has no place in the catalog; nil: nothing
	// Changed says that somebody changed the shop here since then. It is read only.
	Changed bool
}

// Adopted returns ErrNotFound for a shop that was made here.
func (v *View) Adopted() (a Adopted, err error) {
	found, err := v.c.One(`SELECT source, at, settings, last_audit < (SELECT coalesce(max(n), 0) FROM audit)
			OR at < (SELECT coalesce(max(created_at), 0) FROM audit) FROM adopted WHERE id = 1`, nil,
		func(r *sqlite.Row) { a = Adopted{r.Text(0), fromMillis(r.Int(1)), r.Bytes(2), r.Bool(3)} })
	return a, must("adoption", found, err)
}

// SetAdopted notes where the shop's rows came from, and that it was not changed
// here since.
func (tx *Tx) SetAdopted(source string, settings json.RawMessage) error {
	_, err := tx.c.Exec(`INSERT INTO adopted (id, source, at, settings, last_audit)
		VALUES (1, ?1, max(?2, (SELECT coalesce(max(created_at), 0) FROM audit)), ?3, (SELECT coalesce(max(n), 0) FROM audit))
		ON CONFLICT (id) DO UPDATE SET source = excluded.source, at = excluded.at, settings = excluded.settings, last_audit = excluded.last_audit`,
		source, millis(time.Now()), orNull(string(settings)))
	if err != nil {
		return fmt.Errorf("note the adoption: %w", err)
	}
	return nil
}
