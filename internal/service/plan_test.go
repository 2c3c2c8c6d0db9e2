package service

import (
	"strings"
	"testing"

	"sonde/result"
)

func TestPlan(t *testing.T) {
	db := database(t, raceProbes)
	tests := []struct {
		name      string
		port      uint16
		protocol  result.Protocol
		tunnel    result.Tunnel
		intensity int
		soft      string
		want      string
	}{
		{"odd port", 2000, result.TCP, result.TunnelNone, 7, "", "Get TLS Lines TLSHello Third Fourth"},
		{"registered first, however rare", 1500, result.TCP, result.TunnelNone, 7, "", "Rare Get TLS Lines TLSHello Third Fourth"},
		{"registered for TLS: the handshake first", 1443, result.TCP, result.TunnelNone, 7, "", "TLS TLSHello Get Lines Third Fourth"},
		{"low intensity", 2000, result.TCP, result.TunnelNone, 2, "", "Get TLS Lines TLSHello"},
		{"none", 2000, result.TCP, result.TunnelNone, 0, "", ""},
		{"in a tunnel", 1443, result.TCP, result.TunnelTLS, 7, "", "Get Lines TLSHello Third Fourth"},
		{"after a soft match", 2000, result.TCP, result.TunnelNone, 7, "proto", "Third Rare"},
		{"UDP", 2000, result.UDP, result.TunnelNone, 7, "", "Ask Again"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlan(&Config{DB: db, Intensity: tt.intensity}, Target{Protocol: tt.protocol, Port: tt.port}, tt.tunnel)
			var names []string
			for s := p.next(tt.soft); s != nil; s = p.next(tt.soft) {
				name := "TLS"
				if s.probe != nil {
					name = s.probe.Name
				}
				names = append(names, name)
				s.asked = true
			}
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestHello(t *testing.T) {
	for payload, want := range map[string]bool{
		"\x16\x03\x00\x00\x05\x01\x00\x00\x01x": true, "\x80\x05\x01\x03\x01ab": true, "\x16\x03": false, "GET / HTTP/1.0": false,
		"\x80\x00\x00\x28abcd": false,
	} {
		if got := isHello([]byte(payload)); got != want {
			t.Errorf("%q: %v", payload, got)
		}
	}
}
