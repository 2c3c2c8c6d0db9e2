package cli

import (
	"net"
	"net/netip"
	"strings"
	"testing"
)

const routes4 = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0A01A8C0	0003	0	0	100	00000000	0	0	0
eth0	0001A8C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
eth0	0002A8C0	00000000	0201	0	0	0	00FFFFFF	0	0	0
`

const routes6 = `20010db8000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 20010db8000000000000000000000001 00000400 00000003 00000000 00000003     eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`

func TestRoutes(t *testing.T) {
	if !littleEndian() {
		t.Skip("the example is of a little-endian machine")
	}
	var got strings.Builder
	got.WriteString(table(routeRows(append(parseRoutes6(routes6), parseRoutes4(routes4)...)), "none"))
	want := `DST/MASK       DEV  METRIC GATEWAY
192.168.1.0/24 eth0 0
0.0.0.0/0      eth0 100    192.168.1.10
2001:db8::/64  eth0 256
::/0           eth0 1024   2001:db8::1

`
	if got.String() != want {
		t.Errorf("got:\n%swant:\n%s", got.String(), want)
	}
}

func littleEndian() bool {
	a, _ := addr4("0100007F")
	return a == netip.MustParseAddr("127.0.0.1")
}

func TestInterfaceRows(t *testing.T) {
	for _, tt := range []struct {
		device net.Interface
		want   string
	}{
		{net.Interface{Name: "lo9", MTU: 65536, Flags: net.FlagUp | net.FlagLoopback}, "lo9 (lo9) (none)/0 loopback up 65536 "},
		{net.Interface{Name: "e9", MTU: 1500, HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 0xab}}, "e9 (e9) (none)/0 ethernet down 1500 02:00:00:00:00:AB"},
		{net.Interface{Name: "tun9", MTU: 1400, Flags: net.FlagUp | net.FlagPointToPoint}, "tun9 (tun9) (none)/0 point2point up 1400 "},
		{net.Interface{Name: "w", MTU: 1}, "w (w) (none)/0 other down 1 "},
	} {
		if got := strings.Join(interfaceRows(tt.device)[0], " "); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// Clients find the tables by their banners and skip one header line.
func TestInterfaceListing(t *testing.T) {
	stdout, stderr, status := say(t, "nmap", "--iflist")
	lines := strings.Split(stdout, "\n")
	if status != 0 || lines[0] != "************************INTERFACES************************" || !strings.HasPrefix(lines[1], "DEV ") {
		t.Errorf("status %d, stdout:\n%s\nstderr: %s", status, stdout, stderr)
	}
	if !strings.Contains(stdout, "\n\n**************************ROUTES**************************\n") {
		t.Errorf("no routes:\n%s", stdout)
	}
}

func FuzzRoutes(f *testing.F) {
	f.Add(routes4)
	f.Add(routes6)
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range append(parseRoutes4(text), parseRoutes6(text)...) {
			if !r.to.IsValid() {
				t.Errorf("invalid route %+v", r)
			}
		}
	})
}
