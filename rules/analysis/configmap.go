package analysis

import (
	"github.com/podcheck/podcheck/rules/manifest"
	"github.com/podcheck/podcheck/rules/pod"
)

// ConfigMap returns the ConfigMap of that name in a workload's namespace; nil when the state holds none, several that it
// could be, or one that is encrypted.
func (s *State) ConfigMap(w *pod.Workload, name string) *manifest.Object {
	var found *manifest.Object
	for _, o := range s.configMaps[name] {
		if s.Near(w.Object, o) != Together {
			continue
		}
		if found != nil {
			return nil
		}
		found = o
	}
	if encrypted(found) {
		return nil
	}
	return found
}

// encrypted says whether SOPS encrypted a value of a ConfigMap.
func encrypted(o *manifest.Object) bool {
	found := false
	if o != nil {
		o.Node.Get("data").Each(func(_ string, value *manifest.Node) { found = found || value.Encrypted() })
	}
	return found
}

// variables returns what the environment that a container takes from ConfigMaps names as network peers.
func (s *State) variables(c *pod.Container) []pod.Reference {
	var out []pod.Reference
	for _, n := range c.Node.Get("env").Seq() {
		ref := n.Get("valueFrom", "configMapKeyRef")
		if o := s.ConfigMap(c.Workload, ref.Get("name").Text()); o != nil {
			name := n.Get("name").Text()
			if value := o.Node.Get("data", ref.Get("key").Text()); value != nil {
				out = append(out, pod.VariableReferences(c, name, value, "environment variable "+name+" from ConfigMap "+o.WrittenName())...)
			}
		}
	}
	for _, n := range c.Node.Get("envFrom").Seq() {
		o := s.ConfigMap(c.Workload, n.Get("configMapRef", "name").Text())
		if o == nil {
			continue
		}
		o.Node.Get("data").Each(func(key string, value *manifest.Node) {
			name := n.Get("prefix").Text() + key
			out = append(out, pod.VariableReferences(c, name, value, "environment variable "+name+" from ConfigMap "+o.WrittenName())...)
		})
	}
	return out
}

// FileLinks returns what the ConfigMaps that the running containers of a workload mount as files name as network peers.
func (s *State) FileLinks(w *pod.Workload) []Link {
	var links []Link
	for _, c := range w.Running() {
		for _, v := range w.Volumes {
			if v.Type != "configMap" || len(c.MountOf(v.Name)) == 0 {
				continue
			}
			o := s.ConfigMap(w, v.Source.Get("name").Text())
			if o == nil {
				continue
			}
			o.Node.Get("data").Each(func(key string, text *manifest.Node) {
				for _, ref := range pod.FileReferences(c, text, "file "+key+" from ConfigMap "+o.WrittenName()) {
					links = append(links, Link{c, ref, s.Resolve(ref, w)})
				}
			})
		}
	}
	return links
}
