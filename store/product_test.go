package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"lapak/store"
)

func TestPublicProduct(t *testing.T) {
	db := openShop(t, newClock("2026-03-01T10:00:00Z"))
	putConfig(t, db, "1", store.ConfigPatch{Config: json.RawMessage(`{"a":1}`)})
	putConfig(t, db, "2", store.ConfigPatch{Config: json.RawMessage(`{}`), Enabled: ptr(false)})
	template := func(product, name string) {
		createDesign(t, db, store.NewDesign{ProductID: product, Name: name, IsTemplate: true, DesignJSON: json.RawMessage(`{"t":1}`)})
	}
	template("2", "another product's")
	for i := range 101 {
		template("1", fmt.Sprint(i))
	}
	createDesign(t, db, newDesign("no template"))
	read(t, db, func(v *store.View) error {
		p, err := v.PublicProduct("gid://shopify/Product/1")
		if string(p.Config.Config) != `{"a":1}` || len(p.Templates) != 100 || p.Templates[0].Name != "100" || string(p.Templates[99].DesignJSON) != `{"t":1}` {
			t.Errorf("got %d templates of %+v", len(p.Templates), p.Config)
		}
		for _, id := range []string{"2", "3"} {
			if _, err := v.PublicProduct(id); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("product %s: got %v, want ErrNotFound", id, err)
			}
		}
		return err
	})
}

func TestExport(t *testing.T) {
	db := openShop(t, nil)
	createDesign(t, db, store.NewDesign{ProductID: "1", Name: "<a>", DesignJSON: json.RawMessage(`{"html":"<b>&"}`)})
	createDesign(t, db, newDesign("b"))
	putConfig(t, db, "1", store.ConfigPatch{Config: json.RawMessage(`{"c":1}`)})
	write(t, db, func(tx *store.Tx) error { return tx.StoreSession(store.Session{ID: "s", AccessToken: []byte("TOKEN")}) })
	var out bytes.Buffer
	read(t, db, func(v *store.View) error { return v.Export(&out) })
	var got struct {
		Designs, Assets, Configs []map[string]any
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, out.Bytes())
	}
	if len(got.Designs) != 2 || got.Assets == nil || len(got.Assets) != 0 || len(got.Configs) != 1 ||
		fmt.Sprint(got.Designs[1]["designJson"]) != "map[html:<b>&]" || fmt.Sprint(got.Configs[0]["config"]) != "map[c:1]" {
		t.Errorf("got %s", out.Bytes())
	}
	if strings.Contains(out.String(), "TOKEN") || strings.Contains(out.String(), `\u003c`) {
		t.Errorf("a token or needless escapes in %s", out.Bytes())
	}
}

// counter counts what is written and how much of it came at once.
type counter struct{ total, most int }

func (c *counter) Write(p []byte) (int, error) {
	c.total += len(p)
	c.most = max(c.most, len(p))
	return len(p), nil
}

func TestExportIsStreamed(t *testing.T) {
	db := openShop(t, nil)
	in := newDesign("big")
	in.DesignJSON = json.RawMessage(`{"a":"` + strings.Repeat("x", 100_000) + `"}`)
	write(t, db, func(tx *store.Tx) error {
		for range 50 {
			if _, err := tx.CreateDesign(owner, unlimited, in); err != nil {
				return err
			}
		}
		return nil
	})
	var c counter
	read(t, db, func(v *store.View) error { return v.Export(&c) })
	if c.total < 5_000_000 || c.most > 300_000 {
		t.Errorf("%d bytes, up to %d at once: want pieces no larger than a row", c.total, c.most)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("gone away") }

func TestExportToAReaderThatIsGone(t *testing.T) {
	db := openShop(t, nil)
	createDesign(t, db, newDesign("a"))
	err := db.Snapshot(t.Context(), "export", func(v *store.View) error { return v.Export(failing{}) })
	if err == nil || !strings.Contains(err.Error(), "gone away") {
		t.Errorf("got %v", err)
	}
	createDesign(t, db, newDesign("the shop goes on"))
}
