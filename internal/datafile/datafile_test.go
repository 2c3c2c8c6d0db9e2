package datafile

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"sonde/portspec"
	"sonde/result"
)

func TestReadServices(t *testing.T) {
	const file = "# comment 9/tcp 0.5\n" +
		"\t # 10/tcp 0.5\n" +
		"http 80/tcp 0.484143\t# World Wide Web\r\n" +
		"first 80/TCP 0.9\n" +
		"half 1/udp 1/2\n" +
		"odd 2/udp 0.5abc\n" +
		"alias 3/udp alias1 alias2\n" +
		"int 4/udp 1\n" +
		"z#z 5/Sctp 5/5\n" +
		"none 6/udp\n" +
		"over 65536/tcp 0.5\n" +
		"neg -1/tcp 0.5\n" +
		"dccp 5/dccp 0.5\n" +
		"7/tcp 0.5\n" +
		"word\n" +
		"comma 7/tcp,udp 0.5\n" +
		"last 65535/tcp 0/3"
	table, err := ReadServices("s", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	want := []portspec.Entry{
		{Name: "http", Protocol: result.TCP, Port: 80, Ratio: 0.484143},
		{Name: "half", Protocol: result.UDP, Port: 1, Ratio: 0.5},
		{Name: "odd", Protocol: result.UDP, Port: 2, Ratio: 0.5},
		{Name: "alias", Protocol: result.UDP, Port: 3},
		{Name: "int", Protocol: result.UDP, Port: 4},
		{Name: "z#z", Protocol: result.SCTP, Port: 5, Ratio: 1},
		{Name: "none", Protocol: result.UDP, Port: 6},
		{Name: "last", Protocol: result.TCP, Port: 65535},
	}
	if got := slices.Collect(table.Entries()); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestReadProtocols(t *testing.T) {
	table, warnings, err := ReadProtocols("p", strings.NewReader("tcp 6 TCP # six\nudp 17#x\nbad\nbig 256\ntcp6 6\n# no\nx 7y\n"))
	if err != nil {
		t.Fatal(err)
	}
	if table.Name(result.IP, 6) != "tcp" || table.Name(result.IP, 17) != "udp" || table.Listed(result.IP).Len() != 2 {
		t.Errorf("entries are %v", slices.Collect(table.Entries()))
	}
	want := []string{"p:3: not a name and a number up to 255", "p:4: not a name and a number up to 255", "p:7: not a name and a number up to 255"}
	if !slices.Equal(warnings, want) {
		t.Errorf("warnings are %q", warnings)
	}
}

func TestReadRPC(t *testing.T) {
	programs, err := ReadRPC("r", strings.NewReader("rpcbind 100000 portmap sunrpc\n\n# c\nlast 4294967295#c\n"))
	if want := []Program{{"rpcbind", 100000}, {"last", 4294967295}}; err != nil || !slices.Equal(programs, want) {
		t.Errorf("got %v, %v", programs, err)
	}
}

func TestReadVendors(t *testing.T) {
	v, err := ReadVendors("m", strings.NewReader("# c\n000000 Xerox\n000000 Second\n08002b9 Seven  Digits\n08002B Digital\n08002b912 Nine\n"))
	if err != nil || v.Len() != 4 {
		t.Fatalf("%d prefixes, %v", v.Len(), err)
	}
	for mac, want := range map[[6]byte]string{
		{0, 0, 0, 1, 2, 3}:                   "Xerox",
		{0x08, 0x00, 0x2b, 0x11, 0x22, 0x33}: "Digital",
		{0x08, 0x00, 0x2b, 0x98, 0x22, 0x33}: "Seven  Digits",
		{0x08, 0x00, 0x2b, 0x91, 0x2f, 0x33}: "Nine",
		{0xff}:                               "",
	} {
		if got := v.Name(mac); got != want {
			t.Errorf("vendor of %x is %q, want %q", mac, got, want)
		}
	}
	if (*Vendors)(nil).Name([6]byte{}) != "" || (*Vendors)(nil).Len() != 0 {
		t.Error("no table has a vendor")
	}
}

func TestReadPayloads(t *testing.T) {
	const file = `# comment "x"
udp 7,9-10 "a\x00\xfF" "b"  # comment "y"
  # comment
  "\a\b\f\n\r\t\v\0\\\"\'\?" source 500
tcp 7 "not this"
foo 7 "passed over"
udp 7"two""" udp 65535
"last" "\x414"`
	got, err := ReadPayloads("p", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	one := []byte("a\x00\xffb\a\b\f\n\r\t\v\x00\\\"'?")
	want := map[uint16][][]byte{7: {one, []byte("two")}, 9: {one}, 10: {one}, 65535: {[]byte("lastA4")}}
	if !maps.EqualFunc(got, want, func(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestErrors(t *testing.T) {
	services := func(s string) error { _, err := ReadServices("f", strings.NewReader(s)); return err }
	rpc := func(s string) error { _, err := ReadRPC("f", strings.NewReader(s)); return err }
	ranges := func(s string) error { _, err := ReadRPCRanges("f", strings.NewReader(s)); return err }
	vendors := func(s string) error { _, err := ReadVendors("f", strings.NewReader(s)); return err }
	payloads := func(s string) error { _, err := ReadPayloads("f", strings.NewReader(s)); return err }
	var many strings.Builder
	for i := range maxPayloads + 1 {
		fmt.Fprintf(&many, "udp 7 \"%d\"\n", i)
	}
	tests := []struct {
		read func(string) error
		file string
		want string
	}{
		{services, "", "f: no port in it"},
		{services, "a 1/tcp 0.1\nb 2/tcp 2/1", "f:2: the ratio is above 1"},
		{services, "a 1/tcp 1/0", "f:1: the ratio is above 1"},
		{services, "a 1/tcp -1/2", "f:1: the ratio is negative"},
		{rpc, "a 1\nb", "f:2: not a name and a program number"},
		{rpc, "a 4294967296", "f:1: not a name and a program number"},
		{ranges, "1 2\n5 4", "f:2: not the two ends of a range of program numbers"},
		{ranges, "1", "f:1: not the two ends of a range of program numbers"},
		{vendors, "\n00000 Five", "f:2: not 6, 7 or 9 hexadecimal digits and a name"},
		{vendors, "00000g G", "f:1: not 6, 7 or 9 hexadecimal digits and a name"},
		{vendors, "000000", "f:1: not 6, 7 or 9 hexadecimal digits and a name"},
		{payloads, "\nudp", "f:2: no ports in front of the payload"},
		{payloads, `udp "x"`, "f:1: no ports in front of the payload"},
		{payloads, "udp 7\nudp 8 \"x\"", "f:1: no payload in quotes behind the ports"},
		{payloads, `udp 9-7 "x"`, `f:1: port list: "9-7": the range runs backwards`},
		{payloads, `udp 7, 8 "x"`, "f:1: no payload in quotes behind the ports"},
		{payloads, "udp 7 \"x\nudp 8 \"y\"", "f:1: the quote is not closed on its line"},
		{payloads, `udp 7 "\q"`, `f:1: unknown escape: backslash and "q"`},
		{payloads, `udp 7 "\x4g"`, `f:1: \x without two hexadecimal digits`},
		{payloads, `udp 7 "\`, `f:1: unknown escape: backslash and ""`},
		{payloads, many.String(), "f:256: more than 255 payloads for port 7"},
	}
	for _, tt := range tests {
		if err := tt.read(tt.file); err == nil || err.Error() != tt.want {
			t.Errorf("%.40q: error %v, want %s", tt.file, err, tt.want)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, fmt.Errorf("disk on fire") }

func TestReadErrorNamesTheFile(t *testing.T) {
	if _, err := ReadServices("f", broken{}); err == nil || err.Error() != "read f: disk on fire" {
		t.Errorf("error is %v", err)
	}
}
