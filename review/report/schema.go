package report

import _ "embed"

// Schema is the JSON Schema of the JSON format.
//
//go:embed schema.json
var Schema []byte
