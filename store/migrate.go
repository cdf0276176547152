package store

import (
	"context"
	"fmt"

	"lapak"
	"lapak/store/sqlite"
)

// migrations lead from the first released schema, kept as testdata/v1.sql, to
// schema.sql: a test proves that the chain ends exactly there.
func migrations() []sqlite.Migration {
	return nil
}

// Migrate brings the file from version to the newest schema, in one transaction.
func (db *DB) Migrate(ctx context.Context, version int) error {
	if version == lapak.SchemaVersion {
		return nil
	}
	return db.DB.Write(ctx, "migrate", func(c *sqlite.Conn) error {
		return sqlite.Migrate(c, version, migrations())
	})
}

func checkVersion(path string, version int) error {
	if version > lapak.SchemaVersion {
		return fmt.Errorf("%s is at version %d, this program knows %d: %w", path, version, lapak.SchemaVersion, ErrNewer)
	}
	return nil
}
