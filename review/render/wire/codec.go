package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of what goes over the wire.
const (
	MaxRequest  = 64 << 20 // bytes of a request
	MaxResponse = 16 << 20 // bytes of a response
	MaxObjects  = 20_000   // objects of a response
	maxError    = 4 << 10  // bytes of a response's error
)

// Encode is a request as it is sent; one beyond MaxRequest is an error.
func (r *Request) Encode() ([]byte, error) {
	size := 0
	for path, data := range r.Files {
		size += len(path) + len(data)*4/3
	}
	if size > MaxRequest {
		return nil, fmt.Errorf("the build reads more than %d MiB", MaxRequest>>20)
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("writing the request of a build: %w", err)
	}
	if len(data) > MaxRequest {
		return nil, fmt.Errorf("the build reads more than %d MiB", MaxRequest>>20)
	}
	return data, nil
}

// ReadRequest reads one request.
func ReadRequest(in io.Reader) (*Request, error) { return readRequest(in, MaxRequest) }

func readRequest(in io.Reader, limit int64) (*Request, error) {
	limited := &io.LimitedReader{R: in, N: limit + 1}
	request := &Request{}
	err := json.NewDecoder(limited).Decode(request)
	if limited.N <= 0 {
		return nil, fmt.Errorf("the request of a build is more than %d bytes", limit)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the request of a build: %w", err)
	}
	return request, nil
}

// WriteResponse writes a response.
func WriteResponse(out io.Writer, r Response) error {
	if len(r.Error) > maxError {
		r.Error = strings.ToValidUTF8(r.Error[:maxError], "") + " …"
	}
	if err := json.NewEncoder(out).Encode(r); err != nil {
		return fmt.Errorf("writing the response of a build: %w", err)
	}
	return nil
}

// ReadResponse reads a response and refuses one that no build of ours gives. Memory is bounded by MaxObjects and the reader's length,
// which is the caller's to bound.
func ReadResponse(in io.Reader) (Response, error) {
	decoder := json.NewDecoder(in)
	var response Response
	if err := object(decoder, func(key string) error {
		switch key {
		case "Error":
			return decoder.Decode(&response.Error)
		case "Objects":
			return objects(decoder, &response.Objects)
		}
		return fmt.Errorf("unknown field %q", key)
	}); err != nil {
		return Response{}, fmt.Errorf("reading the response of a build: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Response{}, errors.New("reading the response of a build: there is more behind it")
	}
	response.Error = plain(response.Error)
	return response, nil
}

// object reads a JSON object, and each value by the function given.
func object(decoder *json.Decoder, value func(key string) error) error {
	if err := expect(decoder, json.Delim('{')); err != nil {
		return err
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		if err := value(name); err != nil {
			return err
		}
	}
	return expect(decoder, json.Delim('}'))
}

func objects(decoder *json.Decoder, to *[]Object) error {
	if err := expect(decoder, json.Delim('[')); err != nil {
		return err
	}
	for decoder.More() {
		if len(*to) == MaxObjects {
			return fmt.Errorf("more than %d objects", MaxObjects)
		}
		var o Object
		if err := decoder.Decode(&o); err != nil {
			return err
		}
		if err := o.check(); err != nil {
			return err
		}
		*to = append(*to, o)
	}
	return expect(decoder, json.Delim(']'))
}

func expect(decoder *json.Decoder, want json.Delim) error {
	got, err := decoder.Token()
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%v where %v belongs", got, want)
	}
	return nil
}

// check refuses paths that lead out of the repository and lines that can't be.
func (o *Object) check() error {
	for _, path := range []string{o.Path, o.By, o.Template} {
		if path != "" && !fs.ValidPath(path) {
			return fmt.Errorf("%q is no path of a repository", path)
		}
	}
	if o.Lines != nil && len(o.Lines) != lineCount(o.YAML) {
		return fmt.Errorf("%d origins for %d lines", len(o.Lines), lineCount(o.YAML))
	}
	for _, line := range o.Lines {
		if line < 0 {
			return fmt.Errorf("line %d", line)
		}
	}
	return nil
}

// lineCount is the number of lines of a text; a line break at its end begins no further one.
func lineCount(text []byte) int {
	n := 0
	for _, b := range text {
		if b == '\n' {
			n++
		}
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		n++
	}
	return n
}

// plain is a text on one line, without control characters, of a bounded length.
func plain(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxError+8 {
		text = text[:maxError]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
		text += " …"
	}
	return text
}
