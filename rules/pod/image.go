package pod

import (
	"slices"
	"strings"
)

// Repository returns an image reference without tag and digest.
func Repository(image string) string {
	image, _, _ = strings.Cut(image, "@")
	slash := strings.LastIndexByte(image, '/')
	if colon := strings.LastIndexByte(image, ':'); colon > slash {
		image = image[:colon]
	}
	return image
}

// generic are images that hold an operating system, a shell, or a language's runtime: the command says what runs.
var generic = []string{
	"busybox", "alpine", "debian", "ubuntu", "centos", "fedora", "ubi-minimal", "bash", "python", "node", "golang", "ruby", "openjdk", "eclipse-temurin", "php",
}

// Generic says whether an image tells nothing of what runs in it.
func Generic(image string) bool {
	return slices.Contains(generic, lastSegment(image))
}

// inFamily says whether a repository ends with the whole path segments of a family.
func inFamily(repository, family string) bool {
	rest, ok := strings.CutSuffix(repository, family)
	return ok && (rest == "" || strings.HasSuffix(rest, "/"))
}

// Words splits a name into its lower-case words: at punctuation, at digits' edges not, and where camelCase begins a word.
// Roles compare whole words only: `blog`, `catalog` and `login` are not logs.
func Words(name string) []string {
	var words []string
	start := 0
	flush := func(end int) {
		if end > start {
			words = append(words, strings.ToLower(name[start:end]))
		}
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case !isAlphanumeric(c):
			flush(i)
			start = i + 1
		case i > start && isUpper(c) && !isUpper(name[i-1]):
			flush(i)
			start = i
		}
	}
	flush(len(name))
	return words
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || isUpper(c) || c >= '0' && c <= '9'
}
