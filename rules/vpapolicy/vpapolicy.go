// Package vpapolicy plans container policies of VerticalPodAutoscalers for helpers. It imports no rule.
package vpapolicy

import (
	"fmt"

	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/pod"
)

// Policy is the policy of one container, and what it changes, as a sentence.
type Policy struct {
	entry  edit.Map
	Change string
}

// For returns the policy of a helper. One that declares what it needs keeps it; another one is still sized, but never below what
// helpers of its kind need. ok is false when that is not known; Change then says so.
func For(container string, declares bool, needs map[string]string) (p Policy, ok bool) {
	if declares {
		return Policy{edit.Map{{Key: "containerName", Value: container}, {Key: "mode", Value: "Off"}},
			fmt.Sprintf("%s keeps the requests that it declares, and no longer makes the Pod restart for them.", container)}, true
	}
	if len(needs) == 0 {
		return Policy{Change: fmt.Sprintf("%s requests nothing, and what it needs is not known.", container)}, false
	}
	return Policy{
		edit.Map{{Key: "containerName", Value: container}, {Key: "minAllowed", Value: edit.Map{{Key: "cpu", Value: needs["cpu"]}, {Key: "memory", Value: needs["memory"]}}}},
		fmt.Sprintf("%s requests nothing by itself, and is never given less than cpu %s and memory %s.", container, needs["cpu"], needs["memory"]),
	}, true
}

// Add puts policies into spec.resourcePolicy.containerPolicies, which it makes when there is none.
func Add(a *pod.VerticalAutoscaler, policies []Policy) ([]edit.Edit, error) {
	spec := a.Object.Node.Get("spec")
	layout, parent := edit.LayoutAt(spec), spec.Get("resourcePolicy")
	var entries []edit.Map
	for _, p := range policies {
		entries = append(entries, p.entry)
	}
	if list, ok := parent.Pair("containerPolicies"); ok {
		var blocks []edit.Block
		for _, entry := range entries {
			block, err := layout.Render(entry)
			if err != nil {
				return nil, err
			}
			blocks = append(blocks, block)
		}
		return edit.AppendItem(list.Value, blocks...)
	}
	block, err := layout.Render(edit.Map{{Key: "containerPolicies", Value: entries}})
	switch {
	case err != nil:
		return nil, err
	case parent != nil:
		return edit.InsertPairs(parent, nil, block)
	}
	return edit.InsertPair(spec, []string{"updatePolicy", "targetRef"}, "resourcePolicy", block)
}
