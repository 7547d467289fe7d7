package render

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"

	"github.com/sourcegraph/conc/pool"

	"github.com/podcheck/podcheck/review/render/origin"
	"github.com/podcheck/podcheck/review/render/roots"
	"github.com/podcheck/podcheck/review/render/wire"
	"github.com/podcheck/podcheck/rules/analysis"
	"github.com/podcheck/podcheck/rules/manifest"
)

// build builds roots side by side.
func (s *site) build(ctx context.Context, chosen []roots.Root) []*analysis.Build {
	requests := make([]*request, len(chosen))
	for i, root := range chosen { // reading is one after the other
		requests[i] = s.request(ctx, root)
	}
	work := pool.New().WithMaxGoroutines(runtime.GOMAXPROCS(0))
	for _, r := range requests {
		work.Go(func() { s.renderer.answer(ctx, r) })
	}
	work.Wait()
	out := make([]*analysis.Build, len(chosen))
	for i, r := range requests {
		out[i] = s.result(r)
	}
	return out
}

// request is one root on its way.
type request struct {
	root  roots.Root
	wire  wire.Request
	files map[string]*manifest.File
	reply wire.Response
}

func (s *site) request(ctx context.Context, root roots.Root) *request {
	r := &request{root: root, files: s.read(ctx, root.Files())}
	r.wire = wire.Request{Files: make(map[string][]byte, len(r.files)), Kustomize: root.Kustomize, Helm: root.Helm, Version: s.options.Kubernetes}
	for p, f := range r.files {
		r.wire.Files[p] = f.Data
	}
	return r
}

// answer has a request built, unless its very content was built before.
func (r *Renderer) answer(ctx context.Context, q *request) {
	if q.root.Directory != nil {
		return
	}
	text, err := json.Marshal(q.wire)
	if err != nil {
		q.reply = wire.Response{Error: err.Error()}
		return
	}
	select {
	case r.cores <- struct{}{}:
		defer func() { <-r.cores }()
	case <-ctx.Done():
		q.reply = wire.Response{Error: context.Cause(ctx).Error()}
		return
	}
	key := sha256.Sum256(text)
	reply, known := r.cache.Get(key)
	if !known {
		if reply, err = r.builder.Render(ctx, q.wire); err != nil { // its own failure may pass, so that it is not kept
			q.reply = wire.Response{Error: err.Error()}
			return
		}
		r.cache.Put(key, reply)
	}
	q.reply = reply
}

// result is what a root gave, with its objects at their places. A root that failed takes nothing in: its files count as they are.
func (s *site) result(q *request) *analysis.Build {
	b := &analysis.Build{Root: q.root.Name, Place: q.root.Place, Maker: q.root.Maker(), Files: q.root.Files(), Reads: q.root.DependsOn, Takes: map[string]bool{}}
	var objects []*manifest.Object
	if q.reply.Error == "" {
		objects = s.objects(q)
		q.reply.Error = incomplete(q.root, objects)
	}
	b.Fills = fills(q)
	if q.reply.Error != "" {
		b.Problems = []manifest.Problem{{Kind: manifest.NotAnalysed, Path: q.root.Place.Path, Span: q.root.Place.Span,
			Message: fmt.Sprintf("%s is not rendered: %s", q.root.Name, q.reply.Error)}}
		return b
	}
	for _, p := range q.root.Takes {
		b.Takes[p] = true
	}
	for _, o := range objects {
		if o.Namespace == "" {
			o.Namespace = q.root.Namespace
		}
		b.Objects = append(b.Objects, o)
	}
	return b
}

// incomplete says why what a chart gives with its own values is not what anybody deploys: it waits for values that name things.
func incomplete(root roots.Root, objects []*manifest.Object) string {
	if root.Helm == nil || root.Tool() != roots.Plain {
		return ""
	}
	for _, o := range objects {
		if strings.HasPrefix(o.Name, "-") || strings.HasSuffix(o.Name, "-") || o.Name == "" {
			return fmt.Sprintf("its own values leave names incomplete, such as %s/%s", o.Kind, o.Name)
		}
	}
	return ""
}

func (s *site) objects(q *request) []*manifest.Object {
	var out []*manifest.Object
	add := func(o *manifest.Object) {
		if o != nil {
			out = append(out, o)
		}
	}
	file := func(path string) *manifest.File { return q.files[path] }
	switch root := q.root; {
	case root.Kustomize != nil:
		layers := origin.NewLayers(origin.Build{Name: root.Name, Dir: root.Kustomize.Dir, File: file, Over: root.Over, Within: within(root)})
		for _, o := range q.reply.Objects {
			add(origin.Kustomize(o, layers))
		}
	case root.Helm != nil:
		var values []origin.Values
		for _, v := range root.Values {
			values = append(values, origin.Values(v))
		}
		sources := origin.NewSources(root.Name, root.Helm.Chart, file, values)
		for _, o := range q.reply.Objects {
			add(origin.Helm(o, sources))
		}
	case root.Directory != nil:
		for _, p := range root.Directory.Files {
			if f := q.files[p]; f != nil {
				for _, o := range f.Objects {
					placed := *o
					placed.Root, placed.Source = root.Name, o
					add(&placed)
				}
			}
		}
	}
	return out
}

// fills are the templates of a chart and of the charts within it.
func fills(q *request) map[string]bool {
	if q.root.Helm == nil {
		return nil
	}
	out := map[string]bool{}
	for p := range q.files {
		if strings.HasPrefix(p, path.Join(q.root.Helm.Chart, "templates")+"/") || strings.HasPrefix(p, path.Join(q.root.Helm.Chart, "charts")+"/") && strings.Contains(p, "/templates/") {
			out[p] = true
		}
	}
	return out
}

// within are the files below the folder that a root builds.
func within(root roots.Root) []string {
	dir := root.Kustomize.Dir + "/"
	return slices.DeleteFunc(root.Files(), func(p string) bool { return root.Kustomize.Dir != "" && !strings.HasPrefix(p, dir) })
}
