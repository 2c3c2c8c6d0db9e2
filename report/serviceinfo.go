package report

import (
	"slices"
	"strings"

	"sonde/result"
)

// maxServiceInfo is how many values the Service Info line shows of each kind.
const maxServiceInfo = 5

// appendServiceInfo adds the line that sums up what the services of a host
// tell about it: "Service Info: Host: a; OS: b; Device: c; CPE: d, e". It
// adds nothing if they tell nothing.
func appendServiceInfo(b []byte, h *result.Host) []byte {
	var hosts, systems, devices, names []string
	for i := range h.Ports {
		s := h.Ports[i].Service
		if s == nil || h.Ports[i].State != result.Open || h.Ports[i].Protocol == result.IP {
			continue
		}
		if !strings.EqualFold(s.Hostname, h.PTR) {
			hosts = note(hosts, s.Hostname, strings.EqualFold)
		}
		systems = note(systems, s.OSType, exactly)
		devices = note(devices, s.DeviceType, exactly)
		for _, name := range s.CPE {
			if !strings.HasPrefix(name, "cpe:/a:") {
				names = note(names, name, exactly)
			}
		}
	}
	lead := "Service Info: "
	for _, group := range [...]struct {
		one, many string
		values    []string
	}{{"Host: ", "Hosts: ", hosts}, {"OS: ", "OSs: ", systems}, {"Device: ", "Devices: ", devices}, {"CPE: ", "CPE: ", names}} {
		if len(group.values) == 0 {
			continue
		}
		b = append(b, lead...)
		b = append(b, plural(len(group.values), group.one, group.many)...)
		b = appendClean(b, strings.Join(group.values, ", "))
		lead = "; "
	}
	if lead == "; " {
		b = append(b, '\n')
	}
	return b
}

// note adds a value to those seen, unless it is empty, known or too much.
func note(seen []string, value string, same func(a, b string) bool) []string {
	known := func(v string) bool { return same(v, value) }
	if value == "" || len(seen) == maxServiceInfo || slices.ContainsFunc(seen, known) {
		return seen
	}
	return append(seen, value)
}

func exactly(a, b string) bool { return a == b }
