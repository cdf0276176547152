package view

import "time"

// TrashView is a page of what was deleted and can be brought back.
type TrashView struct {
	Items   []TrashItem
	Restore string // where a thing is brought back; "": not for this reader
	Next    PagerView
	Back    NavItem // the list that the reader came from
}

// TrashItem is one deleted thing.
type TrashItem struct {
	ID, Resource  string
	Name, Product string // Product: of what; "" for an image or a font
	Icon, Kind    string // Kind is in the reader's language
	Owner         string // whose it was; "": the merchant's
	Deleted       time.Time
	Who           string // deleted it; "": not known any more
}
