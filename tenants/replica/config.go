package replica

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Config is where the two kinds of databases are replicated to.
type Config struct {
	Source  string // the file it came from; "" is the embedded default
	Shops   Target // of the folder with the shops' files
	Catalog Target
}

// Target is one replica in Litestream's own terms.
type Target struct {
	Type           string // file or s3
	Path           string // folder, or the objects' prefix
	Bucket         string
	Endpoint       string // "" is AWS
	Region         string
	ForcePathStyle *bool  // nil: with an endpoint of one's own
	AccessKey      string `json:"-"`
	SecretKey      string `json:"-"`
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
// databases of a provider share one path. What the stock daemon alone needs is
// ignored; what would change where or how backups are kept is refused.
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
	f, err := decode(raw, getenv)
	if err != nil {
		return cfg, err
	}
	if err := f.check(); err != nil {
		return cfg, err
	}
	seen := map[bool]bool{}
	for i, e := range f.DBs {
		t, isDir, err := e.target(data)
		if err == nil && seen[isDir] {
			err = errors.New("a second entry of the same kind")
		}
		if err == nil {
			err = t.useKeys(f.AccessKey, f.SecretKey)
		}
		if err != nil {
			return cfg, fmt.Errorf("dbs entry %d: %w", i+1, err)
		}
		seen[isDir] = true
		if isDir {
			cfg.Shops = t
		} else {
			cfg.Catalog = t
		}
	}
	if !seen[true] || !seen[false] {
		return cfg, errors.New("it needs one dir: entry for the shops and one path: entry for the catalog")
	}
	return cfg, cfg.apart()
}

// apart refuses targets of which one lies in the other: the catalog would be
// taken for a shop.
func (c Config) apart() error {
	a, b := c.Shops, c.Catalog
	if a.Type != b.Type || a.Bucket != b.Bucket || a.Endpoint != b.Endpoint {
		return nil
	}
	pa, pb := a.Path+"/", b.Path+"/"
	if a.Type == "file" {
		absA, errA := filepath.Abs(a.Path)
		absB, errB := filepath.Abs(b.Path)
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		pa, pb = absA+"/", absB+"/"
	}
	if strings.HasPrefix(pa, pb) || strings.HasPrefix(pb, pa) {
		return fmt.Errorf("the shops' replica %s and the catalog's %s must not be in each other", a, b)
	}
	return nil
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
	if ok, matchErr := filepath.Match(e.Pattern, "0001.db"); err == nil && e.Pattern != "" && (!ok || matchErr != nil) {
		err = fmt.Errorf("pattern: %q leaves the shops' files out; use *.db", e.Pattern)
	}
	if err != nil {
		return t, isDir, err
	}
	switch {
	case e.Replica != nil && len(e.Replicas) == 0:
		t, err = e.Replica.target()
	case e.Replica == nil && len(e.Replicas) == 1:
		t, err = e.Replicas[0].target()
	default:
		err = errors.New("give one replica")
	}
	return t, isDir, err
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
