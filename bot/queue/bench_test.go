package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
)

// The budget: with 16 connections, storing an item costs at most a tenth more than the bare store takes.
// Run with -cpu 1 and compare the two.

const connections = 16

func BenchmarkStorePublish(b *testing.B) {
	q := openDir(b, Options{})
	data, err := json.Marshal(pull(1, "72d3162e-cc78-11e3-81ab-4c9367dc0958"))
	if err != nil {
		b.Fatal(err)
	}
	parallel(b, func(n int) error {
		_, err := q.js.Publish(b.Context(), pull(n, "").Subject(), data)
		return err
	})
}

func BenchmarkPut(b *testing.B) {
	q := openDir(b, Options{})
	parallel(b, func(n int) error {
		return q.Put(b.Context(), pull(n, "72d3162e-cc78-11e3-81ab-4c9367dc0958"))
	})
}

func BenchmarkFence(b *testing.B) {
	q := openDir(b, Options{})
	put(b, q, pull(1, "a"))
	lease, err := q.acquire(b.Context(), pull(1, "a"), 1)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := lease.Fence(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func parallel(b *testing.B, put func(n int) error) {
	b.SetParallelism(connections)
	var count atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := put(int(count.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkWork carries stored items through eight workers that have nothing to do.
func BenchmarkWork(b *testing.B) {
	for _, installations := range []int{1, 100} {
		b.Run(fmt.Sprintf("installations=%d", installations), func(b *testing.B) {
			q := openDir(b, Options{})
			for n := range b.N {
				item := pull(n+1, "")
				item.Installation = int64(1 + n%installations)
				put(b, q, item)
			}
			ctx, stop := context.WithCancel(b.Context())
			var done atomic.Int64
			b.ResetTimer()
			err := q.Work(ctx, 8, func(context.Context, Job) error {
				if done.Add(1) == int64(b.N) {
					stop()
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}
