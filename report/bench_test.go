package report

import (
	"io"
	"testing"
	"time"

	"sonde/result"
)

// tenPorts is a host with ten recognised services.
func tenPorts() result.HostDone {
	h := result.Host{Addr: addr("192.0.2.1"), PTR: "host.example", State: result.HostUp, Start: clock(1, 2, 3), End: clock(1, 2, 4), Scanned: true,
		Times: &result.Times{SRTT: time.Millisecond, RTTVar: time.Millisecond, Timeout: time.Second}}
	for n := range uint16(10) {
		p := open(n, 64, "")
		p.Service = &result.Service{Name: "ssh", Product: "OpenSSH", Version: "9.2p1 Debian 2+deb12u10", Info: "protocol 2.0", OSType: "Linux",
			CPE: []string{"cpe:/a:openbsd:openssh:9.2p1", "cpe:/o:linux:linux_kernel"}, Method: result.MethodProbed, Confidence: result.ConfidenceMatched}
		h.Ports = append(h.Ports, p)
	}
	h.Ports = append(h.Ports, ports(1000, 1989, result.Closed, result.ReasonReset)...)
	return result.HostDone{Host: h}
}

func benchmarkHost(b *testing.B, create func(io.Writer, Options) Writer) {
	w := create(io.Discard, Options{VersionScan: true})
	var ev result.Event = tenPorts()
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(ev); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkXMLHost(b *testing.B)      { benchmarkHost(b, NewXML) }
func BenchmarkNormalHost(b *testing.B)   { benchmarkHost(b, NewNormal) }
func BenchmarkGrepableHost(b *testing.B) { benchmarkHost(b, NewGrepable) }
func BenchmarkJSONLHost(b *testing.B)    { benchmarkHost(b, NewJSONL) }

// A host costs the XML writer no memory per port.
func TestXMLAllocations(t *testing.T) {
	w := NewXML(io.Discard, Options{})
	var ev result.Event = tenPorts()
	if n := testing.AllocsPerRun(100, func() {
		if err := w.Write(ev); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("%v allocations for a host with ten ports", n)
	}
}
