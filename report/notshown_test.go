package report

import (
	"strings"
	"testing"

	"sonde/result"
)

// udp turns ports into those of UDP.
func udp(list []result.Port) []result.Port {
	for i := range list {
		list[i].Protocol = result.UDP
	}
	return list
}

func join(lists ...[]result.Port) (all []result.Port) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// The expectations were seen in the output of Nmap 7.93.
func TestNotShown(t *testing.T) {
	web := []result.Port{open(80, 0, "http")}
	closed := func(n uint16) []result.Port { return ports(4000, 4000+n-1, result.Closed, result.ReasonReset) }
	maybe := udp(ports(1, 100, result.OpenFiltered, result.ReasonNoResponse))
	for _, tt := range []struct {
		name string
		o    Options
		list []result.Port
		want string // of the prose
	}{
		{"25 are listed", Options{}, join(web, closed(25)), ""},
		{"26 are not", Options{}, join(web, closed(26)), "26 closed tcp ports (reset)"},
		{"56 at -v", Options{Verbose: 1}, join(web, closed(56)), "56 closed tcp ports (reset)"},
		{"50 at -v", Options{Verbose: 1}, join(web, closed(50)), ""},
		{"56 at -vv", Options{Verbose: 2}, join(web, closed(56)), ""},
		{"76 at -vv", Options{Verbose: 2}, join(web, closed(76)), "76 closed tcp ports (reset)"},
		{"56 at -d", Options{Verbose: 1, Debug: 1}, join(web, closed(56)), ""},
		{"551 at -d", Options{Verbose: 1, Debug: 1}, closed(551), "551 closed tcp ports (reset)"},
		{"everything at -d3", Options{Verbose: 3, Debug: 3}, closed(9000), ""},
		{"two protocols, one state", Options{}, join(ports(1, 31, result.Closed, result.ReasonReset), udp(ports(1, 41, result.Closed, result.ReasonPortUnreach))),
			"41 closed udp ports (port-unreach), 31 closed tcp ports (reset)"},
		{"neither alone is much", Options{}, join(ports(1, 13, result.Closed, result.ReasonReset), udp(ports(1, 13, result.Closed, result.ReasonPortUnreach))),
			"13 closed udp ports (port-unreach), 13 closed tcp ports (reset)"},
		{"what was met last stands first among equals", Options{}, join(
			ports(4000, 4029, result.Filtered, result.ReasonAdminProhibited), ports(4030, 4059, result.Filtered, result.ReasonHostUnreach),
			ports(4060, 4089, result.Filtered, result.ReasonNoResponse), ports(4090, 4119, result.Filtered, result.ReasonNetUnreach),
			udp(ports(4000, 4029, result.Filtered, result.ReasonAdminProhibited)), udp(ports(4030, 4059, result.Filtered, result.ReasonHostUnreach))),
			"30 filtered udp ports (host-unreach), 30 filtered udp ports (admin-prohibited), 30 filtered tcp ports (net-unreach), " +
				"30 filtered tcp ports (no-response), 30 filtered tcp ports (host-unreach), 30 filtered tcp ports (admin-prohibited)"},
		{"equal states in their own order", Options{}, join(udp(ports(1, 30, result.OpenFiltered, result.ReasonNoResponse)), udp(ports(31, 60, result.Closed, result.ReasonPortUnreach))),
			"30 closed udp ports (port-unreach), 30 open|filtered udp ports (no-response)"},
		{"plural by state", Options{}, join(ports(1, 30, result.Filtered, result.ReasonNoResponse), ports(31, 31, result.Filtered, result.ReasonHostUnreach)),
			"30 filtered tcp ports (no-response), 1 filtered tcp ports (host-unreach)"},
		{"open is never summed up", Options{}, ports(1, 300, result.Open, result.ReasonSynAck), ""},
		{"open|filtered may be", Options{Verbose: 2}, maybe, "100 open|filtered udp ports (no-response)"},
		{"but not at -v3", Options{Verbose: 3}, udp(ports(1, 900, result.OpenFiltered, result.ReasonNoResponse)), ""},
		{"--open", Options{OpenOnly: true}, join(web, closed(1)), "1 closed tcp port (reset)"},
		{"--open keeps the uncertain", Options{OpenOnly: true}, join(web, maybe, ports(7, 7, result.Unfiltered, result.ReasonReset)), ""},
	} {
		var n notShown
		n.of(tt.list, &tt.o)
		if got := string(n.append(nil)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAppendPorts(t *testing.T) {
	list := join(ports(0, 0, result.Closed, result.ReasonReset), ports(2, 3, result.Closed, result.ReasonReset), ports(4, 4, result.Closed, result.ReasonConnRefused),
		ports(5, 5, result.Closed, result.ReasonReset), ports(65534, 65535, result.Closed, result.ReasonReset), udp(ports(6, 6, result.Closed, result.ReasonReset)))
	for _, tt := range []struct {
		it   notShownItem
		want string
	}{
		{notShownItem{state: result.Closed, reason: result.ReasonReset}, "0,2-3,5,65534-65535"},
		{notShownItem{state: result.Closed, reason: result.ReasonConnRefused}, "4"},
		{notShownItem{state: result.Closed, reason: result.ReasonReset, protocol: result.UDP}, "6"},
	} {
		if got := string(tt.it.appendPorts(nil, list)); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.it, got, tt.want)
		}
	}
}

// hostReport is the terminal's report on one host.
func hostReport(t *testing.T, o Options, h result.Host) string {
	t.Helper()
	text := string(document(t, NewInteractive, o, result.HostDone{Host: h}, result.ScanDone{Err: "over"}))
	_, text, _ = strings.Cut(text, "\n") // the start line
	return text
}

// With --open, a host without an open port is not mentioned at all.
func TestOpenOnly(t *testing.T) {
	h := result.Host{Addr: addr("127.0.0.1"), State: result.HostUp, Scanned: true, Ports: ports(1, 2, result.Closed, result.ReasonReset)}
	o := Options{OpenOnly: true}
	if got := hostReport(t, o, h); got != "" {
		t.Errorf("reported %q", got)
	}
	for _, f := range []Format{{New: NewXML}, {New: NewGrepable}} {
		if doc := document(t, f.New, o, result.ScanStarted{}, result.HostDone{Host: h}, result.ScanDone{}); strings.Contains(string(doc), "127.0.0.1") {
			t.Errorf("reported:\n%s", doc)
		}
	}
	h.Scanned, h.Ports, o.PingScan = false, nil, true
	if got, want := hostReport(t, o, h), "Nmap scan report for 127.0.0.1\nHost is up.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Nmap 7.93 remarks that --open makes it hasty.
func TestOpenOnlyRemark(t *testing.T) {
	h := result.Host{Addr: addr("127.0.0.1"), State: result.HostUp, Scanned: true,
		Ports: join(ports(1, 4, result.Filtered, result.ReasonNoResponse), ports(5, 6, result.Closed, result.ReasonConnRefused), []result.Port{open(8099, 0, "")})}
	want := "Nmap scan report for 127.0.0.1\nHost is up.\nNot shown: 4 filtered tcp ports (no-response), 2 closed tcp ports (conn-refused)\n" +
		"Some closed ports may be reported as filtered due to --defeat-rst-ratelimit\nPORT     STATE SERVICE\n8099/tcp open  unknown\n\n"
	if got := hostReport(t, Options{OpenOnly: true}, h); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A port scan for which no port was left still ends its blocks by a line.
func TestNoPorts(t *testing.T) {
	h := result.Host{Addr: addr("127.0.0.1"), State: result.HostUp, Scanned: true}
	if got, want := hostReport(t, Options{}, h), "Nmap scan report for 127.0.0.1\nHost is up.\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAllIgnored(t *testing.T) {
	h := result.Host{Addr: addr("127.0.0.1"), Name: "localhost", State: result.HostUp, Scanned: true, Ports: ports(1, 31, result.Closed, result.ReasonReset)}
	want := "Nmap scan report for localhost (127.0.0.1)\nHost is up.\nAll 31 scanned ports on localhost (127.0.0.1) are in ignored states.\n" +
		"Not shown: 31 closed tcp ports (reset)\n\n"
	if got := hostReport(t, Options{}, h); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
