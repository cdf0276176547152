package shopifytest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"lapak/web/shopify"
)

func variableValues(sch *ast.Schema, def *ast.OperationDefinition, variables map[string]any) (map[string]any, error) {
	if variables == nil {
		variables = map[string]any{}
	}
	return validator.VariableValues(sch, def, variables)
}

// object is a whole object, before fields are selected.
type object = map[string]any

// resolve answers every root field.
func (s *Shopify) resolve(sh *shop, g *grant, op operation) (data object, errs []any) {
	data = object{}
	for _, sel := range op.SelectionSet {
		f, ok := sel.(*ast.Field)
		if !ok {
			errs = append(errs, graphError("only fields are understood at the root", "unsupported"))
			continue
		}
		v, err := s.root(sh, g, f.Name, f.ArgumentMap(op.vars))
		if err != nil {
			errs = append(errs, err)
		}
		data[f.Alias] = op.value(f, v)
	}
	return data, errs
}

func (s *Shopify) root(sh *shop, g *grant, field string, args map[string]any) (v any, err map[string]any) {
	switch field {
	case "products", "product":
		if !shopify.ParseScopes(g.scopes).Has(shopify.ParseScopes("read_products")) {
			return nil, graphError("Access denied for "+field+" field. Required access: `read_products` access scope.", "ACCESS_DENIED")
		}
		if field == "product" {
			return sh.node(args["id"]), nil
		}
		return sh.list(args)
	case "node":
		return sh.node(args["id"]), nil
	case "nodes":
		ids, _ := args["ids"].([]any)
		all := make([]any, len(ids))
		for i, id := range ids {
			all[i] = sh.node(id)
		}
		return all, nil
	case "shop":
		return object{"__typename": "Shop", "id": "gid://shopify/Shop/" + strconv.FormatInt(sh.id, 10), "name": sh.name, "myshopifyDomain": sh.name}, nil
	case "currentAppInstallation":
		return sh.installation(g), nil
	case "appSubscriptionCreate":
		return s.createSubscription(sh, args), nil
	case "appSubscriptionCancel":
		return s.cancelSubscription(sh, args), nil
	}
	return nil, graphError("the stand-in cannot answer "+field, "unsupported")
}

// node is a product or a subscription; nil where there is none.
func (sh *shop) node(id any) any {
	for _, p := range sh.products {
		if p.GID() == id {
			return p.object()
		}
	}
	for _, sub := range sh.subs {
		if sub.ID == id {
			return sub.object()
		}
	}
	return nil
}

func (p Product) object() object {
	o := object{
		"__typename": "Product", "id": p.GID(), "legacyResourceId": strconv.FormatInt(p.ID, 10), "title": p.Title, "handle": p.Handle,
		"status": p.Status, "featuredMedia": nil,
	}
	if p.Image != "" {
		o["featuredMedia"] = object{
			"__typename": "MediaImage", "id": "gid://shopify/MediaImage/" + strconv.FormatInt(p.ID, 10), "alt": p.Title,
			"preview": object{"image": object{"url": p.Image, "altText": p.Title}},
		}
	}
	return o
}

// list is the products connection.
func (sh *shop) list(args map[string]any) (any, map[string]any) {
	first := integer(args["first"])
	if first < 1 || first > 250 {
		return nil, graphError("you must provide one of first or last, of at most 250", "BAD_REQUEST")
	}
	text, _ := args["query"].(string)
	match, err := parseSearch(text)
	if err != nil {
		return nil, graphError(err.Error(), "BAD_REQUEST")
	}
	found := slices.DeleteFunc(slices.Clone(sh.products), func(p Product) bool { return !match(p) })
	slices.SortStableFunc(found, productOrder(args))
	start, bad := afterCursor(found, args["after"])
	if bad {
		return nil, graphError("Invalid cursor for current pagination sort.", "BAD_REQUEST")
	}
	end := min(start+int(first), len(found))
	return connection(found[start:end], start > 0, end < len(found)), nil
}

func productOrder(args map[string]any) func(a, b Product) int {
	by := func(a, b Product) int { return cmp.Compare(a.ID, b.ID) }
	if args["sortKey"] == "TITLE" {
		by = func(a, b Product) int {
			return cmp.Or(strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)), cmp.Compare(a.ID, b.ID))
		}
	}
	if args["reverse"] == true {
		return func(a, b Product) int { return by(b, a) }
	}
	return by
}

// afterCursor is the index behind the product that a cursor names.
func afterCursor(found []Product, after any) (start int, bad bool) {
	text, ok := after.(string)
	if !ok || text == "" {
		return 0, false
	}
	at := slices.IndexFunc(found, func(p Product) bool { return p.cursor() == text })
	return at + 1, at < 0
}

func (p Product) cursor() string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"last_id":%d,"last_value":"%d"}`, p.ID, p.ID))
}

func connection(page []Product, before, after bool) object {
	nodes, edges := []any{}, []any{}
	info := object{"hasNextPage": after, "hasPreviousPage": before, "startCursor": nil, "endCursor": nil}
	for _, p := range page {
		nodes = append(nodes, p.object())
		edges = append(edges, object{"cursor": p.cursor(), "node": p.object()})
		if info["startCursor"] == nil {
			info["startCursor"] = p.cursor()
		}
		info["endCursor"] = p.cursor()
	}
	return object{"nodes": nodes, "edges": edges, "pageInfo": info}
}

func (sh *shop) installation(g *grant) object {
	scopes, active := []any{}, []any{}
	for handle := range strings.SplitSeq(g.scopes, ",") {
		scopes = append(scopes, object{"handle": handle})
	}
	for _, sub := range sh.subs {
		if sub.Status == "ACTIVE" {
			active = append(active, sub.object())
		}
	}
	return object{"__typename": "AppInstallation", "id": "gid://shopify/AppInstallation/" + strconv.FormatInt(sh.id, 10), "accessScopes": scopes, "activeSubscriptions": active}
}
