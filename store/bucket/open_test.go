package bucket_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lapak/store/bucket"
)

func awsEnv(name string) string {
	return map[string]string{"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "very-secret"}[name]
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for address, want := range map[string]string{
		"file:" + dir + "/new/assets":          "file:" + dir + "/new/assets",
		"file://" + dir + "/50% off #1":        "file:" + dir + "/50% off #1",
		"file:./relative/assets":               "file:./relative/assets",
		"s3://bucket":                          "s3://bucket at https://s3.amazonaws.com",
		"s3://bucket/a/b/?region=eu-central-1": "s3://bucket/a/b at https://s3.amazonaws.com",
		"s3://bucket/a%20b?endpoint=http://127.0.0.1:9000&region=us-east-1&path-style=true": "s3://bucket/a b at http://127.0.0.1:9000",
		"s3://bucket/p?endpoint=https%3A%2F%2Fs3.example.com%2F&path-style=false":           "s3://bucket/p at https://s3.example.com",
		"s3://bucket/p?endpoint=s3.example.com:444":                                         "s3://bucket/p at https://s3.example.com:444",
	} {
		b, err := bucket.Open(t.Context(), address, awsEnv)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		defer closed(t, b)
		if b.String() != want {
			t.Errorf("%s: opened %q, want %q", address, b, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "relative", "assets")); err != nil {
		t.Error(err)
	}
}

var badAddresses = []struct{ address, says string }{
	{"", "scheme"},
	{"assets", "scheme"},
	{"/var/assets", "scheme"},
	{"gs://bucket", `"gs"`},
	{"S3://bucket", "scheme"},
	{"file:", "empty"},
	{"file://host/dir", "host"},
	{"file:dir?sync=false", `"sync"`},
	{"file:a\x00b", "invalid"},
	{"s3:bucket", "s3://BUCKET"},
	{"s3:///prefix", "s3://BUCKET"},
	{"s3://bucket#x", "s3://BUCKET"},
	{"s3://AKIA:hidden@bucket/p", "AWS_ACCESS_KEY_ID"},
	{"s3://AKIA:hid/den@bucket", "s3://BUCKET"},
	{"s3://b", "bucket name"},
	{"s3://Bad_Bucket!", "bucket name"},
	{"s3://bucket/../x", "bad key"},
	{"s3://bucket/a//b", "bad key"},
	{"s3://bucket?acl=public", `"acl"`},
	{"s3://bucket?access-key=hidden", `"access-key"`},
	{"s3://bucket?region=a&region=b", `"region"`},
	{"s3://bucket?region=", `"region"`},
	{"s3://bucket?path-style=maybe", `"path-style"`},
	{"s3://bucket?x=%zz", "parameters"},
	{"s3://bucket?endpoint=ftp://x", `"ftp"`},
	{"s3://bucket?endpoint=http://u:hidden@x", "endpoint"},
	{"s3://bucket?endpoint=http://x/bucket", "endpoint"},
	{"s3://bucket?endpoint=http://", "endpoint"},
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range badAddresses {
		b, err := bucket.Open(t.Context(), c.address, awsEnv)
		if err == nil {
			t.Errorf("%q was opened as %s", c.address, b)
			continue
		}
		if !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hid") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error is %q, want a word of %s and no secret", c.address, err, c.says)
		}
	}
	for _, set := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", ""} {
		_, err := bucket.Open(t.Context(), "s3://bucket", func(name string) string {
			if name == set {
				return "x"
			}
			return ""
		})
		if err == nil || !strings.Contains(err.Error(), "AWS_SECRET_ACCESS_KEY") {
			t.Errorf("with only %q set: %v", set, err)
		}
	}
}
