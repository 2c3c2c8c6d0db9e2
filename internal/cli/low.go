package cli

import (
	"net/netip"
	"slices"
	"time"

	"sonde"
)

// low is what the command line said, typed but not yet interpreted: nothing
// here knows what another option means.
type low struct {
	given    map[string]int // how often an option was named, by its name in the table
	warnings []string

	// Targets.
	targets      []string
	inputFile    string
	random       *int
	exclude      []string
	excludeFiles []string
	unique       bool
	resolveAll   bool
	shuffleHosts bool
	ipv4, ipv6   bool

	// Host discovery and names.
	listScan, pingScan bool
	noPing             bool
	icmpPing           bool // any of -PE, -PP, -PM
	icmpV4Ping         bool // -PP or -PM, which IPv6 has not
	synPing, ackPing   *string
	neverResolve       bool
	alwaysResolve      bool
	dnsServers         []netip.AddrPort
	systemDNS          bool

	// Techniques and ports.
	scans        []sonde.ScanType // each once
	scanFlags    *uint8
	ports        string
	excludePorts string
	fast         bool
	topPorts     int
	portRatio    float64
	sequential   bool

	// Version detection.
	versionScan  bool
	intensity    *int
	allPorts     bool
	versionTrace bool
	versionRace  *int
	versionDB    string
	servicesDB   string
	dataDir      string

	// Timing.
	template                       *int // 0 to 5
	minRTT, maxRTT, initialRTT     *time.Duration
	hostTimeout                    *time.Duration
	scanDelay, maxScanDelay        *time.Duration
	maxRetries                     *int
	minRate, maxRate               *float64
	minParallelism, maxParallelism *int
	minHostGroup, maxHostGroup     *int
	seed                           uint64

	ignoreReset, alone, defeatICMPLimit bool

	// Source and packets.
	source                   netip.Addr
	device                   string
	privileged, unprivileged bool

	// Output.
	outputs      []outputRequest
	basename     string
	appendOutput bool
	verbose      int
	debug        int
	silent       bool // -v0
	reason       bool
	openOnly     bool
	packetTrace  bool
	stylesheet   string
	webXML       bool
	noStylesheet bool
	extras       bool
	statsEvery   time.Duration

	// Miscellaneous.
	aggressive  bool // -A
	iflist      bool
	showHelp    bool
	showVersion bool
}

// outputRequest is one -o option: the letter of the format and a file name,
// in which % conversions are not yet made.
type outputRequest struct {
	letter byte
	path   string
}

// wants tells whether a technique was asked for.
func (l *low) wants(t sonde.ScanType) bool { return slices.Contains(l.scans, t) }

// tcpScans is how many techniques were asked for that scan TCP ports.
func (l *low) tcpScans() int {
	n := len(l.scans)
	if l.wants(sonde.UDPScan) {
		n--
	}
	return n
}
