//go:build race

package review_test

// everyNth of the cases are tried: the race detector makes each some six times as slow.
const everyNth = 4
