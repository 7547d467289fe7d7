package engine

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"runtime/debug"
)

// What a build may use. The parent bounds the time that it takes on the clock, which depends on how busy the machine is.
const (
	maxMemory  = 512 << 20 // bytes beyond what the program has when it starts
	maxStack   = 64 << 20  // bytes of one goroutine
	maxSeconds = 10        // of processor time; the parent knows the number, too
	maxFiles   = 32        // open at once
)

// errFetch is what every attempt to reach another machine gets.
var errFetch = errors.New("nothing is fetched in a build")

// Confine takes from this process, for good, what a build does not need: other machines, other programs, files, and memory without
// end. It is for the child alone, which calls it before it reads a byte of its request.
//
// What the operating system offers for it differs, so every line of defence stands by itself: kustomizations are searched for remote
// bases beforehand, the clients of HTTP and DNS refuse, no program is on the path, and on Linux the kernel refuses files, sockets and
// programs.
func Confine() error {
	quiet()
	debug.SetTraceback("none")
	debug.SetMaxStack(maxStack)
	debug.SetMemoryLimit(maxMemory * 3 / 4)
	os.Clearenv()
	http.DefaultTransport = refusing{}
	http.DefaultClient = &http.Client{Transport: refusing{}}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errFetch }}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	os.Stderr = null // for the libraries; what the runtime says when it dies goes to the parent
	return confineProcess()
}

// refusing is a client of HTTP that sends nothing.
type refusing struct{}

func (refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_ = r.Body.Close() // nothing was sent
	}
	return nil, errFetch
}
