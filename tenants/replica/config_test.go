package replica

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/store/bucket"
)

const goodYAML = `
# ${COMMENTED} is not looked at
access-key-id: ${KEY}
secret-access-key: $SECRET   # nor is ${THIS}
dbs:
  - dir: /data/tenants
    pattern: "*.db"
    recursive: true
    replica:
      type: s3
      bucket: backups
      path: lapak/${ENV}/tenants
      endpoint: http://minio:9000
      region: eu-1
  - path: /data/catalog.db
    replicas:
      - url: s3://backups/lapak/${ENV}/catalog.db?endpoint=http://minio:9000&region=eu-1&force-path-style=false
        access-key-id: other
        secret-access-key: 'own: ${SECRET}'
`

var testEnv = map[string]string{"KEY": "AKIA", "SECRET": "s3cr3t: #\"'${ENV}\nx", "ENV": "prod", "EMPTY": ""}

func env(name string) string { return testEnv[name] }

func TestParseGood(t *testing.T) {
	cfg, err := parse([]byte(goodYAML), "/data", env)
	if err != nil {
		t.Fatal(err)
	}
	no := false
	want := Target{Type: "s3", Bucket: "backups", Path: "lapak/prod/tenants", Endpoint: "http://minio:9000",
		Region: "eu-1", AccessKey: "AKIA", SecretKey: testEnv["SECRET"]}
	if cfg.Shops != want {
		t.Errorf("shops %#v, want %#v", cfg.Shops, want)
	}
	pathStyle := cfg.Catalog.ForcePathStyle
	cfg.Catalog.ForcePathStyle = nil
	want.Path, want.AccessKey, want.SecretKey = "lapak/prod/catalog.db", "other", "own: "+testEnv["SECRET"]
	if cfg.Catalog != want || pathStyle == nil || *pathStyle != no {
		t.Errorf("catalog %#v, path style %v; want %#v", cfg.Catalog, pathStyle, want)
	}
}

// edited is the good file with one text replaced by another.
func edited(t *testing.T, from, to string) string {
	t.Helper()
	if !strings.Contains(goodYAML, from) {
		t.Fatalf("%q is not in the file", from)
	}
	return strings.Replace(goodYAML, from, to, 1)
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"an unset variable", "lapak/${ENV}/tenants", "lapak/${NOPE}/tenants", "variable NOPE is not set or empty"},
		{"an empty variable", "lapak/${ENV}/tenants", "$EMPTY", "variable EMPTY is not set or empty"},
		{"no name", "lapak/${ENV}/tenants", "lapak/${}", "is not set or empty"},
		{"an unset variable where all is ignored", "dbs:", "addr: ${NOPE}\ndbs:", "variable NOPE"},
		{"another folder", "dir: /data/tenants", "dir: /other/tenants", "the data folder has /data/tenants"},
		{"another catalog", "path: /data/catalog.db", "path: /data/c.db", "the data folder has /data/catalog.db"},
		{"a second folder", "path: /data/catalog.db", "dir: /data/tenants", "second entry of the same kind"},
		{"both kinds in one", "dir: /data/tenants", "dir: /data/tenants\n    path: /data/catalog.db", "either path: or dir:"},
		{"a pattern without the files", `"*.db"`, `"*.sqlite"`, "leaves the shops' files out"},
		{"two replicas", "replicas:", "replica: {type: file, path: /x}\n    replicas:", "give one replica"},
		{"no bucket", "bucket: backups", "bucket: ''", "bucket: is empty"},
		{"no path", "path: lapak/${ENV}/tenants", "path: /", "path: is empty"},
		{"a path of dots", "path: lapak/${ENV}/tenants", "path: lapak/../tenants", "path: "},
		{"another type", "type: s3", "type: gs", `"gs" is not supported`},
		{"a catalog among the shops", "lapak/${ENV}/tenants", "lapak", "must not be in each other"},
		{"shops in the catalog", "lapak/${ENV}/tenants", "lapak/prod/catalog.db/shops", "must not be in each other"},
		{"an unknown key", "type: s3", "type: s3\n      sse-kms-key-id: x", "sse-kms-key-id: is not supported by Lapak"},
		{"a program to run", "dbs:", "exec: ./app\ndbs:", "exec: is not supported by Lapak"},
		{"a parameter", "&region=eu-1", "&storage-class=GLACIER", `parameter "storage-class" is not supported`},
		{"keys in the url", "s3://backups", "s3://AKIA:s3cr3t@backups", "keys do not belong there"},
		{"keys in the endpoint", "endpoint: http://", "endpoint: http://AKIA:s3cr3t@", "keys do not belong there"},
		{"url and path", "- url:", "- path: x\n        url:", "either url: or"},
		{"half a key", "        access-key-id: other\n", "", "or neither"},
		{"a path style", "region: eu-1\n", "region: eu-1\n      force-path-style: s3cr3t\n", "must be true or false"},
		{"more than is kept", "dbs:", "snapshot: {retention: 8760h}\ndbs:", "kept for 720h"},
		{"level 0 for longer", "dbs:", "l0-retention: 48h\ndbs:", "kept for 24h"},
		{"no pruning", "dbs:", "retention: {enabled: false}\ndbs:", "cannot be switched off"},
		{"two documents", "dbs:", "---\ndbs:", "one YAML document"},
		{"no YAML", "dbs:", "dbs: [", "yaml"},
	} {
		_, err := parse([]byte(edited(t, c.from, c.to)), "/data", env)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: the error tells a secret: %v", c.name, err)
		}
	}
	for name, text := range map[string]string{"empty": "", "nothing": "dbs: []", "no replica": "dbs: [{dir: /data/tenants, replicas: [null]}]"} {
		if _, err := parse([]byte(text), "/data", env); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Settings of the stock daemon that ask for no more than Lapak does are no error.
func TestParseIgnores(t *testing.T) {
	for _, c := range []struct{ from, to string }{
		{"dbs:", "addr: ':9090'\nmcp-addr: ':3001'\nsocket: {enabled: true}\nlogging: {level: debug, type: json}\ndbs:"},
		{"dbs:", "levels: [{interval: 30s}, {interval: 5m}]\nl0-retention: 5m\nl0-retention-check-interval: 15s\nsnapshot: {interval: 24h, retention: 720h}\ndbs:"},
		{"dbs:", "validation: {interval: 1h}\nverify-compaction: true\nshutdown-sync-timeout: 30s\nretention: {enabled: true}\ndbs:"},
		{"recursive: true", "recursive: true\n    watch: true\n    monitor-interval: 1s\n    busy-timeout: 1s\n    snapshot: {retention: 24h}"},
		{"type: s3", "type: s3\n      sync-interval: 1s\n      part-size: 8MB\n      concurrency: 4\n      name: old"},
	} {
		got, err := parse([]byte(edited(t, c.from, c.to)), "/data", env)
		want, _ := parse([]byte(goodYAML), "/data", env)
		if err != nil || got.Shops != want.Shops || got.Catalog.String() != want.Catalog.String() {
			t.Errorf("%s: %+v, %v", c.to, got, err)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "litestream.yml")
	if _, err := Load(path, dir, env); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("no file: %v", err)
	}
	if _, err := Load(dir, dir, env); err == nil {
		t.Error("a folder was read")
	}
	text := fmt.Sprintf("dbs:\n  - dir: %s/tenants\n    replica: {url: 'file://%s/r/tenants'}\n  - path: %s/./catalog.db\n    replica: {path: %s/r/catalog.db}\n", dir, dir, dir, dir)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := Load(path, dir, env)
	if err != nil {
		t.Fatal(err)
	}
	want := Config{Source: path, Shops: Target{Type: "file", Path: dir + "/r/tenants"}, Catalog: Target{Type: "file", Path: dir + "/r/catalog.db"}}
	if cfg != want {
		t.Errorf("%+v, want %+v", cfg, want)
	}
	if d := Default(dir); d.apart() != nil || d.Source != "" {
		t.Errorf("default %+v", d)
	}
}

func TestSecretsStayInside(t *testing.T) {
	cfg, err := parse([]byte(goodYAML), "/data", env)
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	yaml, err := cfg.StockYAML("/data/catalog.db", []File{{Path: "/data/tenants/a/0001.db", Name: "a/0001.db"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{cfg.Shops.String(), fmt.Sprintf("%v %+v", cfg, &cfg.Catalog), string(asJSON), string(yaml)} {
		if strings.Contains(text, "s3cr3t") || strings.Contains(text, "AKIA") {
			t.Errorf("a key is told: %s", text)
		}
	}
	if !strings.Contains(string(yaml), "path: lapak/prod/tenants/a/0001.db") {
		t.Errorf("%s", yaml)
	}
}

func TestKeysFromTheEnvironment(t *testing.T) {
	vars := map[string]string{"AWS_ACCESS_KEY_ID": "aws", "AWS_SECRET_ACCESS_KEY": "aws-s",
		"LITESTREAM_ACCESS_KEY_ID": "ls", "LITESTREAM_SECRET_ACCESS_KEY": "ls-s"}
	getenv := func(name string) string { return vars[name] }
	check := func(t2 Target, access, secret string) {
		t.Helper()
		if c := t2.s3(getenv); c.AccessKey != access || c.SecretKey != secret {
			t.Errorf("keys %s, %s; want %s, %s", c.AccessKey, c.SecretKey, access, secret)
		}
	}
	check(Target{AccessKey: "own", SecretKey: "own-s"}, "own", "own-s")
	check(Target{}, "ls", "ls-s")
	delete(vars, "LITESTREAM_ACCESS_KEY_ID")
	check(Target{}, "aws", "aws-s")
}

func TestEmptyReplica(t *testing.T) {
	s, _ := newSet(t)
	if _, _, err := s.Find(t.Context(), "shop/0001.db", time.Now()); !errors.Is(err, ErrNoBackup) {
		t.Errorf("Find: %v", err)
	}
	if _, err := s.First(t.Context(), "shop/0001.db"); !errors.Is(err, ErrNoBackup) {
		t.Errorf("First: %v", err)
	}
	file := filepath.Join(t.TempDir(), "r.db")
	for _, point := range []uint64{0, 7} {
		if err := s.Restore(t.Context(), "shop/0001.db", point, file); !errors.Is(err, ErrNoBackup) {
			t.Errorf("Restore: %v", err)
		}
	}
	if line, err := s.Timeline(t.Context(), "shop/0001.db"); err != nil || len(line.Stretches) != 0 {
		t.Errorf("Timeline: %+v, %v", line, err)
	}
	if next := maintain(t, s, time.Now()); !next.IsZero() {
		t.Errorf("due at %s", next)
	}
	if err := s.DeleteAll(t.Context(), "shop/0001.db"); err != nil {
		t.Error(err)
	}
	if err := s.DeleteAll(t.Context(), ""); err == nil {
		t.Error("everything was deleted")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(goodYAML)
	f.Add("dbs: [{dir: /data/tenants, replica: {path: /r}}, {path: /data/catalog.db, replicas: [null]}]")
	f.Add("dbs:\n- &a {dir: /data/tenants}\n- *a\n")
	f.Add("a: ${")
	f.Fuzz(func(t *testing.T, text string) {
		cfg, err := parse([]byte(text), "/data", env)
		if err != nil {
			return
		}
		for _, target := range []Target{cfg.Shops, cfg.Catalog} {
			if target.Path == "" || target.Type == "s3" && (target.Bucket == "" || bucket.CheckKey(target.Path) != nil) {
				t.Errorf("accepted %#v", target)
			}
		}
		if _, err := cfg.StockYAML("/data/catalog.db", nil); err != nil {
			t.Error(err)
		}
	})
}
