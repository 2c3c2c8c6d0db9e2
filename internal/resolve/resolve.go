// Package resolve finds names for addresses and addresses for names, for many at a time: a scan of a network must not wait for its names one by one.
package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"sonde/result"
)

// Config says how names are resolved. The zero value is what the machine is
// set up for.
type Config struct {
	// Servers are asked instead of those of ResolvConf. A port of 0 means 53.
	Servers []netip.AddrPort
	// System leaves all questions to the resolver of the operating system, one after the other.
	System bool
	// HostsFile and ResolvConf are read at the first question; empty means
	// where the operating system has them. A file that is not there is empty.
	HostsFile, ResolvConf string
	// Notice takes lines of prose for the user. It may be nil, and is called from several goroutines.
	Notice func(level result.Level, text string)
}

// system is the resolver of the operating system, *net.Resolver but in tests.
type system interface {
	LookupAddr(ctx context.Context, addr string) ([]string, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// A Resolver asks name servers, and remembers what they said. It is safe for
// concurrent use.
type Resolver struct {
	config Config
	system system
	setup  func() setup // reads the files, once
	waits  []time.Duration

	mu    sync.Mutex
	ptr   map[netip.Addr]string
	addrs map[string][]netip.Addr
}

// setup is what the machine's files say.
type setup struct {
	hosts   *hosts
	conf    resolvConf
	servers []*server
}

// maxCached bounds either cache. A scan asks for an address once, so it is
// mostly the last few that are asked for again.
const maxCached = 1 << 16

var (
	errNotFound = errors.New("no such name")
	errNoAnswer = errors.New("no answer from the name servers")
	errUnusable = errors.New("the name servers cannot tell")
)

// New returns a resolver. It does nothing yet.
func New(config Config) *Resolver {
	r := &Resolver{config: config, system: net.DefaultResolver, ptr: map[netip.Addr]string{}, addrs: map[string][]netip.Addr{}}
	r.setup = sync.OnceValue(r.read)
	return r
}

// Parallel tells whether name servers are asked directly, many questions at a
// time, rather than the operating system.
func (r *Resolver) Parallel() bool { return !r.config.System && len(r.setup().servers) > 0 }

func (r *Resolver) read() setup {
	hostsFile, confFile := r.config.HostsFile, r.config.ResolvConf
	if hostsFile == "" {
		hostsFile = "/etc/hosts"
		if runtime.GOOS == "windows" {
			hostsFile = `C:\Windows\System32\drivers\etc\hosts`
		}
	}
	if confFile == "" {
		confFile = "/etc/resolv.conf" // Windows has none, and is asked itself
	}
	s := setup{hosts: readHosts(readFile(hostsFile)), conf: readResolvConf(readFile(confFile))}
	addrs := r.config.Servers
	if len(addrs) == 0 {
		addrs = s.conf.servers
	}
	for _, a := range addrs {
		if a.Port() == 0 {
			a = netip.AddrPortFrom(a.Addr(), 53)
		}
		s.servers = append(s.servers, newServer(a))
	}
	if len(s.servers) == 0 && !r.config.System {
		r.notice(result.LevelWarning, "no name servers are known; the system's resolver is asked instead")
	}
	return s
}

func (r *Resolver) notice(level result.Level, text string) {
	if r.config.Notice != nil {
		r.config.Notice(level, text)
	}
}

func (r *Resolver) remembered(addr netip.Addr) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name, ok := r.ptr[addr]
	return name, ok
}

// remember keeps the name of an address; empty if it has none.
func (r *Resolver) remember(addr netip.Addr, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ptr) >= maxCached {
		clear(r.ptr)
	}
	r.ptr[addr] = name
}
