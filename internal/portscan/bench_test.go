package portscan

import (
	"net/netip"
	"os/exec"
	"testing"
	"time"

	"sonde/internal/dial"
	"sonde/internal/needtest"
	"sonde/internal/pace"
	"sonde/portspec"
	"sonde/result"
)

// All ports of one host on loopback, beside Nmap doing the same.
func BenchmarkAllPorts(b *testing.B) {
	b.Run("sonde", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h := &Host{Addr: netip.MustParseAddr("127.0.0.1"), Ports: portspec.Ports{TCP: portspec.All(result.TCP)}}
			c := Config{Dialer: dial.New(dial.Config{}), Timing: pace.Aggressive.Timing()}
			if err := Run(b.Context(), c, Connect, []*Host{h}); err != nil {
				b.Fatal(err)
			}
			if n := len(h.Results()); n != 65535 {
				b.Fatalf("%d verdicts", n)
			}
		}
		b.ReportMetric(65535*float64(b.N)/b.Elapsed().Seconds(), "ports/s")
	})
	b.Run("nmap", func(b *testing.B) {
		nmap := needtest.Program(b, "nmap", "nmap")
		start := time.Now()
		for b.Loop() {
			if err := exec.Command(nmap, "-sT", "-T4", "-p-", "-n", "-Pn", "127.0.0.1").Run(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(65535*float64(b.N)/time.Since(start).Seconds(), "ports/s")
	})
}
