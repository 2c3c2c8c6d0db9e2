package result

import (
	"net/netip"
	"time"
)

// Event is one thing that happened in a scan. The set of events is closed:
// the types of this file. An event and what it points to is not changed after
// it was given out.
type Event interface{ event() }

// ScanInfo describes one port scan technique of a run.
type ScanInfo struct {
	Type     string // "connect", "syn", "udp" …, as in nmap.dtd
	Flags    string // names of the TCP flags set by hand; usually empty
	Protocol Protocol
	NumPorts int
	Ports    string // as ranges: "22,80,3000-3029"
}

// ScanStarted is the first event of a scan.
type ScanStarted struct {
	Time  time.Time
	Scans []ScanInfo // empty when no ports are scanned
}

// TaskStarted tells that a stage begins, for a group of hosts or for all.
type TaskStarted struct {
	Time time.Time
	Task string // such as "Connect Scan"
	What string // what it works on, such as "127.0.0.1 [1000 ports]"; may be empty
}

// TaskProgress tells how far a running task is.
type TaskProgress struct {
	Time      time.Time
	Task      string
	Percent   float64       // 0 to 99.99
	Remaining time.Duration // estimate; 0 if unknown
	Done      HostCounts    // hosts finished so far
	Running   int           // hosts that the task works on
	// Asked tells that the user wants this report now, however terse the run.
	Asked bool
}

// TaskEnded tells that a stage is over.
type TaskEnded struct {
	Time  time.Time
	Took  time.Duration
	Task  string
	Extra string // such as "1000 total ports"; may be empty
}

// TargetSkipped tells that a target could not be used.
type TargetSkipped struct {
	Time   time.Time
	Spec   string // as the user wrote it
	Reason string // one line of prose
	// Invalid tells that the expression itself is wrong or unroutable, rather than a name that does not resolve.
	Invalid bool
}

// HostFound tells that discovery found a host up whose ports will be scanned.
type HostFound struct {
	Time time.Time
	Host Host // state, addresses and names only
}

// PortFound tells the first verdict "open" on a port.
type PortFound struct {
	Time time.Time
	Addr netip.Addr
	Port Port
}

// ServiceFound tells the verdict of version detection on a port.
type ServiceFound struct {
	Time     time.Time
	Addr     netip.Addr
	Protocol Protocol
	Number   uint16
	Service  Service
}

// HostDone carries a host with all that was learned. Nothing follows about it.
type HostDone struct {
	Time time.Time
	Host Host
}

// Level says how grave a Notice is.
type Level uint8

// The levels of a Notice.
const (
	LevelWarning Level = iota // something the user should know; the scan goes on
	LevelInfo                 // shown with -v
	LevelDebug                // shown with -d
	LevelTrace                // shown when its Topic is traced
)

// Notice is a line of prose for the person who watches.
type Notice struct {
	Time  time.Time
	Level Level
	// Topic is what a LevelTrace line belongs to: "version", "packet" or "connect".
	Topic string
	Text  string // without newline at the end, and without the word "Warning"
}

// HostCounts counts hosts.
type HostCounts struct{ Up, Down, Total int }

// Traffic counts raw packets, link headers left out.
type Traffic struct{ Sent, SentBytes, Received, ReceivedBytes uint64 }

// ScanDone is the last event of a scan that was not cancelled.
type ScanDone struct {
	Time    time.Time
	Elapsed time.Duration
	Hosts   HostCounts
	// Raw counts the raw packets of the run; nil if it had no means to send any.
	Raw *Traffic
	// Err is what ended the scan early, in prose; empty if nothing did.
	Err string
}

func (ScanStarted) event()   {}
func (TaskStarted) event()   {}
func (TaskProgress) event()  {}
func (TaskEnded) event()     {}
func (TargetSkipped) event() {}
func (HostFound) event()     {}
func (PortFound) event()     {}
func (ServiceFound) event()  {}
func (HostDone) event()      {}
func (Notice) event()        {}
func (ScanDone) event()      {}
