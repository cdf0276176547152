package admin_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants/tenanttest"
)

func TestTrash(t *testing.T) {
	p := openPages(t)
	p.wants(p.get("/trash"), http.StatusOK, "Nothing was deleted", "Recently deleted")
	p.wants(p.get("/designs"), http.StatusOK, p.base+"/trash")
	d := p.saveDesign("Mug <b>", store.CustomerOwner("42"), "")
	p.upload("gallery", "senja.png", picture(t, 600, 300, whitish), "")
	asset := boxes(p.get("/assets"))[0]
	title, config := "Kaos", ""
	put := func(tx *store.Tx, terms store.Terms) error {
		c, _, err := tx.PutConfig(store.By{UserID: "7"}, terms, "9", store.ConfigPatch{Config: json.RawMessage(`{}`), Title: &title}, 0)
		config = c.ID
		return err
	}
	p.write(put)
	p.post("/designs/"+d.ID+"/delete", nil)
	p.post("/assets/"+asset+"/delete", nil)
	p.post("/products/9/delete", nil)
	deleted := config
	page := p.get("/trash")
	p.wants(page, http.StatusOK, "Mug <b>", "Customer 42", "senja.png", "Kaos", "Product 9", "sari@example.com", "Bring back", "Product set-up")

	back := func(resource, id, says string) {
		t.Helper()
		p.wants(p.follow(p.post("/trash/restore", url.Values{"resource": {resource}, "id": {id}})), http.StatusOK, says)
	}
	back("asset", d.ID, "It is back already, or was deleted too long ago.") // it is no asset
	back("design", asset, "It is back already, or was deleted too long ago.")
	back("design", d.ID, "It is back.")
	back("design", d.ID, "It is back already, or was deleted too long ago.")
	p.wants(p.get("/designs/"+d.ID), http.StatusOK, "Mug <b>")
	tenanttest.Set(t, p.pool, p.shop, "maxAssets", "0")
	back("asset", asset, "There is no room for it")
	tenanttest.Set(t, p.pool, p.shop, "maxAssets", "9")
	back("asset", asset, "It is back.")
	p.wants(p.get("/assets/"+asset), http.StatusOK, "senja.png")
	p.write(put)
	back("config", deleted, "has been set up anew")
	p.post("/products/9/delete", nil)
	back("config", config, "It is back.")
	back("design", p.otherShopsDesign(), "It is back already")

	p.role = catalog.RoleRead
	p.lacks(p.get("/trash"), "/trash/restore")
	p.wants(p.post("/trash/restore", url.Values{"resource": {"config"}, "id": {deleted}}), http.StatusForbidden)
	p.wants(p.get("/trash?after=nonsense"), http.StatusBadRequest)
}

func TestTrashPages(t *testing.T) {
	p := openPages(t)
	for _, name := range names("Mug", 35) {
		d := p.saveDesign(name, "", "")
		p.write(func(tx *store.Tx, terms store.Terms) error { return tx.DeleteDesign(store.By{}, terms, d.ID, 0) })
	}
	first := p.get("/trash")
	p.wants(first, http.StatusOK, "Mug 34", "Mug 05")
	p.lacks(first, "Mug 04")
	second := p.get(address(t, first, "after="))
	p.wants(second, http.StatusOK, "Mug 04", "Mug 00", "Back to the start")
	p.lacks(second, "Mug 05")
}
