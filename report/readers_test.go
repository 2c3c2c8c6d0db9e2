package report

import (
	stdxml "encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sonde/internal/needtest"
	"sonde/result"
)

// systemPython is the interpreter that Debian's modules are installed for.
const systemPython = "/usr/bin/python3"

// xmlFile writes a scan's XML into a file for another program to read.
func xmlFile(t *testing.T, s scan) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scan.xml")
	if err := os.WriteFile(path, document(t, NewXML, s.opts, s.events...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// printed is what a program prints; its exit status must be as given.
func printed(t *testing.T, status int, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == status:
	case err != nil || status != 0:
		t.Fatalf("%s %v: %v, want status %d\n%s%s", name, args, err, status, out, stderrOf(exit))
	}
	return string(out)
}

func stderrOf(exit *exec.ExitError) []byte {
	if exit == nil {
		return nil
	}
	return exit.Stderr
}

// beforeScan tells a document without prologue, which is valid XML but has
// not the attributes that the DTD demands.
func beforeScan(name string) bool { return name == "rejected" }

func TestXMLIsValid(t *testing.T) {
	xmllint := needtest.Program(t, "xmllint", "libxml2-utils")
	needtest.File(t, "/usr/share/nmap/nmap.dtd", "nmap-common")
	for name, s := range scans() {
		if !beforeScan(name) {
			printed(t, 0, xmllint, "--noout", "--dtdvalid", "/usr/share/nmap/nmap.dtd", xmlFile(t, s))
		}
	}
}

// Go programs read reports with encoding/xml.
func TestXMLParses(t *testing.T) {
	for name, s := range scans() {
		dec := stdxml.NewDecoder(strings.NewReader(string(document(t, NewXML, s.opts, s.events...))))
		for {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
	}
}

// Some clients read the elements that tell of progress line by line.
func TestXMLLines(t *testing.T) {
	s := verboseScan()
	for line := range strings.Lines(string(document(t, NewXML, s.opts, s.events...))) {
		for _, element := range []string{"<nmaprun ", "<taskbegin ", "<taskprogress ", "<taskend ", "<runstats>", "<port "} {
			at := strings.Index(line, element)
			if at > 0 && !strings.HasPrefix(line, "<ports>") || at == 0 && !strings.HasSuffix(line, ">\n") {
				t.Errorf("%s shares its line: %s", element, line)
			}
		}
	}
}

func TestNdiffReads(t *testing.T) {
	ndiff := needtest.Program(t, "ndiff", "ndiff")
	before, after := versionScan(), versionScan()
	done := after.events[3].(result.HostDone)
	done.Host.Ports = append([]result.Port(nil), done.Host.Ports...)
	done.Host.Ports[1].State = result.Open
	after.events[3] = done
	if got := printed(t, 0, ndiff, xmlFile(t, before), xmlFile(t, before)); strings.Contains(got, "81/tcp") {
		t.Errorf("equal scans differ:\n%s", got)
	}
	got := printed(t, 1, ndiff, xmlFile(t, before), xmlFile(t, after))
	for _, line := range []string{"-81/tcp closed hosts2-ns", "+81/tcp open   hosts2-ns"} {
		if !strings.Contains(got, line) {
			t.Errorf("no line %q in\n%s", line, got)
		}
	}
}

// pythonModule makes the test need a module of Debian's Python.
func pythonModule(t *testing.T, module, from string) {
	t.Helper()
	python := needtest.Program(t, systemPython, "python3")
	if exec.Command(python, "-c", "import "+module).Run() != nil {
		needtest.File(t, "/usr/lib/python3/dist-packages/"+module, from)
	}
}

func TestLibnmapReads(t *testing.T) {
	pythonModule(t, "libnmap", "python3-libnmap")
	for _, tt := range []struct {
		s    scan
		want string
	}{
		{versionScan(), "127.0.0.1 up \n22/tcp open ssh product: OpenSSH version: 9.2p1 Debian 2 extrainfo: protocol 2.0 ostype: Linux\n81/tcp closed hosts2-ns\n" +
			"1 of 1 0.41 Nmap done at Sat Nov 21 04:45:03 2026; 1 IP address (1 host up) scanned in 0.41 seconds\n"},
		{listScan(), "127.0.0.1 unknown localhost,localhost\n127.0.0.2 unknown \n::3 unknown three.example\n" +
			"0 of 3 0.0 Nmap done at Sat Nov 21 06:27:07 2026; 3 IP addresses (0 hosts up) scanned in 0.00 seconds\n"},
	} {
		if got := printed(t, 0, systemPython, "testdata/read_libnmap.py", xmlFile(t, tt.s)); got != tt.want {
			t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
		}
	}
	for _, s := range scans() {
		printed(t, 0, systemPython, "testdata/read_libnmap.py", xmlFile(t, s))
	}
}

func TestPythonNmapReads(t *testing.T) {
	pythonModule(t, "nmap", "python3-nmap")
	want := "127.0.0.1 up \n22/tcp open ssh OpenSSH 9.2p1 Debian 2\n81/tcp closed hosts2-ns\n1 of 1 0.41\n"
	if got := printed(t, 0, systemPython, "testdata/read_nmap.py", xmlFile(t, versionScan())); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	for name, s := range scans() {
		if name != "cancelled" && !beforeScan(name) {
			printed(t, 0, systemPython, "testdata/read_nmap.py", xmlFile(t, s))
		}
	}
}
