package github

import (
	"net/http"
	"testing"

	"github.com/podcheck/podcheck/fixtures/github/contract"
)

// checked holds every request and answer against GitHub's own documents.
func checked(t *testing.T) http.RoundTripper { return contract.Transport(t, http.DefaultTransport) }
