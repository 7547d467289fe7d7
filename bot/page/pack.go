package page

import (
	"bytes"
	"compress/gzip"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/podcheck/podcheck/review"
	layout "github.com/podcheck/podcheck/review/page"
)

const (
	maxHTML = 4 << 20   // bytes of a page
	maxData = 512 << 10 // bytes of an entry; a message of the store may have 1 MiB
)

// shown are the numbers of findings that a page is tried with when all of them are too many.
var shown = []int{100, 20, 5, 0}

// entry is a page as it is kept, compressed.
type entry struct {
	Head Head
	HTML []byte
}

var errTooLong = errors.New("the page is too long")

// pack makes the entry of a page. One that is too long is cut, and says so.
func pack(h Head, p layout.Page) ([]byte, error) {
	data, err := packWhole(h, p)
	for _, n := range shown {
		if !errors.Is(err, errTooLong) {
			break
		}
		data, err = packWhole(h, shortened(p, n))
	}
	return data, err
}

func packWhole(h Head, p layout.Page) ([]byte, error) {
	html := limited{max: maxHTML}
	if err := layout.Write(&html, p); err != nil {
		return nil, err
	}
	data := limited{max: maxData}
	compressed := gzip.NewWriter(&data)
	if err := errors.Join(gob.NewEncoder(compressed).Encode(entry{h, html.data}), compressed.Close()); err != nil {
		return nil, fmt.Errorf("compressing the page: %w", err)
	}
	return data.data, nil
}

func unpack(data []byte) (e entry, err error) {
	compressed, err := gzip.NewReader(bytes.NewReader(data))
	if err == nil {
		err = gob.NewDecoder(io.LimitReader(compressed, 2*maxHTML)).Decode(&e)
	}
	if err != nil {
		return e, fmt.Errorf("reading a page that was kept: %w", err)
	}
	return e, nil
}

// shortened is a page with its most severe findings alone.
func shortened(p layout.Page, findings int) layout.Page {
	r := p.Result
	introduced := slices.DeleteFunc(slices.Clone(r.Findings), func(f review.Finding) bool { return f.Status != review.Introduced })
	kept := review.Result{Counts: r.Counts, Check: r.Check, Comments: r.Comments}
	kept.Findings = introduced[:min(len(introduced), findings)]
	kept.Incomplete = r.Incomplete[:min(len(r.Incomplete), findings)]
	kept.NotAnalysed = r.NotAnalysed[:min(len(r.NotAnalysed), findings)]
	p.Result = kept
	p.Note = fmt.Sprintf("The whole page would be too long, so this one has %d of %d findings that are introduced, and nothing on others. "+
		"The check run and the comments have the rest.", len(kept.Findings), len(introduced))
	return p
}

// limited takes so many bytes and no more.
type limited struct {
	data []byte
	max  int
}

func (l *limited) Write(p []byte) (int, error) {
	if len(l.data)+len(p) > l.max {
		return 0, errTooLong
	}
	l.data = append(l.data, p...)
	return len(p), nil
}
