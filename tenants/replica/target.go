package replica

import (
	"fmt"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"lapak/store/bucket"
)

// Open makes the set of the replicas below the target. It makes no request.
func (t Target) Open(getenv func(string) string) (*Set, error) {
	if t.Type == "file" {
		b, err := bucket.NewFolder(filepath.Dir(t.Path))
		if err != nil {
			return nil, fmt.Errorf("replica folder: %w", err)
		}
		return NewSet(b, filepath.Base(t.Path), false), nil
	}
	b, err := bucket.NewS3(t.s3(getenv))
	if err != nil {
		return nil, fmt.Errorf("replica bucket: %w", err)
	}
	return NewSet(b, t.Path, true), nil
}

// s3 fills in what Litestream takes from its environment.
func (t Target) s3(getenv func(string) string) bucket.S3Config {
	access, secret := t.AccessKey, t.SecretKey
	for _, prefix := range []string{"LITESTREAM_", "AWS_"} {
		if access == "" {
			access, secret = getenv(prefix+"ACCESS_KEY_ID"), getenv(prefix+"SECRET_ACCESS_KEY")
		}
	}
	return bucket.S3Config{
		Endpoint: t.Endpoint, Bucket: t.Bucket, Region: t.Region, PathStyle: t.pathStyle(),
		AccessKey: access, SecretKey: secret, ModTimeKey: modTimeKey,
	}
}

// modTimeKey is litestream's s3.MetadataKeyTimestamp, the time that its own
// restore goes by.
const modTimeKey = "litestream-timestamp"

// pathStyle follows Litestream: with an endpoint of one's own it is the default.
func (t Target) pathStyle() bool {
	if t.ForcePathStyle != nil {
		return *t.ForcePathStyle
	}
	return t.Endpoint != ""
}

// String names the place for people, without secrets.
func (t Target) String() string {
	if t.Type == "file" {
		return "file:" + t.Path
	}
	s := "s3://" + t.Bucket + "/" + t.Path
	if t.Endpoint != "" {
		s += " at " + t.Endpoint
	}
	return s
}

// stock is a litestream.yml for the stock command.
type stock struct {
	DBs []stockDB `yaml:"dbs"`
}

type stockDB struct {
	Path    string       `yaml:"path"`
	Replica stockReplica `yaml:"replica"`
}

type stockReplica struct {
	Type           string `yaml:"type"`
	Path           string `yaml:"path"`
	Bucket         string `yaml:"bucket,omitempty"`
	Endpoint       string `yaml:"endpoint,omitempty"`
	Region         string `yaml:"region,omitempty"`
	ForcePathStyle *bool  `yaml:"force-path-style,omitempty"`
}

// StockYAML is a litestream.yml with one `path:` entry per database, which the
// stock `litestream restore` needs: it cannot restore databases of a `dir:`
// entry. Files maps the shops' files to their replicas' names. Keys are left to
// the environment.
func (c Config) StockYAML(catalogFile string, files []File) ([]byte, error) {
	out := stock{DBs: []stockDB{{Path: catalogFile, Replica: c.Catalog.stock("")}}}
	for _, f := range files {
		out.DBs = append(out.DBs, stockDB{Path: f.Path, Replica: c.Shops.stock(f.Name)})
	}
	return yaml.Marshal(out)
}

// File is one database and its replica's name.
type File struct{ Path, Name string }

func (t Target) stock(name string) stockReplica {
	r := stockReplica{Type: t.Type, Path: join(t.Path, name)}
	if t.Type == "s3" {
		pathStyle := t.pathStyle()
		r.Bucket, r.Endpoint, r.Region, r.ForcePathStyle = t.Bucket, t.Endpoint, t.Region, &pathStyle
	}
	return r
}
