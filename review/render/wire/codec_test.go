package wire_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"reflect"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/review/render/wire"
)

func TestARequestComesAcross(t *testing.T) {
	for name, request := range map[string]wire.Request{
		"kustomize":                {Files: map[string][]byte{"a b/ä.yaml": {0, 255, '\n'}}, Kustomize: &wire.Kustomize{Dir: "a b", Over: []byte("x: 1"), Generate: true, Substitute: map[string]string{}}, Version: 33},
		"without a substitution":   {Files: map[string][]byte{}, Kustomize: &wire.Kustomize{}},
		"Helm":                     {Files: map[string][]byte{"c/Chart.yaml": []byte("a")}, Helm: &wire.Helm{Chart: "c", Values: [][]byte{[]byte("b: 1"), {}}, Set: []string{"a=b"}, SetString: []string{"c=d"}, SkipCRDs: true, Post: []byte("x")}},
		"an empty thing laid over": {Files: map[string][]byte{"k": []byte("v")}, Kustomize: &wire.Kustomize{Dir: "k"}},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := request.Encode()
			if err != nil {
				t.Fatal(err)
			}
			got, err := wire.ReadRequest(bytes.NewReader(data))
			if err != nil || !reflect.DeepEqual(*got, request) {
				t.Errorf("got %+v (%v), want %+v", got, err, request)
			}
		})
	}
}

func TestTooLargeARequest(t *testing.T) {
	request := wire.Request{Files: map[string][]byte{"big": make([]byte, 50<<20)}}
	if _, err := request.Encode(); err == nil || err.Error() != "the build reads more than 64 MiB" {
		t.Errorf("error %v", err)
	}
}

func TestAResponseComesAcross(t *testing.T) {
	want := wire.Response{Objects: []wire.Object{
		{YAML: []byte("a: 1\nb: 2"), Template: "c/templates/x.yaml", Lines: []int{1, 0}},
		{YAML: []byte("a: 1\n"), Path: "k/a.yaml", Kind: "Service", Name: "a", Namespace: "n", By: "k/kustomization.yaml"},
	}}
	var b bytes.Buffer
	if err := wire.WriteResponse(&b, want); err != nil {
		t.Fatal(err)
	}
	if got, err := wire.ReadResponse(&b); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v (%v), want %+v", got, err, want)
	}
}

func TestAnErrorIsOneShortLine(t *testing.T) {
	var b bytes.Buffer
	if err := wire.WriteResponse(&b, wire.Response{Error: strings.Repeat("ä", 100_000)}); err != nil {
		t.Fatal(err)
	}
	if got, err := wire.ReadResponse(&b); err != nil || len(got.Error) > 4200 || !strings.HasSuffix(got.Error, "ä …") {
		t.Errorf("%d bytes, %v", len(got.Error), err)
	}
	got, err := wire.ReadResponse(strings.NewReader(`{"Error":"a\u001b[2J\nb\u0000c` + strings.Repeat("x", 10_000) + `"}`))
	if err != nil || !strings.HasPrefix(got.Error, "a [2J b cx") || len(got.Error) > 4200 {
		t.Errorf("%q, %v", got.Error, err)
	}
}

func TestTooManyObjects(t *testing.T) {
	many := `{"Objects":[` + strings.Repeat("{},", wire.MaxObjects) + `{}]}`
	if _, err := wire.ReadResponse(strings.NewReader(many)); err == nil || !strings.Contains(err.Error(), "more than 20000 objects") {
		t.Errorf("error %v", err)
	}
}

// FuzzResponse reads foreign bytes as the response of a child: whatever is accepted keeps the promises that others build on.
func FuzzResponse(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"Error":"x"}`, `{"Objects":[{"YAML":"YTogMQo=","Lines":[1],"Template":"a/b"}]}`, `{"Objects":[{"Path":"../x"}]}`, `{"Objects":[{"YAML":"YTogMQo=","Lines":[]}]}`,
		`{"Objects":null}`, `{"Objects":[{"Lines":[-1]}]}`, `{"objects":[]}`, `{"Error":"\u001b"}`, `[`, `{"Objects":[{"By":"/etc"}]}`, `{"Error":"` + "\xff" + `"}`, strings.Repeat("[", 20_000),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		response, err := wire.ReadResponse(bytes.NewReader(data))
		if err != nil {
			return
		}
		if strings.ContainsAny(response.Error, "\n\r\x1b\x00") || len(response.Error) > 5000 {
			t.Errorf("error %q", response.Error)
		}
		for _, o := range response.Objects {
			for _, p := range []string{o.Path, o.By, o.Template} {
				if p != "" && !fs.ValidPath(p) {
					t.Errorf("path %q", p)
				}
			}
			if o.Lines != nil && len(o.Lines) != len(bytes.SplitAfter(bytes.TrimSuffix(o.YAML, []byte("\n")), []byte("\n"))) && len(o.YAML) > 0 {
				t.Errorf("%d lines for %q", len(o.Lines), o.YAML)
			}
		}
		if _, err := json.Marshal(response); err != nil {
			t.Error(err)
		}
	})
}
