package admin

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lapak/web/view"
)

// configPage is the form of a product's setup with what was filled in.
func (v *visit) configPage(s setup, d doc, form *view.Form, pictures map[string]view.AreaView) view.ConfigPage {
	b := pageBuilder{pictures, v.l, form}
	m := view.ConfigPage{
		Title: v.productName(s), ProductID: s.ProductID, ImageURL: showable(s.ImageURL), Products: v.path("/products", nil),
		Action: v.path(configPath(s), nil), JSON: v.path(configPath(s)+"/json", nil), Version: strconv.FormatInt(s.Version, 10),
		Form: form, Odd: !d.fits(), CanWrite: v.can(write), Currency: v.currency(d),
	}
	if s.known {
		m.Delete, m.Designs = v.path(configPath(s)+"/delete", nil), v.path("/designs", url.Values{"product": {s.ProductID}})
	} else {
		m.Title = v.l.T("config.new", m.Title)
	}
	if typed := form.Values.Get("version"); typed != "" {
		m.Version = typed
	}
	b.plain(&m)
	m.Views, m.Colors, m.AddOns = b.views(), b.colors(), b.addOns(m.Currency)
	m.Lists = []view.DataList{
		{ID: "base-images", Values: s.names["base-images"]}, {ID: "font-names", Values: s.names["fonts"]},
	}
	return m
}

// currency is the one that the setup counts in, the shop's where it names none.
func (v *visit) currency(d doc) string {
	if code := plain(d.object("pricing"), "currency"); code != "" {
		return code
	}
	return v.shop().Currency
}

// pageBuilder makes the form's fields.
type pageBuilder struct {
	pictures map[string]view.AreaView // of base images, by name
	l        *view.Locale
	*view.Form
}

func (b pageBuilder) number(name, label string) view.Field {
	return b.Field(view.Field{Name: name, Label: b.l.T(label), InputMode: "decimal", Autocomplete: "off"})
}

func (b pageBuilder) plain(m *view.ConfigPage) {
	m.TitleField = b.Field(view.Field{Name: "title", Label: b.l.T("config.title"), MaxLength: 200})
	m.ImageField = b.Field(view.Field{Name: "imageUrl", Label: b.l.T("config.image"), Hint: b.l.T("config.image.hint"), Type: "url", MaxLength: 2000})
	m.Enabled = b.Field(view.Field{Name: "enabled", Label: b.l.T("config.enabled")})
	m.TextOn = b.Field(view.Field{Name: "text.enabled", Label: b.l.T("config.text.enabled")})
	m.MaxLength = b.number("text.maxLength", "config.text.length")
	m.MaxLines = b.number("text.maxLines", "config.text.lines")
	m.MaxLength.Prefix, m.MaxLines.Prefix = b.l.T("config.most"), b.l.T("config.most")
	m.Fonts = b.Field(view.Field{Name: "text.fonts", Label: b.l.T("config.text.fonts"), Hint: b.l.T("config.text.fonts.hint"), List: "font-names"})
	m.Inks = b.Field(view.Field{Name: "text.colors", Label: b.l.T("config.text.colors"), Hint: b.l.T("config.text.colors.hint"), Autocomplete: "off"})
	m.UploadOn = b.Field(view.Field{Name: "upload.enabled", Label: b.l.T("config.upload.enabled")})
	m.MinDPI = b.number("upload.minDpi", "config.upload.dpi")
	m.MinDPI.Suffix = "dpi"
	m.MaxMB = b.number("upload.maxMB", "config.upload.size")
	m.MaxMB.Suffix = "MB"
	m.Gallery = b.Field(view.Field{Name: "gallery", Label: b.l.T("config.gallery"), Hint: b.l.T("config.gallery.hint"), Rows: 4})
	for _, f := range formats() {
		name := strings.ToUpper(strings.TrimSuffix(strings.TrimPrefix(f, "image/"), "+xml"))
		m.Formats = append(m.Formats, view.CheckItem{Name: "upload.formats", Value: f, Label: name, Checked: slices.Contains(b.Values["upload.formats"], f)})
	}
}

// repeat makes the rows of a repeated part; make gets a function that completes
// a field of one row.
func (b pageBuilder) repeat(id, first, add string, row func(fill func(view.Field) view.Field) view.RepeatRow) view.Repeat {
	r := view.Repeat{ID: id, Add: b.l.T(add), Error: b.Errors[first]}
	for i := range min(len(b.Values[first]), rowsMost) {
		r.Rows = append(r.Rows, row(func(f view.Field) view.Field {
			f.ID, f.Error = at(f.Name, i), b.Errors[at(f.Name, i)]
			if list := b.Values[f.Name]; i < len(list) {
				f.Value = list[i]
			}
			return f
		}))
	}
	r.Blank = row(func(f view.Field) view.Field { f.ID = f.Name + "-new"; return f })
	return r
}

func (b pageBuilder) views() view.Repeat {
	return b.repeat("views", "view.label", "config.view.add", func(fill func(view.Field) view.Field) view.RepeatRow {
		row := view.RepeatRow{Hidden: map[string]string{"view.id": fill(view.Field{Name: "view.id"}).Value}}
		row.Head = []view.Field{
			fill(view.Field{Name: "view.label", Label: b.l.T("config.view.label"), MaxLength: nameMost}),
			fill(view.Field{Name: "view.image", Label: b.l.T("config.view.image"), List: "base-images", Autocomplete: "off"}),
		}
		px, mm := view.FieldSet{Title: b.l.T("config.view.px")}, view.FieldSet{Title: b.l.T("config.view.mm")}
		for _, s := range areaSides() {
			f := fill(view.Field{Name: "view." + s.field, Label: b.l.T(s.label), InputMode: "decimal", Autocomplete: "off"})
			if s.unit == "px" {
				px.Fields = append(px.Fields, f)
			} else {
				mm.Fields = append(mm.Fields, f)
			}
		}
		row.Sets = []view.FieldSet{px, mm}
		row.Area = b.pictures[row.Head[1].Value]
		row.Area.X, row.Area.Y = px.Fields[0].Value, px.Fields[1].Value
		row.Area.W, row.Area.H = px.Fields[2].Value, px.Fields[3].Value
		return row
	})
}

func (b pageBuilder) colors() view.Repeat {
	return b.repeat("colors", "color.name", "config.color.add", func(fill func(view.Field) view.Field) view.RepeatRow {
		hex := fill(view.Field{Name: "color.hex", Label: b.l.T("config.color.hex"), Type: "color"})
		if hex.Value = longColor(hex.Value); hex.Value == "" {
			hex.Value = "#ffffff"
		}
		return view.RepeatRow{
			Hidden: map[string]string{"color.was": fill(view.Field{Name: "color.was"}).Value},
			Head:   []view.Field{hex, fill(view.Field{Name: "color.name", Label: b.l.T("config.color.name"), MaxLength: nameMost})},
		}
	})
}

func (b pageBuilder) addOns(currency string) view.Repeat {
	return b.repeat("addons", "addon.label", "config.addon.add", func(fill func(view.Field) view.Field) view.RepeatRow {
		return view.RepeatRow{
			Hidden: map[string]string{"addon.id": fill(view.Field{Name: "addon.id"}).Value},
			Head: []view.Field{
				fill(view.Field{Name: "addon.label", Label: b.l.T("config.addon.label"), MaxLength: nameMost}),
				fill(view.Field{Name: "addon.amount", Label: b.l.T("config.addon.amount"), Prefix: currency, InputMode: "decimal", Autocomplete: "off"}),
			},
		}
	})
}

// longColor is a colour as <input type=color> wants it: #rrggbb.
func longColor(c string) string {
	if !isColor(c) || len(c) == 7 {
		return strings.ToLower(c)
	}
	return strings.ToLower("#" + strings.Repeat(c[1:2], 2) + strings.Repeat(c[2:3], 2) + strings.Repeat(c[3:4], 2))
}
