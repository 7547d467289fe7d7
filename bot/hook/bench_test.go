package hook_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/podcheck/podcheck/bot/hook"
	"github.com/podcheck/podcheck/bot/queue"
	"github.com/podcheck/podcheck/bot/web"
)

// The budget: at 16 connections, the webhook takes at least nine tenths of what the raw store does in the same run.

const (
	payloadSize = 20 << 10 // GitHub's deliveries of a pull request have about that
	block       = 400      // deliveries between two changes of what is measured
	pullsStored = 10_000
)

// BenchmarkHook measures signed deliveries of 20 KB over HTTP into the synced store beside what that store takes without them, by turns,
// because disks change their mind.
func BenchmarkHook(b *testing.B) {
	for _, connections := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) { measure(b, connections) })
	}
}

func measure(b *testing.B, connections int) {
	q, err := queue.Open(b.Context(), queue.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = q.Close() })
	address := listen(b, q)
	secret := []byte("the benchmark's secret")
	requests := make([][]byte, block)
	for i := range requests {
		requests[i] = wire(b, address, secret, i)
	}
	var lines []*line
	for range connections {
		lines = append(lines, dial(b, address))
	}
	var raw, hooked []time.Duration
	var rawTook, hookTook time.Duration
	for b.Loop() {
		took, each := spread(connections, func(_, i int) error { return q.Put(b.Context(), item(i)) }, b)
		rawTook, raw = rawTook+took, append(raw, each...)
		took, each = spread(connections, func(worker, i int) error { return lines[worker].exchange(requests[i]) }, b)
		hookTook, hooked = hookTook+took, append(hooked, each...)
	}
	n := float64(b.N * block)
	b.ReportMetric(n/rawTook.Seconds(), "raw/s")
	b.ReportMetric(n/hookTook.Seconds(), "hook/s")
	b.ReportMetric(rawTook.Seconds()/hookTook.Seconds(), "hook/raw")
	for name, all := range map[string][]time.Duration{"raw": raw, "hook": hooked} {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Microseconds()), name+"-p50-µs")
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), name+"-p99-µs")
	}
	b.ReportMetric(0, "ns/op")
}

// listen serves the webhook as the bot does.
func listen(b *testing.B, q *queue.Queue) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	serving := pool.New().WithErrors()
	handler := &hook.Handler{Secrets: [][]byte{[]byte("the benchmark's secret")}, Store: q, Log: slog.New(slog.DiscardHandler)}
	serving.Go(func() error {
		return web.Serve(ctx, listener, web.Public(web.NewMetrics().Webhook(handler), nil, q.Ready))
	})
	b.Cleanup(func() {
		stop()
		if err := serving.Wait(); err != nil {
			b.Error(err)
		}
	})
	return listener.Addr().String()
}

func item(n int) queue.Item {
	return queue.Item{Kind: queue.KindPull, Installation: 7, Owner: "octo", Repo: "shop", RepoID: 42, Number: 1 + n%pullsStored,
		HeadSHA: strings.Repeat("a", 40), Delivery: "72d3162e-cc78-11e3-81ab-4c9367dc0958", Reason: "pull_request.synchronize"}
}

// wire is a signed delivery as it comes over the wire.
func wire(b *testing.B, address string, secret []byte, n int) []byte {
	body := fmt.Sprintf(`{"action":"synchronize","installation":{"id":7},"sender":{"login":"mona"},
		"repository":{"id":42,"name":"shop","owner":{"login":"octo"}},"pull_request":{"number":%d,"head":{"sha":"%s"},"body":"%s"}}`,
		1+n%pullsStored, strings.Repeat("a", 40), strings.Repeat("What it is about. ", payloadSize/18))
	r, err := hook.NewRequest(b.Context(), "http://"+address+"/webhook", "pull_request", []byte(body), secret)
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	if err := r.Write(&out); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// line is a connection that is kept, as a proxy keeps it. It costs little, so that what is measured is the server.
type line struct {
	conn   net.Conn
	answer *bufio.Reader
}

func dial(b *testing.B, address string) *line {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	return &line{conn, bufio.NewReader(conn)}
}

func (l *line) exchange(request []byte) error {
	if _, err := l.conn.Write(request); err != nil {
		return err
	}
	answer, err := http.ReadResponse(l.answer, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusAccepted {
		return fmt.Errorf("answered %s", answer.Status)
	}
	return nil
}

// spread does a block of exchanges on so many workers, and tells how long all and each of them took.
func spread(workers int, do func(worker, i int) error, b *testing.B) (time.Duration, []time.Duration) {
	each := make([]time.Duration, block)
	var next atomic.Int64
	began := time.Now()
	p := pool.New().WithErrors()
	for worker := range workers {
		p.Go(func() error {
			for i := next.Add(1) - 1; i < block; i = next.Add(1) - 1 {
				start := time.Now()
				if err := do(worker, int(i)); err != nil {
					return err
				}
				each[i] = time.Since(start)
			}
			return nil
		})
	}
	if err := p.Wait(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began), each
}
