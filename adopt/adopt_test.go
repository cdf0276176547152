package adopt

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
	"lapak/tenants/tenanttest"
	"lapak/web/access"
)

// prismaTables are the app's as Prisma's migrations make them.
const prismaTables = `CREATE TABLE "Session" (id TEXT PRIMARY KEY, shop TEXT, state TEXT NOT NULL, "isOnline" BOOLEAN NOT NULL DEFAULT false, scope TEXT,
	expires TIMESTAMP(3), "accessToken" TEXT NOT NULL, "userId" BIGINT, "firstName" TEXT, "lastName" TEXT, email TEXT, "accountOwner" BOOLEAN NOT NULL DEFAULT false,
	locale TEXT, collaborator BOOLEAN DEFAULT false, "emailVerified" BOOLEAN DEFAULT false);
CREATE TABLE "SavedDesign" (id TEXT PRIMARY KEY, shop TEXT, "shopifyProductId" TEXT NOT NULL, name TEXT, "designJson" TEXT NOT NULL,
	"isTemplate" BOOLEAN NOT NULL DEFAULT false, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE "MerchantConfig" (id TEXT PRIMARY KEY, shop TEXT, "shopifyProductId" TEXT NOT NULL, config JSONB NOT NULL, enabled BOOLEAN NOT NULL DEFAULT true,
	"createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE "Asset" (id TEXT PRIMARY KEY, shop TEXT, type TEXT NOT NULL, name TEXT, "mimeType" TEXT, url TEXT, size INTEGER, width INTEGER, height INTEGER,
	"createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE "ShopConfig" (id TEXT PRIMARY KEY, shop TEXT, plan TEXT NOT NULL DEFAULT 'free', "maxProducts" INTEGER NOT NULL DEFAULT 10,
	"maxAssets" INTEGER NOT NULL DEFAULT 100, "maxDesigns" INTEGER NOT NULL DEFAULT 50, "storageLimit" BIGINT NOT NULL DEFAULT 1073741824,
	"enableWebP" BOOLEAN NOT NULL DEFAULT false, "enableCDN" BOOLEAN NOT NULL DEFAULT false, "enableAdvancedTools" BOOLEAN NOT NULL DEFAULT false,
	"customDomain" TEXT, "logoUrl" TEXT, "primaryColor" TEXT, timezone TEXT NOT NULL DEFAULT 'UTC', currency TEXT NOT NULL DEFAULT 'USD',
	"createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
	"lastActiveAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE "ShopUsage" (id TEXT PRIMARY KEY, shop TEXT, "productCount" INTEGER NOT NULL DEFAULT 0, "assetCount" INTEGER NOT NULL DEFAULT 0,
	"designCount" INTEGER NOT NULL DEFAULT 0, "storageUsed" BIGINT NOT NULL DEFAULT 0, "monthlyUploads" INTEGER NOT NULL DEFAULT 0,
	"monthlyOrders" INTEGER NOT NULL DEFAULT 0, month TEXT NOT NULL, "updatedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE "AuditLog" (id TEXT PRIMARY KEY, shop TEXT, action TEXT NOT NULL, resource TEXT NOT NULL, "resourceId" TEXT, "userId" TEXT, "userEmail" TEXT,
	"ipAddress" TEXT, before JSONB, after JSONB, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP)`

func tokens(t testing.TB) *access.Tokens {
	t.Helper()
	sealer, err := access.New(access.Options{Secret: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}

func plans(t testing.TB, pool *tenants.Pool) []catalog.Plan {
	t.Helper()
	all, err := pool.Catalog().Plans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestEveryTable adopts the same rows from each kind of source and looks at every
// table.
func TestEveryTable(t *testing.T) {
	for name, from := range map[string]func(*testing.T) string{
		"postgres": func(t *testing.T) string { u, _ := postgresWith(t, prismaTables, unknownColumns, goodRows); return u },
		"postgres, snake case": func(t *testing.T) string {
			u, _ := postgresWith(t, snake(prismaTables), snake(unknownColumns), snake(goodRows))
			return u + "&schema=public&connection_limit=5"
		},
		"sqlite": func(t *testing.T) string { return sqliteWith(t, prismaTables, unknownColumns, goodRows) },
		"sqlite, snake case": func(t *testing.T) string {
			return sqliteWith(t, snake(prismaTables), snake(unknownColumns), snake(goodRows))
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newRig(t)
			report := g.must(from(t))
			if g.rejects.Len() > 0 || !report.Equal || len(report.Shops) != 3 {
				t.Errorf("%s\n%s", pretty(report), &g.rejects)
			}
			for table, n := range map[string]int64{"Session": 2, "SavedDesign": 3, "MerchantConfig": 2, "Asset": 3, "ShopConfig": 1, "ShopUsage": 2, "AuditLog": 2} {
				if c := total(report, table); c.Read != n || c.Written != n || !c.Equal || c.Hash != c.SourceHash {
					t.Errorf("%s: %+v", table, c)
				}
			}
			if len(report.Unknown) < 4 || len(report.Ignored) != 1 {
				t.Errorf("unknown %v, ignored %v", report.Unknown, report.Ignored)
			}
			checkDesigns(g)
			checkConfigAndAssets(g)
			checkSessions(g)
			checkCatalog(g)
			checkBackup(g)
		})
	}
}

func checkDesigns(g *rig) {
	t := g.t
	g.read("toko", func(_ *tenants.Lease, v *store.View) error {
		d, err := v.Design("d1")
		if err != nil {
			return err
		}
		d.Version--
		if d.ProductID != "101" || d.Name != "Batik" || !d.IsTemplate || string(d.DesignJSON) != `{"objects": [1]}` ||
			d.CreatedAt.UnixMilli() != 1704164645678 || d.UpdatedAt.UnixMilli() != 1706933106007 {
			t.Errorf("%+v", d)
		}
		if d, err = v.Design("d2"); err != nil || d.Name != "Untitled" || !strings.Contains(string(d.DesignJSON), "é") {
			t.Errorf("%+v, %v", d, err)
		}
		return v.LoadedDesigns(func(d store.Design, extra json.RawMessage) error {
			if want := map[string]string{"d1": `{"thumbnail":"https://cdn.example.com/a.png"}`}[d.ID]; string(extra) != want {
				t.Errorf("extra of %s: %s", d.ID, extra)
			}
			return nil
		})
	})
}

func checkConfigAndAssets(g *rig) {
	t := g.t
	g.read("toko", func(_ *tenants.Lease, v *store.View) error {
		c, err := v.Config("101")
		if err != nil || c.ID != "c1" || !c.Enabled || !strings.Contains(string(c.Config), "Front") {
			t.Errorf("%+v, %v", c, err)
		}
		err = v.LoadedConfigs(func(c store.Config, extra json.RawMessage) error {
			if c.ID == "c1" && !strings.HasPrefix(string(extra), `{"print`) && !strings.Contains(string(extra), `:12.5`) {
				t.Errorf("extra %s", extra)
			}
			return nil
		})
		if err != nil {
			return err
		}
		a, err := v.Asset("a3")
		if err != nil || a.Object != "base-images/"+strings.Repeat("0123456789abcdef", 4)+".jpg" || a.Type != "base-images" || a.ContentType != "image/jpeg" {
			t.Errorf("%+v, %v", a, err)
		}
		one, err1 := v.Asset("a1")
		two, err2 := v.Asset("a2")
		if err1 != nil || err2 != nil || one.Object != two.Object || !strings.HasSuffix(one.Object, ".png") || *one.Width != 20 {
			t.Errorf("%+v, %+v", one, two)
		}
		if line := "https://cdn.example.com/toko/logo.png?v=1\ttoko.myshopify.com/" + one.Object + "\n"; !strings.Contains(g.assets.String(), line) {
			t.Errorf("%q is not in %q", line, &g.assets)
		}
		u, _, err := v.Usage(store.Terms{})
		if want := (store.Usage{Products: 2, Assets: 3, Designs: 2, StorageBytes: 1500}); err != nil || u != want {
			t.Errorf("usage %+v, %v", u, err)
		}
		history, err := v.UsageHistory(10)
		if err != nil || len(history) != 3 || history[1].Uploads != 6 || history[1].Orders != 7 || history[2].Month != "2024-01" {
			t.Errorf("%+v, %v", history, err)
		}
		return nil
	})
}

func checkSessions(g *rig) {
	t, sealer := g.t, tokens(g.t)
	g.read("toko", func(l *tenants.Lease, v *store.View) error {
		s, err := sealer.Load(t.Context(), l, "toko.myshopify.com_7")
		if err != nil || s.Token.Token != "shpua_PLAIN" || s.Token.User.ID != 7 || s.Token.User.Email != "sri@example.com" || !s.Token.User.AccountOwner ||
			s.Token.Expires.UnixMilli() != 1925089445678 || !s.Online {
			t.Errorf("%+v, %v", s, err)
		}
		offline, err := sealer.Offline(t.Context(), l)
		if err != nil || offline.Token != "shpat_PLAIN" || offline.Scopes.String() != "write_products" {
			t.Errorf("%+v, %v", offline, err)
		}
		raw, err := os.ReadFile(g.Path(l.Shop().Name, 1))
		if err != nil || bytes.Contains(raw, []byte("_PLAIN")) {
			t.Errorf("a token is in the file in plain text, %v", err)
		}
		log, _, err := v.AuditLog(store.AuditFilter{}, store.Page{})
		if err != nil || len(log) != 1 || *log[0].UserEmail != "sri@example.com" || !strings.Contains(string(log[0].After), "Batik") {
			t.Errorf("%+v, %v", log, err)
		}
		return nil
	})
}

func checkCatalog(g *rig) {
	t := g.t
	rec, err := g.Catalog().Shop(t.Context(), tenanttest.Name(t, "toko"))
	if err != nil || rec.Plan != "basic" || rec.MaxDesigns != 777 || len(rec.Overrides) != 1 || *rec.CustomDomain != "designs.example.com" ||
		rec.LogoURL != nil || *rec.PrimaryColor != "#aabbcc" || rec.Timezone != "Asia/Jakarta" || rec.Currency != "IDR" {
		t.Errorf("%+v, %v", rec, err)
	}
	if rec, err = g.Catalog().Shop(t.Context(), tenanttest.Name(t, "kopi")); err != nil || rec.Plan != "free" {
		t.Errorf("%+v, %v", rec, err)
	}
	g.read("toko", func(_ *tenants.Lease, v *store.View) error {
		a, err := v.Adopted()
		for _, want := range []string{`"id":"s1"`, `"logoUrl":"http://not-https`, `"beta":`} {
			if !strings.Contains(string(a.Settings), want) && !strings.Contains(strings.ReplaceAll(string(a.Settings), "logo_url", "logoUrl"), want) {
				t.Errorf("%s is not in %s", want, a.Settings)
			}
		}
		return err
	})
}

// checkBackup proves that an adopted shop is backed up like any other.
func checkBackup(g *rig) {
	drill, err := g.Drill(g.t.Context(), tenanttest.Name(g.t, "toko"))
	if err != nil || !drill.Proven {
		g.t.Errorf("%+v, %v", drill, err)
	}
}

// TestRejects wants each row that cannot be adopted in the rejects, with a reason,
// and all others adopted.
func TestRejects(t *testing.T) {
	const design = `INSERT INTO "SavedDesign" (id, shop, "shopifyProductId", name, "designJson") VALUES `
	big := "repeat('x', 1100000)"
	from, _ := postgresWith(t, prismaTables, unknownColumns, goodRows,
		design+`('r1', NULL, '1', 'no shop', '{}'), ('r2', '', '1', 'no shop', '{}'), ('r3', 'example.com', '1', 'not a shop', '{}'),
		('r4', 'Toko.myshopify.com', '1', 'another spelling', '{}'), ('r5', 'toko.myshopify.com', '', 'no product', '{}'),
		('r6', 'toko.myshopify.com', '1', 'bad JSON', '{"a":'), ('r7', 'toko.myshopify.com', '1', 'no object', '[]'),
		('r8', 'toko.myshopify.com', '1', 'too large', '{"a":"' || `+big+` || '"}'), ('r9', 'toko.myshopify.com', '1', E'two\nlines', '{}')`,
		`INSERT INTO "MerchantConfig" (id, shop, "shopifyProductId", config, "updatedAt") VALUES ('r10', 'toko.myshopify.com', 'gid://shopify/Product/101', '{}', '2020-01-01')`,
		`INSERT INTO "Asset" (id, shop, type, url) VALUES ('r11', 'toko.myshopify.com', 'videos', 'x.mp4'), ('r12', 'toko.myshopify.com', 'fonts', NULL)`,
		`INSERT INTO "ShopConfig" (id, shop, plan) VALUES ('r13', 'kopi.myshopify.com', 'gold')`,
		`INSERT INTO "ShopUsage" (id, shop, month) VALUES ('r14', 'kopi.myshopify.com', '2999-01'), ('r15', 'kopi.myshopify.com', 'May')`,
		`INSERT INTO "AuditLog" (id, shop, action, resource, "createdAt") VALUES ('r16', 'kopi.myshopify.com', 'X', 'y', '2999-01-01')`,
		`INSERT INTO "Session" (id, shop, state, "accessToken") VALUES ('r17', NULL, '', 'shpat_HIDDEN')`)
	g := newRig(t)
	report := g.must(from)
	got := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(g.rejects.String()), "\n") {
		var r struct{ ID, Reason string }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		got[r.ID] = r.Reason
	}
	for id, want := range map[string]string{
		"r1": "no shop", "r2": "no shop", "r3": "not a shop name", "r4": "ambiguous", "r5": "shopifyProductId", "r6": "valid JSON",
		"r7": "JSON object", "r8": "1024 KiB", "r9": "one line", "r10": "same product", "r11": "type must be one of", "r12": "where the bytes are",
		"r13": "name of a plan", "r14": "future", "r15": "YYYY-MM", "r16": "future", "r17": "no shop",
	} {
		if !strings.Contains(got[id], want) {
			t.Errorf("%s: %q, want %q", id, got[id], want)
		}
		delete(got, id)
	}
	if len(got) > 0 || strings.Contains(g.rejects.String(), "HIDDEN") {
		t.Errorf("more rejects: %v", got)
	}
	if c := total(report, "SavedDesign"); c.Read != 12 || c.Written != 3 || c.Rejected != 9 || !c.Equal {
		t.Errorf("%+v", c)
	}
	again := g.must(from)
	if same(again) != same(report) || outcome(again, "toko").Outcome != Unchanged {
		t.Errorf("again: %s\nfirst: %s", same(again), same(report))
	}
	if follow := g.must(from, func(o *Options) { o.Follow = true }); total(follow, "SavedDesign").Rejected != 9 || outcome(follow, "toko").Outcome != Unchanged {
		t.Errorf("follow: %s", pretty(follow))
	}
}

// TestDryRun writes nothing and finds what a run then does.
func TestDryRun(t *testing.T) {
	from, _ := postgresWith(t, prismaTables, unknownColumns, goodRows)
	g := newRig(t)
	dry := g.must(from, func(o *Options) { o.DryRun, o.Tokens = true, nil })
	if n, err := g.Catalog().CountShops(t.Context(), catalog.Filter{}); n != 0 || err != nil {
		t.Errorf("%d shops, %v", n, err)
	}
	alone := g.must(from, func(o *Options) { o.DryRun, o.Tokens, o.Pool = true, nil, nil })
	report := g.must(from)
	for _, c := range report.Tables {
		if d := total(dry, c.Table); d.Written != c.Written || d.SourceHash != c.SourceHash && c.Table != "ShopConfig" || total(alone, c.Table) != d {
			t.Errorf("%+v, then %+v", d, c)
		}
	}
}

func TestFitPlan(t *testing.T) {
	from, conn := postgresWith(t, prismaTables)
	exec1(t, conn, `INSERT INTO "SavedDesign" (id, shop, "shopifyProductId", "designJson") SELECT i::text, CASE WHEN i <= 51 THEN 'toko' ELSE 'kopi' END || '.myshopify.com', '1', '{}' FROM generate_series(1, 60) i`)
	g := newRig(t)
	report := g.must(from, func(o *Options) { o.FitPlan = true })
	if toko, kopi := outcome(report, "toko"), outcome(report, "kopi"); toko.Plan != "basic" || kopi.Plan != "free" {
		t.Errorf("%+v, %+v", toko, kopi)
	}
}

// TestAgainAndFollow changes the source and follows it, in both ways.
func TestAgainAndFollow(t *testing.T) {
	for _, follow := range []bool{false, true} {
		from, conn := postgresWith(t, prismaTables, unknownColumns, goodRows)
		g := newRig(t)
		how := func(o *Options) { o.Follow = follow }
		first := g.must(from)
		if again := g.must(from); same(again) != same(first) {
			t.Errorf("again: %s\nfirst: %s", same(again), same(first))
		}
		for _, s := range g.must(from, how).Shops {
			if s.Outcome != Unchanged {
				t.Errorf("%+v", s)
			}
		}
		exec1(t, conn, `UPDATE "SavedDesign" SET "designJson" = '{"new": 1}', "updatedAt" = now() WHERE id = 'd1';
DELETE FROM "SavedDesign" WHERE id = 'd2';
INSERT INTO "SavedDesign" (id, shop, "shopifyProductId", "designJson") VALUES ('d9', 'toko.myshopify.com', '9', '{}');
UPDATE "MerchantConfig" SET "shopifyProductId" = '103', "updatedAt" = now() WHERE id = 'c1';
DELETE FROM "MerchantConfig" WHERE id = 'c2';
DELETE FROM "Asset" WHERE id = 'a3';
UPDATE "Session" SET "accessToken" = 'shpat_NEXT' WHERE id LIKE 'offline%';
UPDATE "ShopUsage" SET "monthlyOrders" = 70 WHERE id = 'u2';
DELETE FROM "AuditLog" WHERE id = 'l1';
INSERT INTO "AuditLog" (id, shop, action, resource) VALUES ('l9', 'toko.myshopify.com', 'UPDATE', 'design');
UPDATE "ShopConfig" SET plan = 'pro', "maxDesigns" = 5000, timezone = 'UTC' WHERE id = 's1';
INSERT INTO "SavedDesign" (id, shop, "shopifyProductId", "designJson") VALUES ('n1', 'baru.myshopify.com', '9', '{}')`)
		report := g.must(from, how)
		if outcome(report, "toko").Outcome != Updated || outcome(report, "kopi").Outcome != Unchanged || outcome(report, "baru").Outcome != Created {
			t.Errorf("%s", pretty(report))
		}
		if c := total(report, "SavedDesign"); c.Changed != 4 || c.Written != 4 {
			t.Errorf("%+v", c)
		}
		checkFollowed(g)
		fresh := newRig(t).must(from)
		if again := g.must(from); same(again) != same(fresh) || outcome(again, "toko").Outcome != Unchanged {
			t.Errorf("follow %v\nhere %s\nfresh %s", follow, same(again), same(fresh))
		}
	}
}

func checkFollowed(g *rig) {
	t := g.t
	g.read("toko", func(l *tenants.Lease, v *store.View) error {
		d, err := v.Design("d1")
		if err != nil || string(d.DesignJSON) != `{"new": 1}` || d.Version != 2 {
			t.Errorf("%+v, %v", d, err)
		}
		offline, err := tokens(t).Offline(t.Context(), l)
		if err != nil || offline.Token != "shpat_NEXT" {
			t.Errorf("%+v, %v", offline, err)
		}
		u, _, err := v.Usage(store.Terms{})
		if want := (store.Usage{Products: 1, Assets: 2, Designs: 2, StorageBytes: 1000}); err != nil || u != want {
			t.Errorf("usage %+v, %v", u, err)
		}
		if rec := l.Shop(); rec.Plan != "pro" || rec.MaxDesigns != 5000 || rec.Timezone != "UTC" {
			t.Errorf("%+v", rec)
		}
		return nil
	})
	checkBackup(g)
}

// TestRefused leaves alone what is not the source's.
func TestRefused(t *testing.T) {
	from, _ := postgresWith(t, prismaTables, unknownColumns, goodRows)
	other, _ := postgresWith(t, prismaTables, unknownColumns, goodRows)
	g := newRig(t)
	tenanttest.Shop(t, g.Pool, "kopi")
	report, err := g.run(from)
	if s := outcome(report, "kopi"); !errors.Is(err, ErrUnequal) || s.Outcome != Refused || !strings.Contains(s.Problem, "exists already") {
		t.Errorf("%v, %+v", err, s)
	}
	if s := outcome(report, "toko"); s.Outcome != Created {
		t.Errorf("%+v", s)
	}
	if report, err = g.run(other); !errors.Is(err, ErrUnequal) || !strings.Contains(outcome(report, "toko").Problem, "was adopted from") {
		t.Errorf("%v, %+v", err, outcome(report, "toko"))
	}
	lease := tenanttest.Lease(t, g.Pool, tenanttest.Name(t, "toko"))
	err = lease.Write(t.Context(), "test", func(tx *store.Tx) error { return tx.DeleteDesign(store.By{}, lease.Terms(), "d1", 0) })
	if err != nil {
		t.Fatal(err)
	}
	lease.Release()
	for _, follow := range []bool{false, true} {
		report, err = g.run(from, func(o *Options) { o.Follow = follow })
		if s := outcome(report, "toko"); !errors.Is(err, ErrUnequal) || s.Outcome != Refused || !strings.Contains(s.Problem, "changed here") {
			t.Errorf("%v, %+v", err, s)
		}
	}
}

// TestSourceErrors are sentences.
func TestSourceErrors(t *testing.T) {
	empty, _ := shared.database(t)
	twice, _ := postgresWith(t, prismaTables, snake(prismaTables))
	lacks, _ := postgresWith(t, `CREATE TABLE "Session" (id TEXT)`)
	for from, want := range map[string]string{
		"mysql://x": "must begin with", "sqlite:/no/such/file": "does not exist", "postgres://owner:secret@/x?host=/nowhere": "connect",
		empty: "none of the tables", twice: "name the schema", lacks: "no column shop",
	} {
		_, err := newRig(t).run(from)
		if !errors.Is(err, ErrSource) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", from, err)
		}
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]int64{
		"1704164645678": 1704164645678, "2024-01-02 03:04:05.678": 1704164645678, "2024-01-02 03:04:05": 1704164645000,
		"2024-01-02 10:04:05.678912+07": 1704164645678, "2024-01-02T03:04:05.678Z": 1704164645678, "2024-01-02 03:04:05.678+00:00": 1704164645678,
	} {
		if got, ok := parseTime(text); !ok || got.UnixMilli() != want {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "infinity", "today", "0001-01-01 00:00:00", "-1"} {
		if got, ok := parseTime(text); ok {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// FuzzExtra wants JSON of whatever a column holds.
func FuzzExtra(f *testing.F) {
	f.Add("name", "value", 1)
	f.Add("a\"b", "NaN", 2)
	f.Add("x", "{", 4)
	f.Fuzz(func(t *testing.T, name, text string, k int) {
		tab := &table{columns: []column{{name: name}}}
		r := row{tab, []value{{kind(((k % 5) + 5) % 5), []byte(text)}}}
		if raw := r.object([]int{0}, nil); raw != nil && !json.Valid(raw) {
			t.Errorf("%q", raw)
		}
	})
}
