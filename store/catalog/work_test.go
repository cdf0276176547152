package catalog

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

func dirty(t *testing.T, db *DB) (names string) {
	t.Helper()
	shops, err := db.Dirty(t.Context())
	check(t, err)
	for _, s := range shops {
		names += strings.TrimSuffix(s.String(), ".myshopify.com") + " "
	}
	return names
}

func TestDirty(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a, b := create(t, db, "a"), create(t, db, "b")
	equal(t, "dirty", dirty(t, db), "")
	start := time.Now().Truncate(time.Millisecond)
	check(t, db.MarkDirty(ctx, b))
	s := record(t, db, b)
	if s.Replica.DirtySince.Before(start) || s.Replica.MaintainAt.Sub(s.Replica.DirtySince) != 5*time.Minute {
		t.Fatalf("%+v", s.Replica)
	}
	wal := func() int64 {
		info, err := os.Stat(db.Path() + "-wal")
		check(t, err)
		return info.Size()
	}
	size := wal()
	check(t, db.MarkDirty(ctx, b))
	equal(t, "log after a mark that was there", wal(), size)
	equal(t, "record", record(t, db, b).Replica, s.Replica)
	equal(t, "dirty", dirty(t, db), "b ")

	check(t, db.MarkClean(ctx, b, s.Replica.DirtySince.Add(-time.Millisecond), 100, nil))
	equal(t, "dirty: the mark is younger", dirty(t, db), "b ")
	check(t, db.MarkClean(ctx, b, s.Replica.DirtySince, 4096, nil))
	equal(t, "dirty", dirty(t, db), "")
	r := record(t, db, b).Replica
	equal(t, "replica", r, Replica{ReplicatedAt: s.Replica.DirtySince, MaintainAt: s.Replica.MaintainAt, Size: 4096})
	check(t, db.MarkClean(ctx, b, start, 1, nil))
	wantErr(t, db.MarkDirty(ctx, name(t, "none")), ErrNotFound)
	wantErr(t, db.MarkClean(ctx, name(t, "none"), start, 1, nil), ErrNotFound)
	equal(t, "other shop", record(t, db, a).Replica, Replica{})
}

func TestMaintenance(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a, b := create(t, db, "a"), create(t, db, "b")
	create(t, db, "idle")
	_, ok, err := db.NextMaintenance(ctx)
	check(t, err)
	equal(t, "any", ok, false)
	check(t, db.SetMaintenance(ctx, a, at(20)))
	check(t, db.SetMaintenance(ctx, b, at(10)))
	next, ok, err := db.NextMaintenance(ctx)
	check(t, err)
	equal(t, "next", next, at(10))
	equal(t, "any", ok, true)
	for _, tc := range []struct {
		now   time.Time
		limit int
		want  []store.Shop
	}{
		{at(9), 9, nil}, {at(10), 9, []store.Shop{b}}, {at(20), 9, []store.Shop{b, a}}, {at(20), 1, []store.Shop{b}}, {at(20), -1, nil},
	} {
		due, err := db.MaintenanceDue(ctx, tc.now, tc.limit)
		check(t, err)
		if len(due) != len(tc.want) || len(due) > 0 && due[0] != tc.want[0] {
			t.Errorf("%v, %d: %v, want %v", tc.now, tc.limit, due, tc.want)
		}
	}
	check(t, db.MarkDirty(ctx, a)) // at(20) is far away: the mark brings it near
	if m := record(t, db, a).Replica.MaintainAt; !m.Before(at(0)) {
		t.Fatalf("maintenance of a dirty shop at %v", m)
	}
	soon := time.Now().Add(time.Minute).Truncate(time.Millisecond).UTC()
	check(t, db.SetMaintenance(ctx, b, soon))
	check(t, db.MarkDirty(ctx, b))
	equal(t, "what was due before stays", record(t, db, b).Replica.MaintainAt, soon)
	check(t, db.SetMaintenance(ctx, b, time.Time{}))
	equal(t, "never", record(t, db, b).Replica.MaintainAt, time.Time{})
	check(t, db.MarkDirty(ctx, b))
	if record(t, db, b).Replica.MaintainAt.IsZero() {
		t.Fatal("a dirty shop is never maintained")
	}
	wantErr(t, db.SetMaintenance(ctx, name(t, "none"), at(1)), ErrNotFound)
}

func TestReplicaErrors(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a := create(t, db, "a")
	create(t, db, "b")
	long := strings.Repeat("x", maxError-1) + "ä"
	for _, text := range []string{"no such bucket", long} {
		check(t, db.SetReplicaError(ctx, a, text))
	}
	failing, err := db.Failing(ctx, 10)
	check(t, err)
	equal(t, "failing", len(failing), 1)
	r := failing[0].Replica
	equal(t, "failures", r.Failures, 2)
	equal(t, "text", r.LastError, long[:maxError-1])
	check(t, db.SetReplicaError(ctx, a, ""))
	equal(t, "replica", record(t, db, a).Replica, Replica{})
	failing, err = db.Failing(ctx, 10)
	check(t, err)
	equal(t, "failing", len(failing), 0)
	wantErr(t, db.SetReplicaError(ctx, name(t, "none"), "x"), ErrNotFound)
}

func TestDeadObjects(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a, b := create(t, db, "a"), create(t, db, "b")
	check(t, db.AddDead(ctx, a, []string{"fonts/1", "fonts/2", "fonts/3"}, at(10)))
	check(t, db.AddDead(ctx, b, []string{"fonts/1"}, at(20)))
	check(t, db.AddDead(ctx, a, []string{"fonts/2"}, at(5)))
	check(t, db.AddDead(ctx, a, []string{"fonts/3"}, at(15)))
	wantErr(t, db.AddDead(ctx, name(t, "none"), []string{"x"}, at(1)), ErrNotFound)
	before := func(second int, want string) []DeadObject {
		t.Helper()
		dead, err := db.DeadBefore(ctx, at(second), 10)
		check(t, err)
		var got []string
		for _, d := range dead {
			got = append(got, d.Shop.String()[:1]+d.Object[len("fonts/"):])
		}
		equal(t, "dead", strings.Join(got, " "), want)
		return dead
	}
	before(10, "")
	before(11, "a1 a2")
	dead := before(99, "a1 a2 a3 b1")

	check(t, db.ReviveDead(ctx, a, "fonts/1")) // named again
	check(t, db.ReviveDead(ctx, a, "fonts/1"))
	check(t, db.ReviveDead(ctx, a, "fonts/2"))
	check(t, db.AddDead(ctx, a, []string{"fonts/2"}, at(30))) // named again, and died anew
	removed, err := db.RemoveDead(ctx, dead)
	check(t, err)
	equal(t, "removed", len(removed), 2)
	equal(t, "removed", removed[0].Object+" "+removed[1].Shop.String(), "fonts/3 "+b.String())
	before(99, "a2")
	check(t, db.ResetDead(ctx, a, at(50)))
	before(50, "")
	before(51, "a2")
	check(t, db.SetSetting(ctx, "after", "all"))
}

// No query of idle work may look at shops, objects or jobs that rest.
func TestIdleWorkReadsIndexes(t *testing.T) {
	db := open(t, Options{})
	for _, tc := range []struct{ what, sql, index string }{
		{"Dirty", dirtySQL, "shops_dirty"},
		{"MaintenanceDue", dueSQL, "shops_maintain"},
		{"NextMaintenance", nextSQL, "shops_maintain"},
		{"Restoring, Erasing", unfinishedSQL, "shops_unfinished"},
		{"Failing", failingSQL, "shops_failing"},
		{"DeadBefore", deadBeforeSQL, "dead_objects_since"},
		{"Coarse", coarseSQL, "coarse_shop"},
		{"ForgetCoarse", oldCoarseSQL, "coarse_old"},
		{"FailInterrupted", failInterruptedSQL, "jobs_open"},
		{"DeleteJobs", deleteJobsSQL, "jobs_finished"},
		{"Unproven", unprovenSQL, "shops_unproven"},
		{"NextDrill", nextDrillSQL, "shops_unproven"},
		{"OpenRedactions", openRedactionsSQL, "redactions_open"},
	} {
		plan := explain(t, db, tc.sql)
		if !strings.Contains(plan, " "+tc.index) {
			t.Errorf("%s does not use %s:\n%s", tc.what, tc.index, plan)
		}
		for line := range strings.Lines(plan) {
			whole := strings.HasPrefix(line, "SCAN") && !strings.Contains(line, " "+tc.index)
			if whole || strings.Contains(line, "TEMP B-TREE") {
				t.Errorf("%s scans or sorts: %s", tc.what, line)
			}
		}
	}
}

// Requests read one row by its key, and a page of shops reads in order.
func TestRequestsReadIndexes(t *testing.T) {
	db := open(t, Options{})
	for _, sql := range []string{shopSQL, planSQL, selectKeys + "WHERE hash = ?1 AND revoked_at IS NULL",
		selectJobs + "WHERE shop = ?1 ORDER BY n DESC LIMIT ?2", selectShops + filterSQL + "ORDER BY s.name LIMIT ?5"} {
		if plan := explain(t, db, sql); strings.Contains(plan, "SCAN") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s\n%s", sql, plan)
		}
	}
}

func explain(t *testing.T, db *DB, sql string) (plan string) {
	t.Helper()
	var args []any
	for strings.Contains(sql, fmt.Sprint("?", len(args)+1)) {
		args = append(args, nil)
	}
	check(t, db.db.Read(t.Context(), "explain", func(c *sqlite.Conn) error {
		return c.Query("EXPLAIN QUERY PLAN "+sql, args, func(r *sqlite.Row) error {
			plan += r.Text(3) + "\n"
			return nil
		})
	}))
	return plan
}
