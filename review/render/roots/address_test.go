package roots

import "testing"

func TestSpellingsOfAnAddress(t *testing.T) {
	for raw, want := range map[string]string{
		"https://github.com/Acme/Shop":                   "github.com/acme/shop",
		"https://GitHub.com/acme/shop.git":               "github.com/acme/shop",
		"https://github.com/acme/shop/":                  "github.com/acme/shop",
		"https://github.com/acme/shop.git/":              "github.com/acme/shop",
		"https://user:pass@github.com:443/acme/shop":     "github.com/acme/shop",
		"git@github.com:acme/shop.git":                   "github.com/acme/shop",
		"ssh://git@github.com:22/acme/shop.git":          "github.com/acme/shop",
		"github.com/acme/shop":                           "github.com/acme/shop",
		" https://github.com/acme/shop\n":                "github.com/acme/shop",
		"oci://ghcr.io/acme/shop":                        "ghcr.io/acme/shop",
		"":                                               "",
		"./charts":                                       "",
		"/srv/git/shop":                                  "",
		"https://github.com":                             "",
		"https://github.com/":                            "",
		"<REPO_URL>":                                     "",
		"https://[::1":                                   "",
		"https://kubernetes.default.svc/%zz":             "",
		"https://kubernetes.default.svc/acme/shop?x=y#z": "kubernetes.default.svc/acme/shop",
	} {
		if got := address(raw); got != want {
			t.Errorf("address(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestNoCredentialsAreTold(t *testing.T) {
	for raw, want := range map[string]string{
		"https://user:secret@github.com/acme/shop": "github.com/acme/shop",
		"https://secret@host":                      "host",
		"https://secret@[broken":                   "another place",
		"user:secret@host/acme/shop":               "another place",
		"<GITOPS_REPO>":                            "<GITOPS_REPO>",
	} {
		if got := shown(raw); got != want {
			t.Errorf("shown(%q) = %q, want %q", raw, got, want)
		}
	}
	for raw, want := range map[string]string{
		"https://user:secret@github.com/acme/shop//base?ref=secret": "https://github.com/acme/shop//base",
		"github.com/acme/shop": "github.com/acme/shop",
	} {
		if got := told(raw); got != want {
			t.Errorf("told(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestPathsThatLeaveTheRepository(t *testing.T) {
	for _, c := range []struct {
		dir, path, want string
		inside          bool
	}{
		{"a/b", "../c", "a/c", true},
		{"a", "..", "", true},
		{"", ".", "", true},
		{"a", "../..", "", false},
		{"", "../a", "", false},
		{"a", "b/../../../c", "", false},
		{"a", "/etc/passwd", "", false},
		{"a", `..\..\c`, "", false},
		{"a", "b\x00c", "", false},
		{"a", "..b", "a/..b", true},
	} {
		got, inside := within(c.dir, c.path)
		if got != c.want || inside != c.inside {
			t.Errorf("within(%q, %q) = %q, %v, want %q, %v", c.dir, c.path, got, inside, c.want, c.inside)
		}
	}
}
