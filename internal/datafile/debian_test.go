package datafile

import (
	"bytes"
	"testing"

	"sonde/internal/needtest"
	"sonde/portspec"
	"sonde/result"
)

// The counts are those of the files in Debian 12's nmap-common 7.93, as
// nmap's own reports tell them ("Ports scanned") or as grep counts lines.

func debian(t testing.TB, name string) *bytes.Reader {
	return bytes.NewReader(needtest.File(t, "/usr/share/nmap/"+name, "nmap-common"))
}

func debianServices(t testing.TB) *portspec.Table {
	table, err := ReadServices("nmap-services", debian(t, "nmap-services"))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestDebianServices(t *testing.T) {
	table := debianServices(t)
	for proto, want := range map[result.Protocol]int{result.TCP: 8366, result.UDP: 19022, result.SCTP: 52} {
		if got := table.Listed(proto).Minus(portspec.Of(0)).Len(); got != want {
			t.Errorf("%v: %d entries, want %d", proto, got, want)
		}
	}
}

// TestDebianPortChoice compares with what nmap 7.93 says it scans.
func TestDebianPortChoice(t *testing.T) {
	table := debianServices(t)
	tcp, udp := []result.Protocol{result.TCP}, []result.Protocol{result.TCP, result.UDP}
	count := func(spec string, scanned []result.Protocol) (int, int, int) {
		ports, warnings, err := portspec.Parse(spec, scanned, table)
		if err != nil {
			t.Fatal(err)
		}
		return ports.TCP.Len(), ports.UDP.Len(), len(warnings)
	}
	if tcp, udp, warnings := count("T:22,U:53,http*,[1-1024]", udp); tcp != 1 || udp != 868 || warnings != 1 {
		t.Errorf("%d TCP and %d UDP ports with %d warnings, want 1, 868 and 1", tcp, udp, warnings)
	}
	for spec, want := range map[string]string{
		"[-100]":     "1-35,37-100",
		"http":       "80,8008",
		"f?p":        "21,286,510,2849,4745",
		"http*":      "80,280,443,591,593,4180,8000,8008,8080,8443,8990-8991",
		"[80,http]":  "80,8008",
		"abc*,22":    "22,3781,3996",
		"http-a*,22": "22,591,8000",
	} {
		ports, _, err := portspec.Parse(spec, tcp, table)
		if err != nil || ports.TCP.String() != want {
			t.Errorf("%s = %v, %v; want %s", spec, ports.TCP, err, want)
		}
	}
	if got := table.AtLeast(result.TCP, 0.1, portspec.All(result.TCP)).String(); got != "21-23,25,80,443" {
		t.Errorf("ratio 0.1: %s", got)
	}
	within := portspec.NewSet(portspec.Range{Lo: 1, Hi: 100})
	if got := table.Top(result.TCP, 10, within).String(); got != "21-23,25-26,53,79-81,88" {
		t.Errorf("top 10 of 1-100: %s", got)
	}
	if got := portspec.Default(result.TCP, table, portspec.NewSet(portspec.Range{Lo: 1, Hi: 80})); got.Len() != 1000 || got.Contains(80) {
		t.Errorf("default without 1-80 has %d ports", got.Len())
	}
}

func TestDebianProtocols(t *testing.T) {
	table, warnings, err := ReadProtocols("nmap-protocols", debian(t, "nmap-protocols"))
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	if got := table.Listed(result.IP).String(); got != "0-144,253-254" {
		t.Errorf("protocols are %s", got)
	}
}

func TestDebianPayloads(t *testing.T) {
	payloads, err := ReadPayloads("nmap-payloads", debian(t, "nmap-payloads"))
	if err != nil {
		t.Fatal(err)
	}
	if len(payloads) != debianPayloadPorts {
		t.Errorf("payloads for %d ports", len(payloads))
	}
}

func TestDebianRPC(t *testing.T) {
	programs, err := ReadRPC("nmap-rpc", debian(t, "nmap-rpc"))
	if err != nil || len(programs) != debianPrograms {
		t.Errorf("%d programs, %v", len(programs), err)
	}
}

func TestDebianVendors(t *testing.T) {
	v, err := ReadVendors("nmap-mac-prefixes", debian(t, "nmap-mac-prefixes"))
	if err != nil || v.Len() != debianPrefixes {
		t.Errorf("%d prefixes, %v", v.Len(), err)
	}
}

const (
	debianPayloadPorts = 33053
	debianPrograms     = 1695
	debianPrefixes     = 32531
)

func BenchmarkReadDebianServices(b *testing.B) {
	r := debian(b, "nmap-services")
	for b.Loop() {
		r.Seek(0, 0)
		if _, err := ReadServices("nmap-services", r); err != nil {
			b.Fatal(err)
		}
	}
}
