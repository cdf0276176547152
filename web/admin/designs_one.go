package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"lapak/store"
	"lapak/web"
	"lapak/web/upload"
	"lapak/web/view"
	"lapak/web/view/preview"
)

// jsonShown is how many bytes of a design's JSON its page shows.
const jsonShown = 12 << 10

// designPage is what a design's page is made of.
type designPage struct {
	design  store.Design
	drawing preview.Design
	title   string // of its product; "" if that is not known
	entries []store.Entry
	all     bool // of its entries
	missing int  // images that are not there
}

func (v *visit) readDesignPage() (d designPage, err error) {
	err = v.lease().Snapshot(v.r.Context(), "read design", func(s *store.View) (err error) {
		if d.design, err = s.Design(web.Param(v.r, "id")); err != nil {
			return err
		}
		c, err := s.Config(d.design.ProductID)
		if d.title = c.Title; err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		found := map[string]store.Asset{}
		d.drawing = preview.Parse(d.design.DesignJSON)
		if err := findSources(s, d.drawing.Sources(), found); err != nil {
			return err
		}
		d.missing = len(d.drawing.Sources()) - len(found)
		d.entries, d.all, err = s.History("design", d.design.ID, d.design.CreatedAt.Time, d.design.UpdatedAt.Time)
		return err
	})
	return d, err
}

func (v *visit) design() error {
	d, err := v.readDesignPage()
	if err != nil {
		return err
	}
	return v.showDesign(http.StatusOK, d, view.Form{Values: url.Values{"name": {d.design.Name}}})
}

func (v *visit) showDesign(status int, d designPage, rename view.Form) error {
	return v.show(status, d.design.Name, "/designs", view.Design(v.l, v.designView(d, rename)))
}

func (v *visit) designView(d designPage, rename view.Form) view.DesignView {
	m := view.DesignView{
		DesignItem: v.designItem(d.design, map[string]string{d.design.ProductID: d.title}, upload.Large), Created: d.design.CreatedAt.Time,
		Back: v.path("/designs", nil), JSONBytes: v.l.Bytes(int64(len(d.design.DesignJSON))), JSONHref: v.designJSONURL(d.design),
		Rename: rename, Edit: v.can(write), History: v.events(d.entries), HistoryCut: !d.all, Acts: map[string]string{"rename": v.r.URL.Path},
	}
	for _, act := range []string{"copy", "template", "delete"} {
		m.Acts[act] = m.Href + "/" + act
	}
	for i := range m.History { // they are all of this design
		m.History[i].Href = ""
	}
	if d.title != "" {
		m.ProductHref = v.path("/products/"+url.PathEscape(d.design.ProductID), nil)
	}
	if v.can(admin) {
		m.HistoryAll = v.path("/activity", url.Values{"resource": {"design"}})
	}
	m.JSON, m.JSONCut = indented(d.design.DesignJSON)
	v.drawn(&m, d.drawing.Render(preview.Options{}), d.missing)
	return m
}

// drawn tells what the picture is of.
func (v *visit) drawn(m *view.DesignView, p preview.Picture, missing int) {
	if p.Empty {
		m.Omitted = v.l.T("designs.undrawable")
		return
	}
	var notes []string
	if p.Omitted > 0 {
		notes = append(notes, v.l.N("designs.omitted", int64(p.Omitted)))
	}
	if missing > 0 {
		notes = append(notes, v.l.N("designs.missing", int64(missing)))
	}
	m.Omitted = strings.Join(notes, " ")
	m.Size = v.l.T("designs.size.pixels", v.l.Number(int64(p.Width)), v.l.Number(int64(p.Height)))
}

// indented is the beginning of JSON for people.
func indented(raw json.RawMessage) (text string, cut bool) {
	var out bytes.Buffer
	if len(raw) > 4*jsonShown || json.Indent(&out, raw, "", "  ") != nil {
		out.Reset()
		out.Write(raw[:min(len(raw), jsonShown)])
	}
	if text = out.String(); len(text) <= jsonShown && len(raw) <= 4*jsonShown {
		return text, false
	}
	text = text[:min(len(text), jsonShown)]
	for !utf8.ValidString(text) && text != "" {
		text = text[:len(text)-1]
	}
	return text + "…", true
}

// renameDesign answers with the same page where the name is wrong.
func (v *visit) renameDesign() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	name, id := form.Get("name"), web.Param(v.r, "id")
	patch := store.DesignPatch{Name: &name}
	invalid := patch.Validate()
	if strings.TrimSpace(name) == "" {
		invalid = store.ErrInvalid
	}
	if invalid != nil {
		d, err := v.readDesignPage()
		if err != nil {
			return err
		}
		f := view.Form{Values: form}
		f.Bad("name", v.l.T("designs.name.long"))
		return v.showDesign(http.StatusUnprocessableEntity, d, f)
	}
	err = v.write("rename design", func(tx *store.Tx) error {
		_, err := tx.UpdateDesign(v.c.By, v.lease().Terms(), id, patch, 0)
		return err
	})
	if err != nil {
		return err
	}
	return v.done("/designs/"+url.PathEscape(id), "design-saved", "")
}

// copyDesign makes the merchant's own design of any.
func (v *visit) copyDesign() error {
	if _, err := v.form(); err != nil {
		return err
	}
	var made store.Design
	err := v.write("copy design", func(tx *store.Tx) error {
		d, err := tx.Design(web.Param(v.r, "id"))
		if err != nil {
			return err
		}
		made, err = tx.CreateDesign(v.c.By, v.lease().Terms(), store.NewDesign{
			ProductID: d.ProductID, Name: copyName(v.l, d.Name), DesignJSON: d.DesignJSON,
		})
		return err
	})
	if err != nil {
		return err
	}
	return v.done("/designs/"+url.PathEscape(made.ID), "design-copied", "")
}

// copyName leaves room for what makes it a copy.
func copyName(l *view.Locale, name string) string {
	return l.T("designs.copy.name", clipText(name, 180))
}

func (v *visit) templateDesign() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	id, yes := web.Param(v.r, "id"), form.Get("template") == "on"
	changed, err := v.setTemplates([]string{id}, yes)
	if err != nil {
		return err
	}
	return v.done("/designs/"+url.PathEscape(id), templateCode(yes), templateUndo(changed, yes))
}

func (v *visit) deleteDesign() error {
	if _, err := v.form(); err != nil {
		return err
	}
	id := web.Param(v.r, "id")
	err := v.write("delete design", func(tx *store.Tx) error { return tx.DeleteDesign(v.c.By, v.lease().Terms(), id, 0) })
	if err != nil {
		return err
	}
	return v.done("/designs", "design-deleted", id)
}
