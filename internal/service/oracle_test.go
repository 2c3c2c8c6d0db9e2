package service

import (
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sonde/internal/dial"
	"sonde/internal/needtest"
	st "sonde/internal/service/servicetest"
	"sonde/result"
)

// oracleProbes is a database with short waits, as these services run in real
// time. Its first line excludes a port that is known only at run time.
const oracleProbes = `Exclude T:%d
Probe TCP NULL q||
totalwaitms 600
tcpwrappedms 300
match strict m|^ZZZ$|
match greeter m|^HELLO (\S+)| p/Greeter/ v/$1/ o/OS $1/ cpe:/a:g:greeter:$1/ cpe:/o:g:os/
softmatch proto m|^PROTO| p/Some proto/ i/soft info/ h/soft.example/ d/router/ cpe:/h:soft:proto/
match proto m|^PROTO hard| v/9/
softmatch odd m|^ODD|
match ssl m|^\x15\x03|
match ssl/web m|^TLSWEB| p/Web/
match spaces m|^SPACES| p/trailing, ,/ i/  inner  /
match bytes m|^BYTES(.*)|s p/$1/ v/$P(1)/
Probe TCP First q|first\r\n|
totalwaitms 300
ports 1-65535
rarity 3
match replier m|^REPLY| p/Replier/
match inner m|^INSIDE (\S+)| p/Inner/ i/$1/
match late m|^odd.*LATE|s
Probe TCP Second q|second|
totalwaitms 300
rarity 1
match second m|^SECOND| p/Second/
match borrowed m|^LENT| p/Borrowed/
Probe TCP Third q|third|
totalwaitms 300
rarity 6
sslports 1-65535
fallback Second
match third m|^THIRD| p/Third/
softmatch proto m|^nothing|
match odd m|^ODD.*third|s v/3/
Probe TCP Rare q|rare|
totalwaitms 300
rarity 9
match proto m|^PROTO.*RARE| v/9/
match other m|^PROTO.*OTHER| v/9/
Probe UDP Ask q|ask|
totalwaitms 300
rarity 1
match answer m|^ANSWER (\S+)| p/Answerer/ v/$1/
softmatch half m|^HALF|
Probe UDP Again q|again|
totalwaitms 300
rarity 8
match half m|^HALF again| v/2/
`

type portKey struct {
	protocol result.Protocol
	port     uint16
}

// oracleServices starts what both scanners look at, and names each port.
func oracleServices(t *testing.T) map[portKey]string {
	cfg := serverTLS(t)
	refuse := st.Say("\x15\x03\x01\x00\x02\x02\x46")
	inside := func(steps ...st.Step) st.Script {
		return st.Script{st.Plain(refuse, st.TLS(cfg, steps...), "first", "second", "third", "rare")}
	}
	services := map[portKey]string{}
	for _, s := range []struct {
		name   string
		script st.Script
	}{
		{"excluded", st.Script{st.Say("HELLO 1\n"), st.Hold()}},
		{"one line feed", st.Script{st.Say("ZZZ\n"), st.Hold()}},
		{"two line feeds", st.Script{st.Say("ZZZ\n\n"), st.Hold()}},
		{"greeter", st.Script{st.Say("HELLO 1.2\r\n"), st.Hold()}},
		{"greeter that hangs up", st.Script{st.Say("HELLO 1.2\r\n")}},
		{"greeting in pieces", st.Script{st.Say("HEL"), st.Wait(200 * time.Millisecond), st.Say("LO 1.2\r\n"), st.Hold()}},
		{"soft hides hard", st.Script{st.Say("PROTO"), st.Wait(200 * time.Millisecond), st.Say(" hard"), st.Hold()}},
		{"soft, then hard by a rare probe", st.Script{st.Say("PROTO "), st.Answer("rare", "RARE")}},
		{"soft, then another name", st.Script{st.Say("PROTO "), st.Answer("rare", "OTHER")}},
		{"soft, then hard in the reply", st.Script{st.Say("ODD"), st.Answer("third", "third")}},
		{"banner before the reply", st.Script{st.Say("odd "), st.Answer("first\r\n", "LATE")}},
		{"banner hides the reply", st.Script{st.Say("hi "), st.Answer("first\r\n", "REPLY")}},
		{"reply", st.Script{st.Answer("first\r\n", "REPLY")}},
		{"third reply", st.Script{st.Answer("third", "THIRD")}},
		{"borrowed", st.Script{st.Answer("third", "LENT")}},
		{"closes at once", st.Script{}},
		{"closes soon", st.Script{st.Wait(100 * time.Millisecond)}},
		{"closes late", st.Script{st.Wait(500 * time.Millisecond)}},
		{"closes after the request", st.Script{st.Hear()}},
		{"resets after the request", st.Script{st.Hear(), st.Reset()}},
		{"resets soon", st.Script{st.Wait(100 * time.Millisecond), st.Reset()}},
		{"says something and finishes", st.Script{st.Say("what?"), st.Finish(), st.Hold()}},
		{"says something and resets", st.Script{st.Say("what?"), st.Wait(100 * time.Millisecond), st.Reset()}},
		{"echo", st.Script{st.Echo()}},
		{"flood", st.Script{st.Flood(strings.Repeat("x", 1024), 30*time.Millisecond)}},
		{"long banner", st.Script{st.Say(strings.Repeat("y", 5000)), st.Hold()}},
		{"all bytes", st.Script{st.Say(allBytes()), st.Hold()}},
		{"bytes in fields", st.Script{st.Say("BYTES\x01\xe4b\x00c"), st.Hold()}},
		{"spaces", st.Script{st.Say("SPACES"), st.Hold()}},
		{"TLS by name", st.Script{st.Say("TLSWEB"), st.Hold()}},
		{"TLS, banner", inside(st.Say("HELLO 5\n"), st.Hold())},
		{"TLS, reply", inside(st.Answer("third", "THIRD"))},
		{"TLS, silent", inside(st.Hold())},
		{"TLS, unknown", inside(st.Say("what?"), st.Hold())},
		{"TLS in TLS", inside(st.Say("\x15\x03"), st.Hold())},
		{"TLS, closes inside", inside()},
		{"TLS, soft", inside(st.Say("PROTO "), st.Hold())},
		{"TLS refused", st.Script{st.Say("\x15\x03\x01\x00\x02\x02\x46"), st.Hold()}},
	} {
		services[portKey{result.TCP, st.Serve(t, s.script)}] = s.name
	}
	for _, s := range []struct {
		name    string
		replies []string
	}{
		{"answer", []string{"ANSWER 7"}}, {"two datagrams", []string{"ANSWER", " 7"}}, {"silent", nil}, {"empty", []string{""}},
		{"unknown", []string{"huh"}}, {"half", []string{"HALF"}},
	} {
		port := st.ServeUDP(t, func(request []byte) (out [][]byte) {
			for _, r := range s.replies {
				out = append(out, []byte(r))
			}
			if s.name == "half" && string(request) == "again" {
				out = [][]byte{[]byte("HALF again")}
			}
			return out
		})
		services[portKey{result.UDP, port}] = "UDP " + s.name
	}
	return services
}

func allBytes() string {
	var b []byte
	for i := range 256 {
		b = append(b, byte(i), '0')
	}
	return string(b)
}

// TestAgainstNmap has Nmap 7.93 and this package look at the same services with
// the same database. Where they differ, Nmap is right. A busy machine can make
// either of them late, so only what differs every time counts.
func TestAgainstNmap(t *testing.T) {
	nmap := needtest.Program(t, "nmap", "nmap")
	needtest.Root(t) // for the UDP scan
	services := oracleServices(t)
	var skip uint16
	for k, name := range services {
		if name == "excluded" {
			skip = k.port
		}
	}
	dir := t.TempDir()
	text := fmt.Sprintf(oracleProbes, skip)
	write(t, filepath.Join(dir, "nmap-service-probes"), text)
	write(t, filepath.Join(dir, "nmap-services"), portNames(services))
	for _, level := range []int{0, 7, 9} {
		t.Run(fmt.Sprint("intensity ", level), func(t *testing.T) {
			t.Parallel()
			rest, faults := services, []string(nil)
			for range 3 {
				var theirs map[portKey]string
				var both sync.WaitGroup
				both.Go(func() {
					theirs = nmapServices(t, nmap, rest, "--datadir", dir, "--version-intensity", fmt.Sprint(level))
				})
				ours := ourServices(t, text, level, rest)
				both.Wait()
				if rest, faults = differences(rest, ours, theirs); len(rest) == 0 {
					return
				}
			}
			t.Error(strings.Join(faults, "\n"))
		})
	}
}

// differences lists where two scanners disagree.
func differences(services, ours, theirs map[portKey]string) (map[portKey]string, []string) {
	rest, faults := map[portKey]string{}, []string(nil)
	for k, name := range services {
		if ours[k] != theirs[k] {
			rest[k] = name
			faults = append(faults, fmt.Sprintf("%s:\n ours   %s\n theirs %s", name, ours[k], theirs[k]))
		}
	}
	return rest, faults
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tableName gives every other port a usual name.
func tableName(port uint16) string {
	if port%2 == 0 {
		return "even"
	}
	return ""
}

func portNames(services map[portKey]string) string {
	var b strings.Builder
	b.WriteString("first 1/tcp 0.5\n")
	for k := range services {
		if n := tableName(k.port); n != "" {
			fmt.Fprintf(&b, "%s %d/%v 0.5\n", n, k.port, k.protocol)
		}
	}
	return b.String()
}

// scanArgs are the ports for Nmap's command line, and the scans they need.
func scanArgs(services map[portKey]string) []string {
	var ports []string
	scans := map[string]bool{}
	for k := range services {
		letter, scan := "T", "-sT"
		if k.protocol == result.UDP {
			letter, scan = "U", "-sU"
		}
		ports = append(ports, fmt.Sprint(letter, ":", k.port))
		scans[scan] = true
	}
	return append(slices.Collect(maps.Keys(scans)), "-p", strings.Join(ports, ","))
}

// nmapServices runs Nmap and reads its report.
func nmapServices(t *testing.T, nmap string, services map[portKey]string, args ...string) map[portKey]string {
	t.Helper()
	args = append(args, scanArgs(services)...)
	out, err := exec.Command(nmap, append(args, "-sV", "-T5", "-Pn", "-n", "--script-args", "script-intensity=0", "-oX", "-", "127.0.0.1")...).Output()
	if err != nil {
		var exit *exec.ExitError
		errors.As(err, &exit)
		t.Errorf("%v\n%s", err, exit.Stderr)
	}
	var report struct {
		Ports []struct {
			Protocol string `xml:"protocol,attr"`
			Port     uint16 `xml:"portid,attr"`
			Service  struct {
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
				Conf    string   `xml:"conf,attr"`
				CPE     []string `xml:"cpe"`
			} `xml:"service"`
		} `xml:"host>ports>port"`
	}
	if err := xml.Unmarshal(out, &report); err != nil {
		t.Errorf("%v in Nmap's report", err)
	}
	found := map[portKey]string{}
	for _, p := range report.Ports {
		s := p.Service
		if s.Name == "unknown" { // written where there is no name, but something else to tell
			s.Name = ""
		}
		if s.Method == "" { // no element where there is nothing to tell
			s.Method, s.Conf = "table", "3"
		}
		protocol := result.TCP
		if p.Protocol == "udp" {
			protocol = result.UDP
		}
		found[portKey{protocol, p.Port}] = fmt.Sprintf("%q", []string{s.Name, s.Product, s.Version, s.Info, s.Host,
			s.OS, s.Device, strings.Join(s.CPE, " "), s.Tunnel, s.Method, s.Conf, undated(s.Print)})
	}
	return found
}

func ourServices(t *testing.T, probes string, level int, services map[portKey]string) map[portKey]string {
	t.Helper()
	var targets []Target
	for k := range services {
		targets = append(targets, Target{Addr: netip.MustParseAddr("127.0.0.1"), Protocol: k.protocol, Port: k.port, State: result.Open,
			TableName: tableName(k.port)})
	}
	cfg := Config{DB: database(t, probes), Conform: true, Intensity: level, Dialer: dial.New(dial.Config{}), Version: "7.93", Platform: "x86_64-pc-linux-gnu"}
	cfg.Timing.Level = 5
	found := map[portKey]string{}
	err := Scan(t.Context(), cfg, targets, func(o Outcome) {
		s := o.Service
		found[portKey{o.Protocol, o.Port}] = fmt.Sprintf("%q", []string{s.Name, s.Product, s.Version, s.Info, s.Hostname,
			s.OSType, s.DeviceType, strings.Join(s.CPE, " "), s.Tunnel.String(), s.Method.String(), fmt.Sprint(s.Confidence), undated(s.Fingerprint)})
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var printMoment = regexp.MustCompile(`%D=\d+/\d+%Time=[0-9A-F]+%`)

// undated is a fingerprint without its time.
func undated(print string) string { return printMoment.ReplaceAllString(print, "%") }
