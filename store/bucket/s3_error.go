package bucket

import (
	"context"
	"fmt"
	"net/http"

	"github.com/minio/minio-go/v7"
)

// explain turns an answer of the storage into one of this package's errors,
// with a sentence that says what to look at. Other errors stay as they are.
func (s *S3) explain(err error) error {
	if err == nil {
		return nil
	}
	r := minio.ToErrorResponse(err)
	switch r.Code {
	case minio.NoSuchKey:
		return ErrNotFound
	case minio.NoSuchBucket:
		return s.noBucket()
	case "InvalidAccessKeyId":
		return s.denied(r, "the storage does not know the access key: check AWS_ACCESS_KEY_ID")
	case "SignatureDoesNotMatch":
		return s.denied(r, "the secret key does not belong to the access key: check AWS_SECRET_ACCESS_KEY")
	case "AuthorizationHeaderMalformed", minio.InvalidRegion:
		return s.denied(r, "the region is probably wrong: check region")
	case "RequestTimeTooSkewed":
		return s.denied(r, "this machine's clock differs from the storage's: check the clock")
	}
	if r.StatusCode == http.StatusForbidden || r.StatusCode == http.StatusUnauthorized {
		return s.denied(r, "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and that this key may read, write, list and delete in the bucket")
	}
	return err
}

func (s *S3) denied(r minio.ErrorResponse, advice string) error {
	return fmt.Errorf("%w by %s (%s): %s", ErrDenied, s, r.Code, advice)
}

func (s *S3) noBucket() error {
	return fmt.Errorf("%w: %q at %s: check the bucket's name, or create it", ErrNoBucket, s.bucket, s.core.EndpointURL())
}

// headError explains the error of a HEAD request. Its answer has no body, so a
// missing bucket looks like a missing key until the bucket has been seen.
func (s *S3) headError(ctx context.Context, err error) error {
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey && !s.seen.Load() {
		there, existsErr := s.core.BucketExists(ctx, s.bucket)
		if existsErr == nil && !there {
			return s.noBucket()
		}
		s.seen.Store(existsErr == nil)
	}
	return s.explain(err)
}
