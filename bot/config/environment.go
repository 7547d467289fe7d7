package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
)

// override sets every field whose variable is in the environment; an empty variable counts as absent.
func (f *file) override(env func(string) (string, bool)) error {
	var problems []error
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		variable := v.Type().Field(i).Tag.Get("env")
		text, ok := env(variable)
		if !ok || text == "" {
			continue
		}
		if parser, ok := v.Field(i).Addr().Interface().(encoding.TextUnmarshaler); !ok {
			v.Field(i).SetString(text)
		} else if err := parser.UnmarshalText([]byte(text)); err != nil {
			problems = append(problems, fmt.Errorf("environment variable %s: %w", variable, err))
		}
	}
	return errors.Join(problems...)
}
