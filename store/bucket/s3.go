package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// maxTries bounds how often one request is sent; between them are at most one
// or two seconds, and none is begun after the context's end.
const maxTries = 3

// S3Config says where the bucket is and who asks.
type S3Config struct {
	Endpoint  string // URL or host; a host means https; "" means s3.amazonaws.com
	Bucket    string
	Prefix    string // a key below which everything is; "" for the whole bucket
	Region    string // "" means us-east-1, or at Amazon the bucket's own, which is asked for once
	PathStyle bool   // false: host style at Amazon, Google and Alibaba, path style elsewhere
	AccessKey string
	SecretKey string

	// ModTimeKey is the name in the object's metadata that keeps ModTime, in
	// RFC 3339 with nanoseconds; "" means lapak-modtime.
	ModTimeKey string

	// Transport carries the requests. nil means one of the bucket's own, from
	// NewTransport, which Close ends.
	Transport http.RoundTripper
}

// S3 is a Bucket in an S3-compatible storage.
type S3 struct {
	core       minio.Core
	bucket     string
	under      string // the prefix with its slash, or ""
	modTimeKey string
	transport  *http.Transport // nil when it is the caller's
	seen       atomic.Bool     // the bucket has shown to exist
}

// NewS3 checks cfg and makes no request.
func NewS3(cfg S3Config) (*S3, error) {
	host, secure, err := parseEndpoint(cfg.Endpoint)
	if err == nil {
		err = cfg.check()
	}
	if err != nil {
		return nil, fmt.Errorf("open S3 bucket: %w", err)
	}
	s := &S3{bucket: cfg.Bucket, modTimeKey: cfg.ModTimeKey}
	if s.modTimeKey == "" {
		s.modTimeKey = "lapak-modtime"
	}
	if cfg.Prefix != "" {
		s.under = cfg.Prefix + "/"
	}
	if cfg.Transport == nil {
		s.transport = NewTransport()
		cfg.Transport = s.transport
	}
	client, err := minio.New(host, cfg.options(host, secure))
	if err != nil {
		return nil, fmt.Errorf("open S3 bucket: %w", err)
	}
	s.core = minio.Core{Client: client}
	return s, nil
}

func (cfg S3Config) check() error {
	if cfg.AccessKey == "" || cfg.SecretKey == "" {
		return errors.New("the access key and the secret key must be set")
	}
	if err := s3utils.CheckValidBucketName(cfg.Bucket); err != nil {
		return fmt.Errorf("bucket name %q: %w", cfg.Bucket, err)
	}
	if cfg.Prefix != "" {
		if err := CheckKey(cfg.Prefix); err != nil {
			return fmt.Errorf("prefix: %w", err)
		}
	}
	if strings.Trim(cfg.ModTimeKey, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return fmt.Errorf("metadata name %q: only a-z, 0-9 and - are allowed", cfg.ModTimeKey)
	}
	return nil
}

func (cfg S3Config) options(host string, secure bool) *minio.Options {
	lookup := minio.BucketLookupAuto
	if cfg.PathStyle {
		lookup = minio.BucketLookupPath
	}
	// With a region the client never asks for the bucket's location.
	if cfg.Region == "" && !s3utils.IsAmazonEndpoint(url.URL{Host: host}) {
		cfg.Region = "us-east-1"
	}
	return &minio.Options{
		Creds:        credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""),
		Secure:       secure,
		Transport:    cfg.Transport,
		Region:       cfg.Region,
		BucketLookup: lookup,
		MaxRetries:   maxTries,
	}
}

// parseEndpoint never repeats what it was given: it could hold a password.
func parseEndpoint(endpoint string) (host string, secure bool, err error) {
	if endpoint == "" {
		return "s3.amazonaws.com", true, nil
	}
	if !strings.Contains(endpoint, "://") {
		endpoint = "https://" + endpoint
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return "", false, errors.New("the endpoint is not a URL like https://host:port")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", false, fmt.Errorf("the endpoint's scheme is %q, not http or https", u.Scheme)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", false, errors.New("the endpoint must be a host without a path or query; the bucket is named apart")
	}
	return u.Host, u.Scheme == "https", nil
}

// String returns "s3://BUCKET/PREFIX at ENDPOINT".
func (s *S3) String() string {
	return fmt.Sprintf("s3://%s at %s", strings.TrimSuffix(s.bucket+"/"+s.under, "/"), s.core.EndpointURL())
}

// Close ends idle connections.
func (s *S3) Close() error {
	if s.transport != nil {
		s.transport.CloseIdleConnections()
	}
	return nil
}

// object returns the object's name for a key.
func (s *S3) object(key string) (string, error) {
	if err := CheckKey(key); err != nil {
		return "", err
	}
	if len(s.under)+len(key) > maxKey {
		return "", badKey(key, "longer than 1024 bytes with the bucket's prefix")
	}
	return s.under + key, nil
}

// Stat implements Bucket.
func (s *S3) Stat(ctx context.Context, key string) (Info, error) {
	name, err := s.object(key)
	if err != nil {
		return Info{}, failed("stat", key, err)
	}
	o, err := s.core.StatObject(ctx, s.bucket, name, minio.StatObjectOptions{})
	if err != nil {
		return Info{}, failed("stat", key, s.headError(ctx, err))
	}
	s.seen.Store(true)
	return s.info(key, o.Size, o), nil
}

func (s *S3) info(key string, size int64, o minio.ObjectInfo) Info {
	info := Info{Key: key, Size: size, ModTime: o.LastModified.UTC()}
	if t, err := time.Parse(time.RFC3339Nano, metadata(o, s.modTimeKey)); err == nil {
		info.ModTime = t.UTC()
	}
	return info
}

// metadata finds a name whatever its case: it travels as an HTTP header.
func metadata(o minio.ObjectInfo, name string) string {
	for k, v := range o.UserMetadata {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// Get implements Bucket.
func (s *S3) Get(ctx context.Context, key string, offset, length int64) (io.ReadCloser, Info, error) {
	name, err := s.object(key)
	if err = errors.Join(err, checkRange(offset, length)); err != nil {
		return nil, Info{}, failed("get", key, err)
	}
	var opts minio.GetObjectOptions
	part := offset > 0 || length > 0
	if part {
		if err := setRange(&opts, offset, length); err != nil {
			return nil, Info{}, failed("get", key, err)
		}
	}
	body, o, header, err := s.core.GetObject(ctx, s.bucket, name, opts)
	if part && minio.ToErrorResponse(err).StatusCode == http.StatusRequestedRangeNotSatisfiable {
		info, err := s.Stat(ctx, key) // past the end: there is nothing to read
		return http.NoBody, info, err
	}
	if err != nil {
		return nil, Info{}, failed("get", key, s.explain(err))
	}
	s.seen.Store(true)
	size := o.Size
	if part {
		if size, err = wholeSize(header.Get("Content-Range"), offset); err != nil {
			return nil, Info{}, failed("get", key, errors.Join(err, body.Close()))
		}
	}
	return body, s.info(key, size, o), nil
}

func setRange(opts *minio.GetObjectOptions, offset, length int64) error {
	if length == 0 {
		return opts.SetRange(offset, 0)
	}
	return opts.SetRange(offset, offset+length-1)
}

// wholeSize reads "bytes FIRST-LAST/SIZE" (RFC 9110, 14.4). A storage that
// ignores ranges would otherwise have its first bytes taken for later ones.
func wholeSize(contentRange string, offset int64) (int64, error) {
	var first, last, size int64
	_, err := fmt.Sscanf(contentRange, "bytes %d-%d/%d", &first, &last, &size)
	if err != nil || first != offset {
		return 0, fmt.Errorf("the storage answered a read from byte %d with the range %q", offset, contentRange)
	}
	return size, nil
}

// Sign implements Bucket. It makes no request, unless the region is unknown.
func (s *S3) Sign(ctx context.Context, key string, ttl time.Duration) (string, error) {
	name, err := s.object(key)
	if err != nil {
		return "", failed("sign", key, err)
	}
	u, err := s.core.PresignedGetObject(ctx, s.bucket, name, ttl, nil)
	if err != nil {
		return "", failed("sign", key, s.explain(err))
	}
	return u.String(), nil
}
