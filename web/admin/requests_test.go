package admin_test

import (
	"net/http"
	"testing"
	"time"

	"lapak/store"
)

// TestRequests shows who asked for their data, and gives the merchant the file.
func TestRequests(t *testing.T) {
	s := newSite(t)
	s.get("/settings/requests").has("No requests")
	var asked store.DataRequest
	s.write(func(tx *store.Tx) error {
		_, err := tx.CreateDesign(store.By{}, store.Terms{MaxDesigns: -1}, store.NewDesign{
			ProductID: "1", Name: "Scarf for Rini", DesignJSON: []byte(`{"a":1}`), Owner: store.CustomerOwner("77"),
		})
		if err == nil {
			asked, err = tx.AddDataRequest(store.By{UserID: "shopify"}, "77", []string{"1001"}, time.Now())
		}
		return err
	})
	s.get("/settings/requests").has("customer 77", "Not yet", "Download")
	s.get("/settings/requests/"+asked.ID).want(http.StatusOK).has("Scarf for Rini", `"77"`)
	s.get("/settings/requests").hasNot("Not yet")
	s.get("/settings/requests/none").want(http.StatusNotFound)
}
