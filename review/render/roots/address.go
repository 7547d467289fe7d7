package roots

import (
	"net/url"
	"path"
	"strings"
)

// address reduces the URL of a repository to host and path, so that all spellings of one compare equal: https, ssh and scp-like, with
// a user, a port, `.git` and a slash behind or without. It is "" for what is no address, and holds no credentials.
func address(raw string) string {
	raw = strings.TrimSpace(raw)
	if !strings.Contains(raw, "://") {
		host, rest, scp := strings.Cut(raw, ":")
		if !scp {
			host, rest, _ = strings.Cut(raw, "/")
		}
		if host == "" || host[0] == '.' || strings.ContainsAny(host, `/\`) || strings.Contains(rest, "@") || !scp && !strings.Contains(host, ".") {
			return ""
		}
		raw = "ssh://" + host + "/" + strings.TrimLeft(rest, "/")
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	p := strings.Trim(strings.TrimSuffix(strings.Trim(u.Path, "/"), ".git"), "/")
	if p == "" {
		return ""
	}
	return strings.ToLower(u.Hostname() + "/" + p)
}

// shown is an address as it can be told: without credentials.
func shown(raw string) string {
	if a := address(raw); a != "" {
		return a
	}
	if u, err := url.Parse(strings.TrimSpace(raw)); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	if strings.ContainsAny(raw, "@:/") {
		return "another place"
	}
	return short(raw)
}

// mine says whether a URL is one of this repository.
func (f *finder) mine(raw string) bool {
	a, known := f.reduced[raw]
	if !known {
		a = address(raw)
		f.reduced[raw] = a
	}
	return a != "" && f.addresses[a]
}

// maxOwner is how many parts of a URL's path are taken for the name of a repository: groups of a forge can be nested.
const maxOwner = 8

// names says whether what kustomize would fetch is in this repository: the URL begins with its address.
func (f *finder) names(remote string) bool {
	text := strings.TrimPrefix(remote, "git::")
	text, _, _ = strings.Cut(text, "?")
	scheme, rest, ok := strings.Cut(text, "://")
	if ok {
		scheme += "://"
	} else {
		scheme, rest = "", text
	}
	for i, parts := 0, 0; parts < maxOwner && i < len(rest); parts++ {
		next := strings.IndexByte(rest[i:], '/')
		if next < 0 {
			next = len(rest) - i
		}
		if a := address(scheme + rest[:i+next]); a != "" && f.addresses[a] {
			return true
		}
		i += next + 1
	}
	return false
}

// within resolves a path as it is written in a file of dir; false when it leads out of the repository.
func within(dir, p string) (string, bool) {
	if path.IsAbs(p) || strings.Contains(p, `\`) || strings.ContainsRune(p, 0) {
		return "", false
	}
	switch joined := path.Join(dir, p); {
	case joined == "..", strings.HasPrefix(joined, "../"):
		return "", false
	case joined == ".":
		return "", true
	default:
		return joined, true
	}
}

// folderOf is the folder that holds a file, "" for the root.
func folderOf(p string) string {
	if dir := path.Dir(p); dir != "." {
		return dir
	}
	return ""
}

// called is what people call a folder.
func called(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}
