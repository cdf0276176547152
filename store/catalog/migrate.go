package catalog

import (
	"context"
	_ "embed"
	"fmt"

	"lapak/store/sqlite"
)

//go:embed schema.sql
var schema string

const (
	// SchemaVersion is the user_version that schema.sql sets.
	SchemaVersion = 1
	// applicationID is 'LAPC', as schema.sql sets it.
	applicationID = 1279348803
)

// migrations lead from the first released schema, kept as testdata/v1.sql, to
// schema.sql: a test proves that the chain ends exactly there.
func migrations() []sqlite.Migration {
	return nil
}

// prepare checks what kind of file was opened and migrates it.
func (db *DB) prepare(ctx context.Context) error {
	version, err := db.version(ctx)
	if err != nil || version == SchemaVersion {
		return err
	}
	if version > SchemaVersion {
		return fmt.Errorf("%s is at version %d, this program knows %d: %w", db.Path(), version, SchemaVersion, ErrNewer)
	}
	return db.db.Write(ctx, "migrate catalog", func(c *sqlite.Conn) error {
		return sqlite.Migrate(c, version, migrations())
	})
}

func (db *DB) version(ctx context.Context) (int, error) {
	var app, version int64
	err := db.db.Read(ctx, "check catalog", func(c *sqlite.Conn) (err error) {
		if app, err = c.Int("PRAGMA application_id"); err != nil {
			return err
		}
		version, err = c.Int("PRAGMA user_version")
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("check catalog: %w", err)
	}
	if app != applicationID || version < 1 {
		return 0, fmt.Errorf("%s: %w", db.Path(), ErrNotCatalog)
	}
	return int(version), nil
}
