package portspec

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sonde/result"
)

var small = NewTable([]Entry{
	{"http", result.TCP, 80, 0.5},
	{"https", result.TCP, 443, 0.4},
	{"http", result.TCP, 8008, 0.1},
	{"ssh", result.TCP, 22, 0.3},
	{"unknown", result.TCP, 4, 0},
	{"3com-tsmux", result.TCP, 106, 0.1},
	{"http", result.TCP, 591, 0.1},
	{"twice", result.TCP, 80, 0.9},
	{"domain", result.UDP, 53, 0.5},
	{"http", result.UDP, 80, 0.01},
	{"ntp", result.UDP, 123, 0.3},
	{"http", result.SCTP, 80, 0},
	{"icmp", result.IP, 1, 0},
	{"tcp", result.IP, 6, 0},
})

var tcpOnly = []result.Protocol{result.TCP}

func TestParse(t *testing.T) {
	tu := []result.Protocol{result.TCP, result.UDP}
	ip := []result.Protocol{result.IP}
	tests := []struct {
		spec     string
		scanned  []result.Protocol
		want     string // the sets with their prefixes
		warnings int
	}{
		{"22,80", tcpOnly, "T:22,80", 0},
		{"22,80,", tcpOnly, "T:22,80", 0},
		{" 22 , 80 - 90 ", tcpOnly, "T:22,80-90", 0},
		{"80 -90", tcpOnly, "T:80-90", 0},
		{"00022", tcpOnly, "T:22", 0},
		{"-", tcpOnly, "T:1-65535", 0},
		{"0-", tcpOnly, "T:0-65535", 0},
		{"-100", tcpOnly, "T:1-100", 0},
		{"65535", tcpOnly, "T:65535", 0},
		{"0", tcpOnly, "T:0", 0},
		{"22-", tcpOnly, "T:22-65535", 0},
		{"22,22,22,23,23", tcpOnly, "T:22-23", 1},
		{"1-10,5", tcpOnly, "T:1-10", 1},
		{"T:22,80,U:53,9", tu, "T:22,80 U:9,53", 0},
		{"22,U:9", tu, "T:22 U:9,22", 0},
		{"T:U:22", tu, "U:22", 0},
		{"T: 22", tcpOnly, "T:22", 0},
		{"U:53,T:22,U:9", tcpOnly, "T:22 U:9,53", 1},
		{"U:53,P:1,S:80", tcpOnly, "U:53 S:80 P:1", 3},
		{"[U:53],22", tu, "T:22 U:22,53", 0},
		{"T:[U:53],22", tu, "T:22 U:53", 0},
		{"[-100]", tcpOnly, "T:4,22,80", 0},
		{"[-100,http]", tcpOnly, "T:4,22,80,591,8008", 0},
		{"[22,],81", tcpOnly, "T:22,81", 0},
		{"[22", tcpOnly, "T:22", 0},
		{"[1-10],[4]", tcpOnly, "T:4", 1},
		{"80,[80]", tcpOnly, "T:80", 1},
		{"http", tu, "T:80,591,8008 U:80", 0},
		{"hTTp", tcpOnly, "T:80,591,8008", 0},
		{"http*", tcpOnly, "T:80,443,591,8008", 0},
		{"*tp?", tcpOnly, "T:443", 0},
		{"?com*", tcpOnly, "T:106", 0},
		{"unknown", tcpOnly, "T:4", 0},
		{"http,http", tcpOnly, "T:80,591,8008", 0},
		{"http,80", tcpOnly, "T:80,591,8008", 1},
		{"80,http", tcpOnly, "T:80,591,8008", 0},
		{"http , 22", tcpOnly, "T:22,80,591,8008", 0},
		{"*", ip, "P:1,6", 0},
		{"tcp", ip, "P:6", 0},
		{"-", ip, "P:0-255", 0},
		{"-9", ip, "P:0-9", 0},
		{"250-", ip, "P:250-255", 0},
		{"[-]", ip, "P:1,6", 0},
		{"250-300,400", []result.Protocol{result.TCP, result.IP}, "T:250-300,400 P:250-255", 0},
		{"300-", []result.Protocol{result.TCP, result.IP}, "T:300-65535", 0},
		{"T:22,U:53,http*,[1-1024]", tu, "T:22 U:53,80,123", 1},
	}
	for _, tt := range tests {
		ports, warnings, err := Parse(tt.spec, tt.scanned, small)
		if err != nil {
			t.Errorf("%q: %v", tt.spec, err)
			continue
		}
		if got := print(ports); got != tt.want || len(warnings) != tt.warnings {
			t.Errorf("%q = %q, warnings %q; want %q and %d warnings", tt.spec, got, warnings, tt.want, tt.warnings)
		}
	}
}

func print(p Ports) string {
	var words []string
	for i, proto := range protocols {
		if s := p.Of(proto); s.Len() > 0 {
			words = append(words, "TUSP"[i:i+1]+":"+s.String())
		}
	}
	return strings.Join(words, " ")
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ spec, want string }{
		{"", `port list: "": a port, a range or a name is missing here`},
		{",", `port list: ",": a port, a range or a name is missing here`},
		{"22,,80", `port list: ",80": a port, a range or a name is missing here`},
		{"80,,", `port list: ",": a port, a range or a name is missing here`},
		{"T:", `port list: "": a port, a range or a name is missing here`},
		{"[]", `port list: "[]": no ports in it`},
		{"[,]", `port list: ",]": a port, a range or a name is missing here`},
		{"21,80-22,25", `port list: "80-22": the range runs backwards`},
		{"-0", `port list: "-0": the range runs backwards`},
		{"1,65536,2", `port list: "65536": beyond 65535`},
		{"9999999999999999999999-", `port list: "9999999999999999999999-": beyond 65535`},
		{"P:256", `port list: "256": beyond 255`},
		{"22,X:80", `port list: "X:80": unknown prefix; there are T: U: S: and P:`},
		{"t:22", `port list: "t:22": no port of the scanned protocols is called so`},
		{"[1,[2]]", `port list: "[2]]": brackets inside brackets`},
		{"22]", `port list: "]": "]" without "["`},
		{"zzz,22", `port list: "zzz": no port of the scanned protocols is called so`},
		{"?", `port list: "?": no port of the scanned protocols is called so`},
		{"22 80", `port list: "22 80": not a port, a range or a name`},
		{"22x", `port list: "22x": not a port, a range or a name`},
		{"22-25-28,3", `port list: "22-25-28": not a port, a range or a name`},
		{"1--5", `port list: "1--5": not a port, a range or a name`},
		{"[22]80,4", `port list: "[22]80": not a port, a range or a name`},
		{"HTTP", `port list: "HTTP": not a port, a range or a name`},
		{"80,T", `port list: "T": not a port, a range or a name`},
		{"8\n0", `port list: "8\n0": not a port, a range or a name`},
		{"80\x00", `port list: "80\x00": not a port, a range or a name`},
	}
	for _, tt := range tests {
		ports, _, err := Parse(tt.spec, tcpOnly, small)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || err.Error() != tt.want {
			t.Errorf("%q = %q, error %v; want %s", tt.spec, print(ports), err, tt.want)
		}
	}
}

func TestPortsWithout(t *testing.T) {
	p := Ports{UDP: Of(53)}
	if got := p.Without([]result.Protocol{result.TCP, result.UDP, result.SCTP}); !slices.Equal(got, []result.Protocol{result.TCP, result.SCTP}) {
		t.Errorf("Without = %v", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"22,80-90,", "T:22,U:53,http*,[1-1024]", "[-100", "P:-", "?*,[T:1,]", "1--2", " 1 - 2 ,]"} {
		f.Add(s, uint8(3))
	}
	f.Fuzz(func(t *testing.T, spec string, which uint8) {
		var scanned []result.Protocol
		for _, p := range protocols {
			if which&(1<<p) != 0 {
				scanned = append(scanned, p)
			}
		}
		ports, _, err := Parse(spec, scanned, small)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x00\x1b") {
				t.Fatalf("error of %q is more than one line of text", spec)
			}
			return
		}
		for _, p := range protocols { // what was chosen says itself again
			s := ports.Of(p)
			if s.Len() == 0 {
				continue
			}
			again, warnings, err := Parse("TUSP"[p:p+1]+":"+s.String(), []result.Protocol{p}, nil)
			if err != nil || len(warnings) > 0 || !again.Of(p).Equal(s) {
				t.Fatalf("%q gave %v, which reads as %v, %q, %v", spec, s, again.Of(p), warnings, err)
			}
		}
	})
}
