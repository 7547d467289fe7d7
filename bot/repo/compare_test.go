package repo

import (
	"testing"
)

func FuzzParseRaw(f *testing.F) {
	a, b := "a8926a52d8dcba5c4386945476ab6a2ad008afd4", "c648d9591507436bdafcc658718c90c2dec89a0e"
	f.Add([]byte(":100644 100644 " + a + " " + b + " M\x00a.yaml\x00\x00diff --git a/a.yaml b/a.yaml\n"))
	f.Add([]byte(":100644 100755 " + a + " " + a + " R100\x00old\nname\x00new\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		changes, _, err := parseRaw(data)
		for _, c := range changes {
			if err == nil && c.OID.check() != nil && c.OldOID.check() != nil {
				t.Fatalf("a change without an object: %+v", c)
			}
		}
	})
}
