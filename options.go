package sonde

import (
	"io"
	"net/netip"
	"time"
)

// Options say what to scan and how. The zero value of every field is what a
// user of the command line gets without the flag.
type Options struct {
	// Targets are target expressions: addresses, networks (10.0.0.0/24),
	// octet ranges (10.0.0-3.1,7), host names, address:port.
	Targets []string
	// TargetLists are read for more targets, separated by white space; # begins a comment.
	TargetLists []io.Reader
	// Exclude and ExcludeLists name what is never touched.
	Exclude      []string
	ExcludeLists []io.Reader
	// RandomTargets adds that many random public IPv4 addresses; -1 means without end.
	RandomTargets int
	IPv4Only      bool
	IPv6Only      bool
	ResolveAll    bool // scan every address of a name, not the first alone
	Unique        bool // scan an address once, however often it is named
	ShuffleHosts  bool
	// Seed makes the orders of hosts and ports repeatable; 0 draws one.
	Seed uint64

	// Ports is a port list as -p takes it; empty chooses the default set.
	Ports        string
	ExcludePorts string
	Fast         bool    // the 100 most common ports instead of 1,000
	TopPorts     int     // that many of the most common ports; 0: not asked for
	PortRatio    float64 // ports at least so common; 0: not asked for
	Sequential   bool    // ports in ascending order

	// Scans are the port scan techniques, at most one of TCP; none chooses the default.
	Scans []ScanType
	// TCPFlags, if not nil, are sent by raw TCP techniques instead of their own
	// flags: bit 0 is FIN, then SYN, RST, PSH, ACK, URG, ECE, CWR.
	TCPFlags  *uint8
	Raw       RawPackets
	Discovery Discovery
	// DefeatICMPRateLimit takes silent UDP ports for closed or filtered, so
	// that a UDP scan need not wait for error messages that come slowly.
	DefeatICMPRateLimit bool
	PingOnly            bool // find hosts, scan no ports
	ListOnly            bool // send nothing to the targets

	ReverseDNS DNSMode
	DNSServers []netip.AddrPort
	SystemDNS  bool

	Version VersionOptions
	Timing  Timing

	Source    netip.Addr // source address; zero lets routing decide
	Interface string     // network device; empty lets routing decide

	// ServicesFile, ProbesFile, and DataDir name files of an installed Nmap
	// to use instead of what is embedded.
	ServicesFile string
	ProbesFile   string
	DataDir      string

	TraceConnections bool // report every connection attempt as a notice of topic "connect"
	OpenOnly         bool // only open ports are of interest
	// StatsEvery asks for a TaskProgress event each time it has passed; 0: none.
	StatsEvery time.Duration
	Verbose    int // 1 and above: hosts that are down are reported too, and more notices given
	Debug      int
}

// ScanType is a port scan technique.
type ScanType uint8

// The techniques.
const (
	ConnectScan ScanType = iota
	UDPScan
	SYNScan // this and all that follow need raw packets
	ACKScan
	WindowScan
	FINScan
	XmasScan
	NULLScan
	MaimonScan
)

// RawPackets says whether a scan may use packets of its own making.
type RawPackets uint8

// The answers.
const (
	RawIfAllowed RawPackets = iota // what the system says
	RawAlways                      // without asking the system first
	RawNever
)

// Discovery says how hosts are found before their ports are scanned.
type Discovery struct {
	// None takes every target for up.
	None bool
	// SYNPorts and ACKPorts are port lists of TCP pings; without raw packets
	// both are connected to. Empty lists choose the default ports.
	SYNPorts string
	ACKPorts string
	// SYN and ACK ask for the ping, with the default port if the list is empty.
	SYN, ACK bool
	// IgnoreReset takes a refused connection for no sign of life: some
	// firewalls refuse in the name of hosts that do not exist.
	IgnoreReset bool
}

// DNSMode says which addresses are looked up in reverse DNS.
type DNSMode uint8

// The modes.
const (
	DNSUp     DNSMode = iota // hosts that are up, and all hosts of a list
	DNSNever                 // none
	DNSAlways                // all targets
)

// VersionOptions steer version detection.
type VersionOptions struct {
	Enabled bool
	// Intensity is 0 to 9: probes rarer than that are left out. Nil means 7.
	Intensity *int
	AllPorts  bool // also ports that the probe file excludes
	// Race is how many questions may await their answers at a time at one
	// port; 0 leaves that to the timing template. 1 is the conformance mode:
	// one question after the other, each with all the time that the probe file
	// gives it, which takes long and finds what Nmap finds.
	Race  int
	Trace bool // report the conversation as notices of topic "version"
}

// DefaultIntensity is the intensity of version detection where none is asked for.
const DefaultIntensity = 7

// Template is a timing template, from the slowest to the most hurried.
type Template uint8

// The templates. The zero value is the one that users expect.
const (
	Normal     Template = iota // T3
	Paranoid                   // T0
	Sneaky                     // T1
	Polite                     // T2
	Aggressive                 // T4
	Insane                     // T5
)

// Timing bounds the pace. Template gives all values; what is not nil overrides it.
type Timing struct {
	Template                       Template
	MinRTTTimeout                  *time.Duration
	MaxRTTTimeout                  *time.Duration
	InitialRTTTimeout              *time.Duration
	HostTimeout                    *time.Duration // 0 switches it off
	ScanDelay, MaxScanDelay        *time.Duration
	MaxRetries                     *int
	MinRate, MaxRate               *float64 // packets a second
	MinParallelism, MaxParallelism *int     // probes outstanding
	MinHostGroup, MaxHostGroup     *int     // hosts scanned at a time
	// Alone makes the pace of a host independent of the congestion that others meet.
	Alone bool
}
