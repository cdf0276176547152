package shopifytest

import (
	_ "embed"
	"encoding/json"
	"net/http"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

//go:embed schema.graphql
var schemaText string

// schema is parsed for each request: a test makes few, and nothing is shared.
func schema() *ast.Schema {
	return gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphql", Input: schemaText})
}

// operation is a request that was understood.
type operation struct {
	*ast.OperationDefinition
	vars map[string]any
}

func (s *Shopify) serveGraphQL(w http.ResponseWriter, r *http.Request, _ Fault) {
	var req struct {
		Query         string         `json:"query"`
		OperationName string         `json:"operationName"`
		Variables     map[string]any `json:"variables"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&req)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version(w, r)
	sh := s.shop(r.PathValue("shop"))
	g := sh.holder(r.Header.Get("X-Shopify-Access-Token"), s.opt.Now())
	switch {
	case g == nil:
		writeJSON(w, http.StatusUnauthorized, map[string]any{"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"})
		return
	case sh.status != 0:
		writeJSON(w, sh.status, map[string]any{"errors": http.StatusText(sh.status)})
		return
	case err != nil:
		writeJSON(w, http.StatusBadRequest, map[string]any{"errors": map[string]any{"query": "Required parameter missing or invalid"}})
		return
	}
	op, errs := understand(req.Query, req.OperationName, req.Variables)
	if errs != nil {
		writeJSON(w, http.StatusOK, map[string]any{"errors": errs})
		return
	}
	s.count(op.Name)
	s.run(w, sh, g, op)
}

// version tells which version answers.
func (s *Shopify) version(w http.ResponseWriter, r *http.Request) {
	version := r.PathValue("version")
	if s.opt.Version != "" {
		version = s.opt.Version
	}
	w.Header().Set("X-Shopify-API-Version", version)
}

// understand checks a query against the schema, its variables included.
func understand(query, name string, variables map[string]any) (operation, []map[string]any) {
	sch := schema()
	doc, errs := gqlparser.LoadQuery(sch, query)
	if errs != nil {
		return operation{}, []map[string]any{graphError(errs.Error(), "undefinedField")}
	}
	def := doc.Operations.ForName(name)
	if def == nil {
		return operation{}, []map[string]any{graphError("No operation named "+name, "missingOperation")}
	}
	vars, err := variableValues(sch, def, variables)
	if err != nil {
		return operation{}, []map[string]any{graphError(err.Error(), "INVALID_VARIABLE")}
	}
	return operation{def, vars}, nil
}

func graphError(message, code string) map[string]any {
	return map[string]any{"message": message, "extensions": map[string]any{"code": code}}
}

// run answers if the shop has the points.
func (s *Shopify) run(w http.ResponseWriter, sh *shop, g *grant, op operation) {
	cost := op.cost(op.SelectionSet)
	if op.Operation == ast.Mutation {
		cost = 10
	}
	if cost > maxQueryCost {
		writeJSON(w, http.StatusOK, map[string]any{"errors": []any{graphError("Query cost exceeds the single query max cost limit", "MAX_COST_EXCEEDED")}})
		return
	}
	if !sh.points.spend(cost) {
		s.count("throttled")
		writeJSON(w, http.StatusOK, map[string]any{"errors": []any{graphError("Throttled", "THROTTLED")}, "extensions": sh.points.cost(cost, nil)})
		return
	}
	data, errs := s.resolve(sh, g, op)
	actual := min(cost, float64(objects(data)))
	if op.Operation == ast.Mutation {
		actual = cost
	}
	sh.points.left = min(sh.points.max, sh.points.left+cost-actual)
	out := map[string]any{"data": data, "extensions": sh.points.cost(cost, actual)}
	if errs != nil {
		out["errors"] = errs
	}
	writeJSON(w, http.StatusOK, out)
}

// cost counts a point for each object, as often as a list may hold it.
func (op operation) cost(set ast.SelectionSet) (sum float64) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if len(sel.SelectionSet) == 0 {
				continue
			}
			each := op.cost(sel.SelectionSet)
			if first := integer(sel.ArgumentMap(op.vars)["first"]); first > 0 {
				each *= float64(first)
			}
			sum += 1 + each
		case *ast.InlineFragment:
			sum += op.cost(sel.SelectionSet)
		case *ast.FragmentSpread:
			sum += op.cost(sel.Definition.SelectionSet)
		}
	}
	return sum
}

// integer is a number from a query's text or from its variables.
func integer(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	}
	return 0
}

// objects counts what an answer really held.
func objects(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		n = 1
		for _, x := range v {
			n += objects(x)
		}
	case []any:
		for _, x := range v {
			n += objects(x)
		}
	}
	return n
}

// project picks from a whole object what was selected.
func (op operation) project(set ast.SelectionSet, from map[string]any) map[string]any {
	if from == nil {
		return nil
	}
	out := map[string]any{}
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			out[sel.Alias] = op.value(sel, from[sel.Name])
		case *ast.InlineFragment:
			op.merge(out, sel.TypeCondition, sel.SelectionSet, from)
		case *ast.FragmentSpread:
			op.merge(out, sel.Definition.TypeCondition, sel.Definition.SelectionSet, from)
		}
	}
	return out
}

func (op operation) merge(out map[string]any, kind string, set ast.SelectionSet, from map[string]any) {
	if kind != "" && kind != from["__typename"] {
		return
	}
	for name, v := range op.project(set, from) {
		out[name] = v
	}
}

func (op operation) value(f *ast.Field, v any) any {
	switch v := v.(type) {
	case map[string]any:
		return op.project(f.SelectionSet, v)
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = op.value(f, v[i])
		}
		return all
	}
	return v
}
