package engine

import (
	"strings"
	"text/template"
	"time"
)

// keyPair is what Helm's functions for certificates return.
type keyPair struct{ Cert, Key string }

// settled replaces the functions of templates whose result is random, the time of day, or slow on purpose: two builds of one commit
// are to be equal, and what these give is nothing that a manifest shows.
func settled() template.FuncMap {
	text := func(count int) string { return strings.Repeat("x", min(max(count, 0), 1<<16)) }
	digits := func(count int) string { return strings.Repeat("1", min(max(count, 0), 1<<16)) }
	pair := func(...any) keyPair {
		return keyPair{"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"}
	}
	same := func(s string) string { return s }
	return template.FuncMap{
		"randAlphaNum": text, "randAlpha": text, "randAscii": text, "randNumeric": digits, "randBytes": text,
		"randInt": func(low, _ int) int { return low },
		"shuffle": same,
		"uuidv4":  func() string { return "00000000-0000-4000-8000-000000000000" },
		"now":     func() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"ago":     func(any) string { return "0s" },
		"bcrypt":  func(any) string { return "$2a$10$" + text(53) },
		"htpasswd": func(user, _ string) string {
			return user + ":$2a$10$" + text(53)
		},
		"derivePassword": func(...any) string { return text(20) },
		"encryptAES":     func(...any) string { return text(44) },
		"genPrivateKey":  func(any) string { return pair().Key },
		"genCA":          pair, "genCAWithKey": pair,
		"genSelfSignedCert": pair, "genSelfSignedCertWithKey": pair,
		"genSignedCert": pair, "genSignedCertWithKey": pair,
		"getHostByName": func(string) string { return "" },
	}
}
