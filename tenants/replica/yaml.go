package replica

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"lapak/store/bucket"
)

// document is a litestream.yml. All text stays as it is written until it was
// parsed; only then are variables replaced, so that no value can change the
// file's structure or turn up in a parser's error.
type document struct {
	AccessKey string  `yaml:"access-key-id"`
	SecretKey string  `yaml:"secret-access-key"`
	DBs       []entry `yaml:"dbs"`

	// Lapak has levels and times of its own. Who asks for no more than it keeps
	// anyway gets it; who asks for more must hear that it is not kept.
	Levels      any           `yaml:"levels"`
	L0Retention time.Duration `yaml:"l0-retention"`
	Snapshot    stockSnapshot `yaml:"snapshot"`
	Retention   struct {
		Enabled *bool `yaml:"enabled"`
	} `yaml:"retention"`

	// How the stock daemon serves, logs, checks and stops: nothing to Lapak.
	Addr                 any `yaml:"addr"`
	Socket               any `yaml:"socket"`
	MCPAddr              any `yaml:"mcp-addr"`
	Logging              any `yaml:"logging"`
	Validation           any `yaml:"validation"`
	VerifyCompaction     any `yaml:"verify-compaction"`
	L0RetentionInterval  any `yaml:"l0-retention-check-interval"`
	ShutdownTimeout      any `yaml:"shutdown-timeout"`
	ShutdownSyncTimeout  any `yaml:"shutdown-sync-timeout"`
	ShutdownSyncInterval any `yaml:"shutdown-sync-interval"`
}

type stockSnapshot struct {
	Interval  any           `yaml:"interval"`
	Retention time.Duration `yaml:"retention"`
}

type entry struct {
	Path     string          `yaml:"path"`
	Dir      string          `yaml:"dir"`
	Pattern  string          `yaml:"pattern"`
	Replica  *replicaEntry   `yaml:"replica"`
	Replicas []*replicaEntry `yaml:"replicas"`
	Snapshot stockSnapshot   `yaml:"snapshot"`

	// All shops' files are replicated, and in Lapak's rhythm.
	Recursive          any `yaml:"recursive"`
	Watch              any `yaml:"watch"`
	MonitorInterval    any `yaml:"monitor-interval"`
	CheckpointInterval any `yaml:"checkpoint-interval"`
	BusyTimeout        any `yaml:"busy-timeout"`
	MinCheckpointPageN any `yaml:"min-checkpoint-page-count"`
	TruncatePageN      any `yaml:"truncate-page-n"`
	MaxSyncWALBytes    any `yaml:"max-sync-wal-bytes"`
}

type replicaEntry struct {
	Type           string `yaml:"type"`
	URL            string `yaml:"url"`
	Path           string `yaml:"path"`
	Bucket         string `yaml:"bucket"`
	Endpoint       string `yaml:"endpoint"`
	Region         string `yaml:"region"`
	ForcePathStyle string `yaml:"force-path-style"`
	AccessKey      string `yaml:"access-key-id"`
	SecretKey      string `yaml:"secret-access-key"`

	Name               any `yaml:"name"` // deprecated there
	SyncInterval       any `yaml:"sync-interval"`
	ValidationInterval any `yaml:"validation-interval"`
	MaxSyncLTXFiles    any `yaml:"max-sync-ltx-files"`
	PartSize           any `yaml:"part-size"`
	Concurrency        any `yaml:"concurrency"`
}

func decode(raw []byte, getenv func(string) string) (*document, error) {
	var tree yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&tree); errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty")
	} else if err != nil {
		return nil, err
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("it must be one YAML document")
	}
	if err := variablesSet(&tree, getenv); err != nil {
		return nil, err
	}
	var d document
	dec = yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&d); err != nil {
		return nil, plain(err)
	}
	for _, field := range d.texts() {
		*field = variable.ReplaceAllStringFunc(*field, func(m string) string { return getenv(strings.Trim(m, "${}")) })
	}
	return &d, nil
}

// variable matches ${NAME} and $NAME, which Litestream expands too.
var variable = regexp.MustCompile(`\$(?:\{[^}]*\}|[A-Za-z_][A-Za-z0-9_]*)`)

// variablesSet looks at every value, also those that are ignored.
func variablesSet(n *yaml.Node, getenv func(string) string) error {
	if n.Kind == yaml.ScalarNode {
		for _, m := range variable.FindAllString(n.Value, -1) {
			if name := strings.Trim(m, "${}"); name == "" || getenv(name) == "" {
				return fmt.Errorf("line %d: variable %s is not set or empty", n.Line, name)
			}
		}
	}
	for _, child := range n.Content {
		if err := variablesSet(child, getenv); err != nil {
			return err
		}
	}
	return nil
}

var unknownField = regexp.MustCompile(`field (\S+) not found in type \S+`)

// plain speaks of keys instead of Go's types.
func plain(err error) error {
	var te *yaml.TypeError
	if !errors.As(err, &te) {
		return err
	}
	lines := make([]string, len(te.Errors))
	for i, line := range te.Errors {
		lines[i] = unknownField.ReplaceAllString(line, "$1: is not supported by Lapak")
	}
	return errors.New(strings.Join(lines, "; "))
}

// texts are the fields in which variables are replaced.
func (d *document) texts() []*string {
	all := []*string{&d.AccessKey, &d.SecretKey}
	for i := range d.DBs {
		e := &d.DBs[i]
		all = append(all, &e.Path, &e.Dir, &e.Pattern)
		for _, r := range append([]*replicaEntry{e.Replica}, e.Replicas...) {
			if r != nil {
				all = append(all, &r.Type, &r.URL, &r.Path, &r.Bucket, &r.Endpoint, &r.Region,
					&r.ForcePathStyle, &r.AccessKey, &r.SecretKey)
			}
		}
	}
	return all
}

// check refuses to be asked for more than is kept.
func (d *document) check() error {
	p := DefaultPolicy()
	if d.Retention.Enabled != nil && !*d.Retention.Enabled {
		return errors.New("retention: Lapak prunes backups itself; it cannot be switched off")
	}
	if d.L0Retention > p.Exact {
		return fmt.Errorf("l0-retention: every point is kept for %s, not for %s", p.Exact, d.L0Retention)
	}
	snapshots := []stockSnapshot{d.Snapshot}
	for _, e := range d.DBs {
		snapshots = append(snapshots, e.Snapshot)
	}
	for _, s := range snapshots {
		if s.Retention > p.Hours {
			return fmt.Errorf("snapshot: backups are kept for %s, not for %s", p.Hours, s.Retention)
		}
	}
	return nil
}

func (r *replicaEntry) target() (Target, error) {
	if r == nil {
		return Target{}, errors.New("replica: is empty")
	}
	t := Target{
		Type: r.Type, Path: r.Path, Bucket: r.Bucket, Endpoint: r.Endpoint, Region: r.Region,
		AccessKey: r.AccessKey, SecretKey: r.SecretKey,
	}
	if r.ForcePathStyle != "" {
		if err := t.setPathStyle(r.ForcePathStyle); err != nil {
			return t, err
		}
	}
	if r.URL != "" {
		if r.Type != "" || r.Path != "" || r.Bucket != "" {
			return t, errors.New("url: give either url: or type:, bucket: and path:")
		}
		if err := t.parseURL(r.URL); err != nil {
			return t, fmt.Errorf("url: %w", err)
		}
	}
	return t, t.check()
}

func (t *Target) setPathStyle(value string) error {
	b, err := strconv.ParseBool(value)
	if err != nil {
		return errors.New("force-path-style: must be true or false")
	}
	t.ForcePathStyle = &b
	return nil
}

// parseURL reads file:///FOLDER or s3://BUCKET/PATH?endpoint=&region=&force-path-style=.
// Its errors do not repeat the text, which might hold a key.
func (t *Target) parseURL(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return errors.New("it cannot be read")
	}
	if u.User != nil {
		return errors.New("keys do not belong there; use access-key-id and secret-access-key")
	}
	t.Type, t.Bucket, t.Path = u.Scheme, u.Host, strings.Trim(u.Path, "/")
	if t.Type == "file" {
		t.Bucket, t.Path = "", u.Host+u.Path
	}
	for key, values := range u.Query() {
		switch v := values[0]; key {
		case "endpoint":
			t.Endpoint = v
		case "region":
			t.Region = v
		case "force-path-style", "forcePathStyle":
			if err := t.setPathStyle(v); err != nil {
				return err
			}
		default:
			return fmt.Errorf("parameter %q is not supported by Lapak", key)
		}
	}
	return nil
}

func (t *Target) check() error {
	switch t.Type {
	case "", "file":
		t.Type = "file"
		if t.Path == "" {
			return errors.New("path: is empty")
		}
		t.Path = filepath.Clean(t.Path)
		return badPath(filepath.Base(t.Path))
	case "s3":
		if t.Bucket == "" {
			return errors.New("bucket: is empty")
		}
		t.Path = strings.Trim(t.Path, "/")
		if t.Path == "" {
			return errors.New("path: is empty; a shared bucket needs one")
		}
		if err := t.checkEndpoint(); err != nil {
			return err
		}
		return badPath(t.Path)
	}
	return fmt.Errorf("type: %q is not supported; use file or s3", t.Type)
}

func badPath(path string) error {
	if err := bucket.CheckKey(path); err != nil {
		return fmt.Errorf("path: %w", err)
	}
	return nil
}

func (t *Target) checkEndpoint() error {
	if u, err := url.Parse(t.Endpoint); strings.Contains(t.Endpoint, "@") || err == nil && u.User != nil {
		return errors.New("endpoint: keys do not belong there; use access-key-id and secret-access-key")
	}
	return nil
}

// useKeys takes the file's keys where the replica has none of its own.
func (t *Target) useKeys(access, secret string) error {
	if t.AccessKey == "" && t.SecretKey == "" {
		t.AccessKey, t.SecretKey = access, secret
	}
	if (t.AccessKey == "") != (t.SecretKey == "") {
		return errors.New("give access-key-id and secret-access-key, or neither")
	}
	return nil
}
