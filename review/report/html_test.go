package report

import (
	"bytes"
	"strings"
	"testing"
)

func TestHTMLIsAWholePage(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, "html", Report{Scan: true}); err != nil || !strings.HasPrefix(b.String(), "<!DOCTYPE html>") || !strings.HasSuffix(b.String(), "</html>\n") {
		t.Errorf("%v: %s", err, b.String())
	}
	if err := Write(full{}, "html", Report{}); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error %v", err)
	}
}
