package lab_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestRPC compares what sonde says of RPC servers with what Debian's nmap says
// with its version scripts, over both families and protocols.
func TestRPC(t *testing.T) {
	_, servers, sonde := up(t, "rpcbind", "statd", "mountd", "rquotad", "ypserv")
	dir := t.TempDir()
	for _, tt := range []struct{ name, scan, family, host, protocol string }{
		{"tcp", "-sT", "-Pn", "127.0.0.1", "tcp"}, {"udp", "-sU", "-Pn", "127.0.0.1", "udp"},
		{"tcp6", "-sT", "-6", "::1", "tcp"}, {"udp6", "-sU", "-6", "::1", "udp"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := []string{tt.scan, "-sV", "-Pn", "-n", tt.family, "-p", ports(servers, tt.protocol), tt.host}
			theirs := scan(t, filepath.Join(dir, tt.name+"-nmap.xml"), append([]string{"nmap"}, args...)...)
			named := 0
			for _, data := range []string{"", "--datadir=/usr/share/nmap"} {
				argv := append([]string{sonde}, args...)
				if data != "" {
					argv = append(argv, data)
				}
				ours := scan(t, filepath.Join(dir, tt.name+"-sonde.xml"), argv...)
				for at, want := range theirs {
					got := ours[at]
					if got.Name != want.Name || got.Version != want.Version || got.Info != want.Info || got.Method != want.Method {
						t.Errorf("%d/%s with data %q:\n nmap  %v\n sonde %v", at.port, at.protocol, data, want, got)
					}
					if strings.HasPrefix(got.Info, "RPC #") {
						named++
					}
				}
			}
			if named < 8 {
				t.Errorf("only %d programs were named", named)
			}
		})
	}
}
