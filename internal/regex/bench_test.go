package regex

import (
	"runtime"
	"testing"

	"sonde/internal/needtest"
)

func BenchmarkCompileNmap(b *testing.B) {
	patterns := nmapPatterns(needtest.File(b, "/usr/share/nmap/nmap-service-probes", "nmap-common"))
	b.ReportAllocs()
	var keep []*Regexp
	for b.Loop() {
		keep = keep[:0]
		for _, p := range patterns {
			re, err := Compile(p.pattern, p.flags)
			if err != nil {
				b.Fatal(err)
			}
			keep = append(keep, re)
		}
	}
	b.StopTimer()
	var with, without runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&with)
	runtime.KeepAlive(keep)
	keep = nil
	runtime.GC()
	runtime.ReadMemStats(&without)
	b.ReportMetric(float64(with.HeapAlloc-without.HeapAlloc)/1e6, "MB-held")
}
