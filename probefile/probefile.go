// Package probefile is the grammar of probe databases: it reads and prints files that say what to send to a port and how to recognise who answers.
//
// Two dialects are read. [Parse] takes Nmap's nmap-service-probes format and
// keeps its order; [ParseNative] takes sonde's own .probe files, which add
// examples and an order that does not depend on where a line stands. Patterns
// are not compiled here; package match does that.
package probefile

import (
	"fmt"
	"time"

	"sonde/internal/regex"
	"sonde/portspec"
	"sonde/result"
)

// The limits and defaults of the format.
const (
	MaxLine      = 8191 // bytes of a line, its line feed included
	MaxFallbacks = 17   // names on a fallback line
	MaxWait      = 300 * time.Second
	MinWait      = 100 * time.Millisecond

	DefaultTotalWait   = 5 * time.Second
	DefaultTCPWrapped  = 2 * time.Second
	DefaultRarity      = 5  // of 1, sent first and to most ports, to 9
	DefaultSpecificity = 50 // of 0, tried last, to 100
)

// File is a parsed database. It is not changed after parsing, so it may be
// shared between goroutines.
type File struct {
	// Exclude is the ports that version detection leaves alone unless told otherwise.
	Exclude    portspec.Ports
	HasExclude bool     // an Exclude line was given
	Probes     []*Probe // in the order of the file, with the NULL probe
}

// Probe is something to send to a port, with the signatures of its answers.
type Probe struct {
	Protocol  result.Protocol // TCP or UDP
	Name      string          // unique within a protocol
	Payload   []byte          // what is sent; empty for the NULL probe, which only listens
	NoPayload bool            // not to be used as payload of a UDP port scan
	Ports     portspec.Set    // ports whose service usually answers it
	SSLPorts  portspec.Set    // the same for services inside TLS or DTLS
	TotalWait time.Duration   // how long an answer is waited for
	// TCPWrapped is the time within which a connection closed without a word
	// counts as wrapped. It has a meaning on the NULL probe only.
	TCPWrapped time.Duration
	Rarity     int          // 1 to 9: the intensity from which on it is sent to any port
	Fallback   []string     // probes whose signatures are tried after its own
	Signatures []*Signature // in the order in which they are tried
	Pos        Position
}

// IsNull tells that the probe sends nothing: it is the NULL probe, whatever its name.
func (p *Probe) IsNull() bool { return len(p.Payload) == 0 }

// Signature is a match or softmatch line: a pattern and what it proves.
type Signature struct {
	Service   string // such as "http"
	Pattern   string // regular expression over bytes
	Flags     regex.Flags
	Soft      bool       // only the protocol is certain; other probes may refine it
	Templates []Template // in the order of the line; one per field at most, but for CPE
	Pos       Position
	// PatternCol is the column at which the pattern begins.
	PatternCol int

	// What follows is known of lines in native files only.

	Specificity int    // 0 to 100; higher is tried first
	Unanchored  string // why the pattern may match in the middle of a reply
	Examples    []Example
}

// Example is a reply that a signature must recognise.
type Example struct {
	Reply []byte
	// Want is the exact values that the signature makes of Reply. A field that
	// is not in it stays empty. There may be several values for CPE only, in
	// the order application, hardware, operating system.
	Want   map[Field][]string
	Source string // where the reply comes from
	Pos    Position
}

// Field says what a template describes.
type Field uint8

// The fields, in the order in which they are usually written.
const (
	Product Field = iota
	Version
	Info
	Hostname
	OS
	Device
	CPE
)

var (
	fieldKeys  = [...]string{Product: "p", Version: "v", Info: "i", Hostname: "h", OS: "o", Device: "d", CPE: "cpe:"}
	fieldNames = [...]string{Product: "product", Version: "version", Info: "info", Hostname: "hostname", OS: "os", Device: "device", CPE: "cpe"}
)

// String is the field's name in prose, such as "hostname".
func (f Field) String() string {
	if int(f) < len(fieldNames) {
		return fieldNames[f]
	}
	return "invalid"
}

// Key is what a template of the field begins with: "p", "v", "i", "h", "o", "d" or "cpe:".
func (f Field) Key() string {
	if int(f) < len(fieldKeys) {
		return fieldKeys[f]
	}
	return ""
}

// Position is a place in a file.
type Position struct {
	File string
	Line int // from 1
	Col  int // in bytes, from 1
}

// String is "file:line:col", or "file:line" without a column.
func (p Position) String() string {
	if p.Col == 0 {
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// SyntaxError tells what is wrong with a database, and where.
type SyntaxError struct {
	Pos Position
	Msg string // one line, without the position
}

// Error is "file:line:col: message".
func (e *SyntaxError) Error() string { return e.Pos.String() + ": " + e.Msg }
