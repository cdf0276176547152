package adopt

import (
	"os"
	"testing"

	"lapak/tenants"
	"lapak/tenants/tenanttest"
)

// BenchmarkAdopt adopts 1,000 shops with 200,000 designs of 10 KB, in the schema
// that Prisma makes.
func BenchmarkAdopt(b *testing.B) {
	for _, c := range []struct{ name, kind, index string }{
		{"text", "TEXT", ""}, {"jsonb", "JSONB", ""}, {"json-indexed", "JSON", `CREATE INDEX ON "SavedDesign"(shop)`},
	} {
		b.Run(c.name, func(b *testing.B) {
			from, conn := shared.database(b)
			exec1(b, conn, prismaTables)
			exec1(b, conn, `ALTER TABLE "SavedDesign" ALTER "designJson" TYPE `+c.kind+` USING "designJson"::text::`+c.kind)
			exec1(b, conn, `INSERT INTO "SavedDesign" (id, shop, "shopifyProductId", name, "designJson", "isTemplate", "createdAt", "updatedAt")
				SELECT gen_random_uuid()::text, 'shop-' || (i * 7919 % 1000) || '.myshopify.com', (i % 50)::text, 'Design ' || i,
					('{"objects":[' || (SELECT string_agg('{"type":"path","fill":"#' || substr(md5((i * 100 + j)::text), 1, 6) || '","path":"' || md5((i * 1000 + j)::text) || md5(j::text) || md5((i + j)::text) || '","left":' || i % 997 || ',"top":' || j || ',"angle":0}', ',')
						FROM generate_series(1, 58) j) || ']}')::`+c.kind+`, i % 20 = 0, now(), now() FROM generate_series(1, 200000) i`)
			exec1(b, conn, `INSERT INTO "Session" (id, shop, state, "accessToken", scope) SELECT 'offline_' || s, s, '', 'shpat_' || md5(s), 'read_products'
				FROM (SELECT 'shop-' || i || '.myshopify.com' s FROM generate_series(0, 999) i) x`)
			if c.index != "" {
				exec1(b, conn, c.index)
			}
			exec1(b, conn, `VACUUM ANALYZE`)
			var size, bytes int64
			if err := conn.QueryRow(b.Context(), `SELECT avg(octet_length("designJson"::text))::int8, pg_total_relation_size('"SavedDesign"') FROM "SavedDesign"`).Scan(&size, &bytes); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for b.Loop() {
				dir, err := os.MkdirTemp("", "lapak-adopt-")
				if err != nil {
					b.Fatal(err)
				}
				pool := tenanttest.New(b, func(o *tenants.Options) { o.OpenShops = 32 })
				report, err := Run(b.Context(), Options{From: from, Pool: pool, Tokens: tokens(b), Plans: plans(b, pool)})
				if err != nil {
					b.Fatal(err)
				}
				if report.Tables[len(report.Tables)-1].Written != 200000 && report.Tables[1].Written != 200000 {
					b.Logf("%+v", report.Tables)
				}
				b.ReportMetric(report.Rate, "rows/s")
				_ = os.RemoveAll(dir)
			}
			b.ReportMetric(float64(size), "bytes/design")
			b.ReportMetric(float64(bytes)/1e6, "MB-in-source")
		})
	}
}
