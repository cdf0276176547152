package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lapak/store"
)

func TestDesignLife(t *testing.T) {
	now := newClock("2026-03-01T10:00:00Z")
	db := openShop(t, now)
	in := store.NewDesign{ProductID: "gid://shopify/Product/42", Name: "  Mug \u00e9 ", DesignJSON: json.RawMessage("{ \"a\" : \"<b>\" }"), Owner: "customer:5"}
	d := createDesign(t, db, in)
	if d.ProductID != "42" || d.Name != "Mug \u00e9" || d.Version != 1 || d.Owner != "customer:5" || len(d.ID) != 36 {
		t.Fatalf("created %+v", d)
	}
	now.add(time.Second)
	var updated store.Design
	write(t, db, func(tx *store.Tx) (err error) {
		updated, err = tx.UpdateDesign(owner, unlimited, d.ID, store.DesignPatch{Name: ptr("Cup")}, 1)
		return err
	})
	read(t, db, func(v *store.View) error {
		got, err := v.Design(d.ID)
		if err != nil {
			return err
		}
		if got.Name != "Cup" || got.Version != 2 || !bytes.Equal(got.DesignJSON, in.DesignJSON) || got.Owner != "customer:5" ||
			!got.CreatedAt.Equal(d.CreatedAt.Time) || got.UpdatedAt.Sub(d.UpdatedAt.Time) != time.Second {
			t.Errorf("read %+v", got)
		}
		if got.ETag() != updated.ETag() || got.ETag() == d.ETag() || got.ETag() != `"`+d.ID+`-2"` {
			t.Errorf("ETags: %s, %s, %s", d.ETag(), updated.ETag(), got.ETag())
		}
		return nil
	})
	write(t, db, func(tx *store.Tx) error { return tx.DeleteDesign(owner, unlimited, d.ID, 2) })
	err := db.Read(t.Context(), "test", func(v *store.View) error { _, err := v.Design(d.ID); return err })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after delete: %v", err)
	}
	if u, _ := usage(t, db, unlimited); u.Designs != 0 {
		t.Errorf("usage %+v", u)
	}
	checkDesignAudit(t, db, d.ID)
}

func checkDesignAudit(t *testing.T, db *store.DB, id string) {
	t.Helper()
	entries := auditLog(t, db, store.AuditFilter{Resource: "design"})
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprintf("%s %s %s %s %v", e.Action, *e.ResourceID, *e.UserEmail, *e.IPAddress, e.CreatedAt.Second()))
		if bytes.Contains(e.Before, []byte("<b>")) || bytes.Contains(e.After, []byte("designJson")) {
			t.Errorf("entry holds the design's JSON: %s %s", e.Before, e.After)
		}
	}
	want := []string{"DELETE", "UPDATE", "CREATE"}
	for i, second := range []int{1, 1, 0} {
		want[i] = fmt.Sprintf("%s %s %s %s %d", want[i], id, owner.Email, owner.IP, second)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("audit:\n%v\nwant\n%v", got, want)
	}
	var before, after struct {
		Name, SHA256, ShopifyProductID string
		Version, Bytes                 int
	}
	if err := errors.Join(json.Unmarshal(entries[1].Before, &before), json.Unmarshal(entries[1].After, &after)); err != nil {
		t.Fatal(err)
	}
	if before.Name != "Mug \u00e9" || after.Name != "Cup" || before.SHA256 != after.SHA256 || len(after.SHA256) != 64 || after.Bytes != 15 || after.Version != 2 {
		t.Errorf("update: before %+v, after %+v", before, after)
	}
	if entries[0].After != nil || entries[2].Before != nil {
		t.Error("a deletion has an after, or a creation a before")
	}
}

func TestDesignJSONNames(t *testing.T) {
	db := openShop(t, newClock("2026-03-01T10:00:00Z"))
	d := createDesign(t, db, newDesign("n"))
	raw, err := json.Marshal(d)
	want := fmt.Sprintf(`{"id":%q,"shopifyProductId":"1","name":"n","isTemplate":false,"designJson":{"objects":[]},`+
		`"createdAt":"2026-03-01T10:00:00.000Z","updatedAt":"2026-03-01T10:00:00.000Z"}`, d.ID)
	if err != nil || string(raw) != want {
		t.Errorf("got %s, %v\nwant %s", raw, err, want)
	}
}

func TestDesignErrors(t *testing.T) {
	db := openShop(t, nil)
	d := createDesign(t, db, newDesign("mine"))
	for name, c := range map[string]struct {
		fn   func(*store.Tx) error
		want error
	}{
		"update nothing": {func(tx *store.Tx) error {
			_, err := tx.UpdateDesign(owner, unlimited, "no", store.DesignPatch{}, 0)
			return err
		}, store.ErrNotFound},
		"update another version": {func(tx *store.Tx) error {
			_, err := tx.UpdateDesign(owner, unlimited, d.ID, store.DesignPatch{Name: ptr("x")}, 2)
			return err
		}, store.ErrChanged},
		"delete nothing":         {func(tx *store.Tx) error { return tx.DeleteDesign(owner, unlimited, "no", 0) }, store.ErrNotFound},
		"delete another version": {func(tx *store.Tx) error { return tx.DeleteDesign(owner, unlimited, d.ID, 9) }, store.ErrChanged},
	} {
		if err := db.Write(t.Context(), name, c.fn); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if n := len(auditLog(t, db, store.AuditFilter{})); n != 1 {
		t.Errorf("%d audit entries, want 1: a failure leaves none", n)
	}
}

func TestDesignInput(t *testing.T) {
	big := json.RawMessage(`{"a":"` + strings.Repeat("x", 1<<20) + `"}`)
	fits := json.RawMessage(`{"a":"` + strings.Repeat("x", 1<<20-8) + `"}`)
	for name, c := range map[string]struct {
		change func(*store.NewDesign)
		field  string // "" if it is good
	}{
		"plain":              {func(*store.NewDesign) {}, ""},
		"no product":         {func(d *store.NewDesign) { d.ProductID = "" }, "shopifyProductId"},
		"product with space": {func(d *store.NewDesign) { d.ProductID = "1 2" }, "shopifyProductId"},
		"long product":       {func(d *store.NewDesign) { d.ProductID = strings.Repeat("1", 65) }, "shopifyProductId"},
		"gid of nothing":     {func(d *store.NewDesign) { d.ProductID = "gid://shopify/Product/" }, "shopifyProductId"},
		"gid of a word":      {func(d *store.NewDesign) { d.ProductID = "gid://shopify/Product/x" }, "shopifyProductId"},
		"sku":                {func(d *store.NewDesign) { d.ProductID = "demo:mug_1.a-b/c" }, ""},
		"long name":          {func(d *store.NewDesign) { d.Name = strings.Repeat("é", 201) }, "name"},
		"name fits":          {func(d *store.NewDesign) { d.Name = " " + strings.Repeat("é", 200) }, ""},
		"name of two lines":  {func(d *store.NewDesign) { d.Name = "a\nb" }, "name"},
		"name no UTF-8":      {func(d *store.NewDesign) { d.Name = "\xff" }, "name"},
		"no JSON":            {func(d *store.NewDesign) { d.DesignJSON = nil }, "designJson"},
		"null":               {func(d *store.NewDesign) { d.DesignJSON = json.RawMessage("null") }, "designJson"},
		"array":              {func(d *store.NewDesign) { d.DesignJSON = json.RawMessage("[]") }, "designJson"},
		"half":               {func(d *store.NewDesign) { d.DesignJSON = json.RawMessage(`{"a":`) }, "designJson"},
		"two":                {func(d *store.NewDesign) { d.DesignJSON = json.RawMessage(`{}{}`) }, "designJson"},
		"JSON no UTF-8":      {func(d *store.NewDesign) { d.DesignJSON = json.RawMessage("{\"a\":\"\xff\"}") }, "designJson"},
		"too big":            {func(d *store.NewDesign) { d.DesignJSON = big }, "designJson"},
		"just fits":          {func(d *store.NewDesign) { d.DesignJSON = fits }, ""},
		"shopper's template": {func(d *store.NewDesign) { d.Owner, d.IsTemplate = "customer:1", true }, "isTemplate"},
	} {
		in := newDesign("x")
		c.change(&in)
		err := in.Validate()
		if c.field == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		} else if c.field != "" {
			t.Run(name, func(t *testing.T) { wantInvalid(t, err, c.field) })
		}
	}
	in := newDesign(" ")
	if err := in.Validate(); err != nil || in.Name != "Untitled" {
		t.Errorf("empty name: %q, %v", in.Name, err)
	}
}

func TestDesignPatchInput(t *testing.T) {
	db := openShop(t, nil)
	in := newDesign("a shopper's")
	in.Owner = "customer:1"
	d := createDesign(t, db, in)
	for field, p := range map[string]store.DesignPatch{
		"name":             {Name: ptr("a\x00")},
		"shopifyProductId": {ProductID: ptr("")},
		"designJson":       {DesignJSON: json.RawMessage("null")},
		"isTemplate":       {IsTemplate: ptr(true)},
	} {
		wantInvalid(t, db.Write(t.Context(), "test", func(tx *store.Tx) error {
			_, err := tx.UpdateDesign(owner, unlimited, d.ID, p, 0)
			return err
		}), field)
	}
	write(t, db, func(tx *store.Tx) error {
		_, err := tx.UpdateDesign(owner, unlimited, d.ID, store.DesignPatch{
			ProductID: ptr("gid://shopify/Product/9"), Name: ptr(""), DesignJSON: json.RawMessage(`{"new":1}`)}, 0)
		return err
	})
	read(t, db, func(v *store.View) error {
		got, err := v.Design(d.ID)
		if got.ProductID != "9" || got.Name != "Untitled" || string(got.DesignJSON) != `{"new":1}` {
			t.Errorf("got %+v", got)
		}
		return err
	})
}

func TestDesignFilters(t *testing.T) {
	db := openShop(t, nil)
	for _, in := range []store.NewDesign{
		{Name: "1", ProductID: "1"},
		{Name: "1T", ProductID: "1", IsTemplate: true},
		{Name: "2T", ProductID: "2", IsTemplate: true},
		{Name: "1s", ProductID: "1", Owner: "s"},
		{Name: "2s", ProductID: "2", Owner: "s"},
		{Name: "2r", ProductID: "2", Owner: "r"},
	} {
		in.DesignJSON = json.RawMessage(`{}`)
		createDesign(t, db, in)
	}
	for want, f := range map[string]store.DesignFilter{
		"2r 2s 1s 2T 1T 1": {},
		"1s 1T 1":          {ProductID: "gid://shopify/Product/1"},
		"2T 1T":            {Template: ptr(true)},
		"2r 2s 1s 1":       {Template: ptr(false)},
		"1T":               {ProductID: "1", Template: ptr(true)},
		"2r 2s":            {ProductID: "2", Template: ptr(false)},
		"2s 1s":            {Owner: ptr("s")},
		"2T 1T 1":          {Owner: ptr("")},
		"1":                {ProductID: "1", Owner: ptr(""), Template: ptr(false)},
		"2T":               {ProductID: "2", Owner: ptr("")},
		"":                 {ProductID: "2", Owner: ptr("s"), Template: ptr(true)},
	} {
		names, _ := designPage(t, db, f, store.Page{})
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%+v: got %q, want %q", f, got, want)
		}
	}
	wantInvalid(t, db.Read(t.Context(), "test", func(v *store.View) error {
		_, _, err := v.Designs(store.DesignFilter{ProductID: "' OR 1"}, store.Page{})
		return err
	}), "shopifyProductId")
}

func FuzzProductID(f *testing.F) {
	for _, s := range []string{"1", "gid://shopify/Product/1", "gid://shopify/Product/", "a b", "é", strings.Repeat("1", 65)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := store.ProductID(s)
		if err != nil {
			return
		}
		again, err := store.ProductID(id)
		if err != nil || again != id || id == "" || len(id) > 64 || strings.HasPrefix(id, "gid://shopify/Product/") {
			t.Fatalf("%q became %q, then %q, %v", s, id, again, err)
		}
	})
}
