package portscan

import (
	"testing"
	"time"

	"sonde/internal/dial/dialtest"
	"sonde/internal/needtest"
	"sonde/internal/pace"
	"sonde/portspec"
	"sonde/result"
)

// All ports of a host that answers RST, beside Nmap doing the same.
func BenchmarkAllPortsBySYN(b *testing.B) {
	us, host := dialtest.New(b), dialtest.New(b)
	dialtest.Join(us, "wire0", []string{"10.77.0.1/24"}, host, "wire0", []string{"10.77.0.2/24"})
	listen(b, host, 22)
	b.Run("sonde", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			l := openLink(b, us)
			h := tcpHost("10.77.0.2", portspec.All(result.TCP))
			rawScanIn(b, us, l, SYN, pace.Aggressive.Timing(), h)
			for _, p := range h.Results() {
				if (p.State == result.Open) != (p.Number == 22) || p.State == result.Filtered {
					b.Fatalf("port %d is %v", p.Number, p.State)
				}
			}
		}
		b.ReportMetric(65535*float64(b.N)/b.Elapsed().Seconds(), "ports/s")
	})
	b.Run("nmap", func(b *testing.B) {
		nmap := needtest.Program(b, "nmap", "nmap")
		start := time.Now()
		for b.Loop() {
			us.Command(nmap, "-sS", "-T4", "-p-", "-n", "-Pn", "10.77.0.2")
		}
		b.ReportMetric(65535*float64(b.N)/time.Since(start).Seconds(), "ports/s")
	})
}
