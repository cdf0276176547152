package admin

import (
	"encoding/json"
	"net/url"
	"strings"

	"lapak/store"
	"lapak/web/view"
)

// events are lines of the audit log for people.
func (v *visit) events(entries []store.Entry) (out []view.EventView) {
	for _, e := range entries {
		out = append(out, v.event(e))
	}
	return out
}

func (v *visit) event(e store.Entry) view.EventView {
	icon, tone := eventIcon(e)
	return view.EventView{
		Icon: icon, Tone: tone, At: e.CreatedAt.Time, Who: who(v.l, e), Text: eventText(v.l, e),
		Detail: entryName(e), Href: v.eventHref(e),
	}
}

func eventText(l *view.Locale, e store.Entry) string {
	return l.Or("activity.what."+e.Action+"."+e.Resource, strings.ToLower(e.Action+" "+e.Resource))
}

func eventIcon(e store.Entry) (icon, tone string) {
	switch e.Action {
	case "DELETE":
		return "trash", "bad"
	case "RESTORE":
		return "history", "good"
	}
	switch e.Resource {
	case "design":
		return "pencil", ""
	case "asset":
		return "image", ""
	case "config":
		return "tag", ""
	case "settings", "shop":
		return "sliders", ""
	case "key":
		return "key", ""
	case "order":
		return "check", "good"
	}
	return "clock", ""
}

// eventHref is where the thing is now; "" if it is gone or has no page.
func (v *visit) eventHref(e store.Entry) string {
	if e.Action == "DELETE" || e.ResourceID == nil {
		return ""
	}
	switch e.Resource {
	case "config":
		return v.path("/products/"+url.PathEscape(*e.ResourceID), nil)
	case "design":
		return v.path("/designs/"+url.PathEscape(*e.ResourceID), nil)
	}
	return ""
}

// entryName is what the thing was called.
func entryName(e store.Entry) string {
	for _, raw := range []json.RawMessage{e.After, e.Before} {
		var named struct{ Name, Title string }
		if len(raw) > 0 && json.Unmarshal(raw, &named) == nil && named.Name+named.Title != "" {
			return named.Name + named.Title
		}
	}
	if e.Resource == "config" && e.ResourceID != nil {
		return *e.ResourceID
	}
	return ""
}

// who did it.
func who(l *view.Locale, e store.Entry) string {
	switch {
	case e.UserEmail != nil:
		return *e.UserEmail
	case e.UserID == nil:
		return l.T("activity.who.system")
	case strings.HasPrefix(*e.UserID, "key:"):
		return l.T("activity.who.key")
	case strings.HasPrefix(*e.UserID, "operator"):
		return l.T("activity.who.operator")
	case strings.HasPrefix(*e.UserID, "signin:"):
		return l.T("activity.who.signin")
	case strings.HasPrefix(*e.UserID, "shopify:"):
		return l.T("activity.who.staff", strings.TrimPrefix(*e.UserID, "shopify:"))
	case strings.HasPrefix(*e.UserID, "customer:"), strings.HasPrefix(*e.UserID, "claim:"):
		return l.T("activity.who.customer")
	}
	return *e.UserID
}
