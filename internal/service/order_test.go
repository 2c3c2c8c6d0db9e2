package service

import (
	"strings"
	"testing"

	"sonde/match"
	"sonde/probefile"
	"sonde/result"
)

// database makes a database of the lines of a probe file.
func database(t testing.TB, lines string) *match.DB {
	t.Helper()
	f, err := probefile.Parse("test", []byte(strings.TrimSpace(lines)+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := match.New(f)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

const orderProbes = `
Probe TCP NULL q||
match banner m|^banner|
Probe TCP Common q|common|
rarity 1
match plain m|^plain|
Probe TCP Rare q|rare|
rarity 9
match wanted m|^wanted|
Probe TCP Here q|here|
rarity 8
ports 80,90-99
sslports 443
match here m|^here|
softmatch wanted m|^other|
Probe TCP Borrow q|borrow|
rarity 2
fallback Rare
match borrow m|^borrow|
Probe UDP Datagram q|datagram|
rarity 1
match datagram m|^datagram|
`

func TestOrder(t *testing.T) {
	tests := []struct {
		name      string
		protocol  result.Protocol
		port      uint16
		tunnel    result.Tunnel
		intensity int
		soft      string
		want      string
	}{
		{"unregistered port", result.TCP, 1000, result.TunnelNone, 7, "", "NULL Common Borrow"},
		{"registered first, whatever its rarity", result.TCP, 80, result.TunnelNone, 0, "", "NULL Here"},
		{"registered first, then the rest", result.TCP, 95, result.TunnelNone, 7, "", "NULL Here Common Borrow"},
		{"registered for TLS only", result.TCP, 443, result.TunnelNone, 7, "", "NULL Common Borrow"},
		{"inside TLS", result.TCP, 443, result.TunnelTLS, 7, "", "NULL Here Common Borrow"},
		{"clear registration counts for nothing inside TLS", result.TCP, 80, result.TunnelTLS, 7, "", "NULL Common Borrow"},
		{"all intensities", result.TCP, 80, result.TunnelNone, 9, "", "NULL Here Common Rare Borrow"},
		{"soft match steers, rarity waived, fallbacks do not count", result.TCP, 80, result.TunnelNone, 1, "wanted", "NULL Here Rare"},
		{"soft match of an unknown service", result.TCP, 80, result.TunnelNone, 7, "nobody", "NULL"},
		{"intensity 9 lifts the steering", result.TCP, 80, result.TunnelNone, 9, "nobody", "NULL Here Common Rare Borrow"},
		{"UDP has no NULL probe", result.UDP, 80, result.TunnelNone, 7, "", "Datagram"},
		{"nothing for UDP", result.UDP, 80, result.TunnelNone, 0, "", ""},
		{"nothing for SCTP", result.SCTP, 80, result.TunnelNone, 9, "", ""},
	}
	db := database(t, orderProbes)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOrder(&Config{DB: db, Intensity: tt.intensity}, Target{Protocol: tt.protocol, Port: tt.port}, tt.tunnel)
			var got []string
			for p := o.next(tt.soft); p != nil; p = o.next(tt.soft) {
				got = append(got, p.Name)
			}
			if g := strings.Join(got, " "); g != tt.want {
				t.Errorf("got %q, want %q", g, tt.want)
			}
		})
	}
}
