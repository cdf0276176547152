package bucket_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"testing"

	"lapak/store/bucket"
	"lapak/store/bucket/buckettest"
)

func BenchmarkFolder(b *testing.B) { bench(b, newFolder(b, b.TempDir())) }

func BenchmarkS3(b *testing.B) { bench(b, newS3(b, buckettest.S3(b))) }

func bench(b *testing.B, store bucket.Bucket) {
	data := make([]byte, 4<<10)
	for _, ifAbsent := range []bool{false, true} {
		b.Run(fmt.Sprintf("Put4KiB/IfAbsent=%v", ifAbsent), func(b *testing.B) {
			for b.Loop() {
				key := "shop/0001/ltx/" + rand.Text()
				if _, err := store.Put(b.Context(), key, bytes.NewReader(data), int64(len(data)), bucket.PutOptions{IfAbsent: ifAbsent}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	put(b, store, "shop/0001/ltx/stat", "x")
	b.Run("Stat", func(b *testing.B) {
		for b.Loop() {
			if _, err := store.Stat(b.Context(), "shop/0001/ltx/stat"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
