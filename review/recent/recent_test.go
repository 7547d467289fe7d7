package recent

import (
	"testing"
)

func TestWhatWasUsedLastIsKept(t *testing.T) {
	c := New[string](10, func(s string) int { return len(s) })
	c.Put("a", "aaaa")
	c.Put("b", "bbbb")
	if _, known := c.Get("a"); !known {
		t.Fatal("a is not kept")
	}
	c.Put("c", "cccc") // b was used longest ago
	for key, want := range map[string]bool{"a": true, "b": false, "c": true} {
		if _, known := c.Get(key); known != want {
			t.Errorf("%s: %v", key, known)
		}
	}
	if values, bytes := c.Held(); values != 2 || bytes != 8 {
		t.Errorf("%d values of %d bytes", values, bytes)
	}
}

func TestTheFirstValueOfAKeyStays(t *testing.T) {
	c := New[string](10, func(s string) int { return len(s) })
	c.Put("a", "one")
	c.Put("a", "other")
	if got, _ := c.Get("a"); got != "one" {
		t.Errorf("got %q", got)
	}
	if values, bytes := c.Held(); values != 1 || bytes != 3 {
		t.Errorf("%d values of %d bytes", values, bytes)
	}
}

func TestAValueBeyondTheLimitIsNotKept(t *testing.T) {
	c := New[string](3, func(s string) int { return len(s) })
	c.Put("a", "aa")
	c.Put("b", "bbbb")
	if values, bytes := c.Held(); values != 0 || bytes != 0 {
		t.Errorf("%d values of %d bytes", values, bytes)
	}
}
