package github

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// mutation is one field of a GraphQL document that writes.
type mutation struct {
	field string // of Mutation
	kind  string // type of its input
	input map[string]any
	read  string // what to select of the payload, which may not be empty
}

// The fields that change what people see of a thread.
const (
	resolveField   = "resolveReviewThread"
	unresolveField = "unresolveReviewThread"
	editField      = "updatePullRequestReviewComment"
)

func resolveThread(id string) mutation {
	return mutation{resolveField, "ResolveReviewThreadInput", map[string]any{"threadId": id}, "thread { id }"}
}

func unresolveThread(id string) mutation {
	return mutation{unresolveField, "UnresolveReviewThreadInput", map[string]any{"threadId": id}, "thread { id }"}
}

func minimizeComment(id string) mutation {
	return mutation{"minimizeComment", "MinimizeCommentInput",
		map[string]any{"subjectId": id, "classifier": "OUTDATED"}, "minimizedComment { isMinimized }"}
}

func unminimizeComment(id string) mutation {
	return mutation{"unminimizeComment", "UnminimizeCommentInput", map[string]any{"subjectId": id}, "unminimizedComment { isMinimized }"}
}

func editComment(id, body string) mutation {
	return mutation{editField, "UpdatePullRequestReviewCommentInput",
		map[string]any{"pullRequestReviewCommentId": id, "body": body}, "pullRequestReviewComment { id }"}
}

// maxMutations bounds one document.
const maxMutations = 50

// document makes one GraphQL document of many mutations.
func document(edits []mutation) (string, map[string]any) {
	var parameters, fields []string
	variables := map[string]any{}
	for i, m := range edits {
		parameters = append(parameters, fmt.Sprintf("$i%d: %s!", i, m.kind))
		fields = append(fields, fmt.Sprintf("  m%d: %s(input: $i%d) { %s }\n", i, m.field, i, m.read))
		variables[fmt.Sprintf("i%d", i)] = m.input
	}
	return "mutation Update(" + strings.Join(parameters, ", ") + ") {\n" + strings.Join(fields, "") + "}\n", variables
}

// mutate writes all edits, normally in one request. What somebody deleted meanwhile is no failure.
func (c *Client) mutate(ctx context.Context, fence Fence, edits []mutation) error {
	for batch := range slices.Chunk(edits, maxMutations) {
		text, variables := document(batch)
		var problems []graphError
		err := c.write(ctx, fence, func(ctx context.Context) (err error) {
			problems, err = c.graphql(ctx, text, variables, &struct{}{})
			return err
		})
		if err != nil {
			return explain(ctx, err, "update review threads")
		}
		for _, p := range problems {
			if p.Type != "NOT_FOUND" {
				return explain(ctx, p.asError(), "update review threads")
			}
		}
	}
	return nil
}
