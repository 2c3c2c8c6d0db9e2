package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// A route is one line of the system's routing table.
type route struct {
	to      netip.Prefix
	device  string
	metric  uint32
	gateway netip.Addr // invalid if the destination is on the link
}

// writeInterfaces prints what --iflist prints, in the layout that clients of
// Nmap take apart.
func (v *invocation) writeInterfaces() error {
	devices, err := net.Interfaces()
	if err != nil {
		return fmt.Errorf("list interfaces: %w", err)
	}
	routes, err := systemRoutes()
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		v.warn("the routing table cannot be read on this system yet")
	case err != nil:
		return fmt.Errorf("read routing table: %w", err)
	}
	var b strings.Builder
	b.WriteString(banner("INTERFACES"))
	rows := [][]string{{"DEV", "(SHORT)", "IP/MASK", "TYPE", "UP", "MTU", "MAC"}}
	for _, d := range devices {
		rows = append(rows, interfaceRows(d)...)
	}
	b.WriteString(table(rows, "INTERFACES: NONE FOUND(!)"))
	b.WriteString(banner("ROUTES"))
	b.WriteString(table(routeRows(routes), "ROUTES: NONE FOUND(!)"))
	_, err = io.WriteString(v.stdout, b.String())
	return err
}

// banner is a title in the middle of a line of stars.
func banner(title string) string {
	const width = 58
	left := (width - len(title)) / 2
	return strings.Repeat("*", left) + title + strings.Repeat("*", width-left-len(title)) + "\n"
}

// interfaceRows has one row for each address of an interface.
func interfaceRows(d net.Interface) (rows [][]string) {
	row := func(address string) {
		kind, mac := interfaceKind(d), ""
		if kind == "ethernet" {
			mac = strings.ToUpper(d.HardwareAddr.String())
		}
		up := "down"
		if d.Flags&net.FlagUp != 0 {
			up = "up"
		}
		rows = append(rows, []string{d.Name, "(" + d.Name + ")", address, kind, up, strconv.Itoa(d.MTU), mac})
	}
	addrs, _ := d.Addrs() // an interface that is just going away has none
	for _, a := range addrs {
		row(a.String())
	}
	if len(rows) == 0 {
		row("(none)/0")
	}
	return rows
}

func interfaceKind(d net.Interface) string {
	switch {
	case d.Flags&net.FlagLoopback != 0:
		return "loopback"
	case d.Flags&net.FlagPointToPoint != 0:
		return "point2point"
	case len(d.HardwareAddr) == 6:
		return "ethernet"
	}
	return "other"
}

// routeRows lists routes of IPv4 before IPv6, the most specific first.
func routeRows(routes []route) [][]string {
	slices.SortStableFunc(routes, func(a, b route) int {
		return cmp.Or(cmp.Compare(a.to.Addr().BitLen(), b.to.Addr().BitLen()), cmp.Compare(b.to.Bits(), a.to.Bits()), cmp.Compare(a.metric, b.metric))
	})
	rows := [][]string{{"DST/MASK", "DEV", "METRIC", "GATEWAY"}}
	for _, r := range routes {
		gateway := ""
		if r.gateway.IsValid() {
			gateway = r.gateway.String()
		}
		rows = append(rows, []string{r.to.String(), r.device, strconv.FormatUint(uint64(r.metric), 10), gateway})
	}
	return rows
}

// table aligns rows of which the first is the header, and ends with an empty line.
func table(rows [][]string, none string) string {
	if len(rows) == 1 {
		return none + "\n\n"
	}
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, cell := range r {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		line := ""
		for i, cell := range r {
			line += cell + strings.Repeat(" ", widths[i]-len(cell)+1)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String() + "\n"
}
