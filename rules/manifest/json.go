package manifest

import (
	"bytes"
	"encoding/json"
	"regexp"
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
	return value
}
