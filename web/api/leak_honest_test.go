package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"lapak/store"
)

// steps is all that callers do. The attacks are in another file.
func steps() []step {
	return append([]step{
		{"save design", 6, changes, (*caller).saveDesign},
		{"change design", 4, changes, (*caller).changeDesign},
		{"delete design", 2, changes, (*caller).deleteDesign},
		{"read design", 6, looks, (*caller).readDesign},
		{"list designs", 4, looks, (*caller).listDesigns},
		{"put config", 5, changes, (*caller).putConfig},
		{"delete config", 1, changes, (*caller).deleteConfig},
		{"read config", 4, looks, (*caller).readConfig},
		{"list configs", 2, looks, (*caller).listConfigs},
		{"list products", 2, looks, (*caller).listProducts},
		{"upload", 4, changes, (*caller).upload},
		{"delete asset", 2, changes, (*caller).deleteAsset},
		{"read asset", 3, looks, (*caller).readAsset},
		{"read content", 4, looks, (*caller).readContent},
		{"list assets", 2, looks, (*caller).listAssets},
		{"usage", 2, looks, (*caller).usage},
		{"audit", 3, looks, (*caller).audit},
		{"export", 2, looks, (*caller).export},
		{"settings", 2, looks, (*caller).settings},
		{"change settings", 2, changes, (*caller).changeSettings},
		{"backups", 1, looks, (*caller).backups},
		{"restore", 1, changes, (*caller).restore},
		{"public product", 8, looks, (*caller).publicProduct},
		{"metrics", 1, looks, (*caller).metrics},
		{"broken body", 3, looks, (*caller).brokenBody},
	}, append(shoppers(), attacks()...)...)
}

const (
	mostDesigns = 12 // of a shop
	mostConfigs = 6
	mostAssets  = 8
)

// isRight compares one value of an answer with what it must be.
func (r *reply) isRight(what string, got, want any) bool {
	if got == want {
		return true
	}
	r.ask.c.w.fault("%s: %s is %v, want %v", r.ask.what(), what, clipped(fmt.Sprint(got)), clipped(fmt.Sprint(want)))
	return false
}

func (r *reply) decode(v any) bool {
	err := json.Unmarshal([]byte(r.body), v)
	if err != nil {
		r.ask.c.w.fault("%s: %v: %s", r.ask.what(), err, clipped(r.body))
	}
	return err == nil
}

// fields is a JSON object from pairs of a name and a value that is JSON.
func fields(pairs ...string) string {
	var all []string
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, fmt.Sprintf("%q:%s", pairs[i], pairs[i+1]))
	}
	return "{" + strings.Join(all, ",") + "}"
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }

func (c *caller) saveDesign(m *merchant) {
	if len(m.designs) >= mostDesigns {
		c.deleteDesign(m)
		return
	}
	h := held{product: m.product(c.rnd), name: m.canary(c.rnd), template: c.chance(3), json: m.document(c.rnd)}
	pairs := []string{"shopifyProductId", quoted(h.product), "name", quoted(h.name), "isTemplate", fmt.Sprint(h.template), "designJson", h.json}
	if c.chance(4) {
		pairs = append(pairs, "shop", quoted(m.name))
	}
	r, ok := c.as(m, writes, "POST", "/design").json(fields(pairs...)).want(201)
	if !ok {
		return
	}
	if d, ok := r.design(h); ok && r.isRight("Location", r.header.Get("Location"), "/imcst_api/design/"+d.id) {
		m.keepDesign(d)
	}
}

// design is the answer's design, if it is what h says.
func (r *reply) design(h held) (held, bool) {
	var d store.Design
	if !r.decode(&d) {
		return h, false
	}
	h.id, h.etag, h.body = d.ID, r.header.Get("ETag"), strings.TrimSuffix(r.body, "\n")
	return h, r.isRight("product", d.ProductID, h.product) && r.isRight("name", d.Name, h.name) &&
		r.isRight("isTemplate", d.IsTemplate, h.template) && r.isRight("designJson", string(d.DesignJSON), h.json)
}

func (m *merchant) keepDesign(d held) {
	m.designs[d.id] = d
	m.loot.add("design", d.id)
	m.loot.add("etag", d.etag)
	m.loot.add("name", d.name)
}

func (c *caller) changeDesign(m *merchant) {
	h, ok := anyOf(c.rnd, m.designs)
	if !ok {
		return
	}
	path, pairs, old := "/design/"+h.id, []string{}, h.etag
	if c.chance(2) {
		h.name = m.canary(c.rnd)
		pairs = append(pairs, "name", quoted(h.name))
	}
	if c.chance(2) {
		h.json = m.document(c.rnd)
		pairs = append(pairs, "designJson", h.json)
	}
	if c.chance(3) {
		h.template = !h.template
		pairs = append(pairs, "isTemplate", fmt.Sprint(h.template))
	}
	a := c.as(m, writes, "PUT", path).json(fields(pairs...))
	if c.chance(3) {
		a.set("If-Match", old)
	}
	if r, ok := a.want(200); ok {
		if h, ok = r.design(h); ok {
			m.keepDesign(h)
		}
	}
	if c.chance(4) {
		c.as(m, writes, "PUT", path).set("If-Match", old).json("{}").refused(412, "changed")
	}
}

func (c *caller) deleteDesign(m *merchant) {
	h, ok := anyOf(c.rnd, m.designs)
	if !ok {
		return
	}
	if _, ok := c.as(m, writes, "DELETE", "/design/"+h.id).want(204); ok {
		delete(m.designs, h.id)
	}
	c.as(m, reads, "GET", "/design/"+h.id).refused(404, "not_found")
	if c.chance(3) {
		c.undeleteDesign(m, h)
	}
}

// undeleteDesign brings back what was deleted; another shop cannot.
func (c *caller) undeleteDesign(m *merchant, h held) {
	o := c.another(m)
	c.same(c.with(o, admins, "POST", "/design/"+h.id+"/undelete"), c.with(o, admins, "POST", "/design/"+uuid.NewString()+"/undelete"))
	if r, ok := c.as(m, writes, "POST", "/design/"+h.id+"/undelete").want(200); ok && r.isRight("undeleted", r.body, h.body+"\n") {
		m.designs[h.id] = h
	}
}

func (c *caller) readDesign(m *merchant) {
	if h, ok := anyOf(c.rnd, m.designs); ok {
		c.readHeld(m, "/design/"+h.id, h)
	}
}

// readHeld reads one thing, now and then only its head or only if it is new.
func (c *caller) readHeld(m *merchant, path string, h held) {
	a, status, body := c.as(m, reads, "GET", path), 200, h.body+"\n"
	switch c.rnd.IntN(5) {
	case 0:
		a.method, body = "HEAD", ""
	case 1:
		if h.etag != "" {
			a.set("If-None-Match", h.etag)
			status, body = 304, ""
		}
	}
	if r, ok := a.want(status); ok {
		r.isRight("body", r.body, body)
		r.isRight("ETag", r.header.Get("ETag"), h.etag)
	}
}

// all reads a list to its end, in pages of a random size.
func (c *caller) all(m *merchant, path string) (items []json.RawMessage, ok bool) {
	a := c.as(m, reads, "GET", path).query("limit", fmt.Sprint(1+c.rnd.IntN(mostDesigns)))
	for pages := 0; pages < 30; pages++ {
		r, ok := a.want(200)
		var page []json.RawMessage
		if !ok || !r.decode(&page) {
			return nil, false
		}
		items = append(items, page...)
		next := nextPath(answer{header: r.header})
		if next == "" {
			return items, true
		}
		if at, err := url.Parse(next); err == nil {
			list, _, _ := strings.Cut(path, "?")
			m.loot.add("cursor of "+list, at.Query().Get("cursor"))
		}
		b := c.plain(m, "GET", next)
		b.header = a.header.Clone()
		a = b
	}
	c.w.fault("%s: the list does not end", a.what())
	return nil, false
}

// lists wants a list to hold exactly these, in any order.
func (c *caller) lists(m *merchant, path string, want []string) {
	items, ok := c.all(m, path)
	if !ok {
		return
	}
	got := make([]string, len(items))
	for i, raw := range items {
		got[i] = string(raw)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		c.w.fault("%s of %s: %d items, want %d: %s, want %s", path, m, len(got), len(want), clipped(fmt.Sprint(got)), clipped(fmt.Sprint(want)))
	}
}

// bodies are those that the filter takes; nil takes all.
func bodies(of map[string]held, filter func(held) bool) (out []string) {
	for _, h := range of {
		if filter == nil || filter(h) {
			out = append(out, strings.Replace(h.body, `,"designJson":`+h.json, "", 1))
		}
	}
	return out
}

func (c *caller) listDesigns(m *merchant) {
	product := m.product(c.rnd)
	switch c.rnd.IntN(3) {
	case 0:
		c.lists(m, "/designs", bodies(m.designs, nil))
	case 1:
		c.lists(m, "/designs?product="+product, bodies(m.designs, func(h held) bool { return h.product == product }))
	case 2:
		c.lists(m, "/designs?template=true", bodies(m.designs, func(h held) bool { return h.template }))
	}
}

func (c *caller) putConfig(m *merchant) {
	product := m.product(c.rnd)
	if _, there := m.configs[product]; !there && len(m.configs) >= mostConfigs {
		product = slices.Sorted(maps.Keys(m.configs))[0]
	}
	h, there := m.configs[product]
	h.product, h.name, h.json = product, m.canary(c.rnd), m.document(c.rnd)
	h.template = !c.chance(6) // enabled
	body := fields("config", h.json, "title", quoted(h.name), "imageUrl", quoted("https://x.test/"+m.canary(c.rnd)), "enabled", fmt.Sprint(h.template))
	status := 201
	if there {
		status = 200
	}
	r, ok := c.as(m, writes, "PUT", "/config/"+product).json(body).want(status)
	var cfg store.Config
	if !ok || !r.decode(&cfg) {
		return
	}
	h.id, h.etag, h.body = cfg.ID, r.header.Get("ETag"), strings.TrimSuffix(r.body, "\n")
	if r.isRight("product", cfg.ProductID, product) && r.isRight("title", cfg.Title, h.name) &&
		r.isRight("enabled", cfg.Enabled, h.template) && r.isRight("config", string(cfg.Config), h.json) {
		m.keepConfig(h)
	}
}

func (m *merchant) keepConfig(h held) {
	m.configs[h.product] = h
	m.loot.add("etag", h.etag)
	m.loot.add("name", h.name)
	if strings.HasPrefix(h.product, mark) {
		m.loot.add("product", h.product)
	}
}

func (c *caller) deleteConfig(m *merchant) {
	h, ok := anyOf(c.rnd, m.configs)
	if !ok {
		return
	}
	if _, ok := c.as(m, writes, "DELETE", "/config/"+h.product).want(204); ok {
		delete(m.configs, h.product)
	}
	c.as(m, reads, "GET", "/config/"+h.product).refused(404, "not_found")
}

func (c *caller) readConfig(m *merchant) {
	product := m.product(c.rnd)
	if h, ok := m.configs[product]; ok {
		c.readHeld(m, "/config/"+product, h)
	} else {
		c.as(m, reads, "GET", "/config/"+product).refused(404, "not_found")
	}
}

func (c *caller) listConfigs(m *merchant) {
	want := []string{}
	for _, h := range m.configs {
		want = append(want, h.body)
	}
	c.lists(m, "/configs", want)
}

func (c *caller) listProducts(m *merchant) {
	items, ok := c.all(m, "/products?query="+strings.ToUpper(mark))
	if !ok {
		return
	}
	for _, raw := range items {
		var p struct {
			ID, Title    string
			Customizable bool
		}
		err := json.Unmarshal(raw, &p)
		if h, there := m.configs[p.ID]; err != nil || !there || h.name != p.Title || h.template != p.Customizable {
			c.w.fault("products of %s: %s, but the config is %s", m, raw, clipped(h.body))
		}
	}
	if len(items) != len(m.configs) { // every title holds a canary
		c.w.fault("products of %s: %d, want %d", m, len(items), len(m.configs))
	}
}
