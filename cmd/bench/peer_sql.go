package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"lapak/store"
)

const (
	setShopSQL = "SELECT set_config('app.shop', $1, true)"
	countSQL   = `UPDATE usage SET designs = designs + 1, updated_at = $3
		WHERE shop = $1 AND month = $2 AND ($4::bigint < 0 OR designs + 1 <= $4::bigint)`
	insertSQL = `INSERT INTO designs (id, shop, product_id, name, is_template, json, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`
	auditSQL = `INSERT INTO audit (id, shop, action, resource, resource_id, user_id, ip_address, after, created_at)
		VALUES ($1, $2, 'CREATE', 'design', $3, $4, $5, $6, $7)`

	// saveSQL does the three in one statement.
	saveSQL = `WITH counted AS (
			UPDATE usage SET designs = designs + 1, updated_at = $3
			WHERE shop = $1 AND month = $2 AND ($4::bigint < 0 OR designs + 1 <= $4::bigint) RETURNING 1
		), inserted AS (
			INSERT INTO designs (id, shop, product_id, name, is_template, json, created_at, updated_at)
			SELECT $5::uuid, $1, $6, $7, $8::boolean, $9, $3::timestamptz, $3::timestamptz FROM counted RETURNING 1
		)
		INSERT INTO audit (id, shop, action, resource, resource_id, user_id, ip_address, after, created_at)
		SELECT $10::uuid, $1, 'CREATE', 'design', $5::uuid::text, $11, $12, $13, $3::timestamptz FROM inserted`

	listed  = 20
	listSQL = `SELECT id::text, product_id, name, is_template, created_at, updated_at FROM designs
		ORDER BY updated_at DESC, id DESC LIMIT $1`
	configSQL = `SELECT id::text, product_id, title, image_url, config, enabled, created_at, updated_at FROM configs
		WHERE product_id = $1 AND enabled`
	templatesSQL = `SELECT id::text, product_id, name, is_template, created_at, updated_at, json FROM designs
		WHERE product_id = $1 AND is_template ORDER BY updated_at DESC, id DESC LIMIT 100`
)

// insertStepwise is the usual way: a transaction of five statements. The row that
// all savers of a shop wait for is locked last, so as briefly as can be.
func (p *peer) insertStepwise(ctx context.Context, s saved) error {
	return pgx.BeginFunc(ctx, p.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, setShopSQL, s.shop); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, insertSQL, s.ID, s.shop, s.ProductID, s.Name, s.IsTemplate, string(s.DesignJSON), s.CreatedAt.Time)
		if err != nil {
			return fmt.Errorf("insert design: %w", err)
		}
		if _, err := tx.Exec(ctx, auditSQL, s.audit, s.shop, s.ID, s.user, s.ip, s.after, s.CreatedAt.Time); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		counted, err := tx.Exec(ctx, countSQL, s.shop, s.month, s.CreatedAt.Time, s.most)
		if err == nil && counted.RowsAffected() == 0 {
			err = store.LimitError{What: "Design"}
		}
		return err
	})
}

// insertAtOnce is the best we know: one statement behind the tenant's setting,
// both in one round trip, which is one transaction.
func (p *peer) insertAtOnce(ctx context.Context, s saved) error {
	var b pgx.Batch
	b.Queue(setShopSQL, s.shop)
	b.Queue(saveSQL, s.shop, s.month, s.CreatedAt.Time, s.most, s.ID, s.ProductID, s.Name, s.IsTemplate, string(s.DesignJSON),
		s.audit, s.user, s.ip, s.after)
	res := p.db.SendBatch(ctx, &b)
	_, err := res.Exec()
	if err == nil {
		if counted, execErr := res.Exec(); execErr != nil {
			err = fmt.Errorf("save design: %w", execErr)
		} else if counted.RowsAffected() == 0 {
			err = store.LimitError{What: "Design"}
		}
	}
	return errors.Join(err, res.Close())
}

// query is one SELECT and what becomes of its rows.
type query struct {
	sql  string
	args []any
	scan func(pgx.Rows) error
}

// reader runs queries as one shop.
type reader func(ctx context.Context, shop string, qs ...query) error

// stepwise reads in a transaction, statement by statement.
func (p *peer) stepwise(ctx context.Context, shop string, qs ...query) error {
	return pgx.BeginFunc(ctx, p.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, setShopSQL, shop); err != nil {
			return err
		}
		for _, q := range qs {
			rows, err := tx.Query(ctx, q.sql, q.args...)
			if err != nil {
				return err
			}
			if err := q.read(rows); err != nil {
				return err
			}
		}
		return nil
	})
}

// atOnce reads in one round trip, which is one transaction.
func (p *peer) atOnce(ctx context.Context, shop string, qs ...query) error {
	var b pgx.Batch
	b.Queue(setShopSQL, shop)
	for _, q := range qs {
		b.Queue(q.sql, q.args...)
	}
	res := p.db.SendBatch(ctx, &b)
	_, err := res.Exec()
	for i := 0; i < len(qs) && err == nil; i++ {
		var rows pgx.Rows
		if rows, err = res.Query(); err == nil {
			err = qs[i].read(rows)
		}
	}
	return errors.Join(err, res.Close())
}

func (q query) read(rows pgx.Rows) error {
	defer rows.Close()
	for rows.Next() {
		if err := q.scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func scanDesigns(items *[]store.Design) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var d store.Design
		err := rows.Scan(&d.ID, &d.ProductID, &d.Name, &d.IsTemplate, &d.CreatedAt.Time, &d.UpdatedAt.Time)
		*items = append(*items, d)
		return err
	}
}

func scanTemplates(items *[]store.Design) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var d store.Design
		var raw string
		err := rows.Scan(&d.ID, &d.ProductID, &d.Name, &d.IsTemplate, &d.CreatedAt.Time, &d.UpdatedAt.Time, &raw)
		d.DesignJSON = []byte(raw)
		*items = append(*items, d)
		return err
	}
}

func scanConfig(c *store.Config) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var raw string
		err := rows.Scan(&c.ID, &c.ProductID, &c.Title, &c.ImageURL, &raw, &c.Enabled, &c.CreatedAt.Time, &c.UpdatedAt.Time)
		c.Config = []byte(raw)
		return err
	}
}
