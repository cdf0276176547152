package tenants

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/bucket"
	"lapak/store/catalog"
	"lapak/store/sqlite"
	"lapak/tenants/bundle"
)

// upload stores an image and the row that names it.
func upload(t testing.TB, p *Pool, shop store.Shop, content []byte) store.Asset {
	t.Helper()
	sum := sha256.Sum256(content)
	object := "gallery/" + hex.EncodeToString(sum[:]) + ".png"
	if _, err := p.Assets().Put(t.Context(), shop.String()+"/"+object, bytes.NewReader(content), int64(len(content)), bucket.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	var a store.Asset
	err = l.Write(t.Context(), "upload", func(tx *store.Tx) (err error) {
		a, err = tx.CreateAsset(store.By{}, l.Terms(), store.NewAsset{Type: "gallery", ContentType: "image/png", Object: object, Size: int64(len(content))})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// noise cannot be packed.
func noise(n int) []byte {
	out := make([]byte, 0, n+sha256.Size)
	for sum := sha256.Sum256([]byte("noise")); len(out) < n; sum = sha256.Sum256(sum[:]) {
		out = append(out, sum[:]...)
	}
	return out[:n]
}

// token is what no export may hold.
const token = "TOKEN-of-a-session-that-stays-at-home"

// furnished is a shop with something in every part.
func furnished(t testing.TB, p *Pool, label string) store.Shop {
	t.Helper()
	shop := shopName(t, label)
	if _, err := p.Create(t.Context(), shop, "pro"); err != nil {
		t.Fatal(err)
	}
	setShop(t, p, shop, "timezone=Asia/Jakarta", "currency=IDR", "language=id", "primaryColor=#aa11bb", "logoUrl=https://x.test/a?b&c",
		"customDomain=designs.example.com", "alertEmails=a@x.test", "maxDesigns=7")
	for _, name := range []string{"one", "two"} {
		save(t, p, shop, name)
	}
	upload(t, p, shop, []byte("png"))
	upload(t, p, shop, bytes.Repeat([]byte("large"), smallObject/4))
	drop(t, p, shop, upload(t, p, shop, []byte("thrown away")), time.Now())
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	err = l.Write(t.Context(), "furnish", func(tx *store.Tx) error {
		d, err1 := tx.CreateDesign(store.By{}, l.Terms(), store.NewDesign{ProductID: "2", Name: "gone", DesignJSON: []byte(`{"gone":1}`)})
		err2 := tx.DeleteDesign(store.By{}, l.Terms(), d.ID, 0)
		_, _, err3 := tx.PutConfig(store.By{}, l.Terms(), "1", store.ConfigPatch{Config: []byte(`{"a":1}`)}, 0)
		err4 := tx.StoreSession(store.Session{ID: "offline_x", AccessToken: []byte(token)})
		return errors.Join(err1, err2, err3, err4, tx.CountOrder(l.Terms()))
	})
	if err != nil {
		t.Fatal(err)
	}
	return shop
}

func setShop(t testing.TB, p *Pool, shop store.Shop, settings ...string) {
	t.Helper()
	var changes []catalog.Change
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		changes = append(changes, catalog.Change{Key: key, Value: value})
	}
	if _, _, err := p.Catalog().SetShop(t.Context(), shop, changes, catalog.Operator); err != nil {
		t.Fatal(err)
	}
}

func exported(t testing.TB, p *Pool, shop store.Shop) ([]byte, Exported) {
	t.Helper()
	var out bytes.Buffer
	done, err := p.Export(t.Context(), shop, operator, &out)
	if err != nil {
		t.Fatal(err)
	}
	if done.Bytes != int64(out.Len()) {
		t.Errorf("%d bytes, it says %d", out.Len(), done.Bytes)
	}
	return out.Bytes(), done
}

func scratchFile(t testing.TB) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// unpack is what a bundle holds, by name.
func unpack(t testing.TB, raw []byte) (m bundle.Manifest, parts map[string][]byte) {
	t.Helper()
	b, err := bundle.NewReader(bytes.NewReader(raw), scratchFile(t), bundle.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	parts = map[string][]byte{}
	for {
		e, r, err := b.Next()
		if errors.Is(err, io.EOF) {
			return b.Manifest(), parts
		}
		if err != nil {
			t.Fatal(err)
		}
		if parts[e.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// rows is each table of a file as text.
func rows(t testing.TB, path string) map[string]string {
	t.Helper()
	db := store.Open(path, store.Options{})
	defer db.Close()
	dump := map[string]string{}
	err := db.DB.Snapshot(t.Context(), "test", func(c *sqlite.Conn) error {
		var tables []string
		err := c.Query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_litestream%' ESCAPE '\\'", nil, func(r *sqlite.Row) error {
			tables = append(tables, r.Text(0))
			return nil
		})
		for _, table := range tables {
			columns, countErr := c.Int("SELECT count(*) FROM pragma_table_info(?1)", table)
			err = errors.Join(err, countErr, c.Query(`SELECT * FROM "`+table+`" NOT INDEXED`, nil, func(r *sqlite.Row) error {
				for i := range int(columns) {
					dump[table] += fmt.Sprintf("%T %q|", r.Value(i), fmt.Sprint(r.Value(i)))
				}
				dump[table] += "\n"
				return nil
			}))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dump
}

func TestExportHoldsAllButSessions(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := furnished(t, p, "toko")
	raw, done := exported(t, p, shop)
	m, parts := unpack(t, raw)
	if m.Shop != shop.String() || m.Epoch != 1 || m.Schema != 1 || m.ObjectCount != 3 || m.State != "active" || m.Config["plan"] != "pro" ||
		m.Config["timezone"] != "Asia/Jakarta" || m.Config["primaryColor"] != "#aa11bb" || m.Limits["maxDesigns"] != "7" || len(m.Limits) != 1 {
		t.Errorf("manifest: %+v", m)
	}
	if m.Tables["designs"] != 2 || m.Tables["sessions"] != 0 || m.Tables["trash"] != 2 || done.Objects != 3 || done.At.IsZero() {
		t.Errorf("tables: %+v, %+v", m.Tables, done)
	}
	if len(parts) != 4 {
		t.Errorf("%d parts", len(parts))
	}
	db := parts[bundle.DatabaseName]
	for _, secret := range []string{token, "offline_x", "_litestream_"} {
		if bytes.Contains(db, []byte(secret)) {
			t.Errorf("the database holds %q", secret)
		}
	}
	wantAudit(t, p, shop, "EXPORT", operator.UserID)
	if left, err := os.ReadDir(p.transferDir()); err != nil || len(left) > 0 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
}

func wantAudit(t testing.TB, p *Pool, shop store.Shop, action, user string) {
	t.Helper()
	l, err := p.Acquire(t.Context(), shop)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	err = l.Read(t.Context(), "test", func(v *store.View) error {
		entries, _, err := v.AuditLog(store.AuditFilter{Action: action}, store.Page{})
		if err == nil && (len(entries) != 1 || entries[0].UserID == nil || *entries[0].UserID != user) {
			t.Errorf("%s in the audit log: %+v", action, entries)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestExportIsOneMoment exports while two designs are always saved together.
func TestExportIsOneMoment(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	shop := shopName(t, "toko")
	if _, err := p.Create(t.Context(), shop, "enterprise"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	written, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() { ended <- saveInPairs(ctx, p, shop, written) }()
	for range 10 {
		<-written
		raw, _ := exported(t, p, shop)
		m, parts := unpack(t, raw)
		path := filepath.Join(t.TempDir(), "shop.db")
		if err := os.WriteFile(path, parts[bundle.DatabaseName], 0o600); err != nil {
			t.Fatal(err)
		}
		err := prove(t.Context(), path, store.Seal{Shop: shop, UUID: m.UUID, Epoch: m.Epoch})
		if n := m.Tables["designs"]; err != nil || n == 0 || n%2 != 0 || m.Tables["design_json"] != n {
			t.Fatalf("%+v: %v", m.Tables, err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func saveInPairs(ctx context.Context, p *Pool, shop store.Shop, written chan<- struct{}) error {
	l, err := p.Acquire(context.WithoutCancel(ctx), shop)
	if err != nil {
		return err
	}
	defer l.Release()
	for ctx.Err() == nil {
		err := l.Write(context.WithoutCancel(ctx), "pair", func(tx *store.Tx) error {
			for range 2 {
				if _, err := tx.CreateDesign(store.By{}, l.Terms(), store.NewDesign{ProductID: "1", DesignJSON: []byte(`{"a":1}`)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		select {
		case written <- struct{}{}:
		default:
		}
	}
	return nil
}

// TestExportWithoutBytes: an image that the bucket has lost or changed is no part
// of any export.
func TestExportWithoutBytes(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	for name, spoil := range map[string]func(key string) error{
		"gone": func(key string) error { return p.Assets().Delete(t.Context(), key) },
		"shorter": func(key string) error {
			_, err := p.Assets().Put(t.Context(), key, strings.NewReader("pn"), 2, bucket.PutOptions{})
			return err
		},
		"changed": func(key string) error {
			_, err := p.Assets().Put(t.Context(), key, strings.NewReader("pnx"), 3, bucket.PutOptions{})
			return err
		},
	} {
		shop := shopName(t, name)
		if _, err := p.Create(t.Context(), shop, ""); err != nil {
			t.Fatal(err)
		}
		a := upload(t, p, shop, []byte("png"))
		if err := spoil(shop.String() + "/" + a.Object); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := p.Export(t.Context(), shop, operator, &out); !errors.Is(err, ErrNoBytes) || !strings.Contains(err.Error(), a.Object) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, err := os.ReadDir(p.transferDir()); err != nil || len(left) > 0 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
}

// TestExportAndErase: a shop that is erased while its export hangs is gone from the
// disk, and the export fails.
func TestExportAndErase(t *testing.T) {
	opt := eraseOptions(t, t.TempDir())
	p := openPool(t, opt)
	shop := furnished(t, p, "toko")
	upload(t, p, shop, noise(5<<20))
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		_, err := p.Export(context.Background(), shop, operator, w)
		ended <- errors.Join(err, w.CloseWithError(err))
	}()
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Erase(t.Context(), shop, operator); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(p.transferDir()); err != nil || len(left) > 0 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
	if _, err := io.Copy(io.Discard, r); err == nil {
		t.Error("the export of an erased shop came to a good end")
	}
	if err := <-ended; err == nil {
		t.Error("no error")
	}
}

func TestExportRefused(t *testing.T) {
	p := openPool(t, testOptions(t, t.TempDir()))
	if _, err := p.Export(t.Context(), shopName(t, "nobody"), operator, io.Discard); !errors.Is(err, ErrNoShop) {
		t.Errorf("%v", err)
	}
	shop := furnished(t, p, "toko")
	full := errors.New("no room")
	if _, err := p.Export(t.Context(), shop, operator, failingWriter{full}); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Export(ctx, shop, operator, io.Discard); !errors.Is(err, context.Canceled) && !errors.Is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
}

type failingWriter struct{ error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.error }

// allFiles are the files below the data folder, but for what the catalog's
// replication changes, with their sizes.
func allFiles(t testing.TB, dir string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || strings.Contains(path, "catalog.db") || strings.Contains(path, "/replica/.tmp") || strings.HasSuffix(path, "-shm") {
			return err
		}
		info, err := e.Info()
		if err == nil && !e.IsDir() {
			all = append(all, fmt.Sprintf("%s %d", path[len(dir):], info.Size()))
		} else if err == nil {
			all = append(all, path[len(dir):]+"/")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}
