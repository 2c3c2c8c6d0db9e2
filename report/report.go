// Package report writes the events of a scan in the formats that people and their tools read, so that the scanner knows of none of them.
package report

import (
	"time"

	"sonde/result"
)

// Writer turns the events of one scan into one document. Each event reaches
// the underlying stream before Write returns, so that a killed scan leaves
// what was known by then. A Writer serves one goroutine at a time.
type Writer interface {
	// Write reports one event. An error is one of the underlying stream; it
	// is returned again by every later call.
	Write(result.Event) error
	// Close completes the document, also of a scan that was cancelled before
	// its ScanDone. It does not close the underlying stream.
	Close() error
}

// Home is where sonde lives. Every text that names an address takes it from
// here. The name is reserved (RFC 2606) until the project has a home.
const Home = "https://sonde.invalid"

// NmapVersion is the version of Nmap whose output the writers follow, and
// which they claim to be with Options.AsNmap.
const NmapVersion = "7.93"

// nmapHome is the address that clients expect in the start line of Nmap.
const nmapHome = "https://nmap.org"

// DefaultStylesheet is the reference that XML documents carry unless told
// otherwise: a file that browsers look for beside the document.
const DefaultStylesheet = "nmap.xsl"

// Options say how a scan was asked for and how it shall be shown. Writers
// learn of times and surroundings from here and from events only.
type Options struct {
	// Args is the command line with the program's name first.
	Args []string
	// Version is that of sonde.
	Version string
	// AsNmap makes documents name Nmap as their author, for clients that look for it.
	AsNmap bool
	// StartTime is when the program started.
	StartTime time.Time
	// Location is the time zone of printed times; nil leaves them in their own.
	Location *time.Location

	// Verbose and Debug are the levels of -v and -d, 0 to 10. (-d raises
	// both; -v0 means not to make an interactive writer at all.)
	Verbose, Debug int
	// Reason shows why ports and hosts are in their state. Verbose ≥ 2 and Debug ≥ 1 imply it.
	Reason bool
	// OpenOnly leaves out what is not, or may not be, open.
	OpenOnly bool
	// Trace holds the topics of result.LevelTrace notices to show.
	Trace []string
	// Extras adds to normal output and XML what Nmap would not print.
	Extras bool

	VersionScan   bool // services were asked for their version
	PingScan      bool // hosts were looked for, and nothing more was done
	ListScan      bool // targets were listed, nothing was sent
	SkipDiscovery bool // every target was taken for up (-Pn)
	AlwaysResolve bool // names of down hosts were looked up, too (-R); as with Nmap 7.93, only Verbose shows them

	// Stylesheet is the reference of XML documents, DefaultStylesheet if empty.
	Stylesheet   string
	NoStylesheet bool

	// Data are the directories that data files were read from. What is built
	// into the program does not count.
	Data []DataDir
}

// DataDir names data files of one directory.
type DataDir struct {
	Path  string
	Files []string
}

// tool is the name, version and address that documents give as their author.
func (o *Options) tool() (name, version, home string) {
	if o.AsNmap {
		return "Nmap", NmapVersion, nmapHome
	}
	return "sonde", o.Version, Home
}

// reasons tells whether to show why ports and hosts are in their state.
func (o *Options) reasons() bool { return o.Reason || o.Verbose >= 2 || o.Debug >= 1 }

// local is t in the time zone of the report.
func (o *Options) local(t time.Time) time.Time {
	if o.Location != nil {
		return t.In(o.Location)
	}
	return t
}

// shows tells whether a report for people, or one that Nmap's clients read,
// has anything to say of a host.
func (o *Options) shows(h *result.Host) bool {
	switch {
	case h.State == result.HostDown || h.State == result.HostSkipped:
		return o.Verbose > 0
	case o.OpenOnly && h.Scanned && !h.TimedOut:
		return anyOfInterest(h.Ports)
	}
	return true
}

// traces tells whether a notice of the topic was asked for.
func (o *Options) traces(topic string) bool {
	for _, t := range o.Trace {
		if t == topic {
			return true
		}
	}
	return false
}
