package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"lapak/store/bucket"
	"lapak/tenants"
	"lapak/tenants/replica"
)

// settings are the flags that every command takes; each has its variable.
type settings struct {
	Data          string `default:"./data" env:"LAPAK_DATA" placeholder:"DIR" group:"Settings" help:"The data folder (./data)."`
	Listen        string `default:"127.0.0.1:8080" env:"LAPAK_LISTEN" placeholder:"HOST:PORT" group:"Settings" help:"Where to serve HTTP (127.0.0.1:8080)."`
	URL           string `name:"url" env:"LAPAK_URL" placeholder:"URL" group:"Settings" help:"The public origin, such as https://lapak.example.com."`
	CDN           string `name:"cdn" env:"LAPAK_CDN" placeholder:"URL" group:"Settings" help:"A content network's origin that fetches from --url; public images of shops whose plan has it are named there."`
	Proxies       string `env:"LAPAK_PROXIES" placeholder:"LIST" group:"Settings" help:"Networks of your own proxies in front, such as 127.0.0.1/32; their X-Forwarded-For is believed."`
	Litestream    string `name:"litestream" env:"LAPAK_LITESTREAM" placeholder:"FILE" group:"Settings" help:"Where to replicate to (./litestream.yml if there, else DATA/replica)."`
	Assets        string `env:"LAPAK_ASSETS" placeholder:"URL" group:"Settings" help:"Bucket of images: file:DIR or s3://BUCKET/PREFIX?endpoint=… (file:DATA/assets)."`
	OpenShops     int    `env:"LAPAK_OPEN_SHOPS" placeholder:"N" group:"Settings" help:"How many shop files stay open (what descriptors allow, at most 2000)."`
	SecretKeyFile string `env:"LAPAK_SECRET_KEY_FILE" placeholder:"FILE" group:"Settings" help:"The key that seals tokens; made on first start (DATA/secret.key)."`

	Shopify shopifySettings `embed:""`
}

// check refuses wrong values and makes the data folder's path absolute.
func (s *settings) check() error {
	if s.Data == "" {
		s.Data = "./data"
	}
	dir, err := filepath.Abs(s.Data)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	s.Data = dir
	if err := tenants.CheckDir(dir); err != nil {
		return usage("--data: %w", err)
	}
	if strings.ContainsFunc(dir, unicode.IsControl) {
		return usage("--data: data folder %q: its path must not contain control characters", dir)
	}
	if s.OpenShops < 0 {
		return usage("--open-shops: must be a whole number above 0")
	}
	if err := checkListen(s.Listen); err != nil {
		return err
	}
	if _, err := s.proxies(); err != nil {
		return err
	}
	if err := checkOrigin("--cdn", s.CDN); err != nil {
		return err
	}
	if s.CDN != "" && s.URL == "" {
		return usage("--cdn needs --url: the network has to fetch from somewhere")
	}
	return checkOrigin("--url", s.URL)
}

// cdn is the content network's origin; "" if there is none.
func (s *settings) cdn() string { return strings.TrimRight(s.CDN, "/") }

// proxies are the networks of proxies in front of the server. An address stands
// for itself.
func (s *settings) proxies() (all []netip.Prefix, err error) {
	for _, w := range words(s.Proxies) {
		p, err := netip.ParsePrefix(w)
		if addr, addrErr := netip.ParseAddr(w); addrErr == nil {
			p, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return nil, usage("--proxies: %q is no network like 10.0.0.0/8", w)
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

func checkListen(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if n, portErr := strconv.Atoi(port); err != nil || portErr != nil || n < 0 || n > 65535 || strings.ContainsAny(host, " /") {
		return usage("--listen: %q is not like 127.0.0.1:8080", addr)
	}
	return nil
}

func checkOrigin(flag, raw string) error {
	u, err := url.Parse(raw)
	if raw != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil) {
		return usage("%s: %q is not an origin like https://lapak.example.com", flag, raw)
	}
	return nil
}

// getenv is the environment with the data folder's absolute path in it, as a
// litestream.yml wants it.
func (s *settings) getenv(name string) string {
	if name == "LAPAK_DATA" {
		return s.Data
	}
	return os.Getenv(name)
}

// defaultLitestream is read where it is there and --litestream names no other.
const defaultLitestream = "litestream.yml"

func (s *settings) replication() (replica.Config, error) {
	file := s.Litestream
	if file == "" {
		if _, err := os.Stat(defaultLitestream); errors.Is(err, fs.ErrNotExist) {
			return replica.Default(s.Data), nil
		}
		file = defaultLitestream
	}
	return replica.Load(file, s.Data, s.getenv)
}

func (s *settings) assets(ctx context.Context) (bucket.Bucket, error) {
	address := s.Assets
	if address == "" {
		address = "file:" + filepath.Join(s.Data, "assets")
	}
	b, err := bucket.Open(ctx, address, s.getenv)
	if err == nil {
		return b, nil
	}
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return nil, fmt.Errorf("assets: %w", err)
	}
	return nil, usage("--assets: %w", err)
}

func (s *settings) keyFile() string {
	if s.SecretKeyFile != "" {
		return s.SecretKeyFile
	}
	return filepath.Join(s.Data, "secret.key")
}

// tempDir is for files on their way; it is emptied at each start.
func (s *settings) tempDir() string { return filepath.Join(s.Data, "tmp") }
