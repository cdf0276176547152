package view

// ConfigPage is how one product is customized.
type ConfigPage struct {
	Title, ProductID string
	ImageURL         string
	Products         string // the list to go back to
	Action           string // where the form is sent, and the page itself
	JSON             string // the same as raw JSON
	Delete           string // "": there is nothing to delete yet
	Designs          string // designs of this product; "" if it is not set up
	Version          string
	Conflict         string // the version that it has meanwhile; "": none
	Form             *Form
	Odd              bool // the form cannot show what is there
	CanWrite         bool

	TitleField, ImageField, Enabled          Field
	TextOn, MaxLength, MaxLines, Fonts, Inks Field
	UploadOn, MinDPI, MaxMB, Gallery         Field
	Formats                                  []CheckItem
	Views, Colors, AddOns                    Repeat
	Lists                                    []DataList
	Currency                                 string
}

// CheckItem is one box of several under one name.
type CheckItem struct {
	Name, Value, Label string
	Checked            bool
}

// DataList are suggestions for fields that name it.
type DataList struct {
	ID     string
	Values []string
}

// Repeat is a part of a form that stands there as often as one likes. Rows
// without anything in them do not count.
type Repeat struct {
	ID    string
	Add   string // what the button says
	None  string // instead of the rows; "": nothing
	Error string
	Rows  []RepeatRow
	Blank RepeatRow // what the button adds
}

// RepeatRow is one of them.
type RepeatRow struct {
	Hidden map[string]string
	Area   AreaView // a picture beside the fields; its zero value is none
	Head   []Field  // side by side, before the rest
	Sets   []FieldSet
}

// AreaView is a picture with a marked area, in pixels of the picture.
type AreaView struct {
	Src           string // "": there is no picture
	Width, Height int64
	X, Y, W, H    string // of the area
}

func (a AreaView) box() string { return "0 0 " + num(a.Width) + " " + num(a.Height) }

// FieldSet are fields side by side under a title.
type FieldSet struct {
	Title  string
	Fields []Field
}

// JSONPage is a config's raw JSON.
type JSONPage struct {
	Title                  string
	Form                   *Form
	Action, Back, BackText string
	Version, Conflict      string
	Field                  Field
	Where                  string // in which line and column something is wrong; "": nothing is
}
