package pod_test

import (
	"testing"

	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

func TestLabelSelectorMatches(t *testing.T) {
	labels := map[string]string{"app": "web", "tier": "front"}
	for _, tt := range []struct {
		selector  string
		all, want bool
	}{
		{"{}", true, true},
		{"{matchLabels: {app: web}}", false, true},
		{"{matchLabels: {app: web, tier: back}}", false, false},
		{"{matchExpressions: [{key: app, operator: In, values: [api, web]}]}", false, true},
		{"{matchExpressions: [{key: team, operator: In, values: [web]}]}", false, false},
		{"{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}", false, false},
		{"{matchExpressions: [{key: team, operator: NotIn, values: [web]}]}", false, true},
		{"{matchExpressions: [{key: tier, operator: Exists}]}", false, true},
		{"{matchExpressions: [{key: team, operator: Exists}]}", false, false},
		{"{matchExpressions: [{key: team, operator: DoesNotExist}]}", false, true},
		{"{matchExpressions: [{key: tier, operator: DoesNotExist}]}", false, false},
		{"{matchLabels: {app: web}, matchExpressions: [{key: tier, operator: In, values: [back]}]}", false, false},
		{"{matchExpressions: [{key: tier, operator: Like, values: [front]}]}", false, false},
	} {
		s := pod.SelectorOf(manifest.Parse("selector.yaml", []byte(tt.selector)).Documents[0].Root)
		if s.All() != tt.all || s.Matches(labels) != tt.want {
			t.Errorf("%s: all %t, matches %t", tt.selector, s.All(), s.Matches(labels))
		}
	}
	if !pod.SelectorOf(nil).All() {
		t.Error("an absent selector asks for something")
	}
}
