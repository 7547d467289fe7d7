//go:build linux && !amd64 && !arm64

package engine

const architecture = 0 // no filter is written for it

var forbiddenHere []uint32
