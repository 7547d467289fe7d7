package bot_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/podcheck/podcheck/fixtures/github"
)

// dial connects to the bot, until the test ends.
func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn := value(net.Dial("tcp", address))(t)
	t.Cleanup(func() { conn.Close() })
	return conn
}

// drip sends a byte at a time until the other side had enough.
func drip(conn net.Conn, text string) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		if _, err := conn.Write([]byte{text[i%len(text)]}); err != nil {
			return
		}
		<-tick.C
	}
}

const post = "POST /webhook HTTP/1.1\r\nHost: bot\r\nX-GitHub-Event: pull_request\r\nX-Hub-Signature-256: sha256="

// TestSlowSendersAreCutOff connects and then takes all the time in the world, in every place where the bot waits for more.
func TestSlowSendersAreCutOff(t *testing.T) {
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	b := w.run(settings(w.github, t.TempDir()))
	admin := b.AdminAddr().String()
	signature := strings.Repeat("a", 64) + "\r\n"
	var group conc.WaitGroup
	for name, c := range map[string]struct{ address, begin, drip string }{
		"nothing at all":                           {"", "", ""},
		"half a request line":                      {"", "POST /web", ""},
		"headers without an end":                   {"", post, "a"},
		"a body that never comes":                  {"", post + signature + "Content-Length: 1000\r\n\r\n", ""},
		"a body byte by byte":                      {"", post + signature + "Content-Length: 100000\r\n\r\n", " "},
		"a body byte by byte, of unknown length":   {"", post + signature + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"},
		"the body of a delivery without signature": {"", "POST /webhook HTTP/1.1\r\nHost: bot\r\nContent-Length: 1000\r\n\r\n", " "},
		"the body of a question for health":        {"", "GET /healthz HTTP/1.1\r\nHost: bot\r\nContent-Length: 1000\r\n\r\n", ""},
		"the body of a question for a page":        {"", "GET /reviews/" + strings.Repeat("a", 43) + " HTTP/1.1\r\nHost: bot\r\nContent-Length: 1000\r\n\r\n", " "},
		"the body of a question that nobody knows": {"", "GET /x HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\n\r\n", ""},
		"nothing at all, to the operators' port":   {admin, "", ""},
		"the body of a question for metrics":       {admin, "GET /metrics HTTP/1.1\r\nHost: bot\r\nContent-Length: 1000\r\n\r\n", ""},
	} {
		if c.address == "" {
			c.address = b.Addr().String()
		}
		conn := dial(t, c.address)
		value(io.WriteString(conn, c.begin))(t)
		if c.drip != "" {
			group.Go(func() { drip(conn, c.drip) })
		}
		group.Go(func() {
			_ = conn.SetReadDeadline(time.Now().Add(patience))
			if _, err := io.Copy(io.Discard, conn); os.IsTimeout(err) {
				t.Errorf("%s: still connected after %s", name, patience)
			}
			conn.Close()
		})
	}
	w.reviewedAs(w.newPull(f.Before, f.After, "meanwhile"), len(f.Want.Comments))
	group.Wait()
}

// TestHeadersHaveAnEnd sends more headers than anybody needs, and more than that.
func TestHeadersHaveAnEnd(t *testing.T) {
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	b := w.run(settings(w.github, t.TempDir()))
	var group conc.WaitGroup
	for i := range 50 {
		conn := dial(t, b.Addr().String())
		group.Go(func() {
			line := fmt.Sprintf("X-%d: %s\r\n", i, strings.Repeat("x", 1000))
			sent := 0
			for n, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\n"); err == nil && sent < 1<<20; n, err = io.WriteString(conn, line) {
				sent += n
			}
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil { // it hung up while we were talking
				return
			}
			defer answer.Body.Close()
			if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("%d bytes of headers are answered with %s", sent, answer.Status)
			}
		})
	}
	w.reviewedAs(w.newPull(f.Before, f.After, "meanwhile"), len(f.Want.Comments))
	group.Wait()
	r := value(http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+b.Addr().String()+"/healthz", nil))(t)
	r.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	if code, _ := answerTo(r); code != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of 64 KiB is answered with %d", code)
	}
	r.Header.Set("X-Long", strings.Repeat("x", 16<<10)) // what a row of proxies may add
	if code, text := answerTo(r); code != http.StatusOK {
		t.Errorf("a header of 16 KiB is answered with %d %s", code, text)
	}
}

// TestManyConnectionsKeepNoDeliveryOut: silent ones, more than are taken at a time, and ones that asked and stay.
func TestManyConnectionsKeepNoDeliveryOut(t *testing.T) {
	f := load(t, "shipper-one-file")
	for name, begin := range map[string]string{
		"silent": "",
		"idle":   "GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n",
		"begun":  post,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, f.Before)
			b := w.run(settings(w.github, t.TempDir()))
			for range 600 {
				value(io.WriteString(dial(t, b.Addr().String()), begin))(t)
			}
			// GitHub waits for ten seconds, and so does the double.
			p := w.newPull(f.Before, f.After, "meanwhile")
			w.reviewedAs(p, len(f.Want.Comments))
			answer := value(http.Get("http://" + b.AdminAddr().String() + "/healthz"))(t)
			answer.Body.Close()
		})
	}
}

// TestConnectionsLeaveFileDescriptors to git and the store, whoever connects and however often.
func TestConnectionsLeaveFileDescriptors(t *testing.T) {
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	server := w.startChild(settings(w.github, t.TempDir()))
	files := fmt.Sprintf("/proc/%d/fd", server.command.Process.Pid)
	before, err := os.ReadDir(files)
	if err != nil {
		t.Skip("the open files of a process can't be read here")
	}
	for range 900 {
		dial(t, server.address)
	}
	w.reviewedAs(w.newPull(f.Before, f.After, "meanwhile"), len(f.Want.Comments))
	for range 900 {
		dial(t, server.address)
	}
	if n := len(value(os.ReadDir(files))(t)) - len(before); n > 700 {
		t.Errorf("1800 connections take %d file descriptors", n)
	}
}

// TestLargeBodiesFillNoMemory sends two hundred bodies of 25 MB at once that nobody signed, to a bot in a process of its own.
func TestLargeBodiesFillNoMemory(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("the memory of a process can't be read here")
	}
	f := load(t, "shipper-one-file")
	w := newWorld(t, f.Before)
	server := w.startChild(settings(w.github, t.TempDir()))
	w.reviewedAs(w.newPull(f.Before, f.After, "first"), len(f.Want.Comments))
	before := peak(t, server.command.Process.Pid)
	var group conc.WaitGroup
	var refused atomic.Int64
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for i := range 200 {
		r := attempt("http://"+server.address+"/webhook", &github.Delivery{Event: "pull_request", GUID: "large"}, "sha256="+strings.Repeat("a", 64))
		r.Body, r.ContentLength = io.NopCloser(io.LimitReader(blanks{}, 25<<20)), 25<<20
		if i%2 == 0 {
			r.ContentLength = -1
		}
		group.Go(func() {
			answer, err := client.Do(r)
			if err != nil { // it hung up while we were talking
				refused.Add(1)
				return
			}
			answer.Body.Close()
			if answer.StatusCode >= http.StatusBadRequest { // on a machine with much else to do, some don't arrive in time
				refused.Add(1)
			}
		})
	}
	w.reviewedAs(w.newPull(f.Before, f.After, "meanwhile"), len(f.Want.Comments))
	group.Wait()
	if n := refused.Load(); n != 200 {
		t.Errorf("%d of 200 were refused", n)
	}
	grown := peak(t, server.command.Process.Pid) - before
	t.Logf("200 bodies of 25 MB took %d MiB at most", grown>>20)
	if grown > 1<<30 { // all at once are 5 GB; the race detector takes several times the 150 MB that it is without
		t.Errorf("they took %d MiB", grown>>20)
	}
	w.reviewedAs(w.newPull(f.Before, f.After, "afterwards"), len(f.Want.Comments))
}

var peakLine = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peak is the most memory that a process had, in bytes.
func peak(t *testing.T, pid int) int {
	t.Helper()
	found := peakLine.FindSubmatch(value(os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)))(t))
	if found == nil {
		t.Fatal("the status of the process does not tell its memory")
	}
	return value(strconv.Atoi(string(found[1])))(t) << 10
}
