package report

import (
	"bytes"
	"net/url"
	"path"
	"unicode/utf8"

	"github.com/podcheck/podcheck/rules/analysis"
)

// location is a place of the state after. Without its file's text the region has lines only: columns are counted in
// characters, and places know theirs in bytes.
func (s *sarifWriter) location(p analysis.Place) sarifLocation {
	out := sarifLocation{Physical: &sarifPhysical{Artifact: artifact(p.Path)}}
	start, end := p.Span.Start, p.Span.End
	switch data := s.text(p.Path); {
	case start.Line == 0:
	case end.Offset > start.Offset && end.Offset <= len(data):
		region := textRegion(data, start.Offset, end.Offset)
		out.Physical.Region = &region
	default:
		first, last := lines(p)
		out.Physical.Region = &sarifRegion{StartLine: first, EndLine: last}
	}
	return out
}

func artifact(file string) sarifArtifact {
	out := sarifArtifact{URI: (&url.URL{Path: file}).String()}
	if !path.IsAbs(file) {
		out.Base = "%SRCROOT%"
	}
	return out
}

// bytes is the region of an edit.
func (s *sarifWriter) bytes(file string, start, end int) sarifRegion {
	var out sarifRegion
	if data := s.text(file); start >= 0 && start <= end && end <= len(data) {
		out = textRegion(data, start, end)
	}
	length := end - start
	out.ByteOffset, out.ByteLength = &start, &length
	return out
}

func (s *sarifWriter) text(file string) []byte {
	if s.report.Text == nil {
		return nil
	}
	return s.report.Text(file)
}

// textRegion counts lines and characters; a region ends behind its last character.
func textRegion(data []byte, start, end int) sarifRegion {
	var out sarifRegion
	out.StartLine, out.StartColumn = lineAndColumn(data, start)
	out.EndLine, out.EndColumn = lineAndColumn(data, end)
	return out
}

func lineAndColumn(data []byte, offset int) (line, column int) {
	before := data[:offset]
	lineStart := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[lineStart:])
}
