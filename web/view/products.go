package view

// ProductsView is the list of a shop's products.
type ProductsView struct {
	Search   string
	Action   string // where the search is sent
	Tabs     []NavItem
	Tab      string // hidden field of the search; "" for the first
	Rows     []ProductRow
	Pager    PagerView
	Searched bool
	Clear    string // without the search
	CanWrite bool
	Back     string // the query to come back to after a row's form
	Trouble  string // why the list may lack something; "": it does not
}

// ProductRow is one product.
type ProductRow struct {
	ID, Title, ImageURL string
	Href                string // of its setup
	Toggle              string // where the switch is sent
	Known               bool   // it is set up
	Enabled             bool
	Changed             string // when, in words; "" if it is not set up
}
