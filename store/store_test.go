package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// clock is a clock that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock(at string) *clock {
	c := &clock{}
	c.set(at)
	return c
}

func (c *clock) set(at string) {
	now, err := time.Parse(time.RFC3339, at)
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	c.now = now
	c.mu.Unlock()
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

var (
	unlimited = store.Terms{MaxProducts: -1, MaxAssets: -1, MaxDesigns: -1, StorageBytes: -1}
	owner     = store.By{UserID: "7", Email: "owner@example.com", IP: "192.0.2.1"}
)

func mustShop(t testing.TB, name string) store.Shop {
	t.Helper()
	shop, err := store.ParseShop(name)
	if err != nil {
		t.Fatal(err)
	}
	return shop
}

func testSeal(t testing.TB) store.Seal {
	return store.Seal{Shop: mustShop(t, "example.myshopify.com"), UUID: "11111111-1111-4111-8111-111111111111", Epoch: 1}
}

func createShop(t testing.TB) (path string) {
	t.Helper()
	template, err := store.NewTemplate()
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "example.myshopify.com", "0001.db")
	if err := template.Create(path, testSeal(t)); err != nil {
		t.Fatal(err)
	}
	return path
}

// openShop opens a new shop; now may be nil.
func openShop(t testing.TB, now *clock) *store.DB {
	t.Helper()
	opt := store.Options{}
	if now != nil {
		opt.Clock = now.Now
	}
	return openFile(t, createShop(t), opt)
}

func openFile(t testing.TB, path string, opt store.Options) *store.DB {
	t.Helper()
	db := store.Open(path, opt)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if _, err := db.CheckSeal(t.Context(), testSeal(t)); err != nil {
		t.Fatal(err)
	}
	return db
}

func write(t testing.TB, db *store.DB, fn func(*store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), "test", fn); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, db *store.DB, fn func(*store.View) error) {
	t.Helper()
	if err := db.Snapshot(t.Context(), "test", fn); err != nil {
		t.Fatal(err)
	}
}

func newDesign(name string) store.NewDesign {
	return store.NewDesign{ProductID: "1", Name: name, DesignJSON: json.RawMessage(`{"objects": []}`)}
}

func createDesign(t testing.TB, db *store.DB, in store.NewDesign) (d store.Design) {
	t.Helper()
	write(t, db, func(tx *store.Tx) (err error) {
		d, err = tx.CreateDesign(owner, unlimited, in)
		return err
	})
	return d
}

func usage(t testing.TB, db *store.DB, terms store.Terms) (u store.Usage, m store.Monthly) {
	t.Helper()
	read(t, db, func(v *store.View) (err error) {
		u, m, err = v.Usage(terms)
		return err
	})
	return u, m
}

func auditLog(t testing.TB, db *store.DB, f store.AuditFilter) (entries []store.Entry) {
	t.Helper()
	read(t, db, func(v *store.View) (err error) {
		entries, _, err = v.AuditLog(f, store.Page{Limit: 100})
		return err
	})
	return entries
}

func wantInvalid(t testing.TB, err error, field string) {
	t.Helper()
	var invalid store.InvalidError
	if !errors.As(err, &invalid) || !errors.Is(err, store.ErrInvalid) || invalid.Field != field {
		t.Errorf("got %v, want an InvalidError of %q", err, field)
	}
}

func ptr[T any](v T) *T { return &v }

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		is   error
		text string
	}{
		{store.LimitError{What: "Design"}, store.ErrLimit, "Design limit reached for your plan"},
		{fmt.Errorf("wrapped: %w", store.LimitError{What: "Storage"}), store.ErrLimit, "Storage limit reached for your plan"},
		{store.InvalidError{Field: "name", Reason: "must be short"}, store.ErrInvalid, "name must be short"},
	} {
		if !errors.Is(c.err, c.is) || !strings.HasSuffix(c.err.Error(), c.text) {
			t.Errorf("%v: is %v: %v", c.err, c.is, errors.Is(c.err, c.is))
		}
	}
}

func TestTimeJSON(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 120e6, time.FixedZone("", 7*3600))
	raw, err := json.Marshal(struct{ T store.Time }{store.Time{Time: at}})
	if want := `{"T":"2026-03-01T05:00:00.120Z"}`; err != nil || string(raw) != want {
		t.Errorf("%s, %v, want %s", raw, err, want)
	}
	var back struct{ T store.Time }
	if err := json.Unmarshal(raw, &back); err != nil || !back.T.Equal(at) {
		t.Errorf("read back %v, %v", back.T, err)
	}
}

func TestSeal(t *testing.T) {
	path := createShop(t)
	other := mustShop(t, "other.myshopify.com")
	right := testSeal(t)
	for name, want := range map[string]store.Seal{
		"shop":  {Shop: other, UUID: right.UUID, Epoch: 1},
		"uuid":  {Shop: right.Shop, UUID: "22222222-2222-4222-8222-222222222222", Epoch: 1},
		"epoch": {Shop: right.Shop, UUID: right.UUID, Epoch: 2},
		"zero":  {},
	} {
		db := store.Open(path, store.Options{})
		if _, err := db.CheckSeal(t.Context(), want); !errors.Is(err, store.ErrWrongSeal) {
			t.Errorf("%s: got %v, want ErrWrongSeal", name, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSealOfAnotherProgramsFile(t *testing.T) {
	image, err := sqlite.Image("CREATE TABLE seal (id, shop, uuid, epoch)")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "d", "0001.db")
	if err := sqlite.Create(path, image, func(*sqlite.Conn) error { return nil }); err != nil {
		t.Fatal(err)
	}
	db := store.Open(path, store.Options{})
	defer db.Close()
	if _, err := db.CheckSeal(t.Context(), store.Seal{}); !errors.Is(err, store.ErrWrongSeal) {
		t.Errorf("got %v, want ErrWrongSeal", err)
	}
}

func TestSealOfAFileFromTheFuture(t *testing.T) {
	path := createShop(t)
	engine := sqlite.Open(path, sqlite.Options{})
	err := engine.Write(t.Context(), "age", func(c *sqlite.Conn) error { return c.Script("PRAGMA user_version = 99") })
	if err = errors.Join(err, engine.Close()); err != nil {
		t.Fatal(err)
	}
	db := store.Open(path, store.Options{})
	defer db.Close()
	if v, err := db.CheckSeal(t.Context(), testSeal(t)); !errors.Is(err, store.ErrNewer) || v != 99 {
		t.Errorf("got version %d, %v, want 99, ErrNewer", v, err)
	}
}

func TestSetEpoch(t *testing.T) {
	db := openShop(t, nil)
	from, to := testSeal(t), testSeal(t)
	to.Epoch = 2
	write(t, db, func(tx *store.Tx) error { return tx.SetEpoch(from, to) })
	if _, err := db.CheckSeal(t.Context(), to); err != nil {
		t.Error(err)
	}
	err := db.Write(t.Context(), "again", func(tx *store.Tx) error { return tx.SetEpoch(from, to) })
	if !errors.Is(err, store.ErrWrongSeal) {
		t.Errorf("got %v, want ErrWrongSeal", err)
	}
}

func TestMissingShopIsNotCreated(t *testing.T) {
	dir := t.TempDir()
	db := store.Open(filepath.Join(dir, "0001.db"), store.Options{})
	defer db.Close()
	if _, err := db.CheckSeal(context.Background(), testSeal(t)); !errors.Is(err, sqlite.ErrMissing) {
		t.Errorf("read: got %v, want ErrMissing", err)
	}
	err := db.Write(t.Context(), "test", func(tx *store.Tx) error { return tx.CountOrder(unlimited) })
	if !errors.Is(err, sqlite.ErrMissing) {
		t.Errorf("write: got %v, want ErrMissing", err)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 0 {
		t.Errorf("created %v", files)
	}
}

func TestPublicVersion(t *testing.T) {
	db := openShop(t, nil)
	var plain, template store.Design
	changes := func(fn func(*store.Tx) error) bool {
		t.Helper()
		before := db.PublicVersion()
		write(t, db, fn)
		return db.PublicVersion() != before
	}
	for _, step := range []struct {
		name   string
		public bool
		fn     func(*store.Tx) error
	}{
		{"create design", false, func(tx *store.Tx) (err error) {
			plain, err = tx.CreateDesign(owner, unlimited, newDesign("plain"))
			return err
		}},
		{"create template", true, func(tx *store.Tx) (err error) {
			in := newDesign("template")
			in.IsTemplate = true
			template, err = tx.CreateDesign(owner, unlimited, in)
			return err
		}},
		{"rename design", false, func(tx *store.Tx) error {
			_, err := tx.UpdateDesign(owner, unlimited, plain.ID, store.DesignPatch{Name: ptr("x")}, 0)
			return err
		}},
		{"rename template", true, func(tx *store.Tx) error {
			_, err := tx.UpdateDesign(owner, unlimited, template.ID, store.DesignPatch{Name: ptr("x")}, 0)
			return err
		}},
		{"to template", true, func(tx *store.Tx) error {
			_, err := tx.UpdateDesign(owner, unlimited, plain.ID, store.DesignPatch{IsTemplate: ptr(true)}, 0)
			return err
		}},
		{"from template", true, func(tx *store.Tx) error {
			_, err := tx.UpdateDesign(owner, unlimited, plain.ID, store.DesignPatch{IsTemplate: ptr(false)}, 0)
			return err
		}},
		{"delete design", false, func(tx *store.Tx) error { return tx.DeleteDesign(owner, unlimited, plain.ID, 0) }},
		{"delete template", true, func(tx *store.Tx) error { return tx.DeleteDesign(owner, unlimited, template.ID, 0) }},
		{"put config", true, func(tx *store.Tx) error {
			_, _, err := tx.PutConfig(owner, unlimited, "1", store.ConfigPatch{Config: json.RawMessage(`{}`)}, 0)
			return err
		}},
		{"delete config", true, func(tx *store.Tx) error { return tx.DeleteConfig(owner, unlimited, "1", 0) }},
		{"count order", false, func(tx *store.Tx) error { return tx.CountOrder(unlimited) }},
	} {
		if got := changes(step.fn); got != step.public {
			t.Errorf("%s: public version changed: %v, want %v", step.name, got, step.public)
		}
	}
}
