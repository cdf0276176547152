// Package buckettest starts a real S3 server, versitygw, for tests.
package buckettest

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"lapak/store/bucket"
)

// BucketName is the bucket that S3 creates.
const BucketName = "lapak-test"

const install = "go install github.com/versity/versitygw/cmd/versitygw@v1.8.0 (or: make test)"

// startLimit bounds the wait for the server, which takes about 25 ms.
const startLimit = 20 * time.Second

// S3 starts a versitygw of its own with an empty bucket, and stops it when the
// test ends. The program is found by Tool.
func S3(t testing.TB) bucket.S3Config {
	t.Helper()
	program := Tool(t, "versitygw", install)
	cfg := bucket.S3Config{
		Bucket: BucketName, Region: "us-east-1", PathStyle: true,
		AccessKey: "test-" + rand.Text()[:8], SecretKey: rand.Text(),
	}
	dir := t.TempDir()
	for _, name := range []string{"iam", "versions", "root"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 { // the port may be taken between the look and the start
		port := freePort(t)
		cfg.Endpoint = "http://" + port
		if start(t, program, dir, port, cfg) {
			makeBucket(t, cfg)
			return cfg
		}
	}
	t.Fatal("versitygw did not start on any of 5 ports")
	return cfg
}

// Tool returns the path of a program for tests: from the folder LAPAK_TEST_BIN,
// or else from .bin beside go.mod. When it is missing the test fails, with the
// command that installs it.
func Tool(t testing.TB, name, install string) string {
	t.Helper()
	dir := os.Getenv("LAPAK_TEST_BIN")
	if dir == "" {
		dir = filepath.Join(moduleRoot(t), ".bin")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is needed for this test (LAPAK_TEST_BIN names its folder): %v\ninstall it: GOBIN=%s %s", name, err, dir, install)
	}
	return path
}

func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the working directory")
		}
	}
}

// freePort returns an address below the range from which the system takes
// ports for outgoing connections.
func freePort(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 20000+mathrand.IntN(12000))
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return address
	}
	t.Fatal("no free port between 20000 and 32000")
	return ""
}

// start tells whether the server came up; false means that it ended at once.
func start(t testing.TB, program, dir, port string, cfg bucket.S3Config) bool {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(program, "--quiet", "--port", port, "--access", cfg.AccessKey, "--secret", cfg.SecretKey,
		"--iam-dir", filepath.Join(dir, "iam"), "--health", "/health",
		"posix", "--versioning-dir", filepath.Join(dir, "versions"), filepath.Join(dir, "root"))
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how it ended is in its output
	}()
	t.Cleanup(func() { stop(t, cmd, ended) })
	if healthy(t, "http://"+port+"/health", ended) {
		return true
	}
	t.Logf("versitygw ended: %s", out.Bytes())
	return false
}

func stop(t testing.TB, cmd *exec.Cmd, ended chan struct{}) {
	_ = cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Log("versitygw did not end when asked to: killed")
		_ = cmd.Process.Kill()
		<-ended
	}
}

func healthy(t testing.TB, url string, ended chan struct{}) bool {
	t.Helper()
	limit := time.After(startLimit)
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		if resp, err := client.Get(url); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return true
			}
		}
		select {
		case <-ended:
			return false
		case <-limit:
			t.Fatalf("versitygw was not healthy within %v", startLimit)
		case <-time.After(5 * time.Millisecond): // between two questions
		}
	}
}

// makeBucket also proves that the server on the port is ours: it knows the key.
func makeBucket(t testing.TB, cfg bucket.S3Config) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startLimit)
	defer cancel()
	if err := Client(t, cfg).MakeBucket(ctx, cfg.Bucket, minio.MakeBucketOptions{Region: cfg.Region}); err != nil {
		t.Fatalf("create the test bucket: %v", err)
	}
}

// Client returns a plain S3 client for what bucket.Bucket does not offer.
func Client(t testing.TB, cfg bucket.S3Config) *minio.Client {
	t.Helper()
	transport := bucket.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	client, err := minio.New(cfg.Endpoint[len("http://"):], &minio.Options{
		Creds:        credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""),
		Region:       cfg.Region,
		BucketLookup: minio.BucketLookupPath,
		Transport:    transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
