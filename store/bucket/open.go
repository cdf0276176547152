package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Open opens the bucket at an address, without any request:
//
//	file:DIR
//	s3://BUCKET/PREFIX?endpoint=URL&region=NAME&path-style=true
//
// DIR is taken as it is, relative or absolute. S3's keys come from
// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY as getenv knows them. The errors
// never repeat the address, since people put secrets there.
func Open(ctx context.Context, rawURL string, getenv func(string) string) (Bucket, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	scheme, rest, found := strings.Cut(rawURL, ":")
	switch {
	case found && scheme == "file":
		return openFolder(rest)
	case found && scheme == "s3":
		return openS3(rawURL, getenv)
	case found && isScheme(scheme):
		return nil, fmt.Errorf("open bucket: unknown scheme %q: use file:DIR or s3://BUCKET/PREFIX", scheme)
	}
	return nil, errors.New("open bucket: the address needs a scheme: file:DIR or s3://BUCKET/PREFIX")
}

// isScheme keeps anything longer or odder out of the error message.
func isScheme(s string) bool {
	return s != "" && len(s) < 20 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}

func openFolder(dir string) (Bucket, error) {
	if path, found := strings.CutPrefix(dir, "//"); found {
		if !strings.HasPrefix(path, "/") {
			return nil, errors.New("open bucket: file: takes no host; write file:DIR")
		}
		dir = path
	}
	if _, query, found := strings.Cut(dir, "?"); found {
		name, _, _ := strings.Cut(query, "=")
		return nil, fmt.Errorf("open bucket: file: takes no parameters, such as %q", name)
	}
	f, err := NewFolder(dir)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func openS3(rawURL string, getenv func(string) string) (Bucket, error) {
	cfg, err := parseS3(rawURL)
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	cfg.AccessKey, cfg.SecretKey = getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY")
	if cfg.AccessKey == "" || cfg.SecretKey == "" {
		return nil, errors.New("open bucket: s3: needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	s, err := NewS3(cfg)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func parseS3(rawURL string) (S3Config, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || u.Fragment != "" {
		return S3Config{}, errors.New("the address is not like s3://BUCKET/PREFIX?endpoint=URL")
	}
	if u.User != nil {
		return S3Config{}, errors.New("no keys in the address: they belong in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return S3Config{}, errors.New("the parameters after ? are not well-formed")
	}
	cfg := S3Config{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/")}
	for name, values := range query {
		if err := cfg.set(name, values); err != nil {
			return S3Config{}, err
		}
	}
	return cfg, nil
}

func (cfg *S3Config) set(name string, values []string) error {
	if len(values) != 1 || values[0] == "" {
		return fmt.Errorf("the parameter %q needs one value", name)
	}
	var err error
	switch name {
	case "endpoint":
		cfg.Endpoint = values[0]
	case "region":
		cfg.Region = values[0]
	case "path-style":
		if cfg.PathStyle, err = strconv.ParseBool(values[0]); err != nil {
			return errors.New(`the parameter "path-style" must be true or false`)
		}
	default:
		return fmt.Errorf("unknown parameter %q: there are endpoint, region and path-style", name)
	}
	return nil
}
