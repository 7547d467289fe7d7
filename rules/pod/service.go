package pod

import (
	"strconv"

	"github.com/podcheck/podcheck/rules/manifest"
)

// Service is a core Service.
type Service struct {
	Object   *manifest.Object
	Selector map[string]string
	Ports    []ServicePort
	External string // externalName of type ExternalName
}

// ServicePort is one entry of a Service's ports.
type ServicePort struct {
	Node       *manifest.Node
	Name       string
	Port       int
	TargetPort string // number or name; the port itself by default
}

// ServiceOf returns the typed view of a core Service, nil for any other object.
func ServiceOf(o *manifest.Object) *Service {
	if o.Kind != "Service" || Group(o.APIVersion) != "" {
		return nil
	}
	s := &Service{Object: o, Selector: o.Node.Get("spec", "selector").StringMap()}
	if o.Node.Get("spec", "type").Text() == "ExternalName" {
		s.External = o.Node.Get("spec", "externalName").Text()
	}
	for _, p := range o.Node.Get("spec", "ports").Seq() {
		port, _ := strconv.Atoi(p.Get("port").Text())
		target := p.Get("targetPort").Text()
		if target == "" {
			target = p.Get("port").Text()
		}
		s.Ports = append(s.Ports, ServicePort{Node: p, Name: p.Get("name").Text(), Port: port, TargetPort: target})
	}
	return s
}

// Selects says whether the Service's selector matches the workload's Pods. Namespaces are the caller's matter.
func (s *Service) Selects(w *Workload) bool {
	if len(s.Selector) == 0 {
		return false
	}
	for k, v := range s.Selector {
		if w.Labels[k] != v {
			return false
		}
	}
	return true
}

// ContainerPort returns the port of the workload's Pods behind a port of the Service, 0 when it can't be told: a port that the
// Service lacks, or a name that no container declares. Port 0 asks for the Service's only port.
func (s *Service) ContainerPort(w *Workload, port int) int {
	for _, p := range s.Ports {
		if p.Port != port && (port != 0 || len(s.Ports) != 1) {
			continue
		}
		if n, err := strconv.Atoi(p.TargetPort); err == nil {
			return n
		}
		for _, c := range w.Running() {
			for _, cp := range c.Ports {
				if cp.Name == p.TargetPort {
					return cp.Number
				}
			}
		}
	}
	return 0
}
