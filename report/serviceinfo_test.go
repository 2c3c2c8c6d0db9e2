package report

import (
	"strconv"
	"testing"

	"sonde/result"
)

func TestServiceInfo(t *testing.T) {
	with := func(services ...result.Service) (list []result.Port) {
		for i := range services {
			list = append(list, result.Port{Number: uint16(i + 1), State: result.Open, Service: &services[i]})
		}
		return list
	}
	var many []result.Service
	for i := range 7 {
		n := strconv.Itoa(i)
		many = append(many, result.Service{Hostname: "h" + n, CPE: []string{"cpe:/a:x:y", "cpe:/h:x:" + n, "cpe:/o:x:" + n}})
	}
	for _, tt := range []struct {
		name string
		host result.Host
		want string
	}{
		{"nothing", result.Host{Ports: with(result.Service{Name: "http", CPE: []string{"cpe:/a:a:b"}})}, ""},
		{"all kinds", result.Host{Ports: with(
			result.Service{Hostname: "host-b", OSType: "My OS", DeviceType: "router", CPE: []string{"cpe:/a:my:app", "cpe:/h:my:hw", "cpe:/o:my:os"}},
			result.Service{Hostname: "h.example", OSType: "Other", DeviceType: "switch", CPE: []string{"cpe:/o:my:os"}})},
			"Service Info: Hosts: host-b, h.example; OSs: My OS, Other; Devices: router, switch; CPE: cpe:/h:my:hw, cpe:/o:my:os\n"},
		{"one kind", result.Host{Ports: with(result.Service{DeviceType: "router"})}, "Service Info: Device: router\n"},
		{"first spelling of a host", result.Host{Ports: with(result.Service{Hostname: "Mail.Example"}, result.Service{Hostname: "mail.example"})}, "Service Info: Host: Mail.Example\n"},
		{"systems are compared exactly", result.Host{Ports: with(result.Service{OSType: "Unix"}, result.Service{OSType: "UNIX"})}, "Service Info: OSs: Unix, UNIX\n"},
		{"the PTR name is no news", result.Host{PTR: "mail.EXAMPLE", Ports: with(result.Service{Hostname: "Mail.example"})}, ""},
		{"the user's name is", result.Host{Name: "mail.example", Ports: with(result.Service{Hostname: "mail.example"})}, "Service Info: Host: mail.example\n"},
		{"five of a kind", result.Host{Ports: with(many...)},
			"Service Info: Hosts: h0, h1, h2, h3, h4; CPE: cpe:/h:x:0, cpe:/o:x:0, cpe:/h:x:1, cpe:/o:x:1, cpe:/h:x:2\n"},
		{"only open ports tell", result.Host{Ports: []result.Port{{State: result.OpenFiltered, Service: &result.Service{OSType: "Linux"}}}}, ""},
	} {
		if got := string(appendServiceInfo(nil, &tt.host)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
