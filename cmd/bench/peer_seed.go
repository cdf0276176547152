package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"lapak/store"
)

// seed makes what Lapak's seed makes, through the handlers' own statements, and
// then lets PostgreSQL look at its tables.
func (p *peer) seed(r *http.Request, spec seedSpec) ([]seeded, error) {
	all := make([]seeded, spec.Shops)
	for i := range all {
		all[i] = seeded{shopName(i), "lapak_" + strings.ToLower(rand.Text())}
		key := peerKey{uuid.NewString(), all[i].Shop, store.Terms{MaxDesigns: -1}}
		p.remember(all[i].Key, key)
		if err := p.seedShop(r.Context(), key, spec, i); err != nil {
			return nil, err
		}
	}
	_, err := p.own.Exec(r.Context(), "VACUUM ANALYZE")
	return all, err
}

func (p *peer) seedShop(ctx context.Context, key peerKey, spec seedSpec, i int) error {
	rng := mathrand.New(mathrand.NewPCG(uint64(i), 7))
	now := time.Now().UTC()
	var b pgx.Batch
	b.Queue(setShopSQL, key.shop)
	b.Queue("INSERT INTO configs (id, shop, product_id, config, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)",
		uuid.NewString(), key.shop, firstProduct, string(configJSON(rng)), now)
	b.Queue("INSERT INTO usage (shop, month, products, designs) VALUES ($1, $2, 1, $3)", key.shop, now.Format("2006-01"), spec.designs(i))
	for n := range spec.designs(i) {
		s, err := newSaved(key, newDesign(rng, n, spec.Templates), "")
		if err != nil {
			return err
		}
		b.Queue(insertSQL, s.ID, s.shop, s.ProductID, s.Name, s.IsTemplate, string(s.DesignJSON), s.CreatedAt.Time)
		b.Queue(auditSQL, s.audit, s.shop, s.ID, s.user, s.ip, s.after, s.CreatedAt.Time)
	}
	return p.db.SendBatch(ctx, &b).Close()
}

// plans explains the reads, to show that the indexes are used.
func (p *peer) plans(r *http.Request, shop string) ([]string, error) {
	var plans []string
	err := pgx.BeginFunc(r.Context(), p.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(r.Context(), setShopSQL, shop); err != nil {
			return err
		}
		for sql, arg := range map[string]string{listSQL: "21", configSQL: "'" + firstProduct + "'", templatesSQL: "'" + firstProduct + "'"} {
			rows, err := tx.Query(r.Context(), "EXPLAIN "+strings.ReplaceAll(sql, "$1", arg))
			if err != nil {
				return err
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err
			}
			plans = append(plans, strings.Join(lines, "\n"))
		}
		return nil
	})
	return plans, err
}

func decode(arg string, v any) error {
	if err := json.Unmarshal([]byte(arg), v); err != nil {
		return fmt.Errorf("read the start's argument: %w", err)
	}
	return nil
}
