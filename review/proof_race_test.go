//go:build race

package review_test

// everyNth of the cases is tried: the race detector makes each some six times as slow. A style
// without a fix is no fault in such a sample.
const everyNth = 15
