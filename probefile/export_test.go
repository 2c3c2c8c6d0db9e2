package probefile

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sonde/internal/data"
	"sonde/internal/needtest"
	"sonde/result"
)

func TestExport(t *testing.T) {
	long := strings.Repeat("a", 2100)
	f, err := Parse("db", []byte(`Exclude T:9
Probe TCP NULL q||
match ok m|^220 x| p/X/
match long m|^`+long+`|
match faulty m|^(|
match empty m|^x*|
match cpe m|^y| cpe:!/a:b/c! p!a/b!
Probe TCP Long q|`+long+`|
match lost m|^x|
Probe UDP Bars q#a|"\\\x01#
rarity 3
ports 1,3,5
fallback Long,NULL
`))
	if err != nil {
		t.Fatal(err)
	}
	text, left := Export(f)
	const want = `Exclude T:9
Probe TCP NULL q||
match ok m|^220 x| p/X/
match cpe m|^y| p|a/b|
Probe UDP Bars q/a|"\\\x01/
rarity 3
ports 1,3,5
fallback NULL
`
	if string(text) != want {
		t.Errorf("got\n%swant\n%s", text, want)
	}
	var got []string
	for _, o := range left {
		got = append(got, o.String())
	}
	wantLeft := []string{
		"db:8:1: probe Long and its 1 match lines are left out: its payload makes a line of 2119 bytes, and 2047 are read",
		"db:4:1: match line is left out: it has 2116 bytes, and 2047 are read",
		"db:5:1: match line is left out: its pattern is faulty",
		"db:6:1: match line is left out: releases after 7.93 refuse a pattern that matches the empty text",
		"db:7:1: CPE with a slash in it is left out: releases after 7.93 take no other delimiter",
		"db:10:1: fallback of Bars to Long is left out, as that probe is",
	}
	if !slices.Equal(got, wantLeft) {
		t.Errorf("left out\n%s", strings.Join(got, "\n"))
	}
}

// What was exported is the same database again, but for what was left out.
func TestExportedIsRead(t *testing.T) {
	f := own(t)
	text, left := Export(f)
	again, err := Parse("exported", text)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range left {
		t.Log(o)
	}
	if len(again.Probes) != len(f.Probes) || len(left) > 20 {
		t.Errorf("%d of %d probes are left, %d omissions", len(again.Probes), len(f.Probes), len(left))
	}
	for i, p := range again.Probes {
		if q := f.Probes[i]; !bytes.Equal(p.Payload, q.Payload) || p.Name != q.Name || p.Ports.String() != q.Ports.String() {
			t.Errorf("probe %s became %s %q", q.Name, p.Name, p.Payload)
		}
	}
}

func own(t *testing.T) *File {
	t.Helper()
	f, err := ParseNative(data.Probes())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Debian's nmap loads what is exported, lines as long as they may be included.
func TestNmapReadsExport(t *testing.T) {
	nmap := needtest.Program(t, "nmap", "nmap")
	full := Signature{Service: "full", Pattern: "^" + strings.Repeat("x", exportLine-len("match full m|^|")-1)}
	f := own(t)
	f.Probes = append(f.Probes, &Probe{Name: "Full", Protocol: result.TCP, Payload: []byte("x"), Rarity: 9,
		TotalWait: DefaultTotalWait, TCPWrapped: DefaultTCPWrapped, Signatures: []*Signature{&full}})
	text, left := Export(f)
	if slices.ContainsFunc(left, func(o Omission) bool { return o.Pos == full.Pos }) {
		t.Fatal("a line of the greatest length is left out")
	}
	if !bytes.Contains(text, []byte("match full")) {
		t.Fatal("the longest line is missing")
	}
	file := filepath.Join(t.TempDir(), "probes")
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(nmap, "-sV", "-Pn", "-n", "-p", "1", "--versiondb", file, "127.0.0.1").CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("QUITTING")) {
		t.Errorf("nmap: %v\n%s", err, out)
	}
}
