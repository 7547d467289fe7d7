//go:build race

package roots

// raced says that the race detector is on, which makes what is about bounds take half a minute.
const raced = true
