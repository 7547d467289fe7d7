//go:build !race

package review_test

const everyNth = 1
