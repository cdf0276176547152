package webhooks

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lapak/store/catalog"
)

// numbers count deliveries, for Prometheus.
type numbers struct {
	receipts *prometheus.CounterVec
	works    *prometheus.CounterVec
}

func newNumbers() numbers {
	labels := []string{"topic", "outcome"}
	return numbers{
		receipts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lapak_webhooks_received_total", Help: "Webhooks by topic and what was answered: accepted, duplicate, unknown, invalid, unauthorized, too_large or unstored.",
		}, labels),
		works: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lapak_webhooks_worked_total", Help: "Work on webhooks by topic and how it ended: done, nothing (there was nothing to do), failed (to be tried again) or dead.",
		}, labels),
	}
}

func (n numbers) received(topic, outcome string) {
	n.receipts.WithLabelValues(label(topic), outcome).Inc()
}
func (n numbers) worked(topic, outcome string) { n.works.WithLabelValues(label(topic), outcome).Inc() }

// label keeps strangers from making up labels.
func label(topic string) string {
	switch topic {
	case topicUninstalled, topicScopes, topicSubscription, topicOrder, topicProduct, topicProductGone, topicDataRequest,
		topicCustomerRedact, topicShopRedact:
		return topic
	}
	return "other"
}

// Stats is how the queue stands.
func (h *Webhooks) Stats(ctx context.Context) (catalog.DeliveryCounts, error) {
	return h.catalog.CountDeliveries(ctx)
}

// Collector is what Prometheus is to be told of the webhooks.
func (h *Webhooks) Collector() prometheus.Collector {
	gauge := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	return &collector{
		h:       h,
		queued:  gauge("lapak_webhooks_queued", "Webhooks whose work is not done."),
		overdue: gauge("lapak_webhooks_overdue_seconds", "For how long the oldest of them has been due."),
		dead:    gauge("lapak_webhooks_dead", "Webhooks whose work was given up."),
	}
}

// collector reads the queue's numbers when they are asked for.
type collector struct {
	h                     *Webhooks
	queued, overdue, dead *prometheus.Desc
}

// Describe is of prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	c.h.numbers.receipts.Describe(ch)
	c.h.numbers.works.Describe(ch)
	ch <- c.queued
	ch <- c.overdue
	ch <- c.dead
}

// Collect is of prometheus.Collector. A catalog that does not answer leaves the
// queue's numbers out.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	c.h.numbers.receipts.Collect(ch)
	c.h.numbers.works.Collect(ch)
	ctx, cancel := context.WithTimeout(context.Background(), noteWithin)
	defer cancel()
	n, err := c.h.Stats(ctx)
	if err != nil {
		return
	}
	overdue := 0.0
	if !n.OldestDue.IsZero() {
		overdue = max(time.Since(n.OldestDue).Seconds(), 0)
	}
	ch <- prometheus.MustNewConstMetric(c.queued, prometheus.GaugeValue, float64(n.Queued))
	ch <- prometheus.MustNewConstMetric(c.overdue, prometheus.GaugeValue, overdue)
	ch <- prometheus.MustNewConstMetric(c.dead, prometheus.GaugeValue, float64(n.Dead))
}
