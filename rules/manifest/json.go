package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
)

// JSON is read as YAML, but for one thing: it writes characters beyond the basic plane as two escapes (`\ud83d\ude00`),
// which YAML, and with it the library, refuses.

var surrogates = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`)

// maskSurrogates returns the text to parse: that of a JSON file with each surrogate pair replaced by as many harmless
// characters, so that every place stays the same. Masked says whether there are any.
func maskSurrogates(data []byte) (text []byte, masked bool) {
	if !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"+byteOrderMark), []byte("{")) {
		return data, false
	}
	pairs := surrogates.FindAllIndex(data, -1)
	if len(pairs) == 0 {
		return data, false
	}
	text = bytes.Clone(data)
	for _, p := range pairs {
		copy(text[p[0]:p[1]], "????????????")
	}
	return text, true
}

// unmask returns the value of a quoted string of a masked file.
func unmask(source []byte, value string) string {
	var decoded string
	if surrogates.Match(source) && json.Unmarshal(source, &decoded) == nil {
		return decoded
	}
	if bytes.Contains(source, []byte(apostrophe)) {
		return strings.ReplaceAll(value, "\u2029", "'")
	}
	return value
}

// Kubernetes' tools read `\'` between double quotes as an apostrophe, although YAML knows no such escape and the library refuses it.
// maskedApostrophe stands in for it, as long and hardly ever written.
const (
	apostrophe       = `\'`
	maskedApostrophe = `\P`    // the paragraph separator
	maxMasked        = 4 << 20 // bytes that are read again: each quoted string with one costs a reading of the file
)

// maskApostrophes makes the quoted string readable on which an error fell, and says whether reading is worth another try.
func (s *stream) maskApostrophes(err error) bool {
	var why *fault
	if !errors.As(err, &why) || !why.escape || s.apostrophes*len(s.text) > maxMasked || !bytes.HasPrefix(s.text[why.at:], []byte(apostrophe)) {
		return false
	}
	end := quotedEnd(s.text, why.opener, '"')
	if end < 0 {
		return false
	}
	if !s.masked {
		s.text, s.masked = bytes.Clone(s.text), true
	}
	s.apostrophes++
	for i := why.opener + 1; i < end-1; i++ {
		if s.text[i] != '\\' {
			continue
		}
		if s.text[i+1] == '\'' {
			copy(s.text[i:], maskedApostrophe)
		}
		i++
	}
	return true
}
