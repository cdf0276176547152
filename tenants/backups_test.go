package tenants

import (
	"testing"
	"time"

	"lapak/store/catalog"
	"lapak/tenants/replica"
)

// TestCoarseTimesAreToldApart wants a stretch cut where changes could not be
// kept apart as promised.
func TestCoarseTimesAreToldApart(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0).UTC() }
	exact := replica.Stretch{From: at(0), To: at(100), Points: 9, Granularity: 0.5}
	for name, c := range map[string]struct {
		coarse catalog.Coarse
		want   []replica.Stretch
	}{
		"inside": {catalog.Coarse{From: at(10), To: at(20), Span: 3 * time.Second}, []replica.Stretch{
			{From: at(0), To: at(10), Granularity: 0.5}, {From: at(10), To: at(20), Granularity: 3}, {From: at(20), To: at(100), Granularity: 0.5}}},
		"at the end": {catalog.Coarse{From: at(90), To: at(200), Span: 3 * time.Second}, []replica.Stretch{
			{From: at(0), To: at(90), Granularity: 0.5}, {From: at(90), To: at(100), Granularity: 3}}},
		"before":      {catalog.Coarse{From: at(-20), To: at(-10), Span: 3 * time.Second}, []replica.Stretch{exact}},
		"fine enough": {catalog.Coarse{From: at(10), To: at(20), Span: time.Millisecond}, []replica.Stretch{exact}},
	} {
		got := roughen([]replica.Stretch{exact}, []catalog.Coarse{c.coarse})
		if len(got) != len(c.want) {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: stretch %d is %+v, want %+v", name, i, got[i], c.want[i])
			}
		}
	}
}
