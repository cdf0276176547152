package webhooks

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lapak/store/catalog"
)

// gather is what Prometheus would be told, a line for each number.
func gather(t *testing.T, registry *prometheus.Registry) (lines []string) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			line := strings.TrimPrefix(family.GetName(), "lapak_webhooks_")
			for _, l := range m.GetLabel() {
				line += " " + l.GetValue()
			}
			lines = append(lines, fmt.Sprint(line, " ", m.GetCounter().GetValue()+m.GetGauge().GetValue()))
		}
	}
	return lines
}

func TestNumbers(t *testing.T) {
	g := newRig(t)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(g.Collector())
	once := g.order(1)
	once.id = "once"
	g.accept(once, once, hook{topic: "made/up", body: `{}`}, g.order(2), uninstall(g, time.Now()))
	g.send(hook{topic: topicOrder, body: `{}`})
	due, err := g.catalog.DueDeliveries(t.Context(), g.shop, time.Now(), 9)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.catalog.FinishAttempts(t.Context(), []catalog.Attempt{{Delivery: due[len(due)-1]}}); err != nil {
		t.Fatal(err)
	}
	lines := gather(t, registry)
	for _, want := range []string{
		"received_total accepted app/uninstalled 1", "received_total accepted orders/create 2", "received_total duplicate orders/create 1",
		"received_total invalid orders/create 1", "received_total unknown other 1", "dead 1", "queued 2",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no %q in %q", want, lines)
		}
	}
	g.drain()
	lines = gather(t, registry)
	for _, want := range []string{"worked_total done orders/create 2", "overdue_seconds 0", "queued 0"} {
		if !slices.Contains(lines, want) {
			t.Errorf("no %q in %q", want, lines)
		}
	}
}
