package view

import (
	"net/url"

	"github.com/a-h/templ"
)

// Form is what was filled in and what is wrong with it, both by field.
type Form struct {
	Values url.Values
	Errors map[string]string // sentences in the reader's language
}

// Bad notes what is wrong with a field; the first word counts.
func (f *Form) Bad(field, why string) {
	if f.Errors == nil {
		f.Errors = map[string]string{}
	}
	if _, known := f.Errors[field]; !known {
		f.Errors[field] = why
	}
}

// OK says whether nothing is wrong.
func (f *Form) OK() bool { return len(f.Errors) == 0 }

// Field completes a field with its value and its error.
func (f *Form) Field(field Field) Field {
	if field.ID == "" {
		field.ID = field.Name
	}
	field.Value, field.Error = f.Values.Get(field.Name), f.Errors[field.Name]
	return field
}

// Field is one field of a form with all that stands around it.
type Field struct {
	Name  string
	ID    string // "": the name; unique on the page
	Label string
	Hint  string // below the label; "": none
	Value string
	Error string // "": it is right
	Type  string // of the input; "": text

	Required         bool
	Placeholder      string
	Autocomplete     string
	InputMode        string
	Min, Max, Step   string
	MaxLength        int
	Prefix, Suffix   string // beside the input, such as a unit
	Rows             int    // of a TextArea
	Options          []Option
	Pattern          string
	Readonly, Narrow bool
	Data             map[string]string // data-NAME attributes for scripts
	List             string            // id of a <datalist>
}

// Option is one choice of a Select.
type Option struct{ Value, Label string }

func (f Field) described() string {
	switch {
	case f.Error != "" && f.Hint != "":
		return f.ID + "-error " + f.ID + "-hint"
	case f.Error != "":
		return f.ID + "-error"
	case f.Hint != "":
		return f.ID + "-hint"
	}
	return ""
}

// attributes are those that inputs, selects and text areas have in common.
func (f Field) attributes() templ.Attributes {
	a := templ.Attributes{"id": f.ID, "name": f.Name}
	set := func(name, value string) {
		if value != "" {
			a[name] = value
		}
	}
	set("aria-describedby", f.described())
	set("placeholder", f.Placeholder)
	set("autocomplete", f.Autocomplete)
	set("inputmode", f.InputMode)
	set("min", f.Min)
	set("max", f.Max)
	set("step", f.Step)
	set("pattern", f.Pattern)
	set("list", f.List)
	if f.MaxLength > 0 {
		a["maxlength"] = num(int64(f.MaxLength))
	}
	if f.Error != "" {
		a["aria-invalid"] = "true"
	}
	a["required"], a["readonly"] = f.Required, f.Readonly
	for name, value := range f.Data {
		a["data-"+name] = value
	}
	return a
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}
