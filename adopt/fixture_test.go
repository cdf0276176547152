package adopt

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"lapak/store"
	"lapak/store/sqlite"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
)

// goodRows are three shops' rows in SQL that both databases take. Columns that
// nobody knows are in all tables but one.
const goodRows = `INSERT INTO "Session" (id, shop, state, "isOnline", scope, expires, "accessToken", "userId", "firstName", "lastName", email, "accountOwner", locale, "onlineAccessInfo") VALUES
	('offline_toko.myshopify.com', 'toko.myshopify.com', 's', false, 'read_products,write_products', NULL, 'shpat_PLAIN', NULL, NULL, NULL, NULL, false, NULL, NULL),
	('toko.myshopify.com_7', 'toko.myshopify.com', '', true, 'read_products', '2031-01-02 03:04:05.678', 'shpua_PLAIN', 7, 'Sri', 'Ayu', 'sri@example.com', true, 'id', '{"expires_in": 5}');
INSERT INTO "SavedDesign" (id, shop, "shopifyProductId", name, "designJson", "isTemplate", "createdAt", "updatedAt", thumbnail) VALUES
	('d1', 'toko.myshopify.com', 'gid://shopify/Product/101', ' Batik  ', '{"objects": [1]}', true, '2024-01-02 03:04:05.678', '2024-02-03 04:05:06.007', 'https://cdn.example.com/a.png'),
	('d2', 'toko.myshopify.com', '102', NULL, '{"objects": [], "é": "\u00e9"}', false, '2024-01-02 03:04:05', '2024-01-02 03:04:05', NULL),
	('d3', 'kopi.myshopify.com', '102', 'Kopi', '{}', false, '2024-01-02 03:04:05', '2024-01-02 03:04:05', NULL);
INSERT INTO "MerchantConfig" (id, shop, "shopifyProductId", config, enabled, "createdAt", "updatedAt", "printArea") VALUES
	('c1', 'toko.myshopify.com', '101', '{"views": [{"name": "Front"}]}', true, '2024-01-02 03:04:05', '2024-01-02 03:04:05', 12.50),
	('c2', 'toko.myshopify.com', '102', '{}', false, '2024-01-02 03:04:05', '2024-01-02 03:04:05', NULL);
INSERT INTO "Asset" (id, shop, type, name, "mimeType", url, size, width, height, "createdAt") VALUES
	('a1', 'toko.myshopify.com', 'gallery', 'Logo', 'image/png', 'https://cdn.example.com/toko/logo.png?v=1', 1000, 20, 10, '2024-01-02 03:04:05'),
	('a2', 'toko.myshopify.com', 'gallery', 'Logo again', 'image/png', 'https://cdn.example.com/toko/logo.png?v=1', 1000, 20, 10, '2024-01-02 03:04:05'),
	('a3', 'toko.myshopify.com', 'base_image', NULL, NULL, 'toko.myshopify.com/base-images/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.jpg', 500, NULL, NULL, '2024-01-02 03:04:05');
INSERT INTO "ShopConfig" (id, shop, plan, "maxProducts", "maxAssets", "maxDesigns", "storageLimit", "enableWebP", "customDomain", "logoUrl", "primaryColor", timezone, currency, beta) VALUES
	('s1', 'toko.myshopify.com', 'basic', 100, 1000, 777, 10737418240, true, 'Designs.Example.com', 'http://not-https.example.com/x.png', '#aabbcc', 'Asia/Jakarta', 'IDR', true);
INSERT INTO "ShopUsage" (id, shop, "productCount", "assetCount", "designCount", "storageUsed", "monthlyUploads", "monthlyOrders", month) VALUES
	('u1', 'toko.myshopify.com', 9, 9, 9, 9, 4, 5, '2024-01'), ('u2', 'toko.myshopify.com', 9, 9, 9, 9, 6, 7, '2024-02');
INSERT INTO "AuditLog" (id, shop, action, resource, "resourceId", "userId", "userEmail", "ipAddress", before, after, "createdAt") VALUES
	('l1', 'toko.myshopify.com', 'CREATE', 'design', 'd1', '7', 'sri@example.com', '192.0.2.1', NULL, '{"name": "Batik"}', '2024-01-02 03:04:05.678'),
	('l2', 'lain.myshopify.com', 'LOGIN', 'shop', NULL, NULL, NULL, NULL, NULL, NULL, '2024-01-02 03:04:05.678')`

// unknownColumns are added to prismaTables.
const unknownColumns = `ALTER TABLE "Session" ADD "onlineAccessInfo" TEXT;
ALTER TABLE "SavedDesign" ADD thumbnail TEXT;
ALTER TABLE "MerchantConfig" ADD "printArea" NUMERIC;
ALTER TABLE "ShopConfig" ADD beta BOOLEAN;
CREATE TABLE "_prisma_migrations" (id TEXT)`

// snake is SQL with Prisma's @map names: saved_designs, shopify_product_id.
func snake(sql string) string {
	quoted, hump := regexp.MustCompile(`"[A-Za-z]+"`), regexp.MustCompile(`([a-z])([A-Z])`)
	parts := strings.Split(sql, "'")
	for i := 0; i < len(parts); i += 2 { // the others are texts
		parts[i] = quoted.ReplaceAllStringFunc(parts[i], func(name string) string {
			table := name[1] < 'a'
			name = strings.ToLower(hump.ReplaceAllString(strings.Trim(name, `"`), "${1}_$2"))
			if table {
				name += "s"
			}
			return name
		})
	}
	return strings.Join(parts, "'")
}

// postgresWith is a database with such tables and rows.
func postgresWith(t testing.TB, sql ...string) (string, *pgx.Conn) {
	t.Helper()
	from, conn := shared.database(t)
	exec1(t, conn, strings.Join(sql, ";\n"))
	return from, conn
}

// sqliteWith is the same in a file.
func sqliteWith(t testing.TB, sql ...string) string {
	t.Helper()
	image, err := sqlite.Image(strings.Join(sql, ";\n"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "app.db")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// rig is a pool to adopt into.
type rig struct {
	*tenants.Pool
	t       testing.TB
	rejects bytes.Buffer
	assets  bytes.Buffer
}

func newRig(t testing.TB) *rig {
	t.Helper()
	return &rig{Pool: tenanttest.New(t), t: t}
}

// run adopts and returns the report, whatever it says.
func (g *rig) run(from string, change ...func(*Options)) (Report, error) {
	g.t.Helper()
	g.rejects.Reset()
	g.assets.Reset()
	opt := Options{From: from, Pool: g.Pool, Tokens: tokens(g.t), Plans: plans(g.t, g.Pool), Rejects: &g.rejects, Assets: &g.assets}
	for _, c := range change {
		c(&opt)
	}
	return Run(g.t.Context(), opt)
}

// must is run that has to succeed.
func (g *rig) must(from string, change ...func(*Options)) Report {
	g.t.Helper()
	report, err := g.run(from, change...)
	if err != nil {
		g.t.Fatalf("%v\n%s", err, pretty(report))
	}
	return report
}

func pretty(v any) string {
	raw, _ := json.MarshalIndent(v, "", " ")
	return string(raw)
}

// read runs fn on the shop label.
func (g *rig) read(label string, fn func(*tenants.Lease, *store.View) error) {
	g.t.Helper()
	lease := tenanttest.Lease(g.t, g.Pool, tenanttest.Name(g.t, label))
	defer lease.Release()
	if err := lease.Snapshot(g.t.Context(), "test", func(v *store.View) error { return fn(lease, v) }); err != nil {
		g.t.Fatal(err)
	}
}

// total is a table's line in the report.
func total(r Report, table string) Count {
	for _, c := range r.Tables {
		if c.Table == table {
			return c
		}
	}
	return Count{}
}

// outcome is what became of a shop.
func outcome(r Report, label string) ShopReport {
	for _, s := range r.Shops {
		if s.Shop.String() == label+".myshopify.com" {
			return s
		}
	}
	return ShopReport{}
}

// same is a report without what differs between two runs that found the same.
func same(r Report) string {
	r.Seconds, r.Rate, r.At, r.Follow = 0, 0, r.At.AddDate(-r.At.Year(), 0, 0).Truncate(1<<62), false
	r.Shops = append([]ShopReport{}, r.Shops...)
	clear := func(all []Count) []Count {
		all = append([]Count{}, all...)
		for i := range all {
			all[i].Changed = 0
		}
		return all
	}
	r.Tables = clear(r.Tables)
	for i := range r.Shops {
		r.Shops[i].Outcome, r.Shops[i].Tables = "", clear(r.Shops[i].Tables)
	}
	return pretty(r)
}
