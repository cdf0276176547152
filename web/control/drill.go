package control

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"

	"lapak/store"
	"lapak/store/catalog"
	"lapak/tenants"
)

// Drills asks for proofs of backups: of the named shops, of all, of so many
// taken at random, or else of those that changed since their last proof.
type Drills struct {
	Shops  []string `json:"shops,omitempty"`
	All    bool     `json:"all,omitempty"`
	Sample int      `json:"sample,omitempty"`
}

// DrillsLine is one line of the answer: at first how many there will be, then
// one drill at a time.
type DrillsLine struct {
	Total int            `json:"total,omitempty"`
	Drill *tenants.Drill `json:"drill,omitempty"`
}

// drill proves one shop after the other and tells of each, one line of JSON.
func (s *server) drill(w http.ResponseWriter, r *http.Request) error {
	var in Drills
	if err := readBody(r, &in); err != nil {
		return err
	}
	shops, err := s.drillShops(r.Context(), in)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	out := json.NewEncoder(w)
	if out.Encode(DrillsLine{Total: len(shops)}) != nil {
		return nil
	}
	for _, shop := range shops {
		d, err := s.pool.Drill(r.Context(), shop) // what is wrong is said in d
		if err != nil && d.Problem == "" {
			d.Proven, d.Problem = false, oneLine(err)
		}
		if r.Context().Err() != nil {
			return nil // nobody listens any more
		}
		if out.Encode(DrillsLine{Drill: &d}) != nil || http.NewResponseController(w).Flush() != nil {
			return nil
		}
	}
	return nil
}

func (s *server) drillShops(ctx context.Context, in Drills) (shops []store.Shop, err error) {
	switch {
	case in.Sample < 0 || in.Sample > 0 && in.All || len(in.Shops) > 0 && (in.All || in.Sample > 0):
		return nil, &Failure{"give shops, a sample or all", CodeInvalid}
	case len(in.Shops) > 0:
		return s.namedShops(ctx, in.Shops)
	case !in.All && in.Sample == 0:
		return s.pool.Catalog().Unproven(ctx)
	}
	all, err := s.allShops(ctx)
	if err != nil {
		return nil, err
	}
	for _, rec := range all {
		if rec.State == catalog.Active || rec.State == catalog.Suspended {
			shops = append(shops, rec.Name)
		}
	}
	if in.Sample > 0 {
		rand.Shuffle(len(shops), func(i, j int) { shops[i], shops[j] = shops[j], shops[i] })
		shops = shops[:min(in.Sample, len(shops))]
	}
	return shops, nil
}

func (s *server) namedShops(ctx context.Context, names []string) (shops []store.Shop, err error) {
	for _, name := range names {
		shop, err := store.ParseShop(name)
		if err == nil {
			_, err = s.pool.Catalog().Shop(ctx, shop)
		}
		if err != nil {
			return nil, err
		}
		shops = append(shops, shop)
	}
	return shops, nil
}

// Drill proves backups and returns what was found of each. Told is called after
// each one with how many there will be; it may be nil.
func (c *Client) Drill(ctx context.Context, in Drills, told func(d tenants.Drill, total int)) ([]tenants.Drill, error) {
	resp, err := c.send(ctx, "POST", "/drills", in)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	dec, total, all := json.NewDecoder(resp.Body), -1, []tenants.Drill{}
	for total < 0 || len(all) < total {
		var line DrillsLine
		if err := dec.Decode(&line); err != nil {
			return all, fmt.Errorf("wait for drills, of which %d are done: %w", len(all), err)
		}
		if line.Drill == nil {
			total = line.Total
			continue
		}
		all = append(all, *line.Drill)
		if told != nil {
			told(*line.Drill, total)
		}
	}
	return all, nil
}
