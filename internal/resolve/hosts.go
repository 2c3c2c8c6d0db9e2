package resolve

import (
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// hosts is what a hosts file says.
type hosts struct {
	names     map[netip.Addr]string   // the first name of the first line for an address
	addresses map[string][]netip.Addr // by lower-case name, in the file's order
}

// readFile returns an empty text for a file that cannot be read: without it,
// the name servers know enough.
func readFile(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(b)
}

func readHosts(text string) *hosts {
	h := &hosts{map[netip.Addr]string{}, map[string][]netip.Addr{}}
	for words := range configLines(text, "#") {
		addr, err := netip.ParseAddr(words[0])
		if err != nil || len(words) < 2 {
			continue
		}
		bare := addr.WithZone("")
		if _, ok := h.names[bare]; !ok {
			h.names[bare] = words[1]
		}
		for _, name := range words[1:] {
			name = strings.ToLower(name)
			h.addresses[name] = append(h.addresses[name], addr)
		}
	}
	return h
}

func (h *hosts) name(a netip.Addr) (string, bool) {
	name, ok := h.names[a.WithZone("")]
	return name, ok
}

// addrs returns the addresses of a lower-case name, IPv4 first.
func (h *hosts) addrs(name string) []netip.Addr {
	var v4, v6 []netip.Addr
	for _, a := range h.addresses[name] {
		if a.Is4() {
			v4 = append(v4, a)
		} else {
			v6 = append(v6, a)
		}
	}
	return append(v4, v6...)
}

// configLines yields the words of each line that has any before a comment.
func configLines(text, comment string) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(text) {
			if i := strings.IndexAny(line, comment); i >= 0 {
				line = line[:i]
			}
			if words := strings.Fields(line); len(words) > 0 && !yield(words) {
				return
			}
		}
	}
}

// resolvConf is what resolv.conf(5) says.
type resolvConf struct {
	servers []netip.AddrPort
	search  []string
	ndots   int // from so many dots on a name is tried as it is first
}

// maxServers bounds the servers; more would only be waited for in vain.
const maxServers = 8

func readResolvConf(text string) resolvConf {
	conf := resolvConf{ndots: 1}
	for words := range configLines(text, "#;") {
		switch words[0] {
		case "nameserver":
			if len(words) < 2 {
				continue
			}
			if a, err := netip.ParseAddr(words[1]); err == nil && len(conf.servers) < maxServers {
				conf.servers = append(conf.servers, netip.AddrPortFrom(a, 53))
			}
		case "domain", "search": // the last of them counts
			conf.search = words[1:]
		case "options":
			for _, option := range words[1:] {
				if n, ok := strings.CutPrefix(option, "ndots:"); ok {
					if n, err := strconv.Atoi(n); err == nil && n >= 0 {
						conf.ndots = min(n, 15)
					}
				}
			}
		}
	}
	return conf
}

// candidates returns the absolute names that may be meant by a name.
func (c resolvConf) candidates(name string) []string {
	if strings.HasSuffix(name, ".") {
		return []string{name}
	}
	var out []string
	for _, domain := range c.search {
		if domain = strings.Trim(domain, "."); domain != "" {
			out = append(out, name+"."+domain+".")
		}
	}
	if strings.Count(name, ".") >= c.ndots {
		return append([]string{name + "."}, out...)
	}
	return append(out, name+".")
}
