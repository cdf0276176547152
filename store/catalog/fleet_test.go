package catalog

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// fleet enters many shops whose names, plans and figures are in different orders.
func fleet(t testing.TB, db *DB, n int) {
	t.Helper()
	plans := []string{"pro", "free", "enterprise", "basic"}
	check(t, db.db.Write(context.Background(), "fill", func(c *sqlite.Conn) error {
		for i := range n {
			_, err := c.Exec(`INSERT INTO shops (name, uuid, plan, created_at, updated_at, last_active_at, size_bytes, replicated_at,
					state, failures, drill_error)
				VALUES (?1, ?2, ?3, 1, 1, ?4, ?5, 1, iif(?6 % 10 = 3, 'suspended', 'active'), ?6 % 20 = 5, iif(?6 % 40 = 7, 'differs', ''))`,
				fmt.Sprintf("s%05d.myshopify.com", i*7919%n), fmt.Sprintf("uuid-%d", i), plans[i%4],
				int64(i)*104729%1_000_003, int64(i)*15485863%100_000_007, i)
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestFleetSorts(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	fleet(t, db, 120)
	all, err := db.Fleet(ctx, FleetFilter{}, FleetPage{Limit: 1000})
	check(t, err)
	equal(t, "all", len(all), 120)
	position := map[string]int{"free": 1, "basic": 2, "pro": 3, "enterprise": 4}
	for order, less := range map[FleetOrder]func(a, b Shop) bool{
		"":            func(a, b Shop) bool { return a.Name.String() < b.Name.String() },
		FleetBySize:   func(a, b Shop) bool { return a.Replica.Size <= b.Replica.Size },
		FleetByActive: func(a, b Shop) bool { return !a.LastActiveAt.After(b.LastActiveAt) },
		FleetByPlan:   func(a, b Shop) bool { return position[a.Plan] <= position[b.Plan] },
	} {
		up, err := db.Fleet(ctx, FleetFilter{}, FleetPage{Order: order, Limit: 1000})
		check(t, err)
		for i := range up[1:] {
			if !less(up[i], up[i+1]) {
				t.Fatalf("by %q: %s comes before %s", order, up[i].Name, up[i+1].Name)
			}
		}
		down, err := db.Fleet(ctx, FleetFilter{}, FleetPage{Order: order, Reverse: true, Limit: 1000})
		check(t, err)
		slices.Reverse(down)
		for i := range up {
			equal(t, "reversed by "+string(order), down[i].Name, up[i].Name)
		}
		part, err := db.Fleet(ctx, FleetFilter{}, FleetPage{Order: order, Offset: 100, Limit: 7})
		check(t, err)
		for i := range 7 {
			equal(t, "page by "+string(order), part[i].Name, up[100+i].Name)
		}
	}
}

func TestFleetFilters(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	fleet(t, db, 120)
	a, b := name(t, "s00001"), name(t, "s00002")
	for _, tc := range []struct {
		what string
		f    FleetFilter
		want int
	}{
		{"all", FleetFilter{}, 120},
		{"search", FleetFilter{Filter: Filter{Search: " S0001"}}, 10},
		{"search for a wildcard", FleetFilter{Filter: Filter{Search: "%"}}, 0},
		{"state", FleetFilter{Filter: Filter{State: Suspended}}, 12},
		{"plan", FleetFilter{Filter: Filter{Plan: "pro"}}, 30},
		{"failing", FleetFilter{Failing: true}, 9},
		{"among", FleetFilter{Among: []store.Shop{a, b}}, 2},
		{"among none", FleetFilter{Among: []store.Shop{}}, 0},
		{"except", FleetFilter{Except: []store.Shop{a}}, 119},
		{"together", FleetFilter{Filter: Filter{Search: "s0", State: Active, Plan: "free"}, Failing: true, Except: []store.Shop{a}}, 6},
	} {
		n, err := db.CountFleet(ctx, tc.f)
		check(t, err)
		shops, err := db.Fleet(ctx, tc.f, FleetPage{Limit: 1000})
		check(t, err)
		if n != tc.want || len(shops) != tc.want {
			t.Errorf("%s: %d counted, %d listed, want %d", tc.what, n, len(shops), tc.want)
		}
	}
}

func TestFailedJobs(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	shop := create(t, db, "a")
	var ids []string
	for range 3 {
		j, err := db.CreateJob(ctx, shop, "restore", nil)
		check(t, err)
		check(t, db.StartJob(ctx, j.ID))
		ids = append(ids, j.ID)
	}
	check(t, db.FailJob(ctx, ids[0], "No."))
	check(t, db.FinishJob(ctx, ids[1], nil))
	jobs, err := db.FailedJobs(ctx, time.Now().Add(-time.Minute), 10)
	check(t, err)
	if len(jobs) != 1 || jobs[0].ID != ids[0] || jobs[0].Shop != shop {
		t.Errorf("failed jobs: %+v", jobs)
	}
	jobs, err = db.FailedJobs(ctx, time.Now().Add(time.Minute), 10)
	check(t, err)
	equal(t, "failed later", len(jobs), 0)
}

// BenchmarkFleet is what the operator's list reads for a page of 10,000 shops.
func BenchmarkFleet(b *testing.B) {
	db := open(b, Options{})
	fleet(b, db, 10_000)
	for _, tc := range []struct {
		what string
		f    FleetFilter
		p    FleetPage
	}{
		{"name", FleetFilter{}, FleetPage{}},
		{"name/page=100", FleetFilter{}, FleetPage{Offset: 5000}},
		{"size", FleetFilter{}, FleetPage{Order: FleetBySize, Reverse: true}},
		{"active", FleetFilter{}, FleetPage{Order: FleetByActive, Reverse: true}},
		{"plan", FleetFilter{}, FleetPage{Order: FleetByPlan}},
		{"search", FleetFilter{Filter: Filter{Search: "0999"}}, FleetPage{}},
		{"state", FleetFilter{Filter: Filter{State: Suspended}}, FleetPage{}},
		{"failing", FleetFilter{Failing: true}, FleetPage{}},
	} {
		b.Run(tc.what, func(b *testing.B) {
			for b.Loop() {
				n, err := db.CountFleet(b.Context(), tc.f)
				check(b, err)
				page, err := db.Fleet(b.Context(), tc.f, tc.p)
				check(b, err)
				if n == 0 || len(page) == 0 {
					b.Fatal("nothing found")
				}
			}
		})
	}
}
