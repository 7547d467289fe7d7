package repo

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"
)

// remote is a checked URL of a git server.
type remote struct {
	url    string
	origin string // scheme://host:port/, the prefix that the token belongs to
	scheme string
}

// parseRemote accepts https, and http for loopback addresses, without credentials in the URL.
func parseRemote(raw string) (remote, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Path == "" || u.Path == "/" {
		return remote{}, fmt.Errorf("the git URL of a repository must look like https://host/owner/name.git")
	}
	switch {
	case u.User != nil:
		return remote{}, fmt.Errorf("the git URL of %s/… carries credentials: a token belongs into the header", u.Host)
	case u.RawQuery != "" || u.Fragment != "":
		return remote{}, fmt.Errorf("git URL %q: query and fragment have no place in it", raw)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return remote{}, fmt.Errorf("git URL %q: http is for loopback addresses only: use https", raw)
	case u.Scheme != "http" && u.Scheme != "https":
		return remote{}, fmt.Errorf("git URL %q: the scheme must be https", raw)
	}
	return remote{url: u.String(), origin: u.Scheme + "://" + u.Host + "/", scheme: u.Scheme}, nil
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// mirrorEnv is the environment of git in a mirror: nothing of the caller's but the way to find programs, proxies and
// certificate authorities. The home folder can't exist, so that no .netrc is found.
func mirrorEnv(lookup func(string) (string, bool)) []string {
	env := append([]string{"HOME=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_ATTR_NOSYSTEM=1"}, quiet...)
	set := func(name string, sources ...string) {
		for _, source := range sources {
			if value, ok := lookup(source); ok && value != "" {
				env = append(env, name+"="+value)
				return
			}
		}
	}
	set("PATH", "PATH")
	// Go reads the upper-case names too; curl ignores HTTP_PROXY.
	set("http_proxy", "http_proxy", "HTTP_PROXY")
	set("https_proxy", "https_proxy", "HTTPS_PROXY")
	set("all_proxy", "all_proxy", "ALL_PROXY")
	set("no_proxy", "no_proxy", "NO_PROXY")
	// Go's names for a certificate authority of one's own, translated to git's.
	set("GIT_SSL_CAINFO", "GIT_SSL_CAINFO", "SSL_CERT_FILE")
	set("GIT_SSL_CAPATH", "GIT_SSL_CAPATH", "SSL_CERT_DIR")
	return env
}
