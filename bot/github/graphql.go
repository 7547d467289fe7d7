package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
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
	if _, err := c.rest.Do(ctx, request, &answer); err != nil {
		return nil, err
	}
	for _, e := range answer.Errors {
		if e.Type == "RATE_LIMITED" {
			return nil, c.limited()
		}
	}
	if len(answer.Data) == 0 || string(answer.Data) == "null" {
		return nil, noData(answer.Errors)
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		return nil, fmt.Errorf("decode the GraphQL answer: %w", err)
	}
	return answer.Errors, nil
}

// limited is the primary limit of GraphQL, whose end was in the headers of the same answer.
func (c *Client) limited() error {
	if err := c.transport.wait(); err != nil {
		return err
	}
	return &RetryAfter{At: time.Now().Add(secondaryPause), Reason: "GraphQL rate limit"}
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
