package lab_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sonde/internal/needtest"
	"sonde/lab"
)

// up starts the lab, or only the servers named, and gives it with its servers
// and a built sonde.
func up(t *testing.T, names ...string) (l *lab.Lab, servers []lab.Server, sonde string) {
	t.Helper()
	if testing.Short() {
		t.Skip("installs packages and scans for minutes")
	}
	needtest.Root(t)
	needtest.Program(t, "apt-get", "apt")
	needtest.Program(t, "nmap", "nmap")
	needtest.Program(t, "ndiff", "ndiff")
	needtest.Program(t, "xmllint", "libxml2-utils")
	l, err := lab.New(lab.Dir, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	servers = slices.DeleteFunc(lab.Servers(), func(s lab.Server) bool { return len(names) > 0 && !slices.Contains(names, s.Name) })
	if err := l.Install(servers); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Down(servers); err != nil {
			t.Error(err)
		}
	})
	if err := l.Up(context.Background(), servers, 3*time.Minute); err != nil {
		t.Fatal(err)
	}
	sonde = filepath.Join(t.TempDir(), "sonde")
	run(t, "go", "build", "-o", sonde, "sonde/cmd/sonde")
	return l, servers, sonde
}

// run runs a program to its end and fails the test if it fails.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(append([]string{name}, args...), " "), err, out)
	}
	return string(out)
}

// service is a scanner's word on one port.
type service struct {
	Name       string   `xml:"name,attr"`
	Product    string   `xml:"product,attr"`
	Version    string   `xml:"version,attr"`
	Info       string   `xml:"extrainfo,attr"`
	Hostname   string   `xml:"hostname,attr"`
	OS         string   `xml:"ostype,attr"`
	Device     string   `xml:"devicetype,attr"`
	Tunnel     string   `xml:"tunnel,attr"`
	Method     string   `xml:"method,attr"`
	Confidence string   `xml:"conf,attr"`
	CPE        []string `xml:"cpe"`
}

// String shows all fields, so that equal texts are equal verdicts.
func (s service) String() string {
	type fields service
	return fmt.Sprintf("%+v", fields(s))
}

type endpoint struct {
	protocol string
	port     int
}

// scan runs a scanner with XML output and reads its word on each port.
func scan(t *testing.T, file string, argv ...string) map[endpoint]service {
	t.Helper()
	began := time.Now()
	run(t, argv[0], append(argv[1:], "-oX", file)...)
	t.Logf("%.1f s: %s", time.Since(began).Seconds(), strings.Join(argv[1:], " "))
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Hosts []struct {
			Ports []struct {
				Protocol string  `xml:"protocol,attr"`
				Number   int     `xml:"portid,attr"`
				Service  service `xml:"service"`
			} `xml:"ports>port"`
		} `xml:"host"`
	}
	if err := xml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	got := map[endpoint]service{}
	for _, h := range doc.Hosts {
		for _, p := range h.Ports {
			got[endpoint{p.Protocol, p.Number}] = p.Service
		}
	}
	return got
}

// ports lists the lab's ports of a protocol for -p.
func ports(servers []lab.Server, protocol string) string {
	var list []string
	for _, s := range servers {
		for _, p := range s.Ports {
			if p.Protocol == protocol {
				list = append(list, strconv.Itoa(p.Number))
			}
		}
	}
	return strings.Join(list, ",")
}

// TestLab scans real servers: with our own database every service, product and
// version must be right; with Nmap's data the answers must be Nmap's own.
func TestLab(t *testing.T) {
	l, servers, sonde := up(t)
	dir := t.TempDir()
	t.Run("own database", func(t *testing.T) {
		got := scan(t, filepath.Join(dir, "own.xml"), sonde, "-sT", "-sU", "-sV", "-Pn", "-n",
			"-p", "T:"+ports(servers, "tcp")+",U:"+ports(servers, "udp"), "127.0.0.1")
		for _, s := range servers {
			for _, p := range s.Ports {
				checkTruth(t, l, s, p, got[endpoint{p.Protocol, p.Number}])
			}
		}
	})
	t.Run("nmap's data", func(t *testing.T) {
		compareWithNmap(t, sonde, dir, "tcp", "-sT", "-sV", "-T4", "-Pn", "-n", "-p", ports(servers, "tcp"), "127.0.0.1")
		compareWithNmap(t, sonde, dir, "udp", "-sU", "-sV", "-T4", "-Pn", "-n", "-p", ports(servers, "udp"), "127.0.0.1")
	})
}

// checkTruth compares a verdict with what is known of the port.
func checkTruth(t *testing.T, l *lab.Lab, s lab.Server, p lab.Port, got service) {
	t.Helper()
	tunnel := ""
	if p.TLS {
		tunnel = "ssl"
	}
	fault := ""
	switch version := l.Version(s, p); {
	case got.Name != p.Service || got.Method != "probed":
		fault = "service"
	case got.Tunnel != tunnel:
		fault = "tunnel"
	case p.Product != "" && got.Product != p.Product:
		fault = "product"
	case version != "" && !strings.HasPrefix(got.Version, version):
		fault = "version " + version
	default:
		return
	}
	t.Errorf("%s %d/%s: %s is wrong: want %+v, got %+v", s.Name, p.Number, p.Protocol, fault, p, got)
}

// compareWithNmap scans with Debian's nmap and with sonde on Nmap's data, and
// wants the same answers. Nmap's version scripts are kept out by their intensity.
func compareWithNmap(t *testing.T, sonde, dir, name string, args ...string) {
	t.Helper()
	theirs := scan(t, filepath.Join(dir, name+"-nmap.xml"), slices.Concat([]string{"nmap", "--script-args", "script-intensity=0"}, args)...)
	ours := scan(t, filepath.Join(dir, name+"-sonde.xml"), slices.Concat([]string{sonde, "--datadir", "/usr/share/nmap", "--version-race", "1"}, args)...)
	for at, want := range theirs {
		if got := ours[at]; got.String() != want.String() {
			t.Errorf("%d/%s:\n nmap  %v\n sonde %v", at.port, at.protocol, want, got)
		}
	}
	if len(ours) != len(theirs) {
		t.Errorf("%s: nmap reports %d ports, sonde %d", name, len(theirs), len(ours))
	}
	for _, file := range []string{"-nmap.xml", "-sonde.xml"} {
		run(t, "xmllint", "--noout", "--dtdvalid", "/usr/share/nmap/nmap.dtd", filepath.Join(dir, name+file))
	}
	// Its status is 1 where hosts, ports or services differ.
	run(t, "ndiff", filepath.Join(dir, name+"-nmap.xml"), filepath.Join(dir, name+"-sonde.xml"))
}

// Two servers on one port would keep each other from starting.
func TestPortsAreDistinct(t *testing.T) {
	owner := map[endpoint]string{}
	for _, s := range lab.Servers() {
		for _, p := range s.Ports {
			at := endpoint{p.Protocol, p.Number}
			if owner[at] != "" {
				t.Errorf("%d/%s is of %s and of %s", p.Number, p.Protocol, owner[at], s.Name)
			}
			owner[at] = s.Name
		}
	}
}
