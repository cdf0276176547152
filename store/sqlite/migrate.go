package sqlite

import "fmt"

// Migration is one step from version To-1 to version To of a schema.
type Migration struct {
	To  int
	SQL string
}

// Migrate runs the steps that a file at version from still lacks, inside the
// caller's transaction, and sets user_version to the last.
func Migrate(c *Conn, from int, steps []Migration) error {
	for _, m := range steps {
		if m.To <= from {
			continue
		}
		if err := c.script(m.SQL); err != nil {
			return fmt.Errorf("migrate to version %d: %w", m.To, err)
		}
		if _, err := c.Exec(fmt.Sprintf("PRAGMA user_version = %d", m.To)); err != nil {
			return fmt.Errorf("set version %d: %w", m.To, err)
		}
	}
	return nil
}
