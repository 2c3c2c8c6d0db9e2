package match_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sonde"
	"sonde/internal/needtest"
	"sonde/internal/regex"
	"sonde/match"
	"sonde/probefile"
	"sonde/result"
)

// Where the replies are served: an address of the loopback network that
// nothing else uses, and ports below those that clients are given.
const (
	blackboxAddr  = "127.77.0.1"
	blackboxFirst = 10000
)

// TestAgainstNmap serves replies made from the lines of Nmap's database and has
// them scanned by Debian's nmap and by sonde with the same file. All that they
// say of a service must be equal. SONDE_BLACKBOX sets the number of replies.
func TestAgainstNmap(t *testing.T) {
	nmap := needtest.Program(t, "nmap", "nmap")
	src := needtest.File(t, "/usr/share/nmap/nmap-service-probes", "nmap-common")
	count := 2000
	if testing.Short() {
		count = 300
	}
	if n, err := strconv.Atoi(os.Getenv("SONDE_BLACKBOX")); err == nil {
		count = n
	}
	db := parseDB(t, src)
	cases := serveSamples(t, db, count)
	file := filepath.Join(t.TempDir(), "probes")
	if err := os.WriteFile(file, directed(src, cases), 0o666); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	theirs := nmapVerdicts(t, nmap, file, cases)
	t.Logf("nmap took %v", time.Since(start))
	start = time.Now()
	ours := sondeVerdicts(t, file, cases)
	t.Logf("sonde took %v", time.Since(start))
	matched, different, missed := 0, 0, 0
	for _, c := range cases {
		want, seen := theirs[c.port()]
		got, found := ours[c.port()]
		if !seen || !found { // a port scan in such a hurry loses ports when the machine is busy
			missed++
			continue
		}
		if want.Method == "probed" {
			matched++
		} else {
			want.Name, got.Name = "", "" // that of the port number
		}
		if want != got {
			different++
			t.Errorf("reply of %v to %s %v: %q\nnmap  %+v\nsonde %+v", c.signature.Pos, c.probe.Protocol, c.probe.Name, c.reply, want, got)
		}
	}
	t.Logf("%d replies, %d of them recognised, %d verdicts differ, %d ports missed", len(cases), matched, different, missed)
	if matched < count/2 || missed > count/20 {
		t.Error("the test tests too little")
	}
}

func parseDB(t *testing.T, src []byte) *match.DB {
	t.Helper()
	f, err := probefile.Parse("nmap-service-probes", src)
	if err != nil {
		t.Fatal(err)
	}
	db, err := match.New(f)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// served is a reply and where it is served.
type served struct {
	probe     *match.Probe // to whose payload the reply is given
	signature *probefile.Signature
	reply     []byte
	number    uint16
}

type portID struct {
	protocol result.Protocol
	number   uint16
}

func (c *served) port() portID { return portID{c.probe.Protocol, c.number} }

// serveSamples makes replies from lines spread over the whole database and
// serves them.
func serveSamples(t *testing.T, db *match.DB, count int) []*served {
	rng := rand.New(rand.NewPCG(20, 26))
	root := os.Geteuid() == 0
	var lines []*served
	for _, p := range append([]*match.Probe{db.Null()}, db.Probes()...) {
		if p.Protocol == result.UDP && !root {
			continue // nmap cannot scan UDP then
		}
		for _, s := range p.Signatures {
			lines = append(lines, &served{probe: p, signature: s})
		}
	}
	rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	var cases []*served
	var r match.Result
	next := uint16(blackboxFirst)
	for _, c := range lines {
		if len(cases) == count {
			break
		}
		if !c.sample(rng) || crashesNmap(db, c, &r) {
			continue
		}
		for c.number == 0 {
			if c.serve(t, next) {
				c.number = next
			}
			next++
		}
		cases = append(cases, c)
	}
	if len(cases) < count {
		t.Fatalf("only %d replies could be made", len(cases))
	}
	return cases
}

// sample makes the reply. One in eight is spoilt, so that other lines, or
// none, know it.
func (c *served) sample(rng *rand.Rand) bool {
	s, err := regex.NewSampler(c.signature.Pattern, c.signature.Flags, rng)
	if err != nil {
		return false
	}
	c.reply = s.Sample()
	if n := len(c.reply); n > 1 && rng.IntN(8) == 0 {
		if i := rng.IntN(n); rng.IntN(2) == 0 {
			c.reply = c.reply[:max(i, 1)]
		} else {
			c.reply[i] ^= 1 << rng.IntN(8)
		}
	}
	return len(c.reply) > 0
}

// crashesNmap tells replies of which Nmap 7.93 dies: a template refers to a
// group that took no part in the match.
func crashesNmap(db *match.DB, c *served, r *match.Result) bool {
	db.Match(c.probe, c.reply, r)
	return slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "took no part") })
}

// serve gives the reply at a port until the test ends. It is false if the port is taken.
func (c *served) serve(t *testing.T, port uint16) bool {
	addr := net.JoinHostPort(blackboxAddr, strconv.Itoa(int(port)))
	if c.probe.Protocol == result.UDP {
		conn, err := net.ListenPacket("udp", addr)
		if err != nil {
			return false
		}
		t.Cleanup(func() { conn.Close() })
		go c.answerDatagrams(conn)
		return true
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.answer(conn)
		}
	}()
	return true
}

// answer gives the reply once the whole payload has come, then holds the
// connection until the client leaves it.
func (c *served) answer(conn net.Conn) {
	defer conn.Close()
	payload := make([]byte, len(c.probe.Payload))
	if _, err := io.ReadFull(conn, payload); err != nil {
		return
	}
	if bytes.Equal(payload, c.probe.Payload) {
		conn.Write(c.reply)
	}
	io.Copy(io.Discard, conn)
}

func (c *served) answerDatagrams(conn net.PacketConn) {
	buf := make([]byte, 65536)
	for {
		n, from, err := conn.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil && bytes.Equal(buf[:n], c.probe.Payload) {
			conn.WriteTo(c.reply, from)
		}
	}
}

// directed is a database in which each port is registered for the probe whose
// reply it gives, and no other, and in which nobody is waited for long.
func directed(src []byte, cases []*served) []byte {
	ports := make(map[string][]string)
	for _, c := range cases {
		key := strings.ToUpper(c.probe.Protocol.String()) + " " + c.probe.Name
		ports[key] = append(ports[key], strconv.Itoa(int(c.number)))
	}
	var out bytes.Buffer
	for line := range strings.Lines(string(src)) {
		switch word, rest, _ := strings.Cut(line, " "); word {
		case "ports", "sslports", "totalwaitms", "tcpwrappedms", "Exclude":
		case "Probe":
			out.WriteString(line)
			f := strings.Fields(rest)
			if f[1] == "NULL" {
				out.WriteString("totalwaitms 300\n")
			} else {
				out.WriteString("totalwaitms 1000\n")
				for list := range slices.Chunk(ports[f[0]+" "+f[1]], 200) {
					fmt.Fprintf(&out, "ports %s\n", strings.Join(list, ","))
				}
			}
		default:
			out.WriteString(line)
		}
	}
	return out.Bytes()
}

// verdictOf is what a scanner says of a service.
type verdictOf struct {
	Name, Product, Version, Info, Hostname, OS, Device, Tunnel, Method, CPE string
}

func portList(cases []*served) string {
	var tcp, udp []string
	for _, c := range cases {
		if number := strconv.Itoa(int(c.number)); c.probe.Protocol == result.UDP {
			udp = append(udp, number)
		} else {
			tcp = append(tcp, number)
		}
	}
	list := "T:" + strings.Join(tcp, ",")
	if len(udp) > 0 {
		list += ",U:" + strings.Join(udp, ",")
	}
	return list
}

func hasUDP(cases []*served) bool {
	return slices.ContainsFunc(cases, func(c *served) bool { return c.probe.Protocol == result.UDP })
}

// atOnce is how many services both look at side by side.
const atOnce = 150

// nmapVerdicts runs nmap. Its scripts get an intensity of 0, lest they say more
// than the signatures do.
func nmapVerdicts(t *testing.T, nmap, file string, cases []*served) map[portID]verdictOf {
	scans := "-sT"
	if hasUDP(cases) {
		scans = "-sTU"
	}
	cmd := exec.CommandContext(t.Context(), nmap, scans, "-sV", "--version-intensity", "0", "-Pn", "-n", "-T5", "--min-parallelism", strconv.Itoa(atOnce), "--versiondb", file,
		"--script-args", "script-intensity=0", "-p", portList(cases), "-oX", "-", blackboxAddr)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("nmap: %v\n%s", err, stderr.Bytes())
	}
	var doc struct {
		Ports []struct {
			Protocol string `xml:"protocol,attr"`
			Number   uint16 `xml:"portid,attr"`
			Service  struct {
				Name    string   `xml:"name,attr"`
				Product string   `xml:"product,attr"`
				Version string   `xml:"version,attr"`
				Info    string   `xml:"extrainfo,attr"`
				Host    string   `xml:"hostname,attr"`
				OS      string   `xml:"ostype,attr"`
				Device  string   `xml:"devicetype,attr"`
				Tunnel  string   `xml:"tunnel,attr"`
				Method  string   `xml:"method,attr"`
				CPE     []string `xml:"cpe"`
			} `xml:"service"`
		} `xml:"host>ports>port"`
	}
	if err := xml.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	verdicts := make(map[portID]verdictOf)
	for _, p := range doc.Ports {
		s, id := p.Service, portID{result.TCP, p.Number}
		if p.Protocol == "udp" {
			id.protocol = result.UDP
		}
		verdicts[id] = verdictOf{s.Name, s.Product, s.Version, s.Info, s.Host, s.OS, s.Device, s.Tunnel, s.Method, strings.Join(s.CPE, " ")}
	}
	return verdicts
}

func sondeVerdicts(t *testing.T, file string, cases []*served) map[portID]verdictOf {
	intensity, parallelism := 0, atOnce
	opt := sonde.Options{
		Targets: []string{blackboxAddr}, Ports: portList(cases), ProbesFile: file,
		Discovery: sonde.Discovery{None: true}, ReverseDNS: sonde.DNSNever, Scans: []sonde.ScanType{sonde.ConnectScan},
		Version: sonde.VersionOptions{Enabled: true, Intensity: &intensity, Race: 1}, // Nmap asks one after the other
		Timing:  sonde.Timing{Template: sonde.Insane, MinParallelism: &parallelism},
	}
	if hasUDP(cases) {
		opt.Scans = append(opt.Scans, sonde.UDPScan)
	}
	scanner, err := sonde.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := make(map[portID]verdictOf)
	for event, err := range scanner.Scan(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		done, ok := event.(result.HostDone)
		if !ok {
			continue
		}
		for _, p := range done.Host.Ports {
			if s := p.Service; s != nil {
				verdicts[portID{p.Protocol, p.Number}] = verdictOf{s.Name, s.Product, s.Version, s.Info, s.Hostname, s.OSType, s.DeviceType,
					s.Tunnel.String(), s.Method.String(), strings.Join(s.CPE, " ")}
			}
		}
	}
	return verdicts
}
