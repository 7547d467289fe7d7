package missed

import (
	"cmp"
	"errors"
)

// limits bound a look.
type limits struct {
	ofInstallation int // requests
	ofApp          int // requests
	pulls          int // of each repository in a list of many
}

// A look every five minutes is twelve an hour, so an installation gives at most 360 of the 5,000 requests an hour that GitHub allows
// it, and at most 1,440 of the 5,000 points, as none costs more than four. A page of repositories takes at most 12 requests: itself,
// their pull requests, and the heads of a thousand of these; so each look gets on. The App itself asks at most 1,200 times an hour.
const (
	requestsOfInstallation = 30
	requestsOfApp          = 100
	pullsOfRepository      = 10
)

func (l limits) withDefaults() limits {
	l.ofInstallation = cmp.Or(l.ofInstallation, requestsOfInstallation)
	l.ofApp = cmp.Or(l.ofApp, requestsOfApp)
	l.pulls = cmp.Or(l.pulls, pullsOfRepository)
	return l
}

// errSpent ends a part of the look: the rest is for the next one.
var errSpent = errors.New("the requests of this look are spent")

// budget counts the requests that are left. What the transport repeats and the tokens it gets are not counted.
type budget struct{ left int }

// take is called before each request.
func (b *budget) take() error {
	if b.left <= 0 {
		return errSpent
	}
	b.left--
	return nil
}
