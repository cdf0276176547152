package adopt

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"lapak/tenants"
	"lapak/tenants/tenanttest"
)

// BenchmarkAdopt adopts 1,000 shops with 200,000 designs of 10 KB, in the tables
// that Prisma makes, with the design as each of the types that it may have. Rows
// a second is what counts; cpu-µs/row is this process' part of the work and says
// more where the machine is busy.
func BenchmarkAdopt(b *testing.B) {
	for _, kind := range []string{"TEXT", "JSON", "JSONB"} {
		b.Run(kind, func(b *testing.B) {
			from, conn := shared.database(b)
			exec1(b, conn, prismaTables)
			exec1(b, conn, manyDesigns(kind))
			b.ResetTimer()
			for b.Loop() {
				pool := tenanttest.New(b, func(o *tenants.Options) { o.OpenShops = 32 })
				before := cpu()
				report, err := Run(b.Context(), Options{From: from, Pool: pool, Tokens: tokens(b), Plans: plans(b, pool)})
				if err != nil {
					b.Fatal(err)
				}
				if c := total(report, "SavedDesign"); c.Written != 200_000 || len(report.Shops) != 1000 {
					b.Fatalf("%d shops, %+v", len(report.Shops), c)
				}
				b.ReportMetric(report.Rate, "rows/s")
				b.ReportMetric(float64((cpu()-before).Microseconds())/200_000, "cpu-µs/row")
			}
		})
	}
}

// manyDesigns is SQL for 200,000 designs made of 500 different ones.
func manyDesigns(kind string) string {
	return fmt.Sprintf(`ALTER TABLE "SavedDesign" ALTER "designJson" TYPE %[1]s USING "designJson"::text::%[1]s;
CREATE TEMP TABLE sample AS SELECT i, (SELECT string_agg('{"type":"path","fill":"#' || substr(md5((i * 100 + j)::text), 1, 6) || '","path":"' || md5((i * 1000 + j)::text)
	|| md5((i * j)::text) || md5((i + j)::text) || '","left":' || i || ',"top":' || j || ',"angle":0}', ',') FROM generate_series(1, 59) j) objects FROM generate_series(0, 499) i;
CREATE INDEX ON sample (i);
INSERT INTO "SavedDesign" (id, shop, "shopifyProductId", name, "designJson", "isTemplate")
	SELECT gen_random_uuid()::text, 'shop-' || (n * 7919 %% 1000) || '.myshopify.com', (n %% 50)::text, 'Design ' || n,
	('{"n":' || n || ',"objects":[' || objects || ']}')::%[1]s, n %% 20 = 0 FROM generate_series(1, 200000) n JOIN sample ON i = n * 31 %% 500;
INSERT INTO "Session" (id, shop, state, "accessToken", scope) SELECT 'offline_' || s, s, '', 'shpat_' || md5(s), 'read_products'
	FROM (SELECT 'shop-' || i || '.myshopify.com' s FROM generate_series(0, 999) i) x;
VACUUM ANALYZE`, kind)
}

// cpu is how long this process has run on a core.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // never fails
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
