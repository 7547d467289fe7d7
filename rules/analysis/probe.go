package analysis

import (
	"github.com/podcheck/podcheck/rules/edit"
	"github.com/podcheck/podcheck/rules/pod"
)

// ProbeOf is a probe that asks for a container's health, to be written: an HTTP path, or whether the port is open.
func ProbeOf(h pod.Health) edit.Map {
	if h.Path == "" {
		return edit.Map{{Key: "tcpSocket", Value: edit.Map{{Key: "port", Value: h.Port}}}}
	}
	get := edit.Map{{Key: "path", Value: h.Path}, {Key: "port", Value: h.Port}}
	if h.Scheme != "" {
		get = append(get, edit.Field{Key: "scheme", Value: h.Scheme})
	}
	return edit.Map{{Key: "httpGet", Value: get}}
}
