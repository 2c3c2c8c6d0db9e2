package link

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"sonde/internal/wire"
)

// table answers questions about the ways out of this machine. It is safe for
// concurrent use.
type table struct {
	config Config
	handle *netlink.Handle
	device *Interface // the one to use, nil if routing decides

	static map[neighbor]wire.MAC

	mu      sync.Mutex
	byIndex map[int]*Interface
}

// neighbor is an address on a link.
type neighbor struct {
	index int
	addr  netip.Addr
}

func newTable(c Config) (*table, error) {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("ask for routes: %w", err)
	}
	t := &table{config: c, handle: h}
	if err := t.prepare(); err != nil {
		h.Close()
		return nil, err
	}
	return t, nil
}

// prepare reads what there is, and compares it with what is asked for.
func (t *table) prepare() (err error) {
	if err = t.load(); err != nil {
		return err
	}
	if t.static, err = neighbors(t.handle); err != nil {
		return err
	}
	if s := t.config.Source; s.IsValid() && !t.own(s) {
		return fmt.Errorf("source address %v is not an address of this machine", s)
	}
	if t.config.Device == "" {
		return nil
	}
	for _, i := range t.byIndex {
		if i.Name == t.config.Device {
			t.device = i
		}
	}
	return t.usable()
}

// own tells whether an address is one of this machine's.
func (t *table) own(a netip.Addr) bool {
	for _, i := range t.byIndex {
		for _, p := range i.Addrs {
			if p.Addr() == a.WithZone("") {
				return true
			}
		}
	}
	return false
}

// listens tells whether packets that come in by an interface are of interest:
// with a device chosen, only those of the device and of this machine itself.
func (t *table) listens(index int) bool {
	if t.device == nil || t.device.Index == index {
		return true
	}
	i := t.byNumber(index)
	return i != nil && i.Medium == Loopback
}

// usable says why the device asked for cannot be used.
func (t *table) usable() error {
	d := t.device
	switch {
	case d == nil:
		return fmt.Errorf("there is no interface %q", t.config.Device)
	case !d.Up:
		return fmt.Errorf("interface %s is down", d.Name)
	case d.Medium == Foreign:
		return fmt.Errorf("interface %s carries no IP: raw packets cannot be sent on it", d.Name)
	case t.config.Framing == Frames && !d.framed():
		return fmt.Errorf("interface %s is not Ethernet: it takes no frames", d.Name)
	}
	return nil
}

// load reads the list of interfaces.
func (t *table) load() error {
	all, err := interfaces(t.handle)
	if err != nil {
		return err
	}
	byIndex := map[int]*Interface{}
	for i := range all {
		byIndex[all[i].Index] = &all[i]
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byIndex = byIndex
	return nil
}

// byNumber finds an interface, one that came up since the list was read too.
func (t *table) byNumber(index int) *Interface {
	find := func() *Interface {
		t.mu.Lock()
		defer t.mu.Unlock()
		return t.byIndex[index]
	}
	if i := find(); i != nil || t.load() != nil {
		return i
	}
	return find()
}

// path asks the kernel for the way to an address.
func (t *table) path(dst netip.Addr) (Path, error) {
	route, err := t.ask(dst, false)
	if err != nil {
		return Path{}, &NoPathError{dst, because(err)}
	}
	return t.along(route, dst.Unmap())
}

// along is the path that a route gives.
func (t *table) along(route *netlink.Route, dst netip.Addr) (Path, error) {
	no := func(format string, args ...any) (Path, error) {
		return Path{}, &NoPathError{dst, fmt.Sprintf(format, args...)}
	}
	i := t.byNumber(route.LinkIndex)
	switch {
	case i == nil:
		return no("its interface %d is unknown", route.LinkIndex)
	case i.Medium == Foreign:
		return no("interface %s carries no IP", i.Name)
	case t.config.Framing == Frames && !i.framed():
		return no("interface %s is not Ethernet: it takes no frames", i.Name)
	}
	p := Path{Interface: i, NextHop: dst, Direct: true, Type: wire.TypeOf(dst)}
	p.Local = route.Type == unix.RTN_LOCAL || i.Medium == Loopback
	p.Framed = !p.Local && i.framed() && t.config.Framing != Bare
	if gw, ok := gateway(route); ok {
		p.NextHop, p.Direct = gw, false
	}
	if p.Src = t.source(route, i, dst); !p.Src.IsValid() {
		return no("interface %s has no address to send from", i.Name)
	}
	if p.Framed {
		p.MAC, p.HasMAC = t.static[neighbor{i.Index, p.NextHop.WithZone("")}]
	}
	return p, nil
}

// ask is one question to the kernel's routing: for the way a packet would
// take, or for the entry that it was found in.
func (t *table) ask(dst netip.Addr, entry bool) (*netlink.Route, error) {
	dst = dst.Unmap()
	options := &netlink.RouteGetOptions{FIBMatch: entry}
	if t.device != nil && t.device.Medium != Loopback {
		options.OifIndex = t.device.Index
	}
	if zone := dst.Zone(); zone != "" {
		if i := t.zone(zone); i != nil {
			options.OifIndex = i.Index
		}
	}
	if s := t.config.Source; s.IsValid() && s.Is4() == dst.Is4() {
		options.SrcAddr = s.AsSlice()
	}
	routes, err := t.handle.RouteGetWithOptions(dst.AsSlice(), options)
	if err != nil {
		return nil, err
	}
	if len(routes) == 0 {
		return nil, unix.ENETUNREACH
	}
	return &routes[0], nil
}

// zone finds the interface of a link-local address by name or number.
func (t *table) zone(name string) *Interface {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, i := range t.byIndex {
		if i.Name == name || fmt.Sprint(i.Index) == name {
			return i
		}
	}
	return nil
}

// because puts an error of the kernel's routing into words.
func because(err error) string {
	switch {
	case errors.Is(err, unix.ENETUNREACH):
		return "no route"
	case errors.Is(err, unix.EHOSTUNREACH):
		return "its route says unreachable"
	case errors.Is(err, unix.EACCES):
		return "its route says prohibited"
	case errors.Is(err, unix.EINVAL):
		return "its route discards packets, or the source address is not ours"
	}
	return err.Error()
}

func gateway(r *netlink.Route) (netip.Addr, bool) {
	if a, ok := addrOf(r.Gw); ok {
		return a, true
	}
	if via, ok := r.Via.(*netlink.Via); ok { // IPv4 over a gateway with IPv6 (RFC 5549)
		return addrOf(via.Addr)
	}
	return netip.Addr{}, false
}

// source is the address to send from: the one asked for, the one the kernel
// would take, or the first of the interface.
func (t *table) source(r *netlink.Route, i *Interface, dst netip.Addr) netip.Addr {
	if s := t.config.Source; s.IsValid() && s.Is4() == dst.Is4() {
		return s
	}
	if a, ok := addrOf(r.Src); ok && a.Is4() == dst.Is4() && !a.IsUnspecified() {
		return a
	}
	return i.Addr(dst.Is4())
}

// neighbors reads the kernel's list of neighbours. Only entries that were set
// by hand count: others may be out of date, and asking costs one round trip.
func neighbors(h *netlink.Handle) (map[neighbor]wire.MAC, error) {
	entries, err := steady(func() ([]netlink.Neigh, error) {
		return h.NeighListExecute(netlink.Ndmsg{State: unix.NUD_PERMANENT})
	})
	if err != nil {
		return nil, fmt.Errorf("list neighbours: %w", err)
	}
	static := map[neighbor]wire.MAC{}
	for _, n := range entries {
		if a, ok := addrOf(n.IP); ok && len(n.HardwareAddr) == 6 {
			static[neighbor{n.LinkIndex, a}] = wire.MAC(n.HardwareAddr)
		}
	}
	return static, nil
}

func (t *table) close() { t.handle.Close() }
