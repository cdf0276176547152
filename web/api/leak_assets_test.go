package api_test

import (
	"bytes"
	"fmt"
	"maps"
	"mime/multipart"
	"slices"
	"strings"

	"lapak/store"
)

// form makes the request a multipart one.
func (a *ask) form(parts ...part) *ask {
	var buf bytes.Buffer
	form := multipart.NewWriter(&buf)
	for _, p := range parts {
		var err error
		if p.filename == "" {
			err = form.WriteField(p.name, p.value)
		} else if w, fileErr := form.CreateFormFile(p.name, p.filename); fileErr != nil {
			err = fileErr
		} else {
			_, err = w.Write([]byte(p.value))
		}
		if err != nil {
			a.c.w.fault("form: %v", err) // a Buffer never fails
		}
	}
	_ = form.Close()
	a.body = buf.String()
	return a.set("Content-Type", form.FormDataContentType())
}

func (c *caller) upload(m *merchant) {
	if len(m.assets) >= mostAssets {
		c.deleteAsset(m)
		return
	}
	file, kind, ext := m.picture(c.rnd)
	h := held{name: m.canary(c.rnd), file: file, object: kind + "/" + hash(file)}
	parts := []part{{"file", m.canary(c.rnd) + "." + ext, file}, {"type", "", kind}, {"name", "", h.name}}
	if c.chance(3) {
		parts = append(parts, part{"shop", "", m.name})
	}
	c.rnd.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	r, ok := c.as(m, writes, "POST", "/assets").form(parts...).want(201)
	var as store.Asset
	if !ok || !r.decode(&as) {
		return
	}
	h.id, h.body = as.ID, strings.TrimSuffix(r.body, "\n")
	if r.isRight("name", as.Name, h.name) && r.isRight("type", as.Type, kind) && r.isRight("size", as.Size, int64(len(file))) {
		m.assets[h.id] = h
		m.files[hash(file)] = file
		m.loot.add("asset", h.id)
		m.loot.add("object", h.object+"."+ext)
		m.loot.add("tag", quoted(hash(file)))
	}
}

func (c *caller) deleteAsset(m *merchant) {
	h, ok := anyOf(c.rnd, m.assets)
	if !ok {
		return
	}
	if _, ok := c.as(m, writes, "DELETE", "/assets/"+h.id).want(204); ok {
		delete(m.assets, h.id)
	}
	c.as(m, reads, "GET", "/assets/"+h.id+"/content").refused(404, "not_found")
}

func (c *caller) readAsset(m *merchant) {
	h, ok := anyOf(c.rnd, m.assets)
	if !ok {
		return
	}
	if r, ok := c.as(m, reads, "GET", "/assets/"+h.id).want(200); ok {
		r.isRight("body", r.body, h.body+"\n")
	}
}

func (c *caller) readContent(m *merchant) {
	h, ok := anyOf(c.rnd, m.assets)
	if !ok {
		return
	}
	tag := quoted(hash(h.file))
	a, status, body := c.as(m, reads, "GET", "/assets/"+h.id+"/content"), 200, h.file
	switch c.rnd.IntN(5) {
	case 0:
		a.method, body = "HEAD", ""
	case 1:
		a.set("If-None-Match", tag)
		status, body = 304, ""
	case 2:
		from := c.rnd.IntN(len(h.file) - 1)
		to := from + 1 + c.rnd.IntN(len(h.file)-from-1)
		a.set("Range", fmt.Sprintf("bytes=%d-%d", from, to)).set("If-Range", tag)
		if from > 0 || to+1 < len(h.file) {
			status, body = 206, h.file[from:to+1]
		}
	}
	if r, ok := a.want(status); ok {
		r.isRight("content", r.body, body)
		r.isRight("ETag", r.header.Get("ETag"), tag)
	}
}

func (c *caller) listAssets(m *merchant) {
	if c.chance(2) {
		c.lists(m, "/assets", bodies(m.assets, nil))
		return
	}
	kind := c.oneOf(store.AssetTypes()...)
	c.lists(m, "/assets?type="+kind, bodies(m.assets, func(h held) bool { return strings.HasPrefix(h.object, kind+"/") }))
}

// storage is what the shop's files take: the same bytes of one type count once.
func (m *merchant) storage() (sum int64) {
	objects := map[string]int64{}
	for _, h := range m.assets {
		objects[h.object] = int64(len(h.file))
	}
	for size := range maps.Values(objects) {
		sum += size
	}
	return sum
}

func (c *caller) usage(m *merchant) {
	r, ok := c.as(m, reads, "GET", "/usage").want(200)
	var u struct{ Usage store.Usage }
	if !ok || !r.decode(&u) {
		return
	}
	r.isRight("usage", u.Usage, store.Usage{
		Products: int64(len(m.configs)), Assets: int64(len(m.assets)), Designs: int64(len(m.designs)), StorageBytes: m.storage(),
	})
}

// audit looks at who did what: the shop's own keys and the operator, no others.
// (The search of the answer knows whose the ids are.)
func (c *caller) audit(m *merchant) {
	a := c.as(m, admins, "GET", "/audit")
	if c.chance(2) {
		a.query("resource", c.oneOf("design", "config", "asset", "settings", "shop"))
	}
	r, ok := a.query("limit", "100").want(200)
	var entries []store.Entry
	if !ok || !r.decode(&entries) {
		return
	}
	for _, e := range entries {
		if text(e.UserID) == "customer" { // a shopper's own
			continue
		}
		if e.UserID == nil || !slices.Contains(hexIDs([]byte(*e.UserID)), strings.TrimPrefix(*e.UserID, "key:")) {
			c.w.fault("%s: an entry by %v", r.ask.what(), e.UserID)
		}
	}
}

func (c *caller) export(m *merchant) {
	r, ok := c.as(m, admins, "GET", "/export").want(200)
	var all struct {
		Designs []store.Design
		Assets  []store.Asset
		Configs []store.Config
	}
	if !ok || !r.decode(&all) {
		return
	}
	r.isRight("designs", len(all.Designs), len(m.designs))
	for _, d := range all.Designs {
		r.isRight("design "+d.ID, string(d.DesignJSON), m.designs[d.ID].json)
	}
	r.isRight("assets", len(all.Assets), len(m.assets))
	for _, as := range all.Assets {
		r.isRight("asset "+as.ID, as.Name, m.assets[as.ID].name)
	}
	r.isRight("configs", len(all.Configs), len(m.configs))
	for _, cfg := range all.Configs {
		r.isRight("config "+cfg.ProductID, string(cfg.Config), m.configs[cfg.ProductID].json)
	}
}
