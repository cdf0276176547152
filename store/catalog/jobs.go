package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"lapak/store"
	"lapak/store/sqlite"
)

// JobState is how far a job is.
type JobState string

// The states of a job.
const (
	Queued  JobState = "queued"
	Running JobState = "running"
	Done    JobState = "done"
	Failed  JobState = "failed"
)

// interrupted is what people read of a job that the program's end cut off.
const interrupted = "Interrupted: the program stopped before the job had ended."

// Job is the record of work that outlives its request, such as a restore.
type Job struct {
	ID         string          `json:"id"`
	Shop       store.Shop      `json:"shop,omitzero"` // zero: a job of the whole fleet
	Kind       string          `json:"kind"`
	State      JobState        `json:"state"`
	Request    json.RawMessage `json:"request"`
	Result     json.RawMessage `json:"result,omitempty"` // of a job that is Done
	Error      string          `json:"error,omitempty"`  // of a job that Failed: a sentence
	CreatedAt  time.Time       `json:"createdAt"`
	StartedAt  time.Time       `json:"startedAt,omitzero"`
	FinishedAt time.Time       `json:"finishedAt,omitzero"`
}

const selectJobs = `SELECT id, shop, kind, state, request, result, error, created_at, started_at, finished_at FROM jobs `

func scanJob(c *cursor) (j Job, err error) {
	j.ID = c.text()
	if j.Shop, err = c.shop(); err != nil {
		return j, err
	}
	j.Kind, j.State = c.text(), JobState(c.text())
	j.Request, j.Result, j.Error = c.Bytes(c.next()), c.Bytes(c.next()), c.text()
	j.CreatedAt, j.StartedAt, j.FinishedAt = c.time(), c.time(), c.time()
	return j, nil
}

// CreateJob enters a queued job of a shop, or of the whole fleet for the zero
// shop. Request is kept as JSON.
func (db *DB) CreateJob(ctx context.Context, shop store.Shop, kind string, request any) (Job, error) {
	if kind == "" {
		return Job{}, invalid("kind", "must be named")
	}
	text, err := json.Marshal(request)
	if err != nil {
		return Job{}, fmt.Errorf("create job: %w", err)
	}
	var j Job
	err = db.db.Write(ctx, "create job", func(c *sqlite.Conn) (err error) {
		if !shop.IsZero() {
			if err := exists(c, shop); err != nil {
				return err
			}
		}
		id := uuid.NewString()
		_, err = c.Exec("INSERT INTO jobs (id, shop, kind, request, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
			id, shop.String(), kind, string(text), time.Now().UnixMilli())
		if err != nil {
			return fmt.Errorf("create job: %w", err)
		}
		j, err = first(c, "job", selectJobs+"WHERE id = ?1", []any{id}, scanJob)
		return err
	})
	return j, err
}

// StartJob says that a queued job runs now; ErrState if it is not queued.
func (db *DB) StartJob(ctx context.Context, id string) error {
	return db.jobStep(ctx, "start", id, "UPDATE jobs SET state = 'running', started_at = ?2 WHERE id = ?1 AND state = 'queued'")
}

// FinishJob keeps the result, as JSON, of a running job; ErrState if it is not running.
func (db *DB) FinishJob(ctx context.Context, id string, result any) error {
	text, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("finish job: %w", err)
	}
	return db.jobStep(ctx, "finish", id, `UPDATE jobs SET state = 'done', finished_at = ?2, result = ?3
		WHERE id = ?1 AND state = 'running'`, string(text))
}

// FailJob keeps why a job failed, in a sentence for people; ErrState if the job
// has ended already.
func (db *DB) FailJob(ctx context.Context, id, sentence string) error {
	return db.jobStep(ctx, "fail", id, `UPDATE jobs SET state = 'failed', finished_at = ?2, error = ?3
		WHERE id = ?1 AND state IN ('queued', 'running')`, sentence)
}

func (db *DB) jobStep(ctx context.Context, what, id, sql string, args ...any) error {
	return db.db.Write(ctx, what+" job", func(c *sqlite.Conn) error {
		n, err := c.Exec(sql, append([]any{id, time.Now().UnixMilli()}, args...)...)
		if err != nil {
			return fmt.Errorf("%s job %s: %w", what, id, err)
		}
		if n == 1 {
			return nil
		}
		j, err := first(c, "job "+id, selectJobs+"WHERE id = ?1", []any{id}, scanJob)
		if err == nil {
			err = fmt.Errorf("%s job %s, which is %s: %w", what, id, j.State, ErrState)
		}
		return err
	})
}

// Job returns a job of this shop, or of the fleet for the zero shop. Another's
// is ErrNotFound.
func (db *DB) Job(ctx context.Context, shop store.Shop, id string) (Job, error) {
	return get(ctx, db, "job", selectJobs+"WHERE id = ?1 AND shop = ?2", []any{id, shop.String()}, scanJob)
}

// Jobs returns at most limit jobs of this shop, or of the fleet for the zero
// shop, the newest first.
func (db *DB) Jobs(ctx context.Context, shop store.Shop, limit int) ([]Job, error) {
	return list(ctx, db, "list jobs", selectJobs+"WHERE shop = ?1 ORDER BY n DESC LIMIT ?2",
		[]any{shop.String(), max(limit, 0)}, scanJob)
}

const (
	failInterruptedSQL = `UPDATE jobs SET state = 'failed', finished_at = ?1, error = ?2 WHERE state IN ('queued', 'running')`
	deleteJobsSQL      = "DELETE FROM jobs WHERE finished_at IS NOT NULL AND finished_at < ?1"
)

// FailInterrupted fails every job that has not ended and returns how many. Call
// it at start-up, when nobody works on them.
func (db *DB) FailInterrupted(ctx context.Context) (n int, err error) {
	return db.manyJobs(ctx, "fail interrupted jobs", failInterruptedSQL, time.Now().UnixMilli(), interrupted)
}

// DeleteJobs removes the jobs that ended before t and returns how many.
func (db *DB) DeleteJobs(ctx context.Context, t time.Time) (n int, err error) {
	return db.manyJobs(ctx, "delete old jobs", deleteJobsSQL, t.UnixMilli())
}

func (db *DB) manyJobs(ctx context.Context, why, sql string, args ...any) (n int, err error) {
	err = db.db.Write(ctx, why, func(c *sqlite.Conn) error {
		changed, err := c.Exec(sql, args...)
		if err != nil {
			return fmt.Errorf("%s: %w", why, err)
		}
		n = int(changed)
		return nil
	})
	return n, err
}

const unfinishedJobsSQL = selectJobs + "WHERE state IN ('queued', 'running') ORDER BY n"

// UnfinishedJobs returns the jobs that have not ended: at start-up, those that
// the last process left.
func (db *DB) UnfinishedJobs(ctx context.Context) ([]Job, error) {
	return list(ctx, db, "list unfinished jobs", unfinishedJobsSQL, nil, scanJob)
}
