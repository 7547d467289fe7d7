package bot_test

import (
	"fmt"
	"strings"
)

// deployment is a Deployment whose Pod is written below `spec:`, indented by six blanks.
func deployment(name, pod string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: %s
spec:
  selector:
    matchLabels: {app: %[1]s}
  template:
    metadata:
      labels: {app: %[1]s}
    spec:
%s`, name, pod)
}

// container is the one container of a Pod, with more lines indented by ten blanks.
func container(name, more string) string {
	return fmt.Sprintf("      containers:\n        - name: %s\n          image: registry.example.com/%[1]s:1.0\n%s", name, more)
}

// plain is a Deployment without a fault.
func plain(name string) string { return deployment(name, container(name, "")) }

// unbounded has the fault emptydir-unbounded, unless there is a limit.
func unbounded(name, limit string) string {
	volume := "          emptyDir:\n            medium: Memory\n"
	if limit != "" {
		volume += "            sizeLimit: " + limit + "\n"
	}
	return deployment(name, container(name, "          volumeMounts:\n            - {name: scratch, mountPath: /scratch}\n")+
		"      volumes:\n        - name: scratch\n"+volume)
}

// clash has the fault port-clash when both ports are the same.
func clash(name string, one, other int) string {
	return deployment(name, container(name, fmt.Sprintf("          ports:\n            - {name: http, containerPort: %d}\n", one))+
		fmt.Sprintf("        - name: metrics\n          image: registry.example.com/metrics:1.0\n          ports:\n            - {name: metrics, containerPort: %d}\n", other))
}

// replaying has the fault log-replay.
func replaying(name string) string {
	return deployment(name, container(name, "          command: [sh, -c, \"while true; do cat /var/log/app.log; sleep 5; done\"]\n"))
}

// dangling has the fault undefined-volume.
func dangling(name string) string {
	return deployment(name, container(name, "          volumeMounts:\n            - {name: missing, mountPath: /missing}\n"))
}

// lower moves every line of a file down.
func lower(text string) string { return strings.Repeat("# A line more.\n", 5) + text }

// tree is files by path, as the double takes them; "" removes a file.
func tree(files map[string]string) map[string][]byte {
	out := map[string][]byte{}
	for path, text := range files {
		out[path] = []byte(text)
		if text == "" {
			out[path] = nil
		}
	}
	return out
}
