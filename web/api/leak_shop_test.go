package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"lapak/store"
	"lapak/store/catalog"
)

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func (r *reply) settings(m *merchant) {
	var got struct {
		Shop                                string
		LogoURL, PrimaryColor, CustomDomain *string
	}
	if r.decode(&got) {
		r.isRight("shop", got.Shop, m.name)
		r.isRight("branding", text(got.LogoURL)+" "+text(got.PrimaryColor)+" "+text(got.CustomDomain), text(m.logo)+" "+text(m.color)+" "+text(m.domain))
	}
}

func (c *caller) settings(m *merchant) {
	if r, ok := c.as(m, admins, "GET", "/settings").want(200); ok {
		r.settings(m)
	}
}

func (c *caller) changeSettings(m *merchant) {
	pairs := []string{}
	set := func(name string, to **string, value string) {
		if c.chance(6) {
			*to = nil
			pairs = append(pairs, name, "null")
		} else if !c.chance(3) {
			*to = &value
			pairs = append(pairs, name, quoted(value))
		}
	}
	set("primaryColor", &m.color, m.newColor(c.rnd))
	set("logoUrl", &m.logo, "https://x.test/"+m.canary(c.rnd)+".png")
	set("customDomain", &m.domain, m.canary(c.rnd)+".example.com")
	if r, ok := c.as(m, admins, "PATCH", "/settings").json(fields(pairs...)).want(200); ok {
		r.settings(m)
	}
}

func (c *caller) backups(m *merchant) {
	r, ok := c.as(m, admins, "GET", "/backups").want(200)
	var b struct{ Shop string }
	if ok && r.decode(&b) {
		r.isRight("shop", b.Shop, m.name)
	}
}

// restore goes back to some moment, or undoes that, and reads anew what is there.
func (c *caller) restore(m *merchant) {
	body := `{"undo":true}`
	if c.chance(2) {
		at := m.born.Add(time.Duration(c.rnd.Int64N(int64(time.Since(m.born)))))
		body = fields("at", quoted(at.UTC().Format(time.RFC3339Nano)))
	}
	r, ok := c.as(m, admins, "POST", "/restore").json(body).want(202, 400) // nothing so old, nothing to undo
	var job catalog.Job
	if !ok || r.status != 202 || !r.decode(&job) {
		return
	}
	m.loot.add("job", job.ID)
	for job.State == catalog.Queued || job.State == catalog.Running {
		c.pause()
		if r, ok = c.as(m, admins, "GET", "/jobs/"+job.ID).want(200); !ok || !r.decode(&job) {
			return
		}
	}
	r.isRight("job", fmt.Sprint(job.Shop, job.State, job.Error), m.name+"done")
	c.readAll(m)
}

// readAll learns what a shop holds, of which the search of the answers says that
// it is its own.
func (c *caller) readAll(m *merchant) {
	m.designs, m.configs, m.assets = map[string]held{}, map[string]held{}, map[string]held{}
	c.eachOf(m, "/designs", func(raw json.RawMessage) {
		var d store.Design
		if json.Unmarshal(raw, &d) != nil {
			return
		}
		if r, ok := c.as(m, reads, "GET", "/design/"+d.ID).want(200); ok && r.decode(&d) {
			if h, ok := r.design(held{product: d.ProductID, name: d.Name, template: d.IsTemplate, json: string(d.DesignJSON)}); ok {
				m.keepDesign(h)
			}
		}
	})
	c.eachOf(m, "/configs", func(raw json.RawMessage) {
		var cfg store.Config
		if json.Unmarshal(raw, &cfg) != nil {
			return
		}
		if r, ok := c.as(m, reads, "GET", "/config/"+cfg.ProductID).want(200); ok && r.isRight("config", r.body, string(raw)+"\n") {
			m.keepConfig(held{
				id: cfg.ID, etag: r.header.Get("ETag"), body: string(raw), product: cfg.ProductID,
				template: cfg.Enabled, name: cfg.Title, json: string(cfg.Config),
			})
		}
	})
	c.eachOf(m, "/assets", func(raw json.RawMessage) { c.learnAsset(m, raw) })
}

func (c *caller) eachOf(m *merchant, path string, do func(json.RawMessage)) {
	items, _ := c.all(m, path)
	for _, raw := range items {
		do(raw)
	}
}

func (c *caller) learnAsset(m *merchant, raw json.RawMessage) {
	var as store.Asset
	if json.Unmarshal(raw, &as) != nil {
		return
	}
	r, ok := c.as(m, reads, "GET", "/assets/"+as.ID+"/content").want(200)
	if !ok {
		return
	}
	sum := strings.Trim(r.header.Get("ETag"), `"`)
	if file, known := m.files[sum]; r.isRight("known", known, true) && r.isRight("content", r.body, file) {
		m.assets[as.ID] = held{id: as.ID, body: string(raw), name: as.Name, file: file, object: as.Type + "/" + sum}
	}
}

// publicProduct is a visitor's look, now and then with the answer from before.
// That somebody signed in as another shop changes nothing.
func (c *caller) publicProduct(m *merchant) {
	product := m.product(c.rnd)
	a := c.plain(m, "GET", "/public/product/"+product).query("shop", m.name)
	if c.chance(4) {
		a.bearer(c.another(m).keys[admins]).set("X-Shop-Domain", c.another(m).name)
	}
	if c.chance(6) {
		a.query("shop", c.another(m).name)
	}
	before, remembered := m.kept.Load(product)
	if remembered && c.chance(2) {
		a.set("If-None-Match", before.(*reply).header.Get("ETag"))
	} else {
		remembered = false
	}
	if cfg, there := m.configs[product]; !there || !cfg.template {
		a.refused(404, "not_found")
		return
	}
	statuses := []int{200}
	if remembered {
		statuses = append(statuses, 304)
	}
	r, ok := a.want(statuses...)
	if !ok {
		return
	}
	if r.status == 304 {
		before.(*reply).public(m, product)
		return
	}
	r.public(m, product)
	m.kept.Store(product, r)
	m.loot.add("public tag", r.header.Get("ETag"))
}

// public compares a public answer with what the shop holds.
func (r *reply) public(m *merchant, product string) {
	var got struct {
		Shop      string
		Config    json.RawMessage
		Templates []store.Design
		Branding  struct{ LogoURL, PrimaryColor, CustomDomain *string }
	}
	if !r.decode(&got) {
		return
	}
	r.isRight("shop", got.Shop, m.name)
	r.isRight("config", string(got.Config), m.configs[product].body)
	r.isRight("branding", text(got.Branding.LogoURL)+text(got.Branding.PrimaryColor)+text(got.Branding.CustomDomain), text(m.logo)+text(m.color)+text(m.domain))
	r.isRight("templates", len(got.Templates), len(bodies(m.designs, func(h held) bool { return h.template && h.product == product })))
	for _, d := range got.Templates {
		r.isRight("template "+d.ID, string(d.DesignJSON), m.designs[d.ID].json)
	}
}

// metrics may name the shops whose backups lag, in their label, and nothing else
// of them.
func (c *caller) metrics(*merchant) {
	a := c.plain(nil, "GET", "//metrics")
	a.metrics = true
	a.want(200)
}

// brokenBody sends what cannot be read. The answer may repeat what was sent, and
// nothing changes.
func (c *caller) brokenBody(m *merchant) {
	whole := fields("shopifyProductId", "1", "name", quoted(m.canary(c.rnd)), "designJson", m.document(c.rnd))
	picture, _, _ := m.picture(c.rnd)
	a := c.as(m, admins, "POST", "/design")
	switch c.rnd.IntN(7) {
	case 0:
		a.json(whole[:c.rnd.IntN(len(whole))])
	case 1:
		a.json(fields(m.canary(c.rnd), "1"))
	case 2:
		a.json(strings.Repeat(whole, 1+(2<<20)/len(whole)))
	case 3:
		a = c.as(m, admins, "PATCH", "/settings").json(fields("logoUrl", quoted("http://"+m.canary(c.rnd)), m.canary(c.rnd), "1"))
	case 4:
		a = c.as(m, admins, "POST", "/assets").form(part{"type", "", m.canary(c.rnd)}, part{"file", m.canary(c.rnd), picture})
	case 5:
		a = c.as(m, admins, "POST", "/assets").form(part{"type", "", "gallery"}, part{"file", m.canary(c.rnd), strings.Repeat(m.canary(c.rnd), 50)})
	case 6:
		a = c.as(m, admins, "POST", "/assets").form(part{"type", "", "gallery"}, part{"file", "a.png", picture})
		a.body = a.body[:c.rnd.IntN(len(a.body)-2)]
	}
	a.want(400, 413)
}
