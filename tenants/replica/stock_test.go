package replica

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/store/bucket/buckettest"
)

// What Lapak writes, the stock command restores, byte for byte, with nothing but
// the configuration that StockYAML makes.
func TestStockCommandRestores(t *testing.T) {
	t.Parallel()
	program := buckettest.Tool(t, "litestream", "go install github.com/benbjohnson/litestream/cmd/litestream@v0.5.18")
	for _, kind := range []string{"file", "s3"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			target, env := stockTarget(t, kind)
			s, err := target.Open(func(string) string { return "" })
			if err != nil {
				t.Fatal(err)
			}
			defer s.Bucket.Close()
			testStock(t, program, Config{Shops: target, Catalog: target}, s, env)
		})
	}
}

func stockTarget(t *testing.T, kind string) (Target, []string) {
	t.Helper()
	if kind == "file" {
		return Target{Type: "file", Path: filepath.Join(t.TempDir(), "replica", "tenants")}, nil
	}
	s3 := buckettest.S3(t)
	return Target{
		Type: "s3", Bucket: s3.Bucket, Path: "lapak/tenants", Endpoint: s3.Endpoint, Region: s3.Region,
		AccessKey: s3.AccessKey, SecretKey: s3.SecretKey,
	}, []string{"AWS_ACCESS_KEY_ID=" + s3.AccessKey, "AWS_SECRET_ACCESS_KEY=" + s3.SecretKey}
}

func testStock(t *testing.T, program string, cfg Config, s *Set, env []string) {
	f := newFile(t)
	l := f.live(s)
	now := time.Now().Truncate(time.Minute)
	var wishes []time.Time
	for i, ago := range []time.Duration{3000, 2990, 2000, 1999, 120, 90, 3, 2, 1} {
		at := now.Add(-ago*time.Minute + time.Duration(i)*time.Second)
		f.writeAt(at, 5000)
		sync1(t, l)
		wishes = append(wishes, at.Add(time.Second))
	}
	f.close(l)
	yaml, err := cfg.StockYAML("/data/catalog.db", []File{{Path: f.path, Name: "shop/0001.db"}})
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "litestream.yml")
	if err := os.WriteFile(config, yaml, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, maintained := range []bool{false, true} {
		if maintained {
			maintain(t, s, now)
			if got := len(keys(t, s, 1)); got == 0 {
				t.Fatal("nothing was merged")
			}
		}
		sameRestore(t, program, config, env, s, f.path, time.Time{})
		for _, wish := range wishes {
			sameRestore(t, program, config, env, s, f.path, wish)
		}
	}
}

func sameRestore(t *testing.T, program, config string, env []string, s *Set, db string, wish time.Time) {
	t.Helper()
	dir := t.TempDir()
	ours, theirs := filepath.Join(dir, "ours.db"), filepath.Join(dir, "theirs.db")
	var point uint64
	args := []string{"restore", "-config", config, "-o", theirs}
	if !wish.IsZero() {
		at, _, err := s.Find(t.Context(), "shop/0001.db", wish)
		if err != nil {
			t.Fatal(err)
		}
		point = at.ID
		args = append(args, "-timestamp", wish.UTC().Format(time.RFC3339Nano))
	}
	if err := s.Restore(t.Context(), "shop/0001.db", point, ours); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, append(args, db)...)
	cmd.Env = append(plainEnv(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("litestream %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	wantEqualFiles(t, ours, theirs)
}

// plainEnv leaves out what the stock S3 client cannot start with.
func plainEnv() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "AWS_") && !strings.HasPrefix(e, "LITESTREAM_") {
			env = append(env, e)
		}
	}
	return env
}
