package web

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are what operators watch.
type Metrics struct {
	registry   *prometheus.Registry
	deliveries *prometheus.CounterVec
	requests   *prometheus.CounterVec
	jobs       *prometheus.HistogramVec
}

// NewMetrics returns metrics with a registry of their own.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "podcheck_deliveries_total", Help: "Webhook deliveries by status of the answer.",
		}, []string{"code"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "podcheck_github_requests_total", Help: "Requests to GitHub's API by method and status.",
		}, []string{"method", "code"}),
		jobs: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "podcheck_job_seconds", Help: "Time of one attempt at an item by kind and outcome.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2, 5, 10, 30, 60, 120},
		}, []string{"kind", "outcome"}),
	}
	m.registry.MustRegister(m.deliveries, m.requests, m.jobs,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler shows the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Webhook counts the answers of the webhook's handler.
func (m *Metrics) Webhook(next http.Handler) http.Handler {
	return promhttp.InstrumentHandlerCounter(m.deliveries, next)
}

// Transport counts requests to GitHub.
func (m *Metrics) Transport(next http.RoundTripper) http.RoundTripper {
	return promhttp.InstrumentRoundTripperCounter(m.requests, next)
}

// Job records one attempt.
func (m *Metrics) Job(kind, outcome string, took time.Duration) {
	m.jobs.WithLabelValues(kind, outcome).Observe(took.Seconds())
}
