package view

import "time"

// AssetsView is a page of the gallery.
type AssetsView struct {
	Action     string // of the search and of uploading
	Text, Kind string
	Narrow     bool   // a filter is in force
	Clear      string // without it
	Tabs       []Tab
	Types      []Option
	Storage    MeterView
	Upload     Form   // of the field "file"
	MaxBytes   int64  // of a file
	TooLarge   string // what is said of a larger one
	Bulk       string // where the chosen ones are sent; "": not for this reader
	Items      []AssetItem
	Next       PagerView
	Trash      string // what was deleted
}

// Tab is a link that is one of several ways to look at something.
type Tab struct {
	Label, Href string
	Note        string // behind the label, quietly
	Current     bool
}

func (v AssetsView) kind() string {
	if k := v.Upload.Values.Get("type"); k != "" {
		return k
	}
	return "gallery"
}

// AssetItem is one asset in a list.
type AssetItem struct {
	ID, Name, Href string
	Picture        string // address of what shows it; "": Icon does
	Icon           string
	Type           string // in the reader's language
	Bytes, Pixels  string
	Owner          string // "": the merchant's
	Created        time.Time
}

// AssetView is an asset's own page.
type AssetView struct {
	AssetItem
	Back        string
	Content     string // address of the file
	ContentType string
	Delete      string      // where its deletion is sent; "": not for this reader
	UsersHref   string      // the page with Users
	Users       *AssetUsers // nil: nobody looked yet
}

// AssetUsers is what uses an asset.
type AssetUsers struct {
	Products []Tab
	Designs  []DesignItem
	More     bool   // there may be more
	Searched string // how many designs were looked at, the last changed ones
}

func uploadNotes(v AssetsView) string {
	if v.Upload.OK() {
		return "upload-hint"
	}
	return "upload-error upload-hint"
}
