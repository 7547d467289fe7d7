package hook

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sourcegraph/conc"
)

// TestLargeBodiesAreTakenFewAtATime holds two while they are on their way, and has a third and a small one arrive.
func TestLargeBodiesAreTakenFewAtATime(t *testing.T) {
	large := strings.Repeat(" ", 2*usualBody) + opened
	h := &Handler{Secrets: [][]byte{secret}, Store: &shelf{}}
	serve(h, request("ping", "{}", secret)) // sets the log, which is not to be done at the same time
	var group conc.WaitGroup
	var held []*io.PipeWriter
	codes := make(chan int, largeBodies)
	for range largeBodies {
		out, in := io.Pipe()
		r := request("pull_request", large, secret)
		r.Body, r.ContentLength = out, -1
		group.Go(func() { codes <- serve(h, r).Code })
		if _, err := io.WriteString(in, large[:usualBody+1]); err != nil { // is read when the body is known to be large
			t.Fatal(err)
		}
		held = append(held, in)
	}
	if code := serve(h, request("pull_request", large, secret)).Code; code != http.StatusServiceUnavailable {
		t.Errorf("one large body more is answered with %d", code)
	}
	if code := serve(h, request("pull_request", opened, secret)).Code; code != http.StatusAccepted {
		t.Errorf("a small body beside large ones is answered with %d", code)
	}
	for _, in := range held {
		if _, err := io.WriteString(in, large[usualBody+1:]); err != nil {
			t.Fatal(err)
		}
		in.Close()
		if code := <-codes; code != http.StatusAccepted {
			t.Errorf("a large body that was held up is answered with %d", code)
		}
	}
	group.Wait()
	for range largeBodies + 1 { // nothing is left of those before
		if code := serve(h, request("pull_request", large, secret)).Code; code != http.StatusAccepted {
			t.Errorf("a large body afterwards is answered with %d", code)
		}
	}
}
