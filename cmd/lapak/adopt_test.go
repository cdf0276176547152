package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lapak/adopt"
	"lapak/store/sqlite"
)

// TestAdoptCommand takes a small SQLite database through a dry run, a run and
// another one that finds a shop which was changed here.
func TestAdoptCommand(t *testing.T) {
	image, err := sqlite.Image(`CREATE TABLE "SavedDesign" (id TEXT, shop TEXT, "shopifyProductId" TEXT, "designJson" TEXT, "thumb" TEXT);
		INSERT INTO "SavedDesign" VALUES ('d1', 'toko.myshopify.com', '1', '{}', 'x'), ('d2', 'toko.myshopify.com', '1', '[', NULL), ('d3', NULL, '1', '{}', NULL);
		CREATE TABLE "Session" (id TEXT, shop TEXT, "accessToken" TEXT);
		INSERT INTO "Session" VALUES ('offline_toko.myshopify.com', 'toko.myshopify.com', 'shpat_x')`)
	if err != nil {
		t.Fatal(err)
	}
	source, data := filepath.Join(t.TempDir(), "app.db"), filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(source, image, 0o600); err != nil {
		t.Fatal(err)
	}
	lapak := func(want int, args ...string) (out, errOut string) {
		t.Helper()
		var o, e bytes.Buffer
		if code := run(append(args, "--data", data), &o, &e); code != want {
			t.Fatalf("%v: exit code %d, want %d\n%s%s", args, code, want, &o, &e)
		}
		return o.String(), e.String()
	}
	lapak(2, "adopt")
	lapak(1, "adopt", "--from", "mysql://x", "--dry-run")
	out, _ := lapak(0, "adopt", "--from", "sqlite:"+source, "--dry-run", "--json")
	checkAdopted(t, out, adopt.Checked)
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("a dry run made %s: %v", data, err)
	}
	out, _ = lapak(0, "adopt", "--from", "sqlite:"+source, "--json")
	checkAdopted(t, out, adopt.Created)
	rejects, err := os.ReadFile(filepath.Join(data, "adopt-rejects.jsonl"))
	if lines := bytes.Count(rejects, []byte("\n")); err != nil || lines != 2 {
		t.Errorf("%s, %v", rejects, err)
	}
	if out, _ = lapak(0, "adopt", "--from", "sqlite:"+source); !strings.Contains(out, "1 shops unchanged") || !strings.Contains(out, "thumb") {
		t.Error(out)
	}
	lapak(0, "shops", "create", "kopi.myshopify.com")
	image, err = sqlite.Image(`CREATE TABLE "SavedDesign" (id TEXT, shop TEXT, "shopifyProductId" TEXT, "designJson" TEXT);
		INSERT INTO "SavedDesign" VALUES ('k1', 'kopi.myshopify.com', '1', '{}')`)
	if err == nil {
		err = os.WriteFile(source, image, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if out, errOut := lapak(1, "adopt", "--from", "sqlite:"+source); !strings.Contains(out, "refused") || !strings.Contains(errOut, "not every shop") {
		t.Error(out, errOut)
	}
}

func checkAdopted(t *testing.T, out, outcome string) {
	t.Helper()
	var r adopt.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Shops) != 1 || r.Shops[0].Outcome != outcome || !r.Equal || len(r.Rejected) != 2 {
		t.Errorf("%s", out)
	}
}

func TestProgressLine(t *testing.T) {
	if got := progressLine(500, 1000, 2*time.Second); got != "[###############---------------] 50 % of 1000 rows, 250 a second, 2s left" {
		t.Error(got)
	}
	if got := progressLine(0, 0, 0); !strings.Contains(got, "0 % of 0 rows") {
		t.Error(got)
	}
}
