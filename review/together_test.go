package review

import (
	"strings"
	"testing"
)

func TestFindingsOfOneRuleOnOneLineShareAComment(t *testing.T) {
	pod := `apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  template:
    spec:
      containers: [{name: other, image: "b:bad"}, {name: one, image: "a:bad"}]
`
	result := review(input(t, nil, tree{"api.yaml": pod}), images)
	if len(result.Comments) != 1 || len(result.Comments[0].Keys) != 2 || result.Counts.Introduced != 2 || len(result.Check.Annotations) != 2 {
		t.Fatalf("%d findings, comments %+v", result.Counts.Introduced, result.Comments)
	}
	body := result.Comments[0].Body
	for _, f := range result.Findings {
		if !strings.Contains(body, sentence(f.Message)) || !strings.Contains(body, "`"+f.ID) && !strings.Contains(body, "ignore "+f.ID) {
			t.Errorf("%s is not in %s", f.ID, body)
		}
	}
	if strings.Contains(result.Body, "without a comment") {
		t.Errorf("review %q", result.Body)
	}
}
