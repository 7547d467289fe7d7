package splitsidecar

import (
	"fmt"

	"github.com/podcheck/podcheck/rules/edit"
)

var scrapeAnnotations = []string{"prometheus.io/scrape", "prometheus.io/port", "prometheus.io/path", "prometheus.io/scheme"}

// scraping compares the annotations by which Prometheus finds a Pod: there is one port for each Pod.
func (m *merger) scraping() []string {
	h, a := m.helper.Meta.Get("annotations"), m.app.Meta.Get("annotations")
	if h.Get("prometheus.io/scrape").Text() != "true" || a.Get("prometheus.io/scrape") == nil {
		return nil
	}
	for _, key := range scrapeAnnotations {
		if h.Get(key).Text() != a.Get(key).Text() {
			return []string{fmt.Sprintf("Both Pods are scraped by annotation (%s), at different places, and a Pod has one.", key)}
		}
	}
	return nil
}

// moveAnnotations carries over the annotations by which Prometheus finds the helper's Pod.
func (m *merger) moveAnnotations() error {
	from, to := m.helper.Meta.Get("annotations"), m.app.Meta.Get("annotations")
	var missing edit.Map
	for _, key := range scrapeAnnotations {
		if value := from.Get(key); value != nil && to.Get(key) == nil {
			missing = append(missing, edit.Field{Key: key, Value: value.Text()})
		}
	}
	if len(missing) == 0 || from.Get("prometheus.io/scrape").Text() != "true" {
		return nil
	}
	entries, err := edit.LayoutAt(m.app.Meta).Render(missing)
	if err != nil {
		return err
	}
	var edits []edit.Edit
	if to.IsNull() {
		edits, err = edit.InsertPair(m.app.Meta, nil, "annotations", entries)
	} else {
		edits, err = edit.InsertPairs(to, nil, entries)
	}
	m.edits = append(m.edits, edits...)
	m.did("the scrape annotations move to the Pod template of %s", m.app)
	return err
}
