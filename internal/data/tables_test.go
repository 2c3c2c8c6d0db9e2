package data_test

import (
	"bytes"
	"io/fs"
	"os/exec"
	"regexp"
	"slices"
	"testing"

	"sonde/internal/data"
	"sonde/internal/datafile"
	"sonde/internal/needtest"
	"sonde/portspec"
	"sonde/result"
)

func services(t testing.TB) *portspec.Table {
	t.Helper()
	b, err := fs.ReadFile(data.Tables(), "services")
	if err != nil {
		t.Fatal(err)
	}
	table, err := datafile.ReadServices("services", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestServicesNames(t *testing.T) {
	table := services(t)
	for _, tt := range []struct {
		proto result.Protocol
		port  uint16
		want  string
	}{
		{result.TCP, 80, "http"}, {result.TCP, 53, "domain"}, {result.TCP, 445, "microsoft-ds"}, {result.TCP, 139, "netbios-ssn"},
		{result.TCP, 3389, "ms-wbt-server"}, {result.TCP, 8080, "http-proxy"}, {result.TCP, 8443, "https-alt"}, {result.TCP, 81, "hosts2-ns"},
		{result.TCP, 9100, "jetdirect"}, {result.TCP, 6379, "redis"}, {result.TCP, 6000, "X11"}, {result.TCP, 1030, "iad1"}, {result.TCP, 27000, "flexlm0"},
		{result.UDP, 161, "snmp"}, {result.UDP, 500, "isakmp"}, {result.UDP, 1900, "upnp"}, {result.UDP, 53, "domain"},
		{result.SCTP, 9, "discard"}, {result.TCP, 65535, ""}, {result.UDP, 49152, "unknown"},
	} {
		if got := table.Name(tt.proto, tt.port); got != tt.want {
			t.Errorf("%d/%v is called %q, want %q", tt.port, tt.proto, got, tt.want)
		}
	}
}

// TestServicesOrder holds the table to the best-known published ranks.
func TestServicesOrder(t *testing.T) {
	table := services(t)
	if got := table.Top(result.TCP, 10, portspec.All(result.TCP)).String(); got != "21-23,25,80,110,139,443,445,3389" {
		t.Errorf("top 10 of TCP is %s", got)
	}
	if got := table.Top(result.UDP, 5, portspec.All(result.UDP)).String(); got != "123,137-138,161,631" {
		t.Errorf("top 5 of UDP is %s", got)
	}
	if got := table.Top(result.TCP, 65535, portspec.All(result.TCP)).Len(); got < 6000 {
		t.Errorf("the table has %d TCP ports", got)
	}
}

// TestServicesEntriesAreUnique finds lines that would never be used.
func TestServicesEntriesAreUnique(t *testing.T) {
	b, err := fs.ReadFile(data.Tables(), "services")
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Count(b, []byte("\n")) - bytes.Count(b, []byte("\n#")) - 1 // the first line is a comment, too
	if n := len(slices.Collect(services(t).Entries())); n != lines {
		t.Errorf("%d lines make %d entries", lines, n)
	}
	if len(b) > 250_000 {
		t.Errorf("the file has %d bytes", len(b))
	}
}

// TestServicesDefaultSets compares with the sets of Debian's nmap, which users
// expect a scan without -p to try.
func TestServicesDefaultSets(t *testing.T) {
	needtest.Root(t)
	nmap := needtest.Program(t, "nmap", "nmap")
	table := services(t)
	for _, tt := range []struct {
		args  []string
		proto result.Protocol
		name  string // in nmap's line
		got   portspec.Set
	}{
		{[]string{"-sT"}, result.TCP, "TCP", portspec.Default(result.TCP, table, portspec.Set{})},
		{[]string{"-sT", "-F"}, result.TCP, "TCP", portspec.Fast(result.TCP, table, portspec.Set{})},
		{[]string{"-sU"}, result.UDP, "UDP", portspec.Default(result.UDP, table, portspec.Set{})},
		{[]string{"-sU", "-F"}, result.UDP, "UDP", portspec.Fast(result.UDP, table, portspec.Set{})},
		{[]string{"-sY"}, result.SCTP, "SCTP", portspec.Default(result.SCTP, table, portspec.Set{})},
		{[]string{"-sY", "-F"}, result.SCTP, "SCTP", portspec.Fast(result.SCTP, table, portspec.Set{})},
	} {
		args := append([]string{"-n", "-v", "-oG", "-", "--max-retries", "0", "--host-timeout", "1ms", "127.0.0.1"}, tt.args...)
		out, err := exec.Command(nmap, args...).Output()
		m := regexp.MustCompile(tt.name + `\(\d+;([0-9,-]*)\)`).FindSubmatch(out)
		if m == nil {
			t.Fatalf("nmap %v: no line of ports: %v", args, err)
		}
		if tt.got.String() != string(m[1]) {
			t.Errorf("%v: the sets differ:\nnmap  %s\nsonde %v", tt.args, m[1], tt.got)
		}
	}
}

func TestProtocols(t *testing.T) {
	b, err := fs.ReadFile(data.Tables(), "protocols")
	if err != nil {
		t.Fatal(err)
	}
	table, warnings, err := datafile.ReadProtocols("protocols", bytes.NewReader(b))
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	if got := table.Listed(result.IP).String(); got != "0-144,253-254" {
		t.Errorf("protocols are %s", got)
	}
	for number, want := range map[uint16]string{1: "icmp", 6: "tcp", 17: "udp", 47: "gre", 58: "ipv6-icmp", 132: "sctp"} {
		if got := table.Name(result.IP, number); got != want {
			t.Errorf("protocol %d is called %q, want %q", number, got, want)
		}
	}
}

func open(t *testing.T, table string) *bytes.Reader {
	t.Helper()
	b, err := fs.ReadFile(data.Tables(), table)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

// TestRPC wants every program once, under the name that rpcinfo prints.
func TestRPC(t *testing.T) {
	programs, err := datafile.ReadRPC("rpc", open(t, "rpc"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[uint32]string{}
	for _, p := range programs {
		if names[p.Number] != "" {
			t.Errorf("program %d is listed twice", p.Number)
		}
		names[p.Number] = p.Name
	}
	for number, want := range map[uint32]string{
		100000: "rpcbind", 100001: "rstatd", 100003: "nfs", 100004: "ypserv", 100005: "mountd", 100011: "rquotad", 100021: "nlockmgr",
		100024: "status", 100068: "cmsd", 100083: "ttdbserverd", 100227: "nfs_acl", 100232: "sadmind", 150001: "pcnfsd", 300019: "amd",
		300598: "dmispd", 391002: "sgi_fam", 395183: "vxi11_core", 400122: "nfslocalio", 545580417: "ugidd",
	} {
		if names[number] != want {
			t.Errorf("program %d is called %q, want %q", number, names[number], want)
		}
	}
	if len(names) < 1250 {
		t.Errorf("the table has %d programs", len(names))
	}
}

// TestRPCRanges bounds how many calls a search through all ranges makes.
func TestRPCRanges(t *testing.T) {
	ranges, err := datafile.ReadRPCRanges("rpc-ranges", open(t, "rpc-ranges"))
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, r := range ranges {
		sum += int(r.Last - r.First + 1)
	}
	if sum < 10_000 || sum > 20_000 {
		t.Errorf("the ranges have %d numbers", sum)
	}
}

func BenchmarkReadServices(b *testing.B) {
	text, err := fs.ReadFile(data.Tables(), "services")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := datafile.ReadServices("services", bytes.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
}
