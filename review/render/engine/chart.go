package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/ignore"
)

// source says where a chart's file stands in the repository: by the address of its first byte, which Helm keeps.
type source map[*byte]string

func (s source) of(data []byte) string {
	if len(data) == 0 {
		return ""
	}
	return s[&data[0]]
}

// chartDepth bounds how deep charts may lie in each other, and archives in archives.
const chartDepth = 10

// loadChart loads a chart from the repository's files: what .helmignore leaves, archives below charts/ unpacked, and the dependencies
// of file:// repositories that are not there yet.
func loadChart(files map[string][]byte, dir string, from source, depth int) (*chart.Chart, error) {
	if depth > chartDepth {
		return nil, fmt.Errorf("%s: charts depend on each other more than %d deep", dir, chartDepth)
	}
	listed, err := chartFiles(files, dir, from)
	if err != nil {
		return nil, err
	}
	if listed, err = unpack(listed, from, depth); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	c, err := loader.LoadFiles(listed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path.Join(dir, "Chart.yaml"), err)
	}
	for _, d := range c.Metadata.Dependencies {
		local, ok := strings.CutPrefix(d.Repository, "file://")
		if !ok || slices.ContainsFunc(c.Dependencies(), func(have *chart.Chart) bool { return have.Name() == d.Name }) {
			continue
		}
		target := path.Join(dir, local)
		if _, there := files[path.Join(target, "Chart.yaml")]; !there {
			return nil, fmt.Errorf("%s: the dependency %s should be in %s, and there is no chart", path.Join(dir, "Chart.yaml"), d.Name, target)
		}
		dependency, err := loadChart(files, target, from, depth+1)
		if err != nil {
			return nil, err
		}
		c.AddDependency(dependency)
	}
	return c, nil
}

// chartFiles are the files of a chart's folder, by their path in it, in order.
func chartFiles(files map[string][]byte, dir string, from source) ([]*archive.BufferedFile, error) {
	prefix := dir + "/"
	if dir == "." || dir == "" {
		prefix = ""
	}
	rules, err := ignore.Parse(bytes.NewReader(files[prefix+ignore.HelmIgnore]))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", prefix+ignore.HelmIgnore, err)
	}
	rules.AddDefaults()
	var listed []*archive.BufferedFile
	for _, name := range slices.Sorted(maps.Keys(files)) {
		short, ok := strings.CutPrefix(name, prefix)
		if !ok || ignored(rules, short) {
			continue
		}
		data := bytes.TrimPrefix(files[name], []byte("\xef\xbb\xbf"))
		if len(data) > 0 {
			from[&data[0]] = name
		}
		listed = append(listed, &archive.BufferedFile{Name: short, Data: data})
	}
	if len(listed) == 0 {
		return nil, fmt.Errorf("there is no chart in %s", dir)
	}
	return listed, nil
}

// ignored says whether .helmignore leaves a file out, by itself or by a folder that holds it.
func ignored(rules *ignore.Rules, name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if rules.Ignore(dir, entry{path.Base(dir), true}) {
			return true
		}
	}
	return rules.Ignore(name, entry{path.Base(name), false})
}

// entry is what .helmignore's rules ask about a file or folder.
type entry struct {
	name string
	dir  bool
}

func (e entry) Name() string       { return e.name }
func (e entry) Size() int64        { return 0 }
func (e entry) ModTime() time.Time { return time.Time{} }
func (e entry) IsDir() bool        { return e.dir }
func (e entry) Sys() any           { return nil }
func (e entry) Mode() fs.FileMode {
	if e.dir {
		return fs.ModeDir
	}
	return 0
}

// unpack replaces the archives below charts/ by the files in them, which stand in the repository where the archive does.
func unpack(listed []*archive.BufferedFile, from source, depth int) ([]*archive.BufferedFile, error) {
	if depth > chartDepth {
		return nil, fmt.Errorf("archives of charts lie in each other more than %d deep", chartDepth)
	}
	var out []*archive.BufferedFile
	for _, f := range listed {
		if path.Ext(f.Name) != ".tgz" || path.Base(path.Dir(f.Name)) != "charts" || strings.ContainsAny(path.Base(f.Name)[:1], "_.") {
			out = append(out, f)
			continue
		}
		packed, err := archive.LoadArchiveFiles(bytes.NewReader(f.Data))
		if err != nil {
			return nil, fmt.Errorf("unpacking %s: %w", f.Name, err)
		}
		where := from.of(f.Data)
		for _, p := range packed {
			p.Name = strings.TrimSuffix(f.Name, ".tgz") + "/" + p.Name
			if len(p.Data) > 0 {
				from[&p.Data[0]] = where
			}
		}
		if packed, err = unpack(packed, from, depth+1); err != nil {
			return nil, err
		}
		out = append(out, packed...)
	}
	return out, nil
}

// missing names the dependencies that are switched on and not there.
func missing(c *chart.Chart, dir string) error {
	var names []string
	for _, d := range c.Metadata.Dependencies {
		if !slices.ContainsFunc(c.Dependencies(), func(have *chart.Chart) bool { return have.Name() == d.Name }) {
			names = append(names, strings.TrimSpace(d.Name+" "+d.Version))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return errors.New(path.Join(dir, "Chart.yaml") + ": the chart needs " + strings.Join(names, " and ") + ", which is not below " + path.Join(dir, "charts"))
}

// templatePaths are the places in the repository of a chart's templates, by the names that the engine gives them.
func templatePaths(c *chart.Chart, from source) map[string]string {
	paths := map[string]string{}
	for _, t := range c.Templates {
		if t != nil {
			paths[path.Join(c.ChartFullPath(), t.Name)] = from.of(t.Data)
		}
	}
	for _, d := range c.Dependencies() {
		maps.Copy(paths, templatePaths(d, from))
	}
	return paths
}
