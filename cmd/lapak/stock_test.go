package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/store/bucket"
	"lapak/store/bucket/buckettest"
)

const installLitestream = "go install github.com/benbjohnson/litestream/cmd/litestream@v0.5.18 (or: make test)"

// TestStockLitestream restores a shop with the stock program, by the
// litestream.yml that lapak prints: the newest state and one of the past, byte
// for byte what lapak's own restore writes.
func TestStockLitestream(t *testing.T) {
	t.Run("folder", func(t *testing.T) { testStock(t, t.TempDir(), "") })
	t.Run("s3", func(t *testing.T) {
		cfg := buckettest.S3(t)
		t.Setenv("AWS_ACCESS_KEY_ID", cfg.AccessKey)
		t.Setenv("AWS_SECRET_ACCESS_KEY", cfg.SecretKey)
		t.Setenv("AWS_CA_BUNDLE", "")
		testStock(t, t.TempDir(), s3Settings(t, cfg))
	})
}

// s3Settings writes a litestream.yml for a bucket.
func s3Settings(t *testing.T, cfg bucket.S3Config) string {
	t.Helper()
	target := "{type: s3, bucket: " + cfg.Bucket + ", endpoint: '" + cfg.Endpoint + "', region: " + cfg.Region + ", force-path-style: true, path: backups/"
	text := "dbs:\n  - dir: ${LAPAK_DATA}/tenants\n    pattern: '*.db'\n    recursive: true\n    replica: " + target + "tenants}\n" +
		"  - path: ${LAPAK_DATA}/catalog.db\n    replica: " + target + "catalog.db}\n"
	file := filepath.Join(t.TempDir(), "litestream.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func testStock(t *testing.T, data, settings string) {
	const name = "kopi.myshopify.com"
	t.Setenv("LAPAK_DATA", data)
	t.Setenv("LAPAK_LITESTREAM", settings)
	s := startServer(t, data)
	lapak(t, "shops", "create", name)
	key := strings.TrimSpace(lapak(t, "keys", "create", name))
	s.saveDesign(t, key, "first")
	s.settle(t, parseShop(t, name))
	at := time.Now().UTC()
	s.saveDesign(t, key, "second")
	s.settle(t, parseShop(t, name))

	dir := t.TempDir()
	yml := filepath.Join(dir, "stock.yml")
	if err := os.WriteFile(yml, []byte(lapak(t, "litestream", name)), 0o600); err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(data, "tenants", name, "0001.db")
	for i, moment := range []string{"now", at.Format(time.RFC3339Nano)} {
		ours, stock := filepath.Join(dir, "ours"+string(rune('0'+i))), filepath.Join(dir, "stock"+string(rune('0'+i)))
		lapak(t, "restore", name, "--at", moment, "-o", ours)
		args := []string{"restore", "-config", yml, "-o", stock}
		if moment != "now" {
			args = append(args, "-timestamp", moment)
		}
		stockLitestream(t, append(args, db)...)
		equalFiles(t, ours, stock)
	}
}

func stockLitestream(t *testing.T, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, buckettest.Tool(t, "litestream", installLitestream), args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AWS_CA_BUNDLE=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("litestream %v: %v: %s", args, err, out)
	}
}

func equalFiles(t *testing.T, a, b string) {
	t.Helper()
	left, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	right, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) == 0 || !bytes.Equal(left, right) {
		t.Errorf("%s has %d bytes, %s has %d: they differ", a, len(left), b, len(right))
	}
}
