// Package recent keeps what was used last, up to a number of bytes. It imports nothing of Podcheck.
package recent

import (
	"container/list"
	"sync"
)

// Cache keeps values by key. It is safe for concurrent use.
type Cache[K comparable, V any] struct {
	size func(V) int // bytes that a value costs

	mu      sync.Mutex
	limit   int
	total   int
	order   *list.List // of *entry[K, V], used last in front
	entries map[K]*list.Element
}

type entry[K comparable, V any] struct {
	key   K
	value V
	size  int
}

// New returns a Cache of at most so many bytes, as size counts them.
func New[K comparable, V any](limit int, size func(V) int) *Cache[K, V] {
	return &Cache[K, V]{size: size, limit: limit, order: list.New(), entries: map[K]*list.Element{}}
}

// Get returns a value, and whether it is there.
func (c *Cache[K, V]) Get(key K) (value V, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element := c.entries[key]
	if element == nil {
		return value, false
	}
	c.order.MoveToFront(element)
	return element.Value.(*entry[K, V]).value, true
}

// Put keeps a value, unless its key has one: then somebody else was as fast.
func (c *Cache[K, V]) Put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element := c.entries[key]; element != nil {
		c.order.MoveToFront(element)
		return
	}
	added := &entry[K, V]{key, value, c.size(value)}
	c.entries[key] = c.order.PushFront(added)
	c.total += added.size
	for c.total > c.limit {
		oldest := c.order.Remove(c.order.Back()).(*entry[K, V])
		delete(c.entries, oldest.key)
		c.total -= oldest.size
	}
}

// Held returns how many values are kept and what they cost.
func (c *Cache[K, V]) Held() (values, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.entries), c.total
}
