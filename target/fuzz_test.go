package target

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{"10.0.0-1.1,3/30", "[fe80::1%x]:80", "::1/64", "host/24", "*.*.*.-", "1.2.3.4:80", "[::1", "a/b/c"} {
		f.Add(s, uint8(0))
	}
	f.Fuzz(func(t *testing.T, text string, mode uint8) {
		e, err := parse(text, family(mode%3))
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x00\x1b") {
				t.Fatalf("error of %q is more than one line of text", text)
			}
			return
		}
		if e.span == nil {
			return
		}
		n := e.span.size()
		if n == 0 {
			t.Fatalf("%q has no address", text)
		}
		for _, i := range []uint64{0, n / 2, n - 1} {
			a := e.span.at(i)
			if !a.IsValid() || i > 0 && !e.span.at(i-1).Less(a) {
				t.Fatalf("%q: address %d is %v after %v", text, i, a, e.span.at(i-1))
			}
		}
	})
}

func FuzzTokens(f *testing.F) {
	f.Add("1.1.1.1 2.2.2.2#x\n3.3.3.3\x00\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		for word, err := range tokens(strings.NewReader(text)) {
			if err == nil && (word == "" || len(word) >= maxToken || strings.ContainsAny(word, " \t\r\n\x00#")) {
				t.Fatalf("%q gives %q", text, word)
			}
		}
	})
}

// FuzzExclusions compares runs and merged ranges with the plain meaning.
func FuzzExclusions(f *testing.F) {
	f.Add("10.0.0-1.*", "0.0.0.0-3/9", uint32(0x0a000105))
	f.Add("*.*.*.1", "1.2.3.4", uint32(0x01020304))
	f.Fuzz(func(t *testing.T, a, b string, probe uint32) {
		var x exclusions
		var products []product
		for _, text := range []string{a, b} {
			host, mask, ok := cutLast(text, '/')
			bits := -1
			if ok {
				if bits, ok = parseBits(mask); !ok {
					continue
				}
			}
			p, ok := parseProduct(host)
			if !ok {
				continue
			}
			x.addProduct(p, bits)
			products = append(products, *p)
		}
		x.merge()
		for _, n := range []uint32{probe, probe + 1, probe | 0xff, probe &^ 0xffff, 0, 0xffffffff} {
			bytes := [4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
			want := slices.ContainsFunc(products, func(p product) bool { return p.contains(bytes) })
			if got := x.contains(netip.AddrFrom4(bytes)); got != want {
				t.Fatalf("%q, %q: %v excluded is %v", a, b, bytes, got)
			}
		}
	})
}

func TestPermutation(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 4, 5, 16, 17, 255, 256, 257, 1000, 65536, 65537} {
		p := newPermutation(n, n*7)
		got := map[uint64]bool{}
		for i := range n {
			v := p.at(i)
			if v >= n || got[v] {
				t.Fatalf("of %d: position %d is %d", n, i, v)
			}
			got[v] = true
		}
	}
	p := newPermutation(1<<64-1, 3)
	if a, b := p.at(0), p.at(1); a == b {
		t.Errorf("two positions are both %d", a)
	}
}
