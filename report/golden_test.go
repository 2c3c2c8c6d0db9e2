package report

import (
	"bytes"
	"flag"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sonde/result"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a document with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs.\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// document is what a writer makes of events.
func document(t testing.TB, create func(io.Writer, Options) Writer, o Options, events ...result.Event) []byte {
	t.Helper()
	var b bytes.Buffer
	w := create(&b, o)
	for _, ev := range events {
		if err := w.Write(ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// clock is a moment of the day on which all scans of these tests happen.
func clock(hour, minute, second int) time.Time {
	return time.Date(2026, time.November, 21, hour, minute, second, 0, time.UTC)
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// tableService is a service known by its port number only.
func tableService(name string) *result.Service {
	if name == "" {
		return nil
	}
	return &result.Service{Name: name, Confidence: result.ConfidenceTable}
}

// ports are the TCP ports from lo to hi, alike.
func ports(lo, hi uint16, s result.PortState, r result.Reason) (list []result.Port) {
	for n := int(lo); n <= int(hi); n++ {
		list = append(list, result.Port{Number: uint16(n), State: s, Reason: r})
	}
	return list
}

// open is an open TCP port that answered a SYN.
func open(number uint16, ttl uint8, service string) result.Port {
	return result.Port{Number: number, State: result.Open, Reason: result.ReasonSynAck, ReasonTTL: ttl, Service: tableService(service)}
}

// scan is one run: its options and its events. The tests below make every
// format of some of them.
type scan struct {
	opts   Options
	events []result.Event
}

// plainScan finds two open ports on the loopback interface.
func plainScan() scan {
	at := clock(4, 41, 53)
	listed := append([]result.Port{open(22, 64, "ssh"), open(80, 64, "http")}, ports(3000, 3029, result.Closed, result.ReasonReset)...)
	return scan{
		Options{
			AsNmap: true, StartTime: at, Stylesheet: "file:///usr/share/nmap/nmap.xsl",
			Args: []string{"nmap", "-n", "-p", "22,80,3000-3029", "-oN", "s1.nmap", "-oG", "s1.gnmap", "-oX", "s1.xml", "127.0.0.1"},
		},
		[]result.Event{
			result.ScanStarted{Time: at, Scans: []result.ScanInfo{{Type: "syn", Protocol: result.TCP, NumPorts: 32, Ports: "22,80,3000-3029"}}},
			result.HostDone{Time: at, Host: result.Host{
				Addr: addr("127.0.0.1"), State: result.HostUp, Reason: result.ReasonLocalhostResponse, Start: at, End: at,
				Scanned: true, Ports: listed, Times: &result.Times{SRTT: 5 * time.Microsecond, Timeout: 100 * time.Millisecond},
			}},
			result.ScanDone{Time: at, Elapsed: 50 * time.Millisecond, Hosts: result.HostCounts{Up: 1, Total: 1}},
		},
	}
}

// versionScan looks at an open and a closed port with -sV --reason.
func versionScan() scan {
	at := clock(4, 45, 2)
	ssh := open(22, 64, "")
	ssh.Service = &result.Service{
		Name: "ssh", Product: "OpenSSH", Version: "9.2p1 Debian 2", Info: "protocol 2.0", OSType: "Linux",
		CPE:    []string{"cpe:/a:openbsd:openssh:9.2p1", "cpe:/o:linux:linux_kernel"},
		Method: result.MethodProbed, Confidence: result.ConfidenceMatched,
		Evidence: &result.Evidence{Probe: "NULL", Table: "NULL", Signature: "ssh.probe:12", Elapsed: 3 * time.Millisecond},
	}
	shut := result.Port{Number: 81, State: result.Closed, Reason: result.ReasonReset, ReasonTTL: 64, Service: tableService("hosts2-ns")}
	return scan{
		Options{AsNmap: true, StartTime: at, Reason: true, VersionScan: true, NoStylesheet: true,
			Args: []string{"nmap", "-n", "-sV", "--reason", "-p", "22,81", "127.0.0.1"}},
		[]result.Event{
			result.ScanStarted{Time: at, Scans: []result.ScanInfo{{Type: "syn", Protocol: result.TCP, NumPorts: 2, Ports: "22,81"}}},
			result.PortFound{Time: at, Addr: addr("127.0.0.1"), Port: open(22, 64, "ssh")},
			result.ServiceFound{Time: at, Addr: addr("127.0.0.1"), Number: 22, Service: *ssh.Service},
			result.HostDone{Time: at, Host: result.Host{
				Addr: addr("127.0.0.1"), State: result.HostUp, Reason: result.ReasonLocalhostResponse, Start: at, End: at,
				Scanned: true, Ports: []result.Port{ssh, shut}, Times: &result.Times{SRTT: 50 * time.Microsecond, RTTVar: 20 * time.Microsecond, Timeout: 100 * time.Millisecond},
			}},
			result.ScanDone{Time: at.Add(time.Second), Elapsed: 410 * time.Millisecond, Hosts: result.HostCounts{Up: 1, Total: 1}},
		},
	}
}

// collapsedScan has several states and reasons to sum up.
func collapsedScan() scan {
	at := clock(4, 50, 0)
	var list []result.Port
	for n := 2000; n <= 2300; n++ {
		p := result.Port{Number: uint16(n), State: result.Closed, Reason: result.ReasonReset}
		switch {
		case n == 2001 || n >= 2200 && n <= 2240:
			p.State, p.Reason = result.Filtered, result.ReasonAdminProhibited
		case n == 2002:
			p.State, p.Reason = result.Filtered, result.ReasonHostUnreach
		case n >= 2100 && n <= 2150:
			p.State, p.Reason = result.Filtered, result.ReasonNoResponse
		}
		list = append(list, p)
	}
	return scan{
		Options{AsNmap: true, StartTime: at, NoStylesheet: true, Args: []string{"nmap", "-p", "2000-2300", "10.77.1.2"}},
		[]result.Event{
			result.ScanStarted{Time: at, Scans: []result.ScanInfo{{Type: "syn", Protocol: result.TCP, NumPorts: 301, Ports: "2000-2300"}}},
			result.HostDone{Time: at, Host: result.Host{Addr: addr("10.77.1.2"), State: result.HostUp, Reason: result.ReasonEchoReply, ReasonTTL: 63, Start: at, End: at, Scanned: true, Ports: list}},
			result.ScanDone{Time: at, Elapsed: 2 * time.Second, Hosts: result.HostCounts{Up: 1, Total: 1}},
		},
	}
}

// scriptScan has a structured script result.
func scriptScan() scan {
	at := clock(4, 55, 0)
	ssh := open(22, 64, "ssh")
	ssh.Scripts = []result.ScriptOutput{{
		ID:   "demo",
		Text: "\n  alpha: one\n  beta: \n    x\n    y & <z>\n  gamma: \n    k: v\x01",
		Data: []result.ScriptItem{
			{Key: "alpha", Text: "one"},
			{Key: "beta", Table: true, Items: []result.ScriptItem{{Text: "x"}, {Text: "y & <z>"}}},
			{Key: "gamma", Table: true, Items: []result.ScriptItem{{Key: "k", Text: "v\x01"}}},
		},
	}}
	closed := result.Port{Number: 81, State: result.Closed, Reason: result.ReasonReset, ReasonTTL: 64, Service: tableService("hosts2-ns"),
		Scripts: []result.ScriptOutput{{ID: "one", Text: "a line\n"}, {ID: "two", Text: ""}}}
	host := result.Host{Addr: addr("127.0.0.1"), State: result.HostUp, Reason: result.ReasonLocalhostResponse, Start: at, End: at, Scanned: true,
		Ports: []result.Port{ssh, closed}, Scripts: []result.ScriptOutput{{ID: "host-demo", Text: "\n  first\n  second"}}}
	return scan{
		Options{AsNmap: true, StartTime: at, NoStylesheet: true, Args: []string{"nmap", "--script", "demo", "127.0.0.1"}},
		[]result.Event{
			result.ScanStarted{Time: at, Scans: []result.ScanInfo{{Type: "syn", Protocol: result.TCP, NumPorts: 2, Ports: "22,81"}}},
			result.HostDone{Time: at, Host: host},
			result.ScanDone{Time: at, Elapsed: time.Second, Hosts: result.HostCounts{Up: 1, Total: 1}},
		},
	}
}

// verboseScan has tasks, a dead target, a skipped one, and raw packets.
func verboseScan() scan {
	at := clock(4, 39, 35)
	up := result.Host{Addr: addr("10.77.1.2"), State: result.HostUp}
	hint := up
	up.Reason, up.ReasonTTL, up.Start, up.End, up.Scanned = result.ReasonEchoReply, 63, at.Add(time.Second), at.Add(2*time.Second), true
	up.Times = &result.Times{SRTT: 30 * time.Microsecond, RTTVar: 12 * time.Microsecond, Timeout: 100 * time.Millisecond}
	up.Ports = append([]result.Port{open(22, 63, "ssh"), open(80, 63, "http")}, ports(4000, 4010, result.Filtered, result.ReasonNoResponse)...)
	return scan{
		Options{AsNmap: true, StartTime: at, Verbose: 1, NoStylesheet: true, Data: []DataDir{{Path: "/usr/share/nmap", Files: []string{"nmap-services"}}},
			Args: []string{"nmap", "-v", "-p", "22,80,4000-4010", "10.77.1.2", "10.77.1.9", "::1"}},
		[]result.Event{
			result.ScanStarted{Time: at, Scans: []result.ScanInfo{{Type: "syn", Protocol: result.TCP, NumPorts: 13, Ports: "22,80,4000-4010"}}},
			result.TargetSkipped{Time: at, Spec: "::1", Invalid: true, Reason: "::1 looks like an IPv6 target: the option -6 is needed."},
			result.TaskStarted{Time: at, Task: "Ping Scan", What: "2 hosts [4 ports/host]"},
			result.HostFound{Time: at, Host: hint},
			result.TaskEnded{Time: at.Add(time.Second), Took: 1220 * time.Millisecond, Task: "Ping Scan", Extra: "2 total hosts"},
			result.HostDone{Time: at.Add(time.Second), Host: result.Host{Addr: addr("10.77.1.9"), State: result.HostDown, Reason: result.ReasonNoResponse}},
			result.TaskStarted{Time: at.Add(time.Second), Task: "SYN Stealth Scan", What: "10.77.1.2 [13 ports]"},
			result.PortFound{Time: at.Add(time.Second), Addr: addr("10.77.1.2"), Port: open(80, 63, "http")},
			result.PortFound{Time: at.Add(time.Second), Addr: addr("10.77.1.2"), Port: open(22, 63, "ssh")},
			result.Notice{Time: at.Add(time.Second), Level: result.LevelWarning, Text: "10.77.1.2 gives up answering."},
			result.TaskProgress{Time: at.Add(time.Second), Task: "SYN Stealth Scan", Percent: 0.83},
			result.TaskProgress{Time: at.Add(time.Second), Task: "SYN Stealth Scan", Percent: 3.61, Remaining: 774 * time.Second},
			result.TaskProgress{Time: at.Add(time.Second), Task: "SYN Stealth Scan", Percent: 12, Remaining: 11 * 24 * time.Hour, Asked: true, Running: 1, Done: result.HostCounts{Up: 1, Total: 1}},
			result.TaskEnded{Time: at.Add(2 * time.Second), Took: 1230 * time.Millisecond, Task: "SYN Stealth Scan", Extra: "13 total ports"},
			result.HostDone{Time: at.Add(2 * time.Second), Host: up},
			result.ScanDone{Time: at.Add(2 * time.Second), Elapsed: 2530 * time.Millisecond, Hosts: result.HostCounts{Up: 1, Down: 1, Total: 2},
				Raw: &result.Traffic{Sent: 36, SentBytes: 1512, Received: 6, ReceivedBytes: 236}},
		},
	}
}

// nameScan has all kinds of names, hardware addresses, and a tunnel with a certificate.
func nameScan() scan {
	at := clock(23, 59, 59)
	web := open(443, 0, "")
	web.Service = &result.Service{
		Name: "http", Product: "nginx", Version: "1.22.1", Hostname: "www.example.net", DeviceType: "load balancer", Tunnel: result.TunnelTLS,
		Method: result.MethodProbed, Confidence: result.ConfidenceMatched, CPE: []string{"cpe:/a:f5:nginx:1.22.1"},
		TLS: &result.TLS{Version: "TLSv1.3", CipherSuite: "TLS_AES_128_GCM_SHA256", ALPN: "h2", ServerName: "example.org",
			Certificate: &result.Certificate{Subject: "CN=example.org,O=A & B", Issuer: "CN=Test CA", SubjectAltNames: []string{"example.org", "192.0.2.7"},
				NotBefore: clock(0, 0, 0), NotAfter: clock(0, 0, 0).AddDate(0, 3, 0), PublicKey: "ECDSA P-256", SignatureAlg: "ECDSA-SHA256", SerialNumber: "0a1b", SHA256Fingerprint: "00ff"}},
	}
	host := result.Host{
		Addr: addr("192.0.2.7"), Name: "example.org", PTR: "host\x1b7.example.net", Other: []netip.Addr{addr("192.0.2.8"), addr("2001:db8::7")},
		State: result.HostUp, Reason: result.ReasonARPResponse, MAC: "02:00:5E:00:53:0A", Start: at, End: at.Add(3 * time.Second), Scanned: true,
		Ports: []result.Port{web, {Number: 8443, State: result.Filtered, Reason: result.ReasonAdminProhibited, ReasonTTL: 63, ReasonFrom: addr("192.0.2.1")}},
		Times: &result.Times{SRTT: 260 * time.Millisecond, RTTVar: time.Millisecond, Timeout: time.Second},
	}
	return scan{
		Options{Version: "0.1.0", StartTime: at, Location: time.FixedZone("CET", 3600), VersionScan: true, Verbose: 2, Debug: 1, Extras: true, Trace: []string{"version"},
			Args: []string{"sonde", "-sV", "-vv", "-d", "--extras", "-oN", "a file", `a"b\c`, "example.org"}},
		[]result.Event{
			result.ScanStarted{Time: at, Scans: []result.ScanInfo{{Type: "connect", Flags: "FINSYN", Protocol: result.TCP, NumPorts: 2, Ports: "443,8443"}}},
			result.Notice{Time: at, Level: result.LevelDebug, Text: "--- Timing ---\n  min 1\tmax 2\n---"},
			result.Notice{Time: at, Level: result.LevelInfo, Text: "an information"},
			result.Notice{Time: at, Level: result.LevelTrace, Topic: "version", Text: "a traced line with \x1b[31mcolour"},
			result.Notice{Time: at, Level: result.LevelTrace, Topic: "packet", Text: "a line nobody asked for"},
			result.HostDone{Time: at.Add(3 * time.Second), Host: host},
			result.ScanDone{Time: at.Add(3 * time.Second), Elapsed: 3 * time.Second, Hosts: result.HostCounts{Up: 1, Total: 1}},
		},
	}
}

// listScan names three targets and sends nothing.
func listScan() scan {
	at := clock(6, 27, 7)
	target := func(a, name, ptr string) result.Event {
		return result.HostDone{Time: at, Host: result.Host{Addr: addr(a), Name: name, PTR: ptr, Reason: result.ReasonUserSet}}
	}
	return scan{
		Options{AsNmap: true, StartTime: at, NoStylesheet: true, ListScan: true, Args: []string{"nmap", "-sL", "localhost", "127.0.0.2/31"}},
		[]result.Event{
			result.ScanStarted{Time: at},
			target("127.0.0.1", "localhost", "localhost"), target("127.0.0.2", "", ""), target("::3", "", "three.example"),
			result.ScanDone{Time: at, Hosts: result.HostCounts{Total: 3}},
		},
	}
}

// pingScan looks for hosts only.
func pingScan() scan {
	at := clock(6, 27, 8)
	found := func(h result.Host) result.Event {
		h.State = result.HostUp
		return result.HostDone{Time: at, Host: h}
	}
	return scan{
		Options{AsNmap: true, StartTime: at, NoStylesheet: true, PingScan: true, Args: []string{"nmap", "-sn", "10.0.0.0/29"}},
		[]result.Event{
			result.ScanStarted{Time: at},
			found(result.Host{Addr: addr("10.0.0.1"), Reason: result.ReasonLocalhostResponse}),
			found(result.Host{Addr: addr("10.0.0.2"), Reason: result.ReasonARPResponse, MAC: "02:00:5E:00:53:01", Vendor: "A & B Ltd", Times: &result.Times{SRTT: 1300 * time.Millisecond}}),
			result.HostDone{Time: at, Host: result.Host{Addr: addr("10.0.0.3"), State: result.HostDown, Reason: result.ReasonNoResponse}},
			result.ScanDone{Time: at, Hosts: result.HostCounts{Up: 2, Down: 6, Total: 8}},
		},
	}
}

// protocolScan scans IP protocols.
func protocolScan() scan {
	at := clock(6, 30, 27)
	named := func(number uint16, s result.PortState, r result.Reason, name string) result.Port {
		p := result.Port{Protocol: result.IP, Number: number, State: s, Reason: r, ReasonTTL: 64}
		if name != "" {
			p.Service = &result.Service{Name: name, Confidence: 8}
		}
		return p
	}
	list := []result.Port{named(1, result.Open, result.ReasonEchoReply, "icmp"), named(6, result.Open, result.ReasonProtoResponse, "tcp"), named(103, result.OpenFiltered, result.ReasonNoResponse, "")}
	for n := uint16(104); n < 200; n++ {
		list = append(list, named(n, result.Closed, result.ReasonProtoUnreach, ""))
	}
	return scan{
		Options{AsNmap: true, StartTime: at, NoStylesheet: true, Args: []string{"nmap", "-sO", "127.0.0.1"}},
		[]result.Event{
			result.ScanStarted{Time: at, Scans: []result.ScanInfo{{Type: "ipproto", Protocol: result.IP, NumPorts: 99, Ports: "1,6,103-199"}}},
			result.HostDone{Time: at, Host: result.Host{Addr: addr("127.0.0.1"), State: result.HostUp, Reason: result.ReasonLocalhostResponse, Start: at, End: at, Scanned: true, Ports: list}},
			result.ScanDone{Time: at, Elapsed: 40 * time.Millisecond, Hosts: result.HostCounts{Up: 1, Total: 1}},
		},
	}
}

// timeoutScan gives up on its only host.
func timeoutScan() scan {
	at := clock(6, 32, 5)
	return scan{
		Options{AsNmap: true, StartTime: at, NoStylesheet: true, OpenOnly: true, Verbose: 2, Args: []string{"nmap", "--open", "--host-timeout", "2s", "127.0.0.1"}},
		[]result.Event{
			result.ScanStarted{Time: at, Scans: []result.ScanInfo{{Type: "connect", Protocol: result.TCP, NumPorts: 1000, Ports: "1-1000"}}},
			result.HostDone{Time: at.Add(3 * time.Second), Host: result.Host{Addr: addr("127.0.0.1"), State: result.HostUp, Reason: result.ReasonLocalhostResponse,
				Start: at.Add(time.Second), End: at.Add(3 * time.Second), Scanned: true, TimedOut: true, Times: &result.Times{SRTT: 109 * time.Microsecond}}},
			result.ScanDone{Time: at.Add(3 * time.Second), Elapsed: 3020 * time.Millisecond, Hosts: result.HostCounts{Up: 1, Total: 1}},
		},
	}
}

// failedScan meets a fault in its middle.
func failedScan() scan {
	s := versionScan()
	s.events = append(s.events[:len(s.events)-1:len(s.events)-1],
		result.ScanDone{Time: s.opts.StartTime.Add(time.Second), Elapsed: time.Second, Hosts: result.HostCounts{Up: 1, Total: 1}, Err: "cannot allocate <memory>"})
	return s
}

// rejectedScan fails before it begins.
func rejectedScan() scan {
	at := clock(6, 27, 7)
	return scan{
		Options{AsNmap: true, StartTime: at, Args: []string{"nmap", "-p", "70000", "127.0.0.1"}},
		[]result.Event{result.ScanDone{Time: at, Elapsed: 20 * time.Millisecond, Err: "Ports specified must be between 0 and 65535 inclusive"}},
	}
}

// cancelledScan is closed without a ScanDone.
func cancelledScan() scan {
	s := verboseScan()
	s.events = s.events[:9]
	return s
}

func scans() map[string]scan {
	return map[string]scan{
		"plain": plainScan(), "version": versionScan(), "collapsed": collapsedScan(), "script": scriptScan(), "verbose": verboseScan(),
		"names": nameScan(), "list": listScan(), "ping": pingScan(), "protocols": protocolScan(), "timeout": timeoutScan(),
		"failed": failedScan(), "rejected": rejectedScan(), "cancelled": cancelledScan(),
	}
}

// TestGolden compares every scan in every format. The files of "plain",
// "version", "collapsed", "script" and "verbose" hold what Nmap 7.93 was seen
// to print for the same facts.
func TestGolden(t *testing.T) {
	for name, s := range scans() {
		golden(t, name+".stdout", document(t, NewInteractive, s.opts, s.events...))
		for _, f := range Formats() {
			golden(t, name+"."+f.Name, document(t, f.New, s.opts, s.events...))
		}
	}
}
