package replica

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// Config is where the two kinds of databases are replicated to.
type Config struct {
	Source  string // the file it came from; "" is the embedded default
	Shops   Target // of the folder with the shops' files
	Catalog Target
}

// Target is one replica in Litestream's own terms.
type Target struct {
	Type           string `yaml:"type"` // file or s3
	URL            string `yaml:"url"`
	Path           string `yaml:"path"`
	Bucket         string `yaml:"bucket"`
	Endpoint       string `yaml:"endpoint"`
	Region         string `yaml:"region"`
	ForcePathStyle *bool  `yaml:"force-path-style"`
	AccessKey      string `yaml:"access-key-id"`
	SecretKey      string `yaml:"secret-access-key"`
}

type file struct {
	AccessKey string  `yaml:"access-key-id"`
	SecretKey string  `yaml:"secret-access-key"`
	DBs       []entry `yaml:"dbs"`
}

type entry struct {
	Path      string   `yaml:"path"`
	Dir       string   `yaml:"dir"`
	Pattern   string   `yaml:"pattern"`
	Recursive bool     `yaml:"recursive"`
	Watch     bool     `yaml:"watch"`
	Replica   *Target  `yaml:"replica"`
	Replicas  []Target `yaml:"replicas"`
}

// Default is the replica in a folder beside the data, for when nothing is
// configured.
func Default(data string) Config {
	dir := filepath.Join(data, "replica")
	return Config{
		Shops:   Target{Type: "file", Path: filepath.Join(dir, "tenants")},
		Catalog: Target{Type: "file", Path: filepath.Join(dir, "catalog.db")},
	}
}

// Load reads a litestream.yml with one `dir:` entry, the folder tenants in data,
// and one `path:` entry, catalog.db in data. ${VAR} is replaced by getenv's
// answer; an unset or empty variable is an error, as it once made several
// databases of a provider share one path.
func Load(path, data string, getenv func(string) string) (Config, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, fmt.Errorf("replication settings: %s does not exist", path)
	} else if err != nil {
		return Config{}, fmt.Errorf("replication settings: %w", err)
	}
	cfg, err := parse(raw, data, getenv)
	if err != nil {
		return Config{}, fmt.Errorf("replication settings: %s: %w", path, err)
	}
	cfg.Source = path
	return cfg, nil
}

func parse(raw []byte, data string, getenv func(string) string) (Config, error) {
	var cfg Config
	text, err := expand(raw, getenv)
	if err != nil {
		return cfg, err
	}
	var f file
	dec := yaml.NewDecoder(strings.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil {
		return cfg, err
	}
	seen := map[bool]bool{}
	for i, e := range f.DBs {
		t, isDir, err := e.target(data)
		if err != nil {
			return cfg, fmt.Errorf("dbs entry %d: %w", i+1, err)
		}
		if seen[isDir] {
			return cfg, fmt.Errorf("dbs entry %d: a second entry of the same kind", i+1)
		}
		seen[isDir] = true
		if t.AccessKey == "" {
			t.AccessKey, t.SecretKey = f.AccessKey, f.SecretKey
		}
		if isDir {
			cfg.Shops = t
		} else {
			cfg.Catalog = t
		}
	}
	if !seen[true] || !seen[false] {
		return cfg, errors.New("it needs one dir: entry for the shops and one path: entry for the catalog")
	}
	return cfg, nil
}

// variable matches ${NAME} and $NAME, which Litestream expands too.
var variable = regexp.MustCompile(`\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*))`)

func expand(raw []byte, getenv func(string) string) (string, error) {
	var missing error
	var lines []string
	for line := range strings.Lines(string(raw)) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			line = variable.ReplaceAllStringFunc(line, func(m string) string {
				name := strings.Trim(m, "${}")
				v := getenv(name)
				if v == "" && missing == nil {
					missing = fmt.Errorf("variable %s is not set or empty", name)
				}
				return v
			})
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ""), missing
}

func (e entry) target(data string) (t Target, isDir bool, err error) {
	switch {
	case e.Path != "" && e.Dir != "" || e.Path == "" && e.Dir == "":
		return t, false, errors.New("give either path: or dir:")
	case e.Dir != "":
		isDir, err = true, mustBe("dir", e.Dir, filepath.Join(data, "tenants"))
	default:
		err = mustBe("path", e.Path, filepath.Join(data, "catalog.db"))
	}
	if err != nil {
		return t, isDir, err
	}
	switch {
	case e.Replica != nil && len(e.Replicas) == 0:
		t = *e.Replica
	case e.Replica == nil && len(e.Replicas) == 1:
		t = e.Replicas[0]
	default:
		return t, isDir, errors.New("give one replica")
	}
	return t, isDir, t.normalize()
}

func mustBe(field, got, want string) error {
	g, err := filepath.Abs(got)
	if err != nil {
		return err
	}
	w, err := filepath.Abs(want)
	if err == nil && g != w {
		err = fmt.Errorf("%s: is %s, but the data folder has %s", field, g, w)
	}
	return err
}

// normalize reads url: into the single fields and checks them.
func (t *Target) normalize() error {
	if t.URL != "" {
		u, err := url.Parse(t.URL)
		if err != nil {
			return fmt.Errorf("url: %w", err)
		}
		q := u.Query()
		t.Type, t.Bucket, t.Path = u.Scheme, u.Host, strings.Trim(u.Path, "/")
		t.Endpoint, t.Region = q.Get("endpoint"), q.Get("region")
		if v := q.Get("force-path-style"); v != "" {
			pathStyle := v == "true"
			t.ForcePathStyle = &pathStyle
		}
		if t.Type == "file" {
			t.Path = u.Host + u.Path
		}
		t.URL = ""
	}
	switch t.Type {
	case "", "file":
		t.Type = "file"
		if t.Path == "" {
			return errors.New("path: is empty")
		}
	case "s3":
		if t.Bucket == "" {
			return errors.New("bucket: is empty")
		}
		t.Path = strings.Trim(t.Path, "/")
		if t.Path == "" {
			return errors.New("path: is empty; a shared bucket needs one")
		}
	default:
		return fmt.Errorf("type %q is not supported; use file or s3", t.Type)
	}
	return nil
}
