package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// graphError is one error of a GraphQL answer, which comes with status 200.
type graphError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Path    []any  `json:"path"`
}

func (e graphError) Error() string {
	return fmt.Sprintf("GraphQL %s at %v: %s", e.Type, e.Path, e.Message)
}

// under tells whether the error is at or below a field.
func (e graphError) under(path ...string) bool {
	if len(e.Path) < len(path) {
		return false
	}
	for i, name := range path {
		if e.Path[i] != name {
			return false
		}
	}
	return true
}

// graphql sends one document. Errors of single fields are returned beside the data, for the caller to judge.
func (c *Client) graphql(ctx context.Context, document string, variables map[string]any, data any) ([]graphError, error) {
	request, err := c.rest.NewRequest(http.MethodPost, c.app.opts.GraphQL,
		map[string]any{"query": document, "variables": variables})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data   json.RawMessage `json:"data"`
		Errors []graphError    `json:"errors"`
	}
	began := time.Now()
	if _, err := c.rest.Do(ctx, request, &answer); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(answer.Errors, graphError.limits) {
		return nil, c.limited(began)
	}
	if len(answer.Data) == 0 || string(answer.Data) == "null" {
		return nil, noData(answer.Errors)
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		return nil, fmt.Errorf("decode the GraphQL answer: %w", err)
	}
	return answer.Errors, nil
}

// asError says what an error means: GitHub gives none a type that is an outage of its own, and the work may have been done all the same.
func (e graphError) asError() error {
	switch e.Type {
	case "":
		return &Unavailable{Err: e}
	case "FORBIDDEN":
		return fmt.Errorf("%w: %w", ErrForbidden, e)
	default:
		return e
	}
}

// limits tells a rate limit.
func (e graphError) limits() bool {
	return e.Type == "RATE_LIMITED" || e.Type == "RATE_LIMIT" || e.Type == "" && strings.Contains(strings.ToLower(e.Message), "rate limit")
}

// limited is a limit that GraphQL told in an answer with status 200. The end of the primary one was in the headers of that answer.
func (c *Client) limited(began time.Time) error {
	if err := c.transport.gate.open(); err != nil {
		return err
	}
	return c.transport.gate.limited(began, time.Time{}, "GraphQL rate limit")
}

// noData: GitHub says "Something went wrong" in errors without a type when a query took too long on its side.
func noData(errs []graphError) error {
	if len(errs) == 0 {
		return &Unavailable{Err: fmt.Errorf("the GraphQL answer has no data")}
	}
	if errs[0].Type == "" && len(errs[0].Path) == 0 {
		return &Unavailable{Err: errs[0]}
	}
	return errs[0]
}
