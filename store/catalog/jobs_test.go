package catalog

import (
	"testing"
	"time"

	"lapak/store"
)

func TestJobs(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a, b := create(t, db, "a"), create(t, db, "b")
	j, err := db.CreateJob(ctx, a, "restore", map[string]string{"at": "-5m"})
	check(t, err)
	equal(t, "state", j.State, Queued)
	equal(t, "request", string(j.Request), `{"at":"-5m"}`)
	_, err = db.Job(ctx, b, j.ID)
	wantErr(t, err, ErrNotFound)
	_, err = db.Job(ctx, store.Shop{}, j.ID)
	wantErr(t, err, ErrNotFound)

	wantErr(t, db.FinishJob(ctx, j.ID, nil), ErrState)
	check(t, db.StartJob(ctx, j.ID))
	wantErr(t, db.StartJob(ctx, j.ID), ErrState)
	check(t, db.FinishJob(ctx, j.ID, map[string]int{"epoch": 2}))
	wantErr(t, db.FailJob(ctx, j.ID, "x"), ErrState)
	j, err = db.Job(ctx, a, j.ID)
	check(t, err)
	equal(t, "state", j.State, Done)
	equal(t, "result", string(j.Result), `{"epoch":2}`)
	if j.StartedAt.IsZero() || j.FinishedAt.IsZero() {
		t.Fatalf("times are missing: %+v", j)
	}
	wantErr(t, db.StartJob(ctx, "none"), ErrNotFound)
	_, err = db.CreateJob(ctx, name(t, "none"), "restore", nil)
	wantErr(t, err, ErrNotFound)
	_, err = db.CreateJob(ctx, a, "", nil)
	wantField(t, err, "kind")
}

func TestFailInterrupted(t *testing.T) {
	ctx, db := t.Context(), open(t, Options{})
	a := create(t, db, "a")
	var ids [4]string
	for i := range ids {
		shop := a
		if i == 3 {
			shop = store.Shop{}
		}
		j, err := db.CreateJob(ctx, shop, "drill", nil)
		check(t, err)
		ids[i] = j.ID
	}
	check(t, db.StartJob(ctx, ids[1]))
	check(t, db.StartJob(ctx, ids[2]))
	check(t, db.FailJob(ctx, ids[2], "The bucket is gone."))
	for _, want := range []int{3, 0} {
		n, err := db.FailInterrupted(ctx)
		check(t, err)
		equal(t, "interrupted", n, want)
	}
	jobs, err := db.Jobs(ctx, a, 10)
	check(t, err)
	equal(t, "jobs of the shop", len(jobs), 3)
	for i, want := range []string{"The bucket is gone.", interrupted, interrupted} {
		equal(t, "newest first", jobs[i].ID, ids[2-i])
		equal(t, "state", jobs[i].State, Failed)
		equal(t, "error", jobs[i].Error, want)
	}
	fleet, err := db.Jobs(ctx, store.Shop{}, 10)
	check(t, err)
	equal(t, "jobs of the fleet", len(fleet), 1)
	one, err := db.Jobs(ctx, a, 1)
	check(t, err)
	equal(t, "at most one", len(one), 1)

	open, err := db.CreateJob(ctx, a, "drill", nil)
	check(t, err)
	n, err := db.DeleteJobs(ctx, time.Now().Add(time.Hour))
	check(t, err)
	equal(t, "deleted", n, 4)
	_, err = db.Job(ctx, a, open.ID)
	check(t, err)
}
