package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"lapak/tenants"
	"lapak/tenants/replica"
)

// gateway is a versitygw, an S3 server, that logs every request.
type gateway struct {
	addr  string
	log   string
	cmd   *exec.Cmd
	ended chan struct{}
}

const (
	gatewayBucket = "lapak-bench"
	gatewayUser   = "bench"
	gatewaySecret = "bench-secret" // of a server that lives for a minute on the loopback address
)

func startGateway(ctx context.Context, program, dir string) (*gateway, error) {
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("%w\nversitygw counts the requests to a bucket. Install it: GOBIN=$PWD/.bin go install github.com/versity/versitygw/cmd/versitygw@v1.8.0", err)
	}
	for _, name := range []string{"iam", "root"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return nil, err
		}
	}
	addr, err := freePort()
	if err != nil {
		return nil, err
	}
	g := &gateway{addr: addr, log: filepath.Join(dir, "access.log"), ended: make(chan struct{})}
	g.cmd = exec.Command(program, "--quiet", "--port", addr, "--access", gatewayUser, "--secret", gatewaySecret,
		"--iam-dir", filepath.Join(dir, "iam"), "--access-log", g.log, "posix", filepath.Join(dir, "root"))
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := g.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start versitygw: %w", err)
	}
	go func() { _ = g.cmd.Wait(); close(g.ended) }()
	if err := g.makeBucket(ctx); err != nil {
		return nil, errors.Join(err, g.stop())
	}
	return g, nil
}

// gatewayTarget is a place in the bucket of the gateway at addr.
func gatewayTarget(addr, path string) replica.Target {
	pathStyle := true
	return replica.Target{
		Type: "s3", Bucket: gatewayBucket, Path: path, Endpoint: "http://" + addr, Region: "us-east-1",
		ForcePathStyle: &pathStyle, AccessKey: gatewayUser, SecretKey: gatewaySecret,
	}
}

func freePort() (string, error) {
	l, err := listen()
	if err != nil {
		return "", err
	}
	return l.Addr().(*net.TCPAddr).String(), l.Close()
}

func (g *gateway) makeBucket(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	client, err := minio.New(g.addr, &minio.Options{
		Creds: credentials.NewStaticV4(gatewayUser, gatewaySecret, ""), Region: "us-east-1", BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		return err
	}
	for {
		err := client.MakeBucket(ctx, gatewayBucket, minio.MakeBucketOptions{})
		if err == nil {
			return nil
		}
		select {
		case <-g.ended:
			return fmt.Errorf("versitygw ended: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("make a bucket: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// requests is how many the log has, and how many of them are about the shops'
// replicas. The others are the catalog's, which is one database for all.
func (g *gateway) requests() (all, shops int, err error) {
	raw, err := os.ReadFile(g.log)
	for line := range bytes.Lines(raw) {
		all++
		if bytes.Contains(line, []byte("tenants")) {
			shops++
		}
	}
	return all, shops, err
}

func (g *gateway) stop() error {
	_ = g.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-g.ended:
		return nil
	case <-time.After(10 * time.Second):
		return errors.Join(errors.New("versitygw did not stop"), g.cmd.Process.Kill())
	}
}

const figBucket = "bucket requests of idle shops"

// bucketPart counts what idle shops ask of a bucket, on the bucket's side.
func bucketPart(b *bench) (err error) {
	b.begin(figBucket)
	g, err := startGateway(b.ctx, b.s3, b.path("s3"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.stop(), os.RemoveAll(b.path("s3"))) }()
	server, err := startChild("lapak", lapakSpec{Dir: b.path("idle"), OpenShops: 200, S3: g.addr})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop(), os.RemoveAll(b.path("idle"))) }()
	spec := seedSpec{Shops: b.size(1000), Few: 1}
	if err := server.ask(b.ctx, "/seed", spec, nil); err != nil {
		return err
	}
	var stats tenants.Stats
	if err := server.ask(b.ctx, "/settle", struct{}{}, &stats); err != nil {
		return err
	}
	if err := sleep(b.ctx, 5*time.Second); err != nil {
		return err
	}
	made, before, err := g.requests()
	if err != nil {
		return err
	}
	if before < spec.Shops { // each has at least one backup
		return fmt.Errorf("the access log has only %d requests of shops", before)
	}
	if err := sleep(b.ctx, b.span(idleFor)); err != nil {
		return err
	}
	all, after, err := g.requests()
	b.add(row{figBucket, "0", fmt.Sprint(after - before), after == before,
		fmt.Sprintf("Lines about shops' replicas that versitygw's access log grew by in %s, with %d shops replicated to it, %d of them open; "+
			"making and replicating them had been %d requests. The catalog made %d more, to tidy up what making a thousand shops had left.",
			b.span(idleFor), spec.Shops, stats.Open, before, all-made-(after-before))})
	return err
}
