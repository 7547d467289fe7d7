package report

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/podcheck/podcheck/review"
)

// value is that of every Secret here.
const value = "Zs3cr3tZs3cr3tZ"

// secrets are the forms in which values of Secrets stand in files.
var secrets = map[string]string{
	"data":               "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  password: BASE64\n",
	"kind at the end":    "data:\n  password: BASE64\nmetadata: {name: s}\napiVersion: v1\nkind: Secret\n",
	"stringData":         "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: |\n    VALUE\n    VALUE\n",
	"one line":           "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {password: VALUE}}\n",
	"last applied":       "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {\"kind\":\"Secret\",\"stringData\":{\"password\":\"VALUE\"}}\n",
	"list":               "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data:\n    password: BASE64\n",
	"list of Secrets":    "apiVersion: v1\nkind: SecretList\nitems:\n- metadata: {name: s}\n  data:\n    password: BASE64\n",
	"anchor":             "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: *d\nx-shared: &d\n  password: BASE64\n",
	"anchor before":      "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nx-shared: &d\n  password: BASE64\ndata: *d\n",
	"merged":             "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nx-shared: &d\n  password: BASE64\ndata:\n  <<: *d\n",
	"alias of a value":   "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nx-shared: &d VALUE\nstringData: {password: *d}\n",
	"quoted kind":        "apiVersion: v1\n\"kind\": \"\\x53ecret\"\nmetadata: {name: s}\ndata:\n  password: BASE64\n",
	"tagged kind":        "apiVersion: v1\nkind: !!str Secret\nmetadata: {name: s}\ndata:\n  password: BASE64\n",
	"no base64":          "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  password: VALUE=!\n",
	"a list of values":   "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: [VALUE]\n",
	"no map":             "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: VALUE\n",
	"a map as a value":   "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: {VALUE: VALUE}}\n",
	"twice":              "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: VALUE\n  password: VALUE\n",
	"unreadable":         "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: \"VALUE\n",
	"merged above":       "x-shared: &d\n  password: BASE64\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  <<: *d\n",
	"alias above":        "x-shared: &d VALUE\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: *d}\n",
	"data above":         "x-shared: &d\n  password: BASE64\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: *d\n",
	"unreadable line":    "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {password: \"VALUE}}\n",
	"unreadable list":    "apiVersion: v1\nkind: SecretList\nitems:\n- data:\n    password: \"VALUE\n",
	"unreadable literal": "secretGenerator:\n- name: s\n  literals:\n  - \"password=VALUE\n",
	"generator alone":    "secretGenerator:\n- name: s\n  literals:\n  - password=VALUE\n",
	"unreadable value":   "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: VALUE: VALUE\n  @VALUE\n",
	"unreadable anchor":  "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: *VALUE\n",
	"unreadable tag":     "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: !<VALUE\n",
	"template":           "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  password: {{ VALUE }}\n",
	"secretGenerator":    "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nsecretGenerator:\n- name: s\n  literals:\n  - password=VALUE\n",
	"comment in a value": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  # VALUE\n  password: VALUE\n",
}

// beside is a Pod on one line with a fault that has a fix: the lines beside it are in every patch.
const beside = `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: l, emptyDir: {sizeLimit: 1Gi}}], containers: [{name: app, image: "x/app:1", volumeMounts: [{name: l, mountPath: /l}]}, {name: tail, image: "busybox:1.37", volumeMounts: [{name: l, mountPath: /l}], command: ["sh", "-c", "while true; do cat /l/a.log; sleep 10; done"]}]}}
`

func TestValuesOfSecretsAreNeverShown(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte(value))
	for name, secret := range secrets {
		t.Run(name, func(t *testing.T) {
			secret = strings.NewReplacer("VALUE", value, "BASE64", encoded).Replace(secret)
			for where, text := range map[string]string{
				"above": secret + "---\n" + beside, "below": beside + "---\n" + secret, "around": secret + "---\n" + beside + "---\n" + strings.ReplaceAll(secret, "name: s", "name: z"),
			} {
				for path, shown := range said(t, map[string][]byte{"a.yaml": []byte(text)}) {
					for _, part := range []string{value, encoded, encoded[4:16]} {
						if at := strings.Index(shown, part); at >= 0 {
							t.Errorf("%s, %s shows %s: %q", where, path, part, shown[max(0, at-200):at+len(part)])
							break
						}
					}
				}
			}
		})
	}
}

// said is everything that is said about new files.
func said(t *testing.T, files map[string][]byte) map[string]string {
	t.Helper()
	in := review.Input{Before: stateOf(nil), After: stateOf(files), Diff: change(t, nil, files), Config: configured(0), Settings: review.Settings{Picture: true}}
	r := review.Review(in)
	out := map[string]string{"body": r.Body, "summary": r.Check.Summary, "text": r.Check.Text, "title": r.Check.Title, "picture": r.Picture.Mermaid() + r.Picture.After.SVG()}
	for i, c := range r.Comments {
		out[fmt.Sprint("comment ", i)] = c.Body + c.Elsewhere
	}
	for i, a := range r.Check.Annotations {
		out[fmt.Sprint("annotation ", i)] = fmt.Sprintf("%+v", a)
	}
	for i := range r.Findings {
		out[fmt.Sprint("explanation ", i)] = review.Explain(&r.Findings[i])
	}
	for _, format := range Formats() {
		out[format] = written(t, format, Report{Result: r, All: true, Text: in.After.Text})
	}
	mended, err := review.MendShown(t.Context(), in.After, in.Config, func(*review.Finding) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := WriteMended(&b, &mended, false); err != nil {
		t.Fatal(err)
	}
	out["mended"] = b.String()
	return out
}
