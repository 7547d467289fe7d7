package config

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

//go:embed schema.json
var schemaJSON []byte

// schema is the part of the JSON Schema that depends on the program.
type schema struct {
	Schema      string                     `json:"$schema"`
	Title       string                     `json:"title"`
	Description string                     `json:"description"`
	Type        string                     `json:"type"`
	Required    []string                   `json:"required"`
	Additional  bool                       `json:"additionalProperties"`
	Properties  json.RawMessage            `json:"properties"`
	Defs        map[string]json.RawMessage `json:"$defs"`
}

// Schema returns the JSON Schema of `.podcheck.yml`, from which editors complete it. rules are the rules that may be
// configured, each with what it finds.
func Schema(rules map[string]string) ([]byte, error) {
	var s schema
	if err := json.Unmarshal(schemaJSON, &s); err != nil {
		return nil, fmt.Errorf("reading the schema of the configuration: %w", err)
	}
	levels := map[string]any{}
	for name, finds := range rules {
		levels[name] = map[string]any{"description": finds, "$ref": "#/$defs/level"}
	}
	for name, def := range map[string]any{
		"role": map[string]any{"description": "What the image does for an app.", "enum": roles},
		"rule": map[string]any{"description": "Name of a rule; `podcheck rules` lists them.", "enum": slices.Sorted(maps.Keys(rules))},
		"rules": map[string]any{
			"description": "Levels of rules by name.", "type": "object", "additionalProperties": false, "properties": levels,
		},
	} {
		text, err := json.Marshal(def)
		if err != nil {
			return nil, fmt.Errorf("writing the schema of the configuration: %w", err)
		}
		s.Defs[name] = text
	}
	return json.MarshalIndent(s, "", "  ")
}
