package engine

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
)

// nowhere is a loader of schemas that fetches none.
type nowhere struct{}

func (nowhere) Load(string) (any, error) { return nil, errFetch }

// validate holds values against the schemas of a chart and its dependencies, as Helm does, but fetches no schema: values of a chart
// whose schema refers to another document are not held against it.
func validate(c *chart.Chart, values common.Values) error {
	if err := validateOne(c, values); err != nil {
		return err
	}
	for _, d := range c.Dependencies() {
		if own, ok := values[d.Name()].(map[string]any); ok {
			if err := validate(d, own); err != nil {
				return err
			}
		}
	}
	return nil
}

func validateOne(c *chart.Chart, values common.Values) error {
	if len(c.Schema) == 0 {
		return nil
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(c.Schema))
	if err != nil {
		return fmt.Errorf("values.schema.json of the chart %s: %w", c.Name(), err)
	}
	const name = "file:///values.schema.json"
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(nowhere{})
	if err := compiler.AddResource(name, document); err != nil {
		return fmt.Errorf("values.schema.json of the chart %s: %w", c.Name(), err)
	}
	schema, err := compiler.Compile(name)
	if elsewhere := (*jsonschema.LoadURLError)(nil); errors.As(err, &elsewhere) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("values.schema.json of the chart %s: %w", c.Name(), err)
	}
	if err := schema.Validate(values.AsMap()); err != nil {
		return fmt.Errorf("they do not fit values.schema.json of the chart %s: %w", c.Name(), err)
	}
	return nil
}
