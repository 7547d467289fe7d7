package load

import (
	"container/list"
	"sync"

	"github.com/podcheck/podcheck/bot/repo"
	"github.com/podcheck/podcheck/rules/manifest"
)

// key names a parsed file. The path is part of it because spans and problems carry it.
type key struct {
	id   repo.OID
	path string
}

// overhead is what an entry costs beside its source, so that empty files count too.
const overhead = 256

// cache keeps the files used last, up to a number of bytes.
type cache struct {
	mu      sync.Mutex
	limit   int
	size    int
	order   *list.List // of *entry, used last in front
	entries map[key]*list.Element
}

type entry struct {
	key  key
	file *manifest.File
}

func (e *entry) size() int { return len(e.file.Data) + overhead }

func newCache(limit int) *cache {
	return &cache{limit: limit, order: list.New(), entries: map[key]*list.Element{}}
}

func (c *cache) get(k key) *manifest.File {
	c.mu.Lock()
	defer c.mu.Unlock()
	element := c.entries[k]
	if element == nil {
		return nil
	}
	c.order.MoveToFront(element)
	return element.Value.(*entry).file
}

func (c *cache) put(k key, file *manifest.File) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element := c.entries[k]; element != nil { // another review was as fast
		c.order.MoveToFront(element)
		return
	}
	added := &entry{k, file}
	c.entries[k] = c.order.PushFront(added)
	c.size += added.size()
	for c.size > c.limit {
		oldest := c.order.Remove(c.order.Back()).(*entry)
		delete(c.entries, oldest.key)
		c.size -= oldest.size()
	}
}
