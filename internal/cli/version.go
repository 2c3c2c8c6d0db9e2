package cli

import (
	"fmt"
	"io"
	"runtime"

	"sonde"
	"sonde/report"
)

// What stands in the places where sonde and Nmap say who they are.
const (
	version     = sonde.Version
	home        = report.Home
	nmapVersion = report.NmapVersion
	nmapHome    = "https://nmap.org"
)

// writeVersion prints what -V prints. The first line of a program called
// nmap is one that clients parse; who it really is follows.
func writeVersion(w io.Writer, asNmap bool) error {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if !asNmap {
		_, err := fmt.Fprintf(w, "sonde version %s ( %s )\nPlatform: %s\nCompiled with: %s\n", version, home, platform, runtime.Version())
		return err
	}
	_, err := fmt.Fprintf(w, "Nmap version %s ( %s )\nPlatform: %s\nCompiled with: sonde-%s %s ipv6\nCompiled without: liblua libpcap\nAvailable nsock engines: go\n",
		nmapVersion, nmapHome, platform, version, runtime.Version())
	return err
}
