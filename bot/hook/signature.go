package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"regexp"
	"strings"
)

const (
	signatureHeader = "X-Hub-Signature-256"
	signaturePrefix = "sha256="
)

// signature is the HMAC-SHA-256 that a delivery claims.
type signature []byte

// parseSignature reads the one header that counts. The SHA-1 header beside it is ignored.
func parseSignature(header http.Header) (signature, error) {
	value, ok := strings.CutPrefix(header.Get(signatureHeader), signaturePrefix)
	if !ok {
		return nil, errors.New("the delivery has no " + signatureHeader + " header with a SHA-256 signature")
	}
	mac, err := hex.DecodeString(value)
	if err != nil || len(mac) != sha256.Size {
		return nil, errors.New("the " + signatureHeader + " header is not a SHA-256 signature")
	}
	return mac, nil
}

// by reports in constant time whether one of the secrets made the signature. An empty secret makes none.
func (s signature) by(body []byte, secrets [][]byte) bool {
	found := false
	for _, secret := range secrets {
		if len(secret) == 0 {
			continue
		}
		mac := hmac.New(sha256.New, secret)
		mac.Write(body)
		found = hmac.Equal(mac.Sum(nil), s) || found
	}
	return found
}

var plainHeader = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// plain keeps foreign bytes of a header out of the log and the queue.
func plain(header string) string {
	if !plainHeader.MatchString(header) {
		return ""
	}
	return header
}
