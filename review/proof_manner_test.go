package review_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
)

// ill says how a change does not keep to the manner of the files that it changes: their line ends, their first and last
// bytes, and lines that end with blanks.
func ill(before, after map[string][]byte) []string {
	var wrong []string
	for _, path := range slices.Sorted(maps.Keys(after)) {
		was, is := before[path], after[path]
		if bytes.Equal(was, is) || len(was) == 0 {
			continue
		}
		count := func(data []byte, what string) int { return bytes.Count(data, []byte(what)) }
		mark := []byte("\xef\xbb\xbf")
		switch {
		case count(was, "\r\n") == count(was, "\n") && count(was, "\n") > 0 && count(is, "\r\n") != count(is, "\n"):
			wrong = append(wrong, fmt.Sprintf("%s: %d of %d lines no longer end with CRLF", path, count(is, "\n")-count(is, "\r\n"), count(is, "\n")))
		case count(is, "\r") > 0 && count(was, "\r") == 0:
			wrong = append(wrong, path+": a carriage return came in")
		case bytes.HasPrefix(was, mark) != bytes.HasPrefix(is, mark):
			wrong = append(wrong, path+": the byte order mark is not as it was")
		case bytes.HasSuffix(was, []byte("\n")) && !bytes.HasSuffix(is, []byte("\n")):
			wrong = append(wrong, path+": the last line lost its break")
		case trailing(is) > trailing(was) && len(before) == 1: // what moves from one file to another takes its blanks along
			wrong = append(wrong, path+": more lines end with blanks than before")
		case count(is, "\t") > count(was, "\t") && len(before) == 1:
			wrong = append(wrong, path+": a tab came in")
		}
	}
	return wrong
}

func trailing(data []byte) int {
	n := 0
	for line := range bytes.Lines(data) {
		text := bytes.TrimRight(line, "\r\n")
		if len(bytes.TrimRight(text, " \t")) < len(text) {
			n++
		}
	}
	return n
}
