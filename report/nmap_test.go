package report

import (
	stdxml "encoding/xml"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sonde/internal/needtest"
	"sonde/result"
)

// nmapRun is what a report of Nmap says, as far as these tests need it.
type nmapRun struct {
	Args  string `xml:"args,attr"`
	Start int64  `xml:"start,attr"`
	Scans []struct {
		Type     string `xml:"type,attr"`
		Protocol string `xml:"protocol,attr"`
		Count    int    `xml:"numservices,attr"`
		Ports    string `xml:"services,attr"`
	} `xml:"scaninfo"`
	Parts []struct {
		XMLName stdxml.Name
		Task    string `xml:"task,attr"`
		Time    int64  `xml:"time,attr"`
		Extra   string `xml:"extrainfo,attr"`
		Spec    string `xml:"specification,attr"`

		nmapHost
	} `xml:",any"`
	Finished struct {
		Time    int64   `xml:"time,attr"`
		Elapsed float64 `xml:"elapsed,attr"`
	} `xml:"runstats>finished"`
	Hosts struct {
		Up    int `xml:"up,attr"`
		Down  int `xml:"down,attr"`
		Total int `xml:"total,attr"`
	} `xml:"runstats>hosts"`
}

type nmapHost struct {
	Start  int64     `xml:"starttime,attr"`
	End    int64     `xml:"endtime,attr"`
	Status nmapState `xml:"status"`
	Addr   struct {
		Addr string `xml:"addr,attr"`
	} `xml:"address"`
	Names []struct {
		Name string `xml:"name,attr"`
		Type string `xml:"type,attr"`
	} `xml:"hostnames>hostname"`
	Extra []struct {
		State   string `xml:"state,attr"`
		Reasons []struct {
			Reason   string `xml:"reason,attr"`
			Protocol string `xml:"proto,attr"`
			Ports    string `xml:"ports,attr"`
		} `xml:"extrareasons"`
	} `xml:"ports>extraports"`
	Ports []struct {
		Protocol string       `xml:"protocol,attr"`
		Number   uint16       `xml:"portid,attr"`
		State    nmapState    `xml:"state"`
		Service  *nmapService `xml:"service"`
	} `xml:"ports>port"`
	Times *struct {
		SRTT    int64 `xml:"srtt,attr"`
		RTTVar  int64 `xml:"rttvar,attr"`
		Timeout int64 `xml:"to,attr"`
	} `xml:"times"`
}

type nmapState struct {
	State  string `xml:"state,attr"`
	Reason string `xml:"reason,attr"`
	TTL    uint8  `xml:"reason_ttl,attr"`
}

type nmapService struct {
	Name    string   `xml:"name,attr"`
	Product string   `xml:"product,attr"`
	Version string   `xml:"version,attr"`
	Info    string   `xml:"extrainfo,attr"`
	Host    string   `xml:"hostname,attr"`
	OS      string   `xml:"ostype,attr"`
	Device  string   `xml:"devicetype,attr"`
	Print   string   `xml:"servicefp,attr"`
	Tunnel  string   `xml:"tunnel,attr"`
	Method  string   `xml:"method,attr"`
	Conf    int      `xml:"conf,attr"`
	CPE     []string `xml:"cpe"`
}

// named finds the value of a small enum that prints as given.
func named[E interface {
	~uint8
	String() string
}](t *testing.T, name string) E {
	t.Helper()
	for e := range E(100) {
		if e.String() == name {
			return e
		}
	}
	t.Fatalf("no %T is called %q", E(0), name)
	return 0
}

// events are the events that must have led to a report.
func (run *nmapRun) events(t *testing.T) (events []result.Event) {
	started := result.ScanStarted{Time: time.Unix(run.Start, 0)}
	for _, s := range run.Scans {
		started.Scans = append(started.Scans, result.ScanInfo{Type: s.Type, Protocol: named[result.Protocol](t, s.Protocol), NumPorts: s.Count, Ports: s.Ports})
	}
	events = append(events, started)
	for _, e := range run.Parts {
		switch at := time.Unix(e.Time, 0); e.XMLName.Local {
		case "taskbegin":
			events = append(events, result.TaskStarted{Time: at, Task: e.Task})
		case "taskend":
			events = append(events, result.TaskEnded{Time: at, Task: e.Task, Extra: e.Extra})
		case "target":
			events = append(events, result.TargetSkipped{Spec: e.Spec, Invalid: true})
		case "hosthint":
			events = append(events, result.HostFound{Host: e.nmapHost.host(t)})
		case "host":
			events = append(events, result.HostDone{Host: e.nmapHost.host(t)})
		}
	}
	return append(events, result.ScanDone{Time: time.Unix(run.Finished.Time, 0), Elapsed: time.Duration(run.Finished.Elapsed * float64(time.Second)),
		Hosts: result.HostCounts{Up: run.Hosts.Up, Down: run.Hosts.Down, Total: run.Hosts.Total}})
}

func (n *nmapHost) host(t *testing.T) result.Host {
	h := result.Host{Addr: netip.MustParseAddr(n.Addr.Addr), State: named[result.HostState](t, n.Status.State), Reason: named[result.Reason](t, n.Status.Reason), ReasonTTL: n.Status.TTL}
	for _, name := range n.Names {
		if name.Type == "user" {
			h.Name = name.Name
		} else {
			h.PTR = name.Name
		}
	}
	if n.Start != 0 {
		h.Start, h.End, h.Scanned = time.Unix(n.Start, 0), time.Unix(n.End, 0), true
	}
	if n.Times != nil {
		h.Times = &result.Times{SRTT: micros(n.Times.SRTT), RTTVar: micros(n.Times.RTTVar), Timeout: micros(n.Times.Timeout)}
	}
	for _, p := range n.Ports {
		port := result.Port{Protocol: named[result.Protocol](t, p.Protocol), Number: p.Number, State: named[result.PortState](t, p.State.State),
			Reason: named[result.Reason](t, p.State.Reason), ReasonTTL: p.State.TTL}
		if s := p.Service; s != nil {
			port.Service = &result.Service{Name: s.Name, Product: s.Product, Version: s.Version, Info: s.Info, Hostname: s.Host, OSType: s.OS, DeviceType: s.Device,
				CPE: s.CPE, Fingerprint: s.Print, Confidence: s.Conf, Method: named[result.Method](t, s.Method)}
			if s.Tunnel != "" {
				port.Service.Tunnel = result.TunnelTLS
			}
		}
		h.Ports = append(h.Ports, port)
	}
	for _, extra := range n.Extra {
		for _, r := range extra.Reasons {
			for ranged := range strings.SplitSeq(r.Ports, ",") {
				var lo, hi uint16
				if n, _ := fmt.Sscanf(ranged, "%d-%d", &lo, &hi); n == 1 {
					hi = lo
				}
				h.Ports = append(h.Ports, ports(lo, hi, named[result.PortState](t, extra.State), named[result.Reason](t, r.Reason))...)
			}
		}
	}
	return h
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// banner is a TCP server on the loopback interface that says hello, until the
// test ends. It returns its port.
func banner(t *testing.T, hello string) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, hello)
			c.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().(*net.TCPAddr).Port
}

// ourWords are lines that sonde words in its own way.
var ourWords = regexp.MustCompile(`(?m)^(Service detection performed\. |\d+ services? ).*[. ](at|to) https?:.*$`)

// TestLikeNmap lets Nmap scan two ports of ours, tells its findings to our
// writers, and compares all three of its reports with theirs, byte by byte.
func TestLikeNmap(t *testing.T) {
	nmap := needtest.Program(t, "nmap", "nmap")
	first, second := banner(t, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), banner(t, "220 (vsFTPd 3.0.3)\r\n")
	riddle := banner(t, strings.Repeat("\x00\x01 xyzzy?\r\n", 60))
	both := fmt.Sprintf("%d,%d", first, second)
	for _, tt := range []struct {
		args string
		o    Options
	}{
		{"-n -p " + both + " 127.0.0.1", Options{}},
		{"-p " + both + " localhost", Options{}},
		{"-n -p " + both + ",1-3 --reason 127.0.0.1 127.0.0.1", Options{Reason: true}},
		{"-n -p " + both + ",1-9 -v 127.0.0.1", Options{Verbose: 1}},
		{"-n -p " + both + ",1-9 -vv 127.0.0.1", Options{Verbose: 2}},
		{"-n -p " + both + ",64400-64438 127.0.0.1", Options{}},
		{"-n -p " + both + ",64400-64438 -vv 127.0.0.1", Options{Verbose: 2}},
		{"-n -p " + both + ",64400-64478 -v 127.0.0.1", Options{Verbose: 1}},
		{"-n -p 64400-64438 127.0.0.1", Options{}},
		{"-n -p " + both + ",2 --open 127.0.0.1", Options{OpenOnly: true}},
		{"-n -p 2 --open 127.0.0.1", Options{OpenOnly: true}},
		{"-n -sV -p " + both + ",2 127.0.0.1", Options{VersionScan: true}},
		{"-n -sV --reason -p " + both + ",64400-64438 127.0.0.1", Options{VersionScan: true, Reason: true}},
		{fmt.Sprintf("-n -sV --version-light -p %d,%s 127.0.0.1", riddle, both), Options{VersionScan: true}},
		{"-sn localhost 127.0.0.2/31", Options{PingScan: true}},
		{"-sL -n localhost 127.0.0.2/31", Options{ListScan: true}},
		{"-n -p 2 --no-stylesheet 127.0.0.1", Options{NoStylesheet: true}},
		{"-n -p 2 --stylesheet a&b 127.0.0.1", Options{Stylesheet: "a&b"}},
	} {
		t.Run(tt.args, func(t *testing.T) {
			dir := t.TempDir()
			args := append([]string{"nmap", "--unprivileged", "-oA", filepath.Join(dir, "r e")}, strings.Fields(tt.args)...)
			cmd := exec.Command(nmap, args[1:]...)
			cmd.Args[0] = "nmap"
			cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C")
			stdout, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			like(t, filepath.Join(dir, "r e"), string(stdout), args, tt.o)
		})
	}
}

// addOthers adds what XML does not tell: the further addresses of a name.
func addOthers(events []result.Event, log string) {
	m := regexp.MustCompile(`(?m)^Other addresses for (.*) \(not scanned\): (.*)$`).FindStringSubmatch(log)
	for i, ev := range events {
		if done, ok := ev.(result.HostDone); ok && m != nil && done.Host.Name == m[1] {
			for a := range strings.FieldsSeq(m[2]) {
				done.Host.Other = append(done.Host.Other, netip.MustParseAddr(a))
			}
			events[i] = done
		}
	}
}

// like compares Nmap's reports with those of our writers.
func like(t *testing.T, base, stdout string, args []string, o Options) {
	read := func(extension string) string {
		b, err := os.ReadFile(base + extension)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var run nmapRun
	if err := stdxml.Unmarshal([]byte(read(".xml")), &run); err != nil {
		t.Fatal(err)
	}
	o.AsNmap, o.Args, o.StartTime, o.Location = true, args, time.Unix(run.Start, 0), time.UTC
	if m := regexp.MustCompile(`(?m)^Read data files from: (.*)$`).FindStringSubmatch(read(".nmap")); m != nil {
		o.Data = []DataDir{{Path: m[1]}}
	}
	if m := regexp.MustCompile(`stylesheet href="(.*?)"`).FindStringSubmatch(read(".xml")); m != nil && o.Stylesheet == "" {
		o.Stylesheet = m[1]
	}
	if run.Args != commandLine(args) {
		t.Errorf("the command line is %q, Nmap calls it %q", commandLine(args), run.Args)
	}
	events := run.events(t)
	addOthers(events, read(".nmap"))
	compare := func(what, want string, got []byte) {
		t.Helper()
		want = ourWords.ReplaceAllString(want, "$1")
		if got := ourWords.ReplaceAllString(string(got), "$1"); got != want {
			t.Errorf("%s:\n%s\nNmap:\n%s", what, got, want)
		}
	}
	for _, f := range Formats()[:3] {
		compare(f.Name, read(f.Extension), document(t, f.New, o, events...))
	}
	if o.Verbose == 0 {
		compare("interactive", stdout, document(t, NewInteractive, o, events...))
	}
}
