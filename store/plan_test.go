package store_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"time"

	"lapak/store"
	"lapak/store/sqlite"
)

// TestQueryPlans runs every statement of this package and then looks at the
// plan of each: no sort, no walk through a table but where the statement says
// /* whole table */ or /* whole table, sorted */, and no index in the schema that
// nothing uses.
func TestQueryPlans(t *testing.T) {
	db := openShop(t, nil)
	runEverything(t, db)
	// The first write took the place of the reader that had read the seal.
	if _, err := db.CheckSeal(t.Context(), sealOf(t, db)); err != nil {
		t.Fatal(err)
	}
	var plans, statements []string
	look := func(c *sqlite.Conn) error {
		for _, sql := range c.Statements() {
			statements = append(statements, sql)
			if plannable(sql) {
				plans = append(plans, checkPlan(t, c, sql)...)
			}
		}
		return nil
	}
	if err := errors.Join(db.DB.Read(t.Context(), "plans", look), db.DB.Write(t.Context(), "plans", look)); err != nil {
		t.Fatal(err)
	}
	checkAllRan(t, strings.Join(statements, "\n"))
	checkIndexesUsed(t, db, strings.Join(plans, "\n"))
}

// sealOf is the seal as it is: runEverything changes its epoch.
func sealOf(t *testing.T, db *store.DB) store.Seal {
	t.Helper()
	seal := testSeal(t)
	err := db.DB.Read(t.Context(), "epoch", func(c *sqlite.Conn) error {
		epoch, err := c.Int("SELECT epoch FROM seal WHERE id = 1")
		seal.Epoch = int(epoch)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return seal
}

func plannable(sql string) bool {
	word, _, _ := strings.Cut(sql, " ")
	return word == "SELECT" || word == "UPDATE" || word == "DELETE" || word == "INSERT"
}

func checkPlan(t *testing.T, c *sqlite.Conn, sql string) (plan []string) {
	t.Helper()
	args := make([]any, 20) // unbound parameters; the plan does not depend on them
	err := c.Query("EXPLAIN QUERY PLAN "+sql, args, func(r *sqlite.Row) error {
		plan = append(plan, r.Text(3))
		return nil
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	text := strings.Join(plan, "\n")
	t.Logf("%s\n%s", sql, text)
	if strings.Contains(text, "USE TEMP B-TREE") && !strings.Contains(sql, "/* whole table, sorted */") {
		t.Errorf("sorts:\n%s\n%s", sql, text)
	}
	if strings.Contains(text, "SCAN") && !strings.Contains(sql, "/* whole table") {
		t.Errorf("reads a whole table:\n%s\n%s", sql, text)
	}
	return plan
}

// checkAllRan proves that no statement in the source was left out: each text in
// it that looks like SQL must be part of one that ran.
func checkAllRan(t *testing.T, ran string) {
	t.Helper()
	notTests := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }
	packages, err := parser.ParseDir(token.NewFileSet(), ".", notTests, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(packages["store"], func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			sql, _ := strconv.Unquote(lit.Value)
			if plannable(sql) && !strings.HasPrefix(sql, "INSERT INTO seal") { // that is Create's
				found++
				if !strings.Contains(ran, sql) {
					t.Errorf("did not run: %s", sql)
				}
			}
		}
		return true
	})
	if found < 20 {
		t.Errorf("only %d statements found in the source", found)
	}
}

func checkIndexesUsed(t *testing.T, db *store.DB, plans string) {
	t.Helper()
	err := db.DB.Read(t.Context(), "indexes", func(c *sqlite.Conn) error {
		return c.Query("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL", nil, func(r *sqlite.Row) error {
			if !strings.Contains(plans+"\n", "INDEX "+r.Text(0)+" ") && !strings.Contains(plans+"\n", "INDEX "+r.Text(0)+"\n") {
				t.Errorf("nothing uses the index %s", r.Text(0))
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// runEverything makes both connections prepare every statement there is.
func runEverything(t *testing.T, db *store.DB) {
	t.Helper()
	loadEverything(t, db)
	changeEverything(t, db)
	applyEverything(t, db)
	to := testSeal(t)
	to.Epoch = 2
	write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.SetEpoch(testSeal(t), to), tx.SetEpoch(to, testSeal(t)))
	})
	redactEverything(t, db)
	read(t, db, func(v *store.View) error {
		readEveryList(t, v)
		_, err1 := v.PublicProduct("1")
		_, err2 := v.UsageHistory(3)
		_, _, err3 := v.Usage(unlimited)
		_, err4 := v.Sessions()
		_, err5 := v.HasObject("x")
		_, err6 := v.Configured([]string{"1"})
		_, err7 := v.Tables()
		named := v.NamedObjects(func(store.Object) error { return nil })
		return errors.Join(err1, err2, err3, err4, err5, err6, err7, named, v.Objects(func(string) error { return nil }), v.Export(io.Discard))
	})
	for _, missing := range []func(*store.View) error{
		func(v *store.View) error { _, err := v.Design("x"); return err },
		func(v *store.View) error { _, err := v.Asset("x"); return err },
		func(v *store.View) error { _, err := v.Session("x"); return err },
	} {
		if err := db.Read(t.Context(), "test", missing); !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
	}
}

func changeEverything(t *testing.T, db *store.DB) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		d, err1 := tx.CreateDesign(owner, unlimited, newDesign("a"))
		_, err2 := tx.UpdateDesign(owner, unlimited, d.ID, store.DesignPatch{DesignJSON: json.RawMessage(`{}`)}, 0)
		err3 := tx.DeleteDesign(owner, unlimited, d.ID, 0)
		a, err4 := tx.CreateAsset(owner, unlimited, newAsset("fonts", "a", 1))
		_, _, err5 := tx.DeleteAsset(owner, unlimited, a.ID)
		_, err6 := tx.Undelete(owner, unlimited, d.ID)
		return errors.Join(err1, err2, err3, err4, err5, err6)
	})
	changeAsShopper(t, db)
	write(t, db, func(tx *store.Tx) error {
		config := store.ConfigPatch{Config: json.RawMessage(`{}`)}
		_, _, err1 := tx.PutConfig(owner, unlimited, "2", config, 0)
		_, _, err2 := tx.PutConfig(owner, unlimited, "2", config, 0)
		err3 := tx.DeleteConfig(owner, unlimited, "2", 0)
		_, _, err4 := tx.PutConfig(owner, unlimited, "1", config, 0)
		return errors.Join(err1, err2, err3, err4)
	})
	write(t, db, func(tx *store.Tx) error {
		_, err1 := tx.DeleteSessions("x")
		_, err2 := tx.DeleteExpiredSessions(time.Now())
		_, err3 := tx.RecountUsage(unlimited)
		_, err4 := tx.Adopt(unlimited, testSeal(t), testSeal(t))
		return errors.Join(err1, err2, err3, err4, tx.StripCopy(), tx.StoreSession(store.Session{ID: "x1"}), tx.CountOrder(unlimited))
	})
}

func changeAsShopper(t *testing.T, db *store.DB) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		in := newDesign("b")
		in.Owner = store.ClaimOwner("x")
		d, err1 := tx.CreateShopperDesign(owner, unlimited, in)
		err2 := tx.DeleteOwnDesign(owner, unlimited, in.Owner, d.ID, 0)
		_, err3 := tx.CreateShopperDesign(owner, unlimited, in)
		_, err4 := tx.Claim(owner, unlimited, in.Owner, store.CustomerOwner("1"))
		_, err5 := tx.OwnsAny(in.Owner)
		return errors.Join(err1, err2, err3, err4, err5, tx.RoomForUpload(unlimited, in.Owner, 1))
	})
}

func readEveryList(t *testing.T, v *store.View) {
	t.Helper()
	var errs []error
	for _, product := range []string{"", "1"} {
		for _, template := range []*bool{nil, ptr(true), ptr(false)} {
			for _, of := range []*string{nil, ptr(""), ptr("customer:1")} {
				_, _, err := v.Designs(store.DesignFilter{ProductID: product, Template: template, Owner: of}, store.Page{})
				errs = append(errs, err)
			}
		}
	}
	for _, action := range []string{"", "CREATE"} {
		for _, resource := range []string{"", "design"} {
			_, _, err := v.AuditLog(store.AuditFilter{Action: action, Resource: resource}, store.Page{})
			errs = append(errs, err)
		}
	}
	for _, kind := range []string{"", "fonts"} {
		for _, text := range []string{"", "x"} {
			_, _, err := v.Assets(store.AssetFilter{Type: kind, Text: text}, store.Page{})
			errs = append(errs, err)
		}
	}
	errs = append(errs, readForPages(v))
	_, err := v.TrashedUntil("x")
	errs = append(errs, err)
	_, _, err = v.Trash(store.Page{})
	errs = append(errs, err)
	_, _, err = v.Configs(store.Page{})
	if err := errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
}

// readForPages are the reads that the pages alone need.
func readForPages(v *store.View) error {
	search := store.DesignFilter{Shoppers: true, Text: "x", From: time.UnixMilli(1), To: time.UnixMilli(2)}
	_, _, err1 := v.Designs(search, store.Page{})
	_, _, err2 := v.DesignsByName(search, store.Page{})
	_, err3 := v.UsersOf(store.Asset{ID: "x", Name: "y"}, 1)
	_, err4 := v.StorageByType()
	_, _, err5 := v.History("design", "x", time.UnixMilli(1), time.UnixMilli(2))
	_, err6 := v.AssetNamed("x")
	if errors.Is(err6, store.ErrNotFound) {
		err6 = nil
	}
	_, _, err7 := v.ConfigCards(store.ConfigFilter{}, store.Page{})
	_, err8 := v.ConfigCard("1")
	_, err9 := v.DesignsSince(time.UnixMilli(1))
	_, err10 := v.ProductTitles(1)
	if _, err := v.Deletion(store.Trashed{Resource: "design", ID: "x"}); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10)
}
