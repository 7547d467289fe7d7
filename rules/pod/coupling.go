package pod

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/podcheck/podcheck/rules/manifest"
)

// CouplingKind is how two containers of a Pod depend on being together.
type CouplingKind string

// The kinds of coupling. ByImage is one of development, not of the running Pod: one program twice, or parts of one release.
const (
	ByVolume    CouplingKind = "volume"
	ByLocalhost CouplingKind = "localhost"
	ByProcess   CouplingKind = "process namespace"
	ByNetwork   CouplingKind = "network"
	ByService   CouplingKind = "service"
	ByImage     CouplingKind = "image"
)

// Coupling is one reason why two containers of a Pod belong together.
type Coupling struct {
	Kind CouplingKind
	A, B *Container // A is the one that the text speaks of first
	Text string
	Node *manifest.Node
}

// Surroundings is what the state knows about a workload beside its own text.
type Surroundings struct {
	Services  []*Service                   // that select its Pods
	ConfigMap func(name string) *ConfigMap // nil when the state has none of that name
}

// Couplings is how the running containers of a workload depend on each other.
type Couplings struct {
	All    []Coupling
	Unseen []Coupling // configuration of A that the state does not hold: whatever it refers to is unknown; B is nil
	w      *Workload
}

// CouplingsOf reads how the running containers of a workload depend on each other.
func CouplingsOf(w *Workload, around Surroundings) Couplings {
	out := Couplings{w: w}
	running := w.Running()
	l := listening{w: w, ports: map[*Container][]int{}}
	for _, c := range running {
		l.ports[c] = c.Listens()
	}
	for i, a := range running {
		out.Unseen = append(out.Unseen, unseen(a, around)...)
		for _, b := range running[i+1:] {
			out.All = append(out.All, together(a, b)...)
			out.All = append(out.All, sharedVolumes(a, b)...)
		}
		out.All = append(out.All, l.localCouplings(a, around)...)
	}
	for _, s := range around.Services {
		out.All = append(out.All, l.exposedTogether(s)...)
	}
	return out
}

// Between returns the couplings of two containers, in either direction.
func (c Couplings) Between(a, b *Container) []Coupling {
	var out []Coupling
	for _, one := range c.All {
		if one.A == a && one.B == b || one.A == b && one.B == a {
			out = append(out, one)
		}
	}
	return out
}

// Groups returns the running containers that hang together, directly or through others, in source order.
func (c Couplings) Groups() [][]*Container {
	running := c.w.Running()
	group := map[*Container]int{}
	for i, one := range running {
		group[one] = i
	}
	for _, coupling := range c.All {
		from, to := group[coupling.B], group[coupling.A]
		for one, g := range group {
			if g == from {
				group[one] = to
			}
		}
	}
	var order []int
	members := map[int][]*Container{}
	for _, one := range running {
		g := group[one]
		if members[g] == nil {
			order = append(order, g)
		}
		members[g] = append(members[g], one)
	}
	var out [][]*Container
	for _, g := range order {
		out = append(out, members[g])
	}
	return out
}

// together finds what two containers have in common without naming each other.
func together(a, b *Container) []Coupling {
	var out []Coupling
	add := func(kind CouplingKind, n *manifest.Node, format string, args ...any) {
		out = append(out, Coupling{Kind: kind, A: a, B: b, Text: fmt.Sprintf(format, args...), Node: n})
	}
	if n := a.Workload.Spec.Get("shareProcessNamespace"); n.Text() == "true" {
		add(ByProcess, n, "%s and %s see each other's processes", a.Name, b.Name)
	}
	image := b.Node.Get("image")
	// A mirror keeps the last element and the tag.
	folder, tag := release(a.Image)
	folderB, tagB := release(b.Image)
	switch {
	case Repository(a.Image) == Repository(b.Image), tag != "" && tag == tagB && lastSegment(a.Image) == lastSegment(b.Image) && registry(a.Image) != registry(b.Image):
		add(ByImage, image, "%s and %s run one image", a.Name, b.Name)
	case folder != "" && folder == folderB && tag != "" && tag == tagB:
		add(ByImage, image, "%s and %s are parts of one release: %s, %s", a.Name, b.Name, folder, tag)
	}
	for _, pair := range [][2]*Container{{a, b}, {b, a}} {
		if store := pair[0]; isStore(store) && !isStore(pair[1]) {
			add(ByLocalhost, store.Node.Get("image"), "%s is a data store, which clients look for on localhost unless they are told otherwise", store.Name)
		}
		if n, why := networks(pair[0]); why != "" {
			add(ByNetwork, n, "%s %s, which is %s's too", pair[0].Name, why, pair[1].Name)
		}
	}
	return out
}

// networkClients are the images of clients that join a Pod to a private network or a tunnel. They serve whatever runs beside them.
var networkClients = words(`tailscale wireguard netbird zerotier zerotier-one newt frpc openvpn openvpn-client cloudflared gluetun`)

// networks says why a container works on the network of its Pod, which all its containers share: by what it is, or by what it may do
// there.
func networks(c *Container) (n *manifest.Node, why string) {
	context := c.Node.Get("securityContext")
	if networkClients[lastSegment(c.Image)] {
		return c.Node.Get("image"), "joins a private network or a tunnel with the Pod's network"
	}
	if n := context.Get("privileged"); n.Text() == "true" {
		return n, "is privileged, and may change the Pod's network"
	}
	for _, n := range context.Get("capabilities", "add").Seq() {
		if name := strings.TrimPrefix(strings.ToUpper(n.Text()), "CAP_"); name == "NET_ADMIN" || name == "ALL" {
			return n, "may change the Pod's network (" + name + ")"
		}
	}
	for _, m := range c.Mounts {
		if v := c.Workload.Volume(m.Volume); v != nil && v.Type == "hostPath" && strings.HasPrefix(v.Source.Get("path").Text()+"/", "/dev/net/") {
			return m.Node, "has the device /dev/net/tun for the Pod's network"
		}
	}
	return nil, ""
}

// registry returns the host of an image, Docker Hub's when none is written.
func registry(image string) string {
	host, _, ok := strings.Cut(image, "/")
	if !ok || !strings.ContainsAny(host, ".:") && host != "localhost" {
		return "docker.io"
	}
	return host
}

// release returns the folder of an image and the version that its parts are released with; "" for images of Docker Hub's
// own library, and for tags that name no version.
func release(image string) (folder, tag string) {
	repository := Repository(image)
	folder = repository[:max(strings.LastIndexByte(repository, '/'), 0)]
	if folder == "docker.io" || strings.HasSuffix(folder, "library") {
		folder = ""
	}
	tag, _, _ = strings.Cut(strings.TrimPrefix(image, repository), "@")
	switch tag = strings.TrimPrefix(tag, ":"); tag {
	case "latest", "stable", "main", "master", "dev", "edge", "nightly":
		tag = ""
	}
	return folder, tag
}

// stores are the images of databases, caches and brokers.
var stores = words(`postgres postgresql postgis timescaledb mysql mariadb percona mongo mongodb redis valkey keydb dragonfly memcached rabbitmq nats kafka
	zookeeper elasticsearch opensearch couchdb cassandra influxdb clickhouse clickhouse-server etcd minio mosquitto neo4j solr`)

func isStore(c *Container) bool { return stores[strings.ToLower(lastSegment(c.Image))] }

// sharedVolumes finds the volumes that two containers mount, also those that are two by name and one by source. What is
// written into a Pod from outside (ConfigMaps, Secrets) couples nobody, nor does the node's clock.
func sharedVolumes(a, b *Container) []Coupling {
	var out []Coupling
	for _, ma := range a.Mounts {
		va := a.Workload.Volume(ma.Volume)
		if va == nil || !va.Writable() || isClock(va) {
			continue
		}
		for _, mb := range b.Mounts {
			if vb := b.Workload.Volume(mb.Volume); vb == nil || vb != va && !sameStorage(va, vb) {
				continue
			}
			text := fmt.Sprintf("%s and %s share the volume %s", a.Name, b.Name, ma.Volume)
			if ma.Volume != mb.Volume {
				text = fmt.Sprintf("the volumes %s of %s and %s of %s are one storage", ma.Volume, a.Name, mb.Volume, b.Name)
			}
			if !slices.ContainsFunc(out, func(c Coupling) bool { return c.Text == text }) {
				out = append(out, Coupling{Kind: ByVolume, A: a, B: b, Text: text, Node: mb.Node})
			}
		}
	}
	return out
}

// isClock says whether a volume is the node's time zone, which many containers mount.
func isClock(v *Volume) bool {
	p := v.Source.Get("path").Text()
	return v.Type == "hostPath" && (p == "/etc/localtime" || p == "/etc/timezone" || strings.HasPrefix(p, "/usr/share/zoneinfo"))
}

func sameStorage(a, b *Volume) bool {
	if a.Type != b.Type {
		return false
	}
	switch a.Type {
	case "persistentVolumeClaim":
		return a.Claim != "" && a.Claim == b.Claim
	case "hostPath":
		return a.Source.Get("path").Text() != "" && a.Source.Get("path").Text() == b.Source.Get("path").Text()
	case "nfs":
		return a.Source.Get("server").Text() == b.Source.Get("server").Text() && a.Source.Get("path").Text() == b.Source.Get("path").Text()
	}
	return false
}

// exposedTogether finds the containers that one Service leads to. A Service whose ports are each named after their container
// exposes two things under one name, and couples nobody.
func (l listening) exposedTogether(s *Service) []Coupling {
	type exposed struct {
		c    *Container
		port ServicePort
	}
	var all []exposed
	for _, p := range s.Ports {
		number := s.ContainerPort(l.w, p.Port)
		for _, c := range l.w.Running() {
			if number != 0 && slices.Contains(l.ports[c], number) {
				all = append(all, exposed{c, p})
				break
			}
		}
	}
	var out []Coupling
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.c == b.c || namedAfter(a.port.Name, a.c.Name, b.c.Name) && namedAfter(b.port.Name, b.c.Name, a.c.Name) {
				continue
			}
			out = append(out, Coupling{Kind: ByService, A: a.c, B: b.c, Node: b.port.Node,
				Text: fmt.Sprintf("Service/%s exposes both %s (port %d) and %s (port %d)", s.Object.WrittenName(), a.c.Name, a.port.Port, b.c.Name, b.port.Port)})
		}
	}
	return out
}

// namedAfter says whether a port's name has a word of its container's name that the other's lacks.
func namedAfter(port, container, other string) bool {
	theirs := Words(other)
	return slices.ContainsFunc(Words(port), func(word string) bool {
		return slices.Contains(Words(container), word) && !slices.Contains(theirs, word)
	})
}

// listening is the ports on which the running containers of a workload are known to listen.
type listening struct {
	w     *Workload
	ports map[*Container][]int
}

// on says whether a container is known to listen on a port, given as text.
func (l listening) on(c *Container, port string) bool {
	n, err := strconv.Atoi(port)
	return err == nil && slices.Contains(l.ports[c], n)
}
