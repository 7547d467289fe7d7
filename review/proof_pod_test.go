package review_test

import (
	"fmt"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

func (p pod) containers() []corev1.Container {
	return slices.Concat(p.spec.InitContainers, p.spec.Containers)
}

// check counts what the API server refuses of a Pod, as far as fixes have to do with it.
func (p pod) check(count map[string]int) {
	names, volumes, ports := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, v := range p.spec.Volumes {
		unique(count, volumes, "volume", v.Name)
		if len(validation.IsDNS1123Label(v.Name)) > 0 {
			count["the name of a volume is no label: "+v.Name]++
		}
	}
	for _, claim := range p.claims {
		volumes[claim] = true
	}
	if len(p.spec.Containers) == 0 {
		count["a Pod without containers"]++
	}
	for _, c := range p.containers() {
		unique(count, names, "container", c.Name)
		if c.Image == "" || len(validation.IsDNS1123Label(c.Name)) > 0 {
			count["a container lacks a name or an image: "+c.Name]++
		}
		for _, port := range c.Ports {
			if port.Name != "" {
				unique(count, ports, "port", port.Name)
				if len(validation.IsValidPortName(port.Name)) > 0 {
					count["the name of a port is none: "+port.Name]++
				}
			}
			unique(count, ports, "port", fmt.Sprint(port.ContainerPort, port.Protocol, port.HostIP))
			if len(validation.IsValidPortNum(int(port.ContainerPort))) > 0 {
				count["the number of a port is none"]++
			}
		}
		mounts(count, c, volumes)
		probes(count, c)
		requests(count, c)
	}
	for _, c := range p.spec.InitContainers {
		always := c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
		if !always && (c.ReadinessProbe != nil || c.StartupProbe != nil || c.LivenessProbe != nil || c.Lifecycle != nil) {
			count["a probe of an init container that ends: "+c.Name]++
		}
	}
	for _, c := range p.spec.Containers {
		if c.RestartPolicy != nil {
			count["a restartPolicy of a plain container: "+c.Name]++
		}
	}
	if p.job && p.spec.RestartPolicy != corev1.RestartPolicyNever && p.spec.RestartPolicy != corev1.RestartPolicyOnFailure {
		count["the restartPolicy of a Job"]++
	}
}

func unique(count map[string]int, seen map[string]bool, what, name string) {
	if seen[name] {
		count["two of the same "+what+": "+name]++
	}
	seen[name] = true
}

func mounts(count map[string]int, c corev1.Container, volumes map[string]bool) {
	paths := map[string]bool{}
	for _, m := range c.VolumeMounts {
		unique(count, paths, "mountPath in "+c.Name, m.MountPath)
		if !volumes[m.Name] {
			count["a mount of a volume that the Pod lacks: "+m.Name]++
		}
		if m.MountPath == "" || m.SubPath != "" && m.SubPathExpr != "" {
			count["a mount without a path, or with two"]++
		}
	}
	env := map[string]bool{}
	for _, e := range c.Env {
		unique(count, env, "variable in "+c.Name, e.Name)
		if e.Value != "" && e.ValueFrom != nil {
			count["a variable with two values: "+e.Name]++
		}
	}
}

func probes(count map[string]int, c corev1.Container) {
	for _, p := range []*corev1.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe} {
		if p == nil {
			continue
		}
		ways := 0
		for _, is := range []bool{p.Exec != nil, p.HTTPGet != nil, p.TCPSocket != nil, p.GRPC != nil} {
			if is {
				ways++
			}
		}
		if ways != 1 {
			count["a probe without one way to ask: "+c.Name]++
		}
		name := ""
		if p.HTTPGet != nil {
			name = p.HTTPGet.Port.StrVal
		} else if p.TCPSocket != nil {
			name = p.TCPSocket.Port.StrVal
		}
		if name != "" && !slices.ContainsFunc(c.Ports, func(port corev1.ContainerPort) bool { return port.Name == name }) {
			count["a probe asks a port that its container lacks: "+name]++
		}
	}
}

var variable = regexp.MustCompile(`\$\([A-Za-z_][A-Za-z0-9_]*\)`)

func requests(count map[string]int, c corev1.Container) {
	for name, request := range c.Resources.Requests {
		if limit, ok := c.Resources.Limits[name]; ok && request.Cmp(limit) > 0 {
			count[fmt.Sprintf("a request above its limit: %s of %s", name, c.Name)]++
		}
	}
	for _, text := range slices.Concat(c.Command, c.Args) {
		for _, v := range variable.FindAllString(text, -1) {
			if name := v[2 : len(v)-1]; !slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == name }) && len(c.EnvFrom) == 0 {
				count["an argument names a variable that its container lacks: "+name]++
			}
		}
	}
}
