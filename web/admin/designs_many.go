package admin

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"lapak/store"
	"lapak/web"
)

// chosenMost is how many things can be chosen at once.
const chosenMost = 100

// chosen are the things that were ticked, each once.
func chosen(form url.Values) ([]string, error) {
	var ids []string
	for _, id := range form["id"] {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) > chosenMost {
		return nil, web.Invalid("id", "is there too often")
	}
	return ids, nil
}

// chosenDesigns does one thing to all that were ticked, or to none of them.
func (v *visit) chosenDesigns() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	ids, err := chosen(form)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return v.done("/designs", "designs-none", "")
	}
	switch do := form.Get("do"); do {
	case "delete":
		if err := v.deleteDesigns(ids); err != nil {
			return err
		}
		return v.done("/designs", "designs-deleted", strings.Join(ids, " "))
	case "template", "plain":
		yes := do == "template"
		changed, err := v.setTemplates(ids, yes)
		if err != nil {
			return err
		}
		return v.done("/designs", templateCode(yes), templateUndo(changed, yes))
	}
	return web.Invalid("do", "must be delete, template or plain")
}

// deleteDesigns skips what somebody else deleted meanwhile.
func (v *visit) deleteDesigns(ids []string) error {
	return v.write("delete designs", func(tx *store.Tx) error {
		for _, id := range ids {
			if err := tx.DeleteDesign(v.c.By, v.lease().Terms(), id, 0); err != nil && (len(ids) == 1 || !errors.Is(err, store.ErrNotFound)) {
				return err
			}
		}
		return nil
	})
}

// setTemplates leaves alone what is so already, and customers' designs. It
// returns what it changed.
func (v *visit) setTemplates(ids []string, yes bool) (changed []string, err error) {
	err = v.write("make templates", func(tx *store.Tx) error {
		for _, id := range ids {
			d, err := tx.Design(id)
			switch {
			case errors.Is(err, store.ErrNotFound) && len(ids) > 1, err == nil && (d.IsTemplate == yes || d.Owner != ""):
				continue
			case err == nil:
				_, err = tx.UpdateDesign(v.c.By, v.lease().Terms(), id, store.DesignPatch{IsTemplate: &yes}, 0)
			}
			if err != nil {
				return err
			}
			changed = append(changed, id)
		}
		return nil
	})
	return changed, err
}

func templateCode(yes bool) string {
	if yes {
		return "designs-templated"
	}
	return "designs-untemplated"
}

// templateUndo is what is to be undone after setTemplates: what to make of which
// designs.
func templateUndo(changed []string, yes bool) string {
	if len(changed) == 0 {
		return ""
	}
	back := "template"
	if yes {
		back = "plain"
	}
	return back + " " + strings.Join(changed, " ")
}

// undoDesigns brings back what was deleted, or makes templates what they were.
// What is back already is no mistake: somebody pressed twice.
func (v *visit) undoDesigns() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	ids := strings.Fields(form.Get("of"))
	if len(ids) > chosenMost+1 {
		return web.Invalid("of", "is too long")
	}
	if len(ids) > 0 && (ids[0] == "template" || ids[0] == "plain") {
		if _, err := v.setTemplates(ids[1:], ids[0] == "template"); err != nil {
			return err
		}
		return v.done("/designs", "designs-restored", "")
	}
	lost := 0
	for _, id := range ids {
		err := v.write("undelete design", func(tx *store.Tx) error { return undelete(tx, v.c.By, v.lease().Terms(), "design", id) })
		switch {
		case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrLimit), errors.Is(err, store.ErrExists):
			lost++
		case err != nil:
			return err
		}
	}
	if lost > 0 {
		return v.done("/designs", "designs-gone", "")
	}
	if len(ids) == 1 {
		return v.done("/designs/"+url.PathEscape(ids[0]), "designs-restored", "")
	}
	return v.done("/designs", "designs-restored", "")
}

// undelete brings a thing of one kind back, unless it is there.
func undelete(tx *store.Tx, by store.By, terms store.Terms, resource, id string) error {
	if _, err := tx.Design(id); err == nil {
		return nil
	}
	t, err := tx.Undelete(by, terms, id)
	if err == nil && t.Resource != resource {
		err = store.ErrNotFound // the transaction is taken back
	}
	return err
}
