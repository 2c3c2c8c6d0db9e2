// Package regex matches byte patterns in Perl's notation, because service banners are bytes, their patterns need look-ahead and
// back-references, and the order of backtracking decides what they capture.
package regex

import "fmt"

// Flags change how a whole pattern is read. The zero value is PCRE's default.
type Flags uint8

// The flags of a pattern.
const (
	FoldCase Flags = 1 << iota // ASCII letters match in either case
	DotAll                     // "." matches a line feed, too
)

// SyntaxError says why a pattern can't be compiled.
type SyntaxError struct {
	Offset int // byte offset in the pattern, 0 to its length
	Msg    string
}

// Error is the message followed by the offset.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at offset %d", e.Msg, e.Offset) }

// Regexp is a compiled pattern. It is immutable and safe for concurrent use.
type Regexp struct {
	pattern string
	prog    []inst
	lits    []byte    // the literals of all instructions, lowered where folded
	sets    []ByteSet // the sets of all instructions
	first   *ByteSet  // bytes a match can begin with; nil if anchored or unknown
	must    []byte    // a literal of every match; nil if anchored, folded or unknown

	groups   int32 // capturing groups, without group 0
	regs     int32 // registers the program needs
	minLen   int32 // no match is shorter, in bytes
	anchored bool
	folded   bool // some literal is folded
}

// Compile reads a pattern. The error is a [*SyntaxError].
//
// The language is that of PCRE2 10.42 (8 bit, no UTF) without options other
// than [FoldCase] and [DotAll]. A subject is bytes 0 to 255; classes and case
// folding know ASCII only; "$" matches at the end or before one final line
// feed; "\s" includes the vertical tab. Recursion, callouts, backtracking
// verbs, \C, \X, \p and groups of the same name are refused. One thing that
// PCRE2 refuses is accepted, as its predecessor did: the hyphen in [\w-.]
// stands for itself.
func Compile(pattern string, flags Flags) (*Regexp, error) {
	var room [32]node // most patterns need no more: parsing them allocates little
	p := newParser(pattern, flags, room[:0])
	root := p.parse()
	if p.err != nil {
		return nil, p.err
	}
	return p.compile(root)
}

// String is the pattern that was compiled.
func (re *Regexp) String() string { return re.pattern }

// NumGroups is the number of capturing groups, not counting the whole match.
func (re *Regexp) NumGroups() int { return int(re.groups) }

// MinLength is a lower bound of the length of every match, in bytes.
func (re *Regexp) MinLength() int { return int(re.minLen) }

// MatchesEmpty tells whether the pattern may match the empty string somewhere.
func (re *Regexp) MatchesEmpty() bool { return re.minLen == 0 }

// Anchored tells whether every match begins at the start of the subject.
func (re *Regexp) Anchored() bool { return re.anchored }
