package api_test

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// nobodysName is a name that no shop has.
const nobodysName = "nobody.myshopify.com"

// attacks are what a shop, a visitor or a stranger may try. The shop that the
// step holds is the attacker's: so its own answers are known.
func attacks() []step {
	return []step{
		{"guess ids", 10, looks, (*caller).guessIDs},
		{"guess paths", 4, looks, (*caller).guessPaths},
		{"forge the shop", 12, looks, (*caller).forgeShop},
		{"forge where nobody looks", 4, looks, (*caller).forgeInVain},
		{"odd names", 4, looks, (*caller).oddNames},
		{"bad keys", 3, looks, (*caller).badKeys},
		{"two proofs", 2, looks, (*caller).twoProofs},
		{"another's cursor", 3, looks, (*caller).foreignCursor},
		{"another's tag", 5, looks, (*caller).foreignTag},
		{"another's filter", 3, looks, (*caller).foreignFilter},
		{"another's fields", 3, looks, (*caller).foreignFields},
		{"another method", 3, looks, (*caller).anotherMethod},
		{"the operator names two", 2, looks, (*caller).operatorNamesTwo},
	}
}

// guessIDs uses what is another shop's: it must answer like what is nobody's.
func (c *caller) guessIDs(m *merchant) {
	victim := c.another(m)
	kind := c.oneOf("design", "asset", "content", "job", "product", "public")
	id, nobodys := "", uuid.NewString()
	switch kind {
	case "content":
		id = victim.loot.pick(c.rnd, "asset")
	case "product", "public":
		id, nobodys = victim.loot.pick(c.rnd, "product"), m.canary(c.rnd)
	default:
		id = victim.loot.pick(c.rnd, kind)
	}
	if id == "" {
		return
	}
	key := m.keys[admins]
	build := func(id string) *ask {
		switch kind {
		case "design":
			return c.plain(m, "GET", "/design/"+id).bearer(key)
		case "asset":
			return c.plain(m, "GET", "/assets/"+id).bearer(key)
		case "content":
			return c.plain(m, "GET", "/assets/"+id+"/content").bearer(key)
		case "job":
			return c.plain(m, "GET", "/jobs/"+id).bearer(key)
		case "product":
			return c.plain(m, "GET", "/config/"+id).bearer(key)
		}
		return c.plain(m, "GET", "/public/product/"+id).query("shop", m.name)
	}
	theirs, nobody := build(id), build(nobodys)
	change := c.guessedChange(m, victim, kind)
	change(theirs)
	change(nobody)
	c.same(theirs, nobody)
}

// guessedChange makes a read some other request, the same for both ids.
func (c *caller) guessedChange(m, victim *merchant, kind string) func(*ask) {
	tag := victim.loot.pick(c.rnd, c.oneOf("etag", "tag"))
	body := fields("name", quoted(m.canary(c.rnd)))
	if kind == "product" {
		body = fields("title", quoted(m.canary(c.rnd)))
	}
	switch n := c.rnd.IntN(6); {
	case n == 0:
		return func(a *ask) { a.method = "HEAD" }
	case n == 1:
		return func(a *ask) { a.set("If-None-Match", "*").set("Range", "bytes=0-9") }
	case n == 2 && tag != "":
		return func(a *ask) { a.set("If-None-Match", tag) }
	case n == 3 && kind != "public":
		return func(a *ask) { a.method = "DELETE" }
	case n == 4 && kind == "design":
		return func(a *ask) { a.method = "PUT"; a.json(body) }
	case n == 5 && tag != "" && (kind == "design" || kind == "product"):
		return func(a *ask) { a.method = "PUT"; a.json(body).set("If-Match", tag) }
	}
	return func(*ask) {}
}

// guessPaths tries to walk to another shop's bytes.
func (c *caller) guessPaths(m *merchant) {
	victim := c.another(m)
	object, asset, own := victim.loot.pick(c.rnd, "object"), victim.loot.pick(c.rnd, "asset"), m.loot.pick(c.rnd, "asset")
	if object == "" || own == "" {
		return
	}
	inside := victim.name + "/" + object
	escaped := url.PathEscape(inside)
	path := c.oneOf("/assets/"+inside, "/assets/"+escaped, "/assets/"+escaped+"/content", "/assets/..%2f"+escaped+"/content",
		"/assets/%2e%2e/"+victim.name+"/content", "/assets/../"+victim.name+"/"+asset, "/assets/"+own+"%2f..%2f"+asset+"/content",
		"/assets/"+own+"/../"+asset+"/content", "/assets/"+own+"%00"+asset+"/content", "/assets/"+asset+"%20/content",
		"/assets/"+strings.ToUpper(asset)+"/content", "//imcst_api//assets/"+asset+"/content", "//assets/"+inside,
		"//imcst_api/../assets/"+inside, "//data/assets/"+inside, "//shops/"+victim.name+"/designs", "/shops/"+victim.name+"/designs",
		"/assets/"+own+"/content/../../"+asset+"/content", "/assets/'or'1'='1/content", "/design/%25", "/assets/"+own+";"+asset+"/content")
	c.with(m, admins, c.oneOf("GET", "HEAD"), path).refused(404, "not_found")
}

// forgeShop names another shop beside the own proof, in one place or in several,
// on any route. (One that the proof does not reach is not served either.)
func (c *caller) forgeShop(m *merchant) {
	victim := c.another(m)
	id := uuid.NewString()
	if theirs := victim.loot.pick(c.rnd, "design"); theirs != "" && c.chance(2) {
		id = theirs
	}
	method, path, _ := strings.Cut(c.oneOf("GET /products", "GET /designs", "POST /design", "GET /design/"+id, "PUT /design/"+id,
		"DELETE /design/"+id, "GET /configs", "GET /config/1", "PUT /config/1", "DELETE /config/1", "GET /assets", "POST /assets",
		"GET /assets/"+id, "GET /assets/"+id+"/content", "DELETE /assets/"+id, "GET /usage", "GET /audit", "GET /export", "GET /settings",
		"PATCH /settings", "GET /backups", "POST /restore", "GET /jobs/"+id), " ")
	a := c.with(m, c.rnd.IntN(len(m.keys)), method, path)
	forged := c.oneOf(victim.name, victim.name, victim.name, strings.ToUpper(m.name), m.name+"/", m.name+".", "", strings.TrimSuffix(victim.name, ".myshopify.com"))
	places := 1 + c.rnd.IntN(15) // bits: query, header, body, and the own name too
	if places&7 == 0 {
		places |= 1
	}
	if places&8 != 0 {
		a.query("shop", m.name)
	}
	if places&1 != 0 {
		a.query("x", "1")
		a.path += "&" + c.oneOf("shop", "%73hop", "s%68op") + "=" + url.QueryEscape(forged)
	}
	if places&2 != 0 {
		a.header.Add("X-Shop-Domain", m.name)
		a.header["X-Shop-Domain"] = append(a.header["X-Shop-Domain"], forged+c.oneOf("", ", "+m.name))
	}
	c.forgeBody(a, m, forged, places&4 != 0)
	a.refused(403, "cross_shop", "forbidden")
}

// forgeBody fills the request as its route wants it, with the forged name if it
// shall be there, on routes that have no other body too.
func (c *caller) forgeBody(a *ask, m *merchant, forged string, there bool) {
	own := []string{"shopifyProductId", `"1"`, "name", quoted(m.canary(c.rnd)), "designJson", fields("text", quoted(m.canary(c.rnd)))}
	if a.method == "POST" && strings.HasPrefix(a.path, "/assets") {
		parts := []part{{"type", "", "gallery"}, {"file", "a.png", tinyPNG(1)}}
		if there {
			parts = append(parts, part{"shop", "", forged})
		}
		c.rnd.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		a.form(parts...)
		return
	}
	if !there {
		if a.method == "POST" {
			a.json(fields(own...))
		}
		return
	}
	if a.method != "POST" {
		own = nil
	}
	own = append(own, "shop", quoted(forged))
	body := fields(own...)
	if c.chance(2) {
		body = strings.Replace(body, `"shop":`, `"sh\u006fp" : `, 1)
	}
	a.json(body)
}

// forgeInVain names another shop where no name is looked for: the answer is the
// own one.
func (c *caller) forgeInVain(m *merchant) {
	victim := c.another(m)
	a := c.with(m, reads, "GET", "/usage")
	switch c.rnd.IntN(6) {
	case 0:
		a.host = victim.name
	case 1:
		a.set("X-Forwarded-Host", victim.name).set("Forwarded", "host="+victim.name).set("X-Forwarded-For", victim.name)
	case 2:
		a.set("X-Shopify-Shop-Domain", victim.name).set("X-Shop", victim.name).set("X-Tenant-Id", victim.name)
	case 3:
		a.set("Cookie", "shop="+victim.name+"; session="+victim.keys[admins]).set("Referer", "https://"+victim.name+"/")
	case 4:
		a.path += c.oneOf("?SHOP=", "?Shop=", "?shop%5B%5D=", "?shop%20=", "?store=", "?a=1;shop=", "?%zz&tenant=") + victim.name
	case 5:
		a.path += "?api_key=" + victim.keys[admins]
	}
	r, ok := a.want(200)
	var u struct {
		Usage struct{ Designs, Assets, Products int }
	}
	if ok && r.decode(&u) {
		r.isRight("usage", fmt.Sprint(u.Usage), fmt.Sprintf("{%d %d %d}", len(m.designs), len(m.assets), len(m.configs)))
	}
}

// oddNames are no shops' names, or nobody's. Whoever asks, nothing is there.
func (c *caller) oddNames(m *merchant) {
	victim := c.another(m)
	name := c.oneOf("", " ", ".", "..", "/", "../"+victim.name, victim.name+"/", victim.name+"/../"+m.name, victim.name+"\x00", victim.name+"\n",
		victim.name+"\r\nX: y", "%2e%2e", strings.ToUpper(victim.name), victim.name+".", "."+victim.name, "https://"+victim.name,
		victim.name+":443", victim.name+","+m.name, strings.Repeat("a", 300)+".myshopify.com", strings.Repeat("x", 8000),
		strings.Replace(victim.name, "y", "\u0443", 1), "\u202e"+victim.name, victim.name+"'--", "*", "%", victim.name[:6]+"%", "null", "0",
		"-"+victim.name, "catalog", "catalog.db", ".tmp", victim.name+"?shop="+m.name, "\xff\xfe", nobodysName)
	switch c.rnd.IntN(3) {
	case 0:
		c.with(m, admins, "GET", c.oneOf("/designs", "/export", "/backups")).query("shop", name).refused(403, "cross_shop")
	case 1:
		want, code := 400, "invalid"
		if name == nobodysName {
			want, code = 404, "not_found"
		}
		c.plain(nil, "GET", c.oneOf("/designs", "/export", "/backups")).bearer(c.w.operator).query("shop", name).refused(want, code)
	case 2:
		c.same(c.plain(nil, "GET", "/public/product/"+sharedProduct(c.rnd)).query("shop", name),
			c.plain(nil, "GET", "/public/product/1").query("shop", nobodysName))
	}
}

// badKeys are almost another shop's.
func (c *caller) badKeys(m *merchant) {
	victim := c.another(m)
	key := victim.keys[admins]
	flipped := []byte(key)
	at := len(keyMark) + c.rnd.IntN(len(key)-len(keyMark))
	flipped[at] = c.oneOf("a", "b", "c", "7")[0]
	if string(flipped) == key {
		return
	}
	a := c.plain(nil, "GET", c.oneOf("/designs", "/export", "/settings")).query("shop", victim.name)
	a.set("Authorization", c.oneOf("Bearer "+string(flipped), "Bearer "+key[:len(key)-1], "Bearer "+key+"a", "Bearer "+strings.ToUpper(key),
		"Bearer "+m.keys[admins]+","+key, "Bearer "+m.keys[reads]+" "+key, key, "Basic "+key, basic(victim.name, key), "Bearer", "Token "+key,
		"Bearer "+victim.name, "Bearer "+key[:len(keyMark)+8]))
	a.refused(401, "unauthorized")
}

// twoProofs sends two keys: one of them is used, whole.
func (c *caller) twoProofs(m *merchant) {
	a := c.with(m, admins, "GET", "/settings")
	a.header["Authorization"] = append(a.header["Authorization"], "Bearer "+c.another(m).keys[admins])
	if r, ok := a.want(200); ok {
		r.settings(m)
	}
}

// foreignCursor goes on in the own list from where another shop's was.
func (c *caller) foreignCursor(m *merchant) {
	path := c.oneOf("/designs", "/configs", "/assets", "/products")
	cursor := c.another(m).loot.pick(c.rnd, "cursor of "+path)
	if cursor == "" {
		return
	}
	r, ok := c.with(m, reads, "GET", path).query("cursor", cursor).want(200)
	var items []struct {
		ID      string
		Product string `json:"shopifyProductId"`
	}
	if !ok || !r.decode(&items) {
		return
	}
	for _, item := range items {
		of := map[string]map[string]held{"/designs": m.designs, "/configs": m.configs, "/assets": m.assets, "/products": m.configs}[path]
		id := item.ID
		if path == "/configs" {
			id = item.Product
		}
		if _, there := of[id]; !there {
			c.w.fault("%s: %s is not in the shop", r.ask.what(), id)
		}
	}
}

// foreignTag is another shop's version of something: it fits nothing here.
func (c *caller) foreignTag(m *merchant) {
	victim := c.another(m)
	tag := victim.loot.pick(c.rnd, c.oneOf("etag", "tag", "public tag"))
	if tag == "" || tag == quoted(hash(sharedPicture)) {
		return
	}
	d, ok := anyOf(c.rnd, m.designs)
	if !ok {
		return
	}
	switch c.rnd.IntN(4) {
	case 0:
		if r, ok := c.as(m, reads, "GET", "/design/"+d.id).set("If-None-Match", tag).want(200); ok {
			r.isRight("body", r.body, d.body+"\n")
		}
	case 1:
		c.as(m, writes, c.oneOf("PUT", "DELETE"), "/design/"+d.id).set("If-Match", tag).refused(412, "changed")
	case 2:
		if cfg, ok := anyOf(c.rnd, m.configs); ok {
			c.as(m, writes, c.oneOf("PUT", "DELETE"), "/config/"+cfg.product).set("If-Match", tag).refused(412, "changed")
		}
	case 3:
		if as, ok := anyOf(c.rnd, m.assets); ok {
			if r, ok := c.as(m, reads, "GET", "/assets/"+as.id+"/content").set("If-None-Match", tag).want(200); ok {
				r.isRight("content", r.body, as.file)
			}
		}
	}
}

// foreignFilter asks for another shop's things in the own lists.
func (c *caller) foreignFilter(m *merchant) {
	victim := c.another(m)
	name, product := victim.loot.pick(c.rnd, "name"), victim.loot.pick(c.rnd, "product")
	design := victim.loot.pick(c.rnd, "design")
	if name == "" || product == "" || design == "" {
		return
	}
	path := c.oneOf("/designs?product="+product, "/designs?template=1&product="+product, "/products?query="+name, "/products?query="+product,
		"/audit?resource="+design, "/audit?action="+name, "/audit?resource="+victim.name)
	if r, ok := c.with(m, admins, "GET", path).query("limit", "100").want(200); ok {
		r.isRight("list", r.body, "[]\n")
	}
}

// foreignFields tries to write what a shop does not decide.
func (c *caller) foreignFields(m *merchant) {
	victim := c.another(m)
	id := victim.loot.pick(c.rnd, "design")
	object := victim.loot.pick(c.rnd, "object")
	whole := []string{"shopifyProductId", `"1"`, "name", quoted(m.canary(c.rnd)), "designJson", "{}"}
	field := c.oneOf("id", "owner", "Shop", "SHOP", "shop ", "tenant", "shopId", "version", "createdAt", "__proto__")
	switch c.rnd.IntN(4) {
	case 0:
		c.with(m, admins, "POST", "/design").json(fields(append(whole, field, quoted(id))...)).refused(400, "invalid")
	case 1:
		field := c.oneOf("id", "uuid", "name", "epoch", "state", "replica", "createdAt", "Shop")
		c.with(m, admins, "PATCH", "/settings").json(fields(field, quoted(victim.name))).refused(400, "invalid")
	case 2:
		c.with(m, admins, "POST", "/assets").form(part{"type", "", "../" + victim.name + "/gallery"}, part{"file", "a.png", tinyPNG(1)}).refused(400, "invalid")
	case 3:
		c.with(m, admins, "POST", "/assets").form(part{"object", "", object}, part{"type", "", "gallery"}, part{"file", "a.png", tinyPNG(1)}).refused(400, "invalid")
	}
}

// anotherMethod tries to make a read a change. The method that was sent counts.
func (c *caller) anotherMethod(m *merchant) {
	victim := c.another(m)
	if d, ok := anyOf(c.rnd, m.designs); ok {
		a := c.with(m, admins, "GET", "/design/"+d.id)
		a.path += c.oneOf("", "?_method=DELETE")
		for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
			a.set(name, c.oneOf("DELETE", "PUT"))
		}
		if r, ok := a.want(200); ok {
			r.isRight("body", r.body, d.body+"\n")
		}
	}
	if id := victim.loot.pick(c.rnd, "design"); id != "" {
		method := c.oneOf("PATCH", "OPTIONS", "TRACE", "PROPFIND", "POST", "get")
		c.with(m, admins, method, "/design/"+id).refused(405, "method_not_allowed")
	}
}

// operatorNamesTwo is refused, however the two are named; who names none too.
func (c *caller) operatorNamesTwo(m *merchant) {
	victim := c.another(m)
	a := c.plain(m, c.oneOf("GET", "HEAD"), c.oneOf("/designs", "/export", "/settings", "/backups")).bearer(c.w.operator).query("shop", m.name)
	switch c.rnd.IntN(4) {
	case 0:
		a.query("shop", victim.name)
	case 1:
		a.set("X-Shop-Domain", victim.name)
	case 2:
		a.json(fields("shop", quoted(victim.name)))
	case 3:
		a = c.plain(nil, "GET", "/designs").bearer(c.w.operator)
		a.refused(400, "shop_required")
		return
	}
	a.refused(403, "cross_shop")
}
