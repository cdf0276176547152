package bucket

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
)

const (
	// wholeLimit is the most that goes in one request and stays in memory
	// meanwhile, in bytes; what is larger goes in parts of at least as much.
	wholeLimit = 8 << 20
	// maxParts is S3's limit for one object:
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
	maxParts = 10000
	// putIDKey names the metadata by which a conditional Put knows its own
	// object again, when a repeated request finds the key taken.
	putIDKey = "lapak-put"
)

// Put implements Bucket. Up to 8 MiB it is one request, checked by the storage
// against its SHA-256 and MD5. Larger bodies go in parts, 8 MiB each (of unknown
// size: 78 GiB at most), and use about twice that much memory.
func (s *S3) Put(ctx context.Context, key string, r io.Reader, size int64, opt PutOptions) (Info, error) {
	name, err := s.object(key)
	if err != nil {
		return Info{}, failed("put", key, err)
	}
	src, err := newSource(ctx, r, size)
	if err != nil {
		return Info{}, failed("put", key, err)
	}
	head, whole, err := readHead(src, size, wholeLimit)
	if err != nil {
		return Info{}, failed("put", key, err)
	}
	p := s.newPut(name, opt)
	if whole {
		err = p.whole(ctx, head)
	} else {
		err = p.inParts(ctx, io.MultiReader(bytes.NewReader(head), src), partSize(size))
	}
	if err != nil {
		return Info{}, failed("put", key, err)
	}
	s.seen.Store(true)
	return Info{Key: key, Size: src.n, ModTime: p.modTime}, nil
}

// put is one Put under way.
type put struct {
	s       *S3
	name    string
	id      string // "" when not conditional
	modTime time.Time
	opts    minio.PutObjectOptions
}

func (s *S3) newPut(name string, opt PutOptions) *put {
	p := &put{s: s, name: name, modTime: opt.modTime()}
	p.opts = minio.PutObjectOptions{
		ContentType:          opt.ContentType,
		UserMetadata:         map[string]string{s.modTimeKey: p.modTime.Format(time.RFC3339Nano)},
		DisableContentSha256: true, // not the chunked signature: the sum is given
	}
	if opt.IfAbsent {
		p.id = rand.Text()
		p.opts.UserMetadata[putIDKey] = p.id
		p.opts.SetMatchETagExcept("*")
	}
	return p
}

func (p *put) whole(ctx context.Context, body []byte) error {
	md5Sum, sha256Sum := sums(body)
	var err error
	for range maxTries {
		_, err = p.s.core.PutObject(ctx, p.s.bucket, p.name, bytes.NewReader(body), int64(len(body)), md5Sum, sha256Sum, p.opts)
		if err = p.settle(ctx, err); !isConflict(err) {
			break
		}
	}
	return p.s.explain(err)
}

// inParts uploads r, and removes the parts unless the last step succeeds.
func (p *put) inParts(ctx context.Context, r io.Reader, partSize int) error {
	id, err := p.s.core.NewMultipartUpload(ctx, p.s.bucket, p.name, p.unconditional())
	if err != nil {
		return p.s.explain(err)
	}
	parts, err := p.upload(ctx, id, r, partSize)
	if err == nil {
		// The condition counts in this request alone.
		_, err = p.s.core.CompleteMultipartUpload(ctx, p.s.bucket, p.name, id, parts, p.completion())
		err = p.settle(ctx, err)
	}
	if err != nil {
		return errors.Join(p.s.explain(err), p.abort(ctx, id))
	}
	return nil
}

func (p *put) unconditional() minio.PutObjectOptions {
	return minio.PutObjectOptions{ContentType: p.opts.ContentType, UserMetadata: p.opts.UserMetadata}
}

func (p *put) completion() minio.PutObjectOptions {
	var opts minio.PutObjectOptions
	if p.id != "" {
		opts.SetMatchETagExcept("*")
	}
	return opts
}

func (p *put) upload(ctx context.Context, id string, r io.Reader, partSize int) ([]minio.CompletePart, error) {
	var parts []minio.CompletePart
	buf := make([]byte, partSize)
	for {
		n, err := io.ReadFull(r, buf)
		if err == io.EOF {
			return parts, nil
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return nil, err
		}
		if len(parts) == maxParts {
			return nil, fmt.Errorf("larger than %d parts of %d bytes; announce the size", maxParts, partSize)
		}
		md5Sum, sha256Sum := sums(buf[:n])
		part, err := p.s.core.PutObjectPart(ctx, p.s.bucket, p.name, id, len(parts)+1, bytes.NewReader(buf[:n]), int64(n),
			minio.PutObjectPartOptions{Md5Base64: md5Sum, Sha256Hex: sha256Sum, DisableContentSha256: true})
		if err != nil {
			return nil, err
		}
		parts = append(parts, minio.CompletePart{PartNumber: part.PartNumber, ETag: part.ETag})
	}
}

// abort has its own time: the context may be why the upload failed.
func (p *put) abort(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := p.s.core.AbortMultipartUpload(ctx, p.s.bucket, p.name, id)
	if err == nil || minio.ToErrorResponse(err).Code == minio.NoSuchUpload {
		return nil
	}
	return fmt.Errorf("remove the parts uploaded so far: %w", err)
}

// settle turns a refused condition into ErrExists, or into success when the
// object there is this Put's own: the client repeats a request whose answer was
// lost, and then meets what the first one stored.
func (p *put) settle(ctx context.Context, err error) error {
	if err == nil || p.id == "" {
		return err
	}
	r := minio.ToErrorResponse(err)
	refused := r.StatusCode == http.StatusPreconditionFailed
	if !refused && !isConflict(err) && r.Code != minio.NoSuchUpload {
		return err
	}
	o, statErr := p.s.core.StatObject(ctx, p.s.bucket, p.name, minio.StatObjectOptions{})
	switch {
	case statErr == nil && metadata(o, putIDKey) == p.id:
		return nil
	case refused || statErr == nil:
		return ErrExists
	}
	return err
}

// isConflict tells whether another request on the same key was under way, so
// that this one should be sent again.
func isConflict(err error) bool {
	return minio.ToErrorResponse(err).StatusCode == http.StatusConflict
}

func partSize(size int64) int {
	return int(max(wholeLimit, (size+maxParts-1)/maxParts))
}

// sums returns what the storage compares the body with.
func sums(b []byte) (md5Base64, sha256Hex string) {
	m, h := md5.Sum(b), sha256.Sum256(b)
	return base64.StdEncoding.EncodeToString(m[:]), hex.EncodeToString(h[:])
}
