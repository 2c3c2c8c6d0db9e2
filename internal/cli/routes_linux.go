package cli

import "os"

// systemRoutes reads the routing table that the kernel shows as files.
func systemRoutes() ([]route, error) {
	v4, err := os.ReadFile("/proc/net/route")
	if err != nil {
		return nil, err
	}
	routes := parseRoutes4(string(v4))
	v6, err := os.ReadFile("/proc/net/ipv6_route")
	switch {
	case os.IsNotExist(err): // a kernel without IPv6
		return routes, nil
	case err != nil:
		return nil, err
	}
	return append(routes, parseRoutes6(string(v6))...), nil
}
