// Package engine runs kustomize and Helm in process, for the child that the parent can kill (review/render/child).
//
// What it reads is foreign: a template can loop for ever and a kustomization can ask for anything. So Confine takes from the process
// what a build does not need, before a byte is read, and Serve answers one request from the files that stand in it. Nothing else is
// read, nothing is fetched and no program is started: a kustomization that asks for it is refused with its file and line.
//
// Invariants: one request, one response; the same request gives the same response (what is random or the time of day in a template is
// fixed); a fault of the input is a Response with an Error, never an error of Serve.
//
// It imports neither bot nor review, and only the child's command imports it.
package engine

import (
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"strings"

	"github.com/podcheck/podcheck/review/render/wire"
)

// Serve reads one request and writes its response. An error means that one of the two streams failed.
func Serve(in io.Reader, out io.Writer) error {
	request, err := wire.ReadRequest(in)
	if err != nil {
		return err
	}
	return wire.WriteResponse(out, answer(request))
}

// answer builds; a fault in kustomize, Helm or here is an answer too.
func answer(request *wire.Request) (response wire.Response) {
	defer func() {
		if r := recover(); r != nil {
			response = wire.Response{Error: sentence(fmt.Errorf("the build broke off: %v", r))}
		}
	}()
	objects, err := build(request)
	if err != nil {
		return wire.Response{Error: sentence(err)}
	}
	return wire.Response{Objects: objects}
}

func build(request *wire.Request) ([]wire.Object, error) {
	switch {
	case request.Kustomize != nil && request.Helm != nil:
		return nil, errors.New("one build is either of kustomize or of Helm")
	case request.Kustomize != nil:
		return buildKustomize(request.Files, request.Kustomize)
	case request.Helm != nil:
		return buildHelm(request.Files, request.Helm, request.Version)
	}
	return nil, errors.New("nothing to build was named")
}

// quiet drops what the libraries log: a build says what it has to say in its response.
func quiet() {
	log.SetOutput(io.Discard)
	slog.SetDefault(slog.New(slog.DiscardHandler))
}

// sentence is an error as people read it: paths as they stand in the repository, and on one line.
func sentence(err error) string {
	text := strings.ReplaceAll(err.Error(), mount+"/", "")
	text = strings.ReplaceAll(text, mount, "the repository's root")
	text = strings.TrimRight(strings.Join(strings.Fields(text), " "), ".: ")
	if len(text) > maxSentence { // what went through many hands says where at its start, and why at its end
		text = strings.ToValidUTF8(text[:maxSentence/2]+" … "+text[len(text)-maxSentence/2:], "")
	}
	return text
}

// maxSentence is the length of an error in bytes.
const maxSentence = 1000
