//go:build race

package edit

// everyNth of the generated and real files is tried: the race detector makes each some eight times as slow.
const everyNth = 16
