//go:build !race

package roots

// raced is explained beside its other value.
const raced = false
