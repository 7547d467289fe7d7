package wire

import (
	"strings"
	"testing"
)

func TestARequestIsReadToALimit(t *testing.T) {
	text := `{"Version":33}`
	if r, err := readRequest(strings.NewReader(text), int64(len(text))); err != nil || r.Version != 33 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := readRequest(strings.NewReader(text+strings.Repeat(" ", 10)+"{"), 5); err == nil || err.Error() != "the request of a build is more than 5 bytes" {
		t.Errorf("error %v", err)
	}
}
