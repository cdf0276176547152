package adopt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
)

// writeBytes and writeRows bound one transaction.
const (
	writeRows  = 200
	writeBytes = 4 << 20
)

// update brings a shop that was adopted before up to date. One that was made
// here, or changed here since, is refused: the source would overwrite that.
func (a *adoption) update(ctx context.Context, from reader, s *shop, e *env, config *settings, rec catalog.Shop) error {
	lease, err := a.opt.Pool.Acquire(ctx, s.name)
	if err != nil {
		return err
	}
	defer lease.Release()
	var was store.Adopted
	err = lease.Read(ctx, "look at the adoption", func(v *store.View) (err error) { was, err = v.Adopted(); return err })
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("the shop exists already and was not adopted; %w", errRefused)
	case err != nil:
		return err
	case was.Source != a.source.name():
		return fmt.Errorf("the shop was adopted from %s; %w", was.Source, errRefused)
	case was.Changed:
		return fmt.Errorf("the shop was changed here after it was adopted; %w", errRefused)
	}
	if a.opt.DryRun {
		return a.check(ctx, from, s, e, config)
	}
	return a.updateHeld(ctx, from, s, e, config, rec, was, lease)
}

func (a *adoption) updateHeld(ctx context.Context, from reader, s *shop, e *env, config *settings, rec catalog.Shop, was store.Adopted, lease *tenants.Lease) error {
	changed := int64(0)
	for _, k := range kinds() {
		u := &updating{adoption: a, from: from, s: s, e: e, rows: k, lease: lease, c: s.count(k.name), h: newDigester()}
		if err := u.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		changed += u.c.changed
	}
	var extra []byte
	terms := lease.Terms()
	if config != nil {
		extra = config.extra
		if config.zone != nil {
			terms.Zone = config.zone
		}
	}
	s.outcome = Unchanged
	if changed > 0 || !bytes.Equal(extra, was.Settings) {
		s.outcome = Updated
		err := lease.Write(ctx, "adopt", func(tx *store.Tx) error {
			if _, err := tx.RecountUsage(terms); err != nil {
				return err
			}
			return tx.SetAdopted(a.source.name(), extra)
		})
		if err != nil {
			return err
		}
	}
	err := lease.Read(ctx, "compare with the source", func(v *store.View) (err error) { was, err = v.Adopted(); return err })
	if err != nil {
		return err
	}
	return a.settle(ctx, s, config, rec, was.Settings)
}

// updating brings one kind of rows of one shop up to date.
type updating struct {
	*adoption
	rows
	from  reader
	s     *shop
	e     *env
	lease *tenants.Lease
	c     *count
	h     *digester

	have    map[string]*have // what the file has, by id
	fetched map[string]bool  // ids that were read whole and are wanted
	seen    seen
	batch   []record
	size    int
}

// have is a row of the file.
type have struct {
	hash    [sha256.Size]byte
	updated int64
	version int64
	there   bool // in the source, too
	same    bool // there, by its time
}

// narrow says that rows are compared by their ids and times first.
func (u *updating) narrow(t *table) bool {
	return u.opt.Follow && u.stamps != nil && !u.newest && (len(t.stamps) > 1 || u.loads == store.LoadEntries)
}

func (u *updating) run(ctx context.Context) error {
	t := u.table(u.name)
	if t == nil {
		return nil
	}
	narrow := u.narrow(t)
	if err := u.readHave(ctx, narrow); err != nil {
		return err
	}
	at := t.byShop[u.s.raw]
	if u.loads != store.LoadMonths {
		changed, err := u.mark(ctx, t, at, narrow)
		if err != nil {
			return err
		}
		if err := u.unload(ctx, func(_ string, h *have) bool { return !h.there }); err != nil {
			return err
		}
		if narrow {
			at = changed
		}
	}
	if len(at) > 0 {
		if err := u.each(ctx, u.from, u.s, u.e, u.rows, at, func(r record) error { return u.take(ctx, r) }); err != nil {
			return err
		}
	}
	if err := u.flush(ctx); err != nil {
		return err
	}
	// What was rejected now goes, too.
	if err := u.unload(ctx, func(id string, h *have) bool { return !h.same && !u.fetched[id] }); err != nil {
		return err
	}
	return u.compareAgain(ctx, narrow)
}

// readHave reads what the file holds.
func (u *updating) readHave(ctx context.Context, narrow bool) error {
	u.have, u.fetched, u.seen = map[string]*have{}, map[string]bool{}, seen{}
	return u.lease.Snapshot(ctx, "compare with the source", func(v *store.View) error {
		if u.stamps != nil {
			err := u.stamps(v, func(s store.Stamp) error {
				u.have[s.ID] = &have{updated: s.UpdatedAt.UnixMilli(), version: s.Version}
				return nil
			})
			if err != nil || narrow {
				return err
			}
		}
		return u.kept(v, u.e, func(r record) error {
			one := u.have[r.id()]
			if one == nil {
				one = &have{version: 1}
				u.have[r.id()] = one
			}
			one.hash = u.h.row(r)
			return nil
		})
	})
}

// mark finds out which rows of the file the source still has, and where the rows
// are that it has otherwise.
func (u *updating) mark(ctx context.Context, t *table, at []int64, narrow bool) (changed []int64, err error) {
	changed = []int64{}
	if len(at) == 0 {
		return changed, nil
	}
	err = u.from.rows(ctx, t, t.stamps, at, func(place int64, v []value) error {
		id := string(v[0].text)
		one := u.have[id]
		if one != nil {
			one.there = true
		}
		if !narrow {
			return nil
		}
		updated := int64(0)
		if len(v) > 1 && u.loads != store.LoadEntries {
			when, _ := parseTime(string(v[1].text)) // where it is none, the row is read
			updated = when.UnixMilli()
		}
		if one == nil || u.loads != store.LoadEntries && one.updated != updated {
			changed = append(changed, place)
			return nil
		}
		one.same = true
		u.adoption.read(u.c, 1)
		u.c.source.add(u.h.row(stamp{id, one.updated}))
		return nil
	})
	return changed, err
}

// stamp is a row of which only the id and the time are compared.
type stamp struct {
	row     string
	updated int64
}

func (s stamp) id() string  { return s.row }
func (s stamp) own() record { return s }
func (s stamp) write(h *digester) {
	h.text(s.row)
	h.number(s.updated)
}
func (s stamp) load(*store.Tx, *env, int64) error { return errors.New("a stamp is no row") }

// take compares a row of the source with the file's, and keeps it for writing
// where they differ.
func (u *updating) take(ctx context.Context, r record) error {
	if u.seen.again(r) {
		return store.ErrExists
	}
	id := r.id()
	u.fetched[id] = true
	if one := u.have[id]; one != nil && one.hash == u.h.row(r) {
		return nil
	}
	u.batch = append(u.batch, r.own())
	if d, ok := r.(design); ok {
		u.size += len(d.DesignJSON)
	}
	if len(u.batch) >= writeRows || u.size >= writeBytes {
		return u.flush(ctx)
	}
	return nil
}

// flush writes what waits, each row in the place of the one before it.
func (u *updating) flush(ctx context.Context) error {
	if len(u.batch) == 0 {
		return nil
	}
	var old []string
	for _, r := range u.batch {
		if u.have[r.id()] != nil && u.loads != store.LoadMonths {
			old = append(old, r.id())
		}
	}
	err := u.lease.Write(ctx, "adopt", func(tx *store.Tx) error {
		if len(old) > 0 {
			if err := tx.Unload(u.loads, old...); err != nil {
				return err
			}
		}
		for _, r := range u.batch {
			version := int64(1)
			if one := u.have[r.id()]; one != nil {
				version = one.version + 1
			}
			if err := r.load(tx, u.e, version); err != nil {
				return fmt.Errorf("%s: %w", r.id(), err)
			}
		}
		return u.settleAudit(tx)
	})
	if err != nil {
		return err
	}
	u.c.changed += int64(len(u.batch))
	u.batch, u.size = u.batch[:0], 0
	return nil
}

// settleAudit keeps new audit entries from looking like changes made here, should
// the program end before the shop is done.
func (u *updating) settleAudit(tx *store.Tx) error {
	if u.loads != store.LoadEntries {
		return nil
	}
	was, err := tx.Adopted()
	if err != nil {
		return err
	}
	return tx.SetAdopted(was.Source, was.Settings)
}

// unload deletes what the file has and the source has not, or not any more.
func (u *updating) unload(ctx context.Context, isGone func(string, *have) bool) error {
	var gone []string
	for id, one := range u.have {
		if isGone(id, one) {
			gone = append(gone, id)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	err := u.lease.Write(ctx, "adopt", func(tx *store.Tx) error {
		if err := tx.Unload(u.loads, gone...); err != nil {
			return err
		}
		return u.settleAudit(tx)
	})
	if err != nil {
		return err
	}
	for _, id := range gone {
		delete(u.have, id)
	}
	u.c.changed += int64(len(gone))
	return nil
}

// compareAgain reads back what the file holds now.
func (u *updating) compareAgain(ctx context.Context, narrow bool) error {
	u.c.kept = sum{}
	return u.lease.Snapshot(ctx, "compare with the source", func(v *store.View) error {
		if narrow {
			err := u.stamps(v, func(s store.Stamp) error {
				if !u.fetched[s.ID] {
					u.c.kept.add(u.h.row(stamp{s.ID, s.UpdatedAt.UnixMilli()}))
				}
				return nil
			})
			if err != nil || len(u.fetched) == 0 {
				return err
			}
		}
		return u.kept(v, u.e, func(r record) error {
			if !narrow || u.fetched[r.id()] {
				u.c.kept.add(u.h.row(r))
			}
			return nil
		})
	})
}
