//go:build !race

package edit

const everyNth = 1
