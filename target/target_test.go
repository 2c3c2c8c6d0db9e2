package target

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// names is a resolver that knows what it is told.
type names map[string]string

func (n names) LookupHost(_ context.Context, name string) ([]netip.Addr, error) {
	var addrs []netip.Addr
	for _, s := range strings.Fields(n[name]) {
		addrs = append(addrs, netip.MustParseAddr(s))
	}
	if addrs == nil {
		return nil, errors.New("no such name")
	}
	return addrs, nil
}

var someNames = names{
	"localhost": "127.0.0.1",
	"127.0.1":   "127.0.0.1",
	"two":       "192.0.2.1 192.0.2.2",
	"both":      "2001:db8::1 192.0.2.1 192.0.2.2 2001:db8::2",
	"six":       "2001:db8::6",
	"dup":       "192.0.2.1 192.0.2.1",
}

// walked is what a sequence yields, one word for each target or fault: the
// address, "=name" if it has one, ":port" if it has one, "+N" for N others;
// faults are "!", and "?" if not invalid.
func walked(t *testing.T, opt Options) string {
	t.Helper()
	if opt.Resolver == nil {
		opt.Resolver = someNames
	}
	s, err := New(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for target, err := range s.All(t.Context()) {
		var fault *SpecError
		switch {
		case errors.As(err, &fault) && fault.Invalid:
			words = append(words, "!")
		case errors.As(err, &fault):
			words = append(words, "?")
		case err != nil:
			words = append(words, "fatal")
		default:
			words = append(words, show(target))
		}
		if len(words) == 20 {
			words = append(words, "…")
			break
		}
	}
	return strings.Join(words, " ")
}

func show(t Target) string {
	word := t.Addr.String()
	if t.Name != "" {
		word += "=" + t.Name
	}
	if t.Port != 0 {
		word += fmt.Sprintf(":%d", t.Port)
	}
	if len(t.Other) > 0 {
		word += fmt.Sprintf("+%d", len(t.Other))
	}
	return word
}

func TestExpressions(t *testing.T) {
	tests := []struct{ spec, both, four, six string }{
		{"127.0.0.1", "127.0.0.1", "127.0.0.1", "?"},
		{"127.0.0.01", "127.0.0.1", "127.0.0.1", "?"},
		{"127.0.0.-2", "127.0.0.0 127.0.0.1 127.0.0.2", "", ""},
		{"127.0.0.254-", "127.0.0.254 127.0.0.255", "", ""},
		{"127.0.0.3,1", "127.0.0.1 127.0.0.3", "", ""},
		{"127.0.0.1,1,1", "127.0.0.1", "", ""},
		{"127.0.0-1.1,3-4", "127.0.0.1 127.0.0.3 127.0.0.4 127.0.1.1 127.0.1.3 127.0.1.4", "", ""},
		{"-1.2.3.4", "0.2.3.4 1.2.3.4", "", ""},
		{"1-2,9.0.0.7", "1.0.0.7 2.0.0.7 9.0.0.7", "", ""},
		{"10.0.0.6/30", "10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7", "", "?"},
		{"127.0.0.5-5/31", "127.0.0.4 127.0.0.5", "", ""},
		{"10.0.0-1.7/30", "10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.1.4 10.0.1.5 10.0.1.6 10.0.1.7", "", ""},
		{"1.2.3.4/33", "1.2.3.4", "1.2.3.4", "?"},
		{"1.2.3.4/99999999999999999999", "1.2.3.4", "", ""},
		{"1.2.3.4/abc", "!", "!", "!"},
		{"1.2.3.4/-1", "!", "!", "!"},
		{"1.2.3.4/+30", "!", "!", "!"},
		{"1.2.3.4/", "!", "!", "!"},
		{"10.0.0.256", "?", "?", "?"},
		{"10.0.5-1.1", "?", "?", "?"},
		{"10.0.0.*,1", "?", "?", "?"},
		{"127.0.0.1,", "?", "?", "?"},
		{"127.0.0.0--2", "?", "?", "?"},
		{"127.0.0.1-2-3", "?", "?", "?"},
		{"127.0.0.1/32/31", "?", "?", "?"},
		{"1.2.3.4.5", "?", "?", "?"},
		{"127.0.1", "127.0.0.1=127.0.1", "127.0.0.1=127.0.1", "?"},
		{"", "?", "?", "?"},
		{"/24", "?", "?", "?"},
		{"::1", "::1", "!", "::1"},
		{"::1/126", ":: ::1 ::2 ::3", "!", ":: ::1 ::2 ::3"},
		{"::1/129", "::1", "!", "::1"},
		{"fe80::1%eth0/127", "fe80::%eth0 fe80::1%eth0", "!", "fe80::%eth0 fe80::1%eth0"},
		{"::1:80", "::1:80", "!", "::1:80"},
		{"[::1]", "::1", "!", "::1"},
		{"[::1]:80", "::1:80", "!", "::1:80"},
		{"[::1]:0", "!", "!", "!"},
		{"[::1]/127", ":: ::1", "!", ":: ::1"},
		{"[::1", "!", "!", "!"},
		{"[localhost]", "!", "!", "!"},
		{"[127.0.0.1]:80", "!", "!", "!"},
		{"127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1:8080", "?"},
		{"127.0.0.1-2:8080", "127.0.0.1:8080 127.0.0.2:8080", "", ""},
		{"127.0.0.1:65536", "!", "!", "!"},
		{"127.0.0.1:0", "!", "!", "!"},
		{"127.0.0.0:80/24", "!", "!", "!"},
		{"127.0.0.0/24:80", "!", "!", "!"},
		{"localhost:22", "127.0.0.1=localhost:22", "", ""},
		{"localhost:http", "?", "?", "?"},
		{"localhost", "127.0.0.1=localhost", "127.0.0.1=localhost", "?"},
		{"localhost/31", "127.0.0.0 127.0.0.1=localhost", "", ""},
		{"two", "192.0.2.1=two+1", "192.0.2.1=two+1", "?"},
		{"two/31", "192.0.2.0 192.0.2.1=two+1", "", ""},
		{"both", "192.0.2.1=both+3", "192.0.2.1=both+3", "2001:db8::1=both+3"},
		{"six", "2001:db8::6=six", "?", "2001:db8::6=six"},
		{"six/127", "2001:db8::6=six 2001:db8::7", "?", ""},
		{"dup", "192.0.2.1=dup", "", ""},
		{"nowhere", "?", "?", "?"},
	}
	for _, tt := range tests {
		specs := []string{tt.spec}
		if got := walked(t, Options{Specs: specs}); got != tt.both {
			t.Errorf("%q = %q, want %q", tt.spec, got, tt.both)
		}
		if got := walked(t, Options{Specs: specs, IPv4Only: true}); tt.four != "" && got != tt.four {
			t.Errorf("-4 %q = %q, want %q", tt.spec, got, tt.four)
		}
		if got := walked(t, Options{Specs: specs, IPv6Only: true}); tt.six != "" && got != tt.six {
			t.Errorf("-6 %q = %q, want %q", tt.spec, got, tt.six)
		}
	}
}

func TestOptions(t *testing.T) {
	list := func(s string) []io.Reader { return []io.Reader{strings.NewReader(s)} }
	tests := []struct {
		name string
		opt  Options
		want string
	}{
		{"both families in one run, faults between", Options{Specs: []string{"1.1.1.1", "1.1.1.1/x", "::1", "nowhere", "2.2.2.2"}}, "1.1.1.1 ! ::1 ? 2.2.2.2"},
		{"twice is twice", Options{Specs: []string{"1.1.1.1", "1.1.1.1"}}, "1.1.1.1 1.1.1.1"},
		{"unique", Options{Specs: []string{"1.1.1.0/31", "1.1.1.1-2", "::1", "::1", "two", "192.0.2.1"}, Unique: true}, "1.1.1.0 1.1.1.1 1.1.1.2 ::1 192.0.2.1=two+1"},
		{"resolve all", Options{Specs: []string{"both"}, ResolveAll: true}, "192.0.2.1=both 192.0.2.2=both 2001:db8::1=both 2001:db8::2=both"},
		{"resolve all of IPv4", Options{Specs: []string{"both"}, ResolveAll: true, IPv4Only: true}, "192.0.2.1=both+2 192.0.2.2=both+2"},
		{"resolve all of IPv6", Options{Specs: []string{"both"}, ResolveAll: true, IPv6Only: true}, "2001:db8::1=both+2 2001:db8::2=both+2"},
		{"list", Options{Specs: []string{"9.9.9.9"}, Lists: list("1.1.1.1 2.2.2.2\t3.3.3.3\r\n4.4.4.4#5.5.5.5 6.6.6.6\n# 7.7.7.7\n\n8.8.8.8\x00::1")},
			"9.9.9.9 1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4 8.8.8.8 ::1"},
		{"entry too long", Options{Lists: list("1.1.1.1 " + strings.Repeat("x", 1024) + " 2.2.2.2")}, "1.1.1.1 fatal"},
		{"entry just short enough", Options{Lists: list(strings.Repeat("x", 1023) + " 2.2.2.2")}, "? 2.2.2.2"},
		{"long comment", Options{Lists: list("1.1.1.1 #" + strings.Repeat("x", 5000) + "\n2.2.2.2")}, "1.1.1.1 2.2.2.2"},
		{"exclude", Options{Specs: []string{"10.0.0.0/29"}, Exclude: []string{"10.0.0.1,10.0.0.4/31"}, ExcludeLists: list("10.0.0.7 # 10.0.0.0")}, "10.0.0.0 10.0.0.2 10.0.0.3 10.0.0.6"},
		{"exclude octets", Options{Specs: []string{"10.0.0-1.0-2"}, Exclude: []string{"*.*.*.1"}}, "10.0.0.0 10.0.0.2 10.0.1.0 10.0.1.2"},
		{"exclude octets under a mask", Options{Specs: []string{"10.0.0.0/29"}, Exclude: []string{"*.*.*.1/31"}}, "10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7"},
		{"exclude a name", Options{Specs: []string{"192.0.2.0/30", "2001:db8::/127"}, Exclude: []string{"both"}}, "192.0.2.0 192.0.2.3 2001:db8::"},
		{"exclude a name's IPv4", Options{Specs: []string{"192.0.2.0/30"}, Exclude: []string{"both"}, IPv4Only: true}, "192.0.2.0 192.0.2.3"},
		{"exclude IPv6 of any zone", Options{Specs: []string{"fe80::1%eth0", "fe81::"}, Exclude: []string{"fe80::/16"}}, "fe81::"},
		{"exclude all", Options{Specs: []string{"10.0.0.0/29", "::1"}, Exclude: []string{"0.0.0.0/0"}}, "::1"},
		{"random bounds the rest", Options{Specs: []string{"10.0.0.0/29"}, Random: 2}, "10.0.0.0 10.0.0.1"},
		{"skip within a network", Options{Specs: []string{"10.0.0.0/29", "1.1.1.1"}, Skip: 6}, "10.0.0.6 10.0.0.7 1.1.1.1"},
		{"skip over networks, names, faults", Options{Specs: []string{"10.0.0.0/29", "x/y", "nowhere", "two", "1.1.1.1"}, Skip: 9}, "192.0.2.1=two+1 1.1.1.1"},
		{"skip counts the excluded", Options{Specs: []string{"10.0.0.0/29"}, Exclude: []string{"10.0.0.0-3"}, Skip: 5}, "10.0.0.5 10.0.0.6 10.0.0.7"},
		{"skip with unique", Options{Specs: []string{"10.0.0.0/31", "10.0.0.1-2"}, Unique: true, Skip: 2}, "10.0.0.2"},
		{"skip beyond the end", Options{Specs: []string{"10.0.0.0/29"}, Skip: math.MaxUint64}, ""},
		{"nothing", Options{}, ""},
	}
	for _, tt := range tests {
		if got := walked(t, tt.opt); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestHugeStartsAtOnce(t *testing.T) {
	for spec, want := range map[string]string{
		"0.0.0.0/0":        "0.0.0.0 0.0.0.1",
		"*.*.*.1-254":      "0.0.0.1 0.0.0.2",
		"10.0.0.0/8":       "10.0.0.0 10.0.0.1",
		"2001:db8::/32":    "2001:db8:: 2001:db8::1",
		"::/0":             ":: ::1",
		"6.6.6.6/1":        "0.0.0.0 0.0.0.1",
		"localhost/0":      "0.0.0.0 0.0.0.1",
		"fe80::ffff%x/113": "fe80::8000%x fe80::8001%x",
	} {
		for _, unique := range []bool{false, true} {
			if got := walked(t, Options{Specs: []string{spec}, Unique: unique}); !strings.HasPrefix(got, want+" ") {
				t.Errorf("%s begins with %q, want %s", spec, got, want)
			}
		}
	}
}

func TestSkipReachesTheEndOfHuge(t *testing.T) {
	opt := Options{Specs: []string{"0.0.0.0/0", "1.1.1.1"}, Skip: 1<<32 - 2}
	if got := walked(t, opt); got != "255.255.255.254 255.255.255.255 1.1.1.1" {
		t.Errorf("got %q", got)
	}
}

func TestWalkingCostsNoMemory(t *testing.T) {
	for _, opt := range []Options{
		{Specs: []string{"10.0.0.0/8"}},
		{Specs: []string{"10.*.*.1-254"}, Exclude: []string{"*.*.*.7,10.3.0.0/16"}},
		{Specs: []string{"0.0.0.0/0"}, Shuffle: true, Seed: 7},
		{Random: 2_000_000},
	} {
		s, err := New(t.Context(), opt)
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n := 0
		for range s.All(t.Context()) {
			if n++; n == 1_000_000 {
				break
			}
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 64<<10 {
			t.Errorf("%v: %d bytes allocated for %d targets", opt.Specs, used, n)
		}
	}
}

func TestShuffleIsAPermutation(t *testing.T) {
	specs := []string{"10.0.0.0/24", "two", "1.2.3.4", "x/y", "20.0.0-1.1,3,5", "2001:db8::/122"}
	collect := func(opt Options) (keys []string) {
		opt.Specs, opt.Resolver = specs, someNames
		s, err := New(t.Context(), opt)
		if err != nil {
			t.Fatal(err)
		}
		index := opt.Skip
		for target, err := range s.All(t.Context()) {
			if err != nil {
				continue
			}
			if target.Index != index {
				t.Fatalf("%v has index %d after %d targets", target.Addr, target.Index, index)
			}
			index++
			keys = append(keys, show(target))
		}
		return keys
	}
	plain := collect(Options{})
	one, again, two := collect(Options{Shuffle: true, Seed: 1}), collect(Options{Shuffle: true, Seed: 1}), collect(Options{Shuffle: true, Seed: 2})
	if !slices.Equal(one, again) {
		t.Error("the same seed gives another order")
	}
	if slices.Equal(one, two) || slices.Equal(one, plain) {
		t.Error("the order does not depend on the seed")
	}
	if got := collect(Options{Shuffle: true, Seed: 1, Skip: 100}); !slices.Equal(got, one[100:]) {
		t.Error("skipping 100 targets is not the rest of the sequence")
	}
	slices.Sort(plain)
	slices.Sort(one)
	if !slices.Equal(plain, one) {
		t.Errorf("shuffled: %v\nplain: %v", one, plain)
	}
}

func TestRandom(t *testing.T) {
	s, err := New(t.Context(), Options{Random: -1, Seed: 42, Exclude: []string{"0.0.0.0/1"}})
	if err != nil {
		t.Fatal(err)
	}
	var blocks []netip.Prefix
	for _, text := range append(reserved[:], "0.0.0.0/1") {
		blocks = append(blocks, netip.MustParsePrefix(text))
	}
	seen := map[netip.Addr]bool{}
	for target := range s.All(t.Context()) {
		if seen[target.Addr] {
			t.Fatalf("%v came twice", target.Addr)
		}
		seen[target.Addr] = true
		for _, b := range blocks {
			if b.Contains(target.Addr) {
				t.Fatalf("%v is in %v", target.Addr, b)
			}
		}
		if len(seen) == 50_000 {
			break
		}
	}
	if len(seen) != 50_000 {
		t.Errorf("only %d addresses", len(seen))
	}
}

func TestPublicCoversAllButReserved(t *testing.T) {
	p := newPublic()
	want := uint64(1) << 32
	for _, text := range reserved {
		want -= 1 << (32 - netip.MustParsePrefix(text).Bits())
	}
	if p.size() != want {
		t.Errorf("%d public addresses, want %d", p.size(), want)
	}
	if first, last := p.at(0), p.at(p.size()-1); first.String() != "1.0.0.0" || last.String() != "223.255.255.255" {
		t.Errorf("public addresses go from %v to %v", first, last)
	}
}

func TestExclusionErrors(t *testing.T) {
	tests := []struct {
		opt  Options
		want string
	}{
		{Options{Exclude: []string{"1.1.1.1,nowhere"}}, `exclude: Error resolving name "nowhere": no such name`},
		{Options{Exclude: []string{"1.1.1.1,,2.2.2.2"}}, `exclude: Error resolving name "": the name is empty`},
		{Options{Exclude: []string{"six"}, IPv4Only: true}, `exclude: Error resolving name "six": it has no address of the family scanned`},
		{Options{Exclude: []string{"1.1.1.1/x"}}, `exclude target "1.1.1.1/x": the part behind the slash is not a number of bits`},
		{Options{Exclude: []string{"1.1.1.1:80"}}, `exclude target "1.1.1.1:80": a port cannot be excluded here`},
		{Options{ExcludeLists: []io.Reader{strings.NewReader("nowhere")}}, `list of exclusions: exclude: Error resolving name "nowhere": no such name`},
		{Options{Random: 1, IPv6Only: true}, `random targets are of IPv4 only`},
	}
	for _, tt := range tests {
		tt.opt.Resolver = someNames
		if _, err := New(t.Context(), tt.opt); err == nil || err.Error() != tt.want {
			t.Errorf("%v: error %v, want %s", tt.opt.Exclude, err, tt.want)
		}
	}
}

func TestWarnings(t *testing.T) {
	var got []string
	walked(t, Options{Specs: []string{"1.2.3.4/33", "two", "localhost", "::1/129", "six/127"}, Warn: func(s string) { got = append(got, s) }})
	want := []string{`target "1.2.3.4/33": an IPv4 network has at most 32 bits; one address is taken`, "two has 2 addresses; 192.0.2.1 is used"}
	if !slices.Equal(got, want) {
		t.Errorf("warnings are %q", got)
	}
}

func TestSpecErrorsTellWhy(t *testing.T) {
	s, err := New(t.Context(), Options{Specs: []string{"six", "nowhere"}, IPv4Only: true, Resolver: someNames})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`target "six": cannot resolve "six": it has only IPv6 addresses; use -6`, `target "nowhere": cannot resolve "nowhere": no such name`}
	for _, err := range s.All(t.Context()) {
		if len(want) == 0 || err == nil || err.Error() != want[0] {
			t.Fatalf("error %v, want %q", err, want)
		}
		want = want[1:]
	}
}

func TestCancelEndsTheSequence(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, err := New(ctx, Options{Specs: []string{"0.0.0.0/0"}})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range s.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			cancel()
		}
	}
	if n != 3 {
		t.Errorf("%d targets, 3 before the end", n)
	}
}

// TestListIsReadLazily holds that targets flow while the list is still written.
func TestListIsReadLazily(t *testing.T) {
	r, w := io.Pipe()
	s, err := New(t.Context(), Options{Lists: []io.Reader{r}})
	if err != nil {
		t.Fatal(err)
	}
	wrote := make(chan struct{})
	t.Cleanup(func() { <-wrote }) // after the test's context is done
	go func() {
		defer close(wrote)
		fmt.Fprintln(w, "1.1.1.1")
		<-t.Context().Done() // never closed by the writer
	}()
	for target := range s.All(t.Context()) {
		if target.Addr.String() != "1.1.1.1" {
			t.Errorf("first target is %v", target.Addr)
		}
		break
	}
}

func TestExclusionsAreMerged(t *testing.T) {
	var x exclusions
	for i := range 1000 {
		x.addNetwork(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 32)
	}
	x.addNetwork(netip.MustParseAddr("2001:db8::"), 32)
	x.addNetwork(netip.MustParseAddr("2001:db9::"), 32)
	x.addNetwork(netip.MustParseAddr("::"), 0)
	x.merge()
	if len(x.ranges) != 1 {
		t.Errorf("%d ranges: %v", len(x.ranges), x.ranges)
	}
}

func BenchmarkWalk(b *testing.B) {
	for name, opt := range map[string]Options{
		"ascending": {Specs: []string{"0.0.0.0/0"}, Exclude: []string{"224.0.0.0/4,240.0.0.0/4"}},
		"shuffled":  {Specs: []string{"0.0.0.0/0"}, Shuffle: true},
		"octets":    {Specs: []string{"*.*.*.1-254"}},
		"random":    {Random: -1},
	} {
		b.Run(name, func(b *testing.B) {
			s, err := New(context.Background(), opt)
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			for range s.All(context.Background()) {
				if n++; n == b.N {
					break
				}
			}
		})
	}
}
