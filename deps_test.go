package lapak

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed is which package may import which of ours; a package that is not
// listed may import none. What ends in "/..." stands for all below it.
func allowed() map[string][]string {
	return map[string][]string{
		"lapak":                         {},
		"lapak/store/sqlite":            {},
		"lapak/store/bucket":            {},
		"lapak/store":                   {"lapak", "lapak/store/sqlite"},
		"lapak/store/catalog":           {"lapak/store", "lapak/store/sqlite"},
		"lapak/tenants/bundle":          {},
		"lapak/tenants/replica":         {"lapak/store/bucket"},
		"lapak/tenants":                 {"lapak/store/...", "lapak/tenants/bundle", "lapak/tenants/replica"},
		"lapak/adopt":                   {"lapak/store/...", "lapak/tenants/...", "lapak/web/access", "lapak/web/shopify"},
		"lapak/web":                     {"lapak/store/...", "lapak/tenants/..."},
		"lapak/web/api":                 {"lapak/web", "lapak/web/products", "lapak/web/storefront", "lapak/web/upload", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/control":             {"lapak/web", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/shopify":             {},
		"lapak/web/shopify/adminapi":    {"lapak/web/shopify"},
		"lapak/web/shopify/shopifytest": {"lapak/web/shopify"},
		"lapak/web/access":              {"lapak/web", "lapak/web/shopify/...", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/embed":               {"lapak/web", "lapak/web/access", "lapak/web/shopify/...", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/webhooks":            {"lapak/web", "lapak/web/privacy", "lapak/web/shopify/...", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/privacy":             {"lapak/web", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/upload":              {"lapak/web", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/storefront":          {"lapak/web", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/proxy":               {"lapak/web", "lapak/web/storefront", "lapak/web/upload", "lapak/web/shopify", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/products":            {"lapak/web", "lapak/web/shopify/...", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/billing":             {"lapak/web", "lapak/web/shopify/...", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/view":                {"lapak/store/...", "lapak/web/view/..."},
		"lapak/web/view/preview":        {},
		"lapak/web/signin":              {"lapak/web", "lapak/web/view", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/admin":               {"lapak/web", "lapak/web/privacy", "lapak/web/products", "lapak/web/upload", "lapak/web/view/...", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/operator":            {"lapak/web", "lapak/web/signin", "lapak/web/view", "lapak/store/...", "lapak/tenants/..."},
		"lapak/web/browsertest":         {},
		"lapak/web/browsertest/axe":     {},
		"lapak/cmd/lapak":               {"lapak/..."},
		"lapak/cmd/lapak/demo":          {},
		"lapak/cmd/bench":               {"lapak/..."},
		"lapak/store/bucket/buckettest": {"lapak/store/bucket"},
		"lapak/tenants/tenanttest":      {"lapak/store/...", "lapak/tenants/..."},
	}
}

type goPackage struct {
	ImportPath, Name, Doc string
	Imports               []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Name,Doc,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// TestImports holds the table of arrows between packages: a new one is a
// decision, not an accident.
func TestImports(t *testing.T) {
	table := allowed()
	for _, p := range packages(t) {
		rules, listed := table[p.ImportPath]
		if !listed {
			t.Errorf("%s is not in the table of packages", p.ImportPath)
		}
		for _, i := range p.Imports {
			if (i == "lapak" || strings.HasPrefix(i, "lapak/")) && !slices.ContainsFunc(rules, func(r string) bool { return covers(r, i) }) {
				t.Errorf("%s imports %s, which the table does not allow", p.ImportPath, i)
			}
		}
	}
}

func covers(rule, path string) bool {
	below, all := strings.CutSuffix(rule, "/...")
	return rule == path || all && (path == below || strings.HasPrefix(path, below+"/"))
}

// TestOnlyReplicaKnowsLitestream keeps a library with an unstable API in one place.
func TestOnlyReplicaKnowsLitestream(t *testing.T) {
	for _, p := range packages(t) {
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "github.com/benbjohnson/litestream") && p.ImportPath != "lapak/tenants/replica" {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
}

// TestEveryPackageSaysWhatItIs wants a package comment everywhere.
func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range packages(t) {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}
