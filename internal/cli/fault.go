package cli

import "fmt"

// faultKind says what is wrong with a run, which decides its exit status.
type faultKind uint8

const (
	faultWorld   faultKind = iota // the command line is right but a file or the network does not play along
	faultMeaning                  // it can be read but makes no sense, or asks for what is missing
	faultSyntax                   // it cannot be read
)

// A fault ends a run before it scans. It is the only kind of error that
// knows its exit status; all others count as faultWorld.
type fault struct {
	kind faultKind
	text string
	hint string // what to do about it; may be empty
}

func (f *fault) Error() string { return f.text }

func syntaxFault(format string, args ...any) *fault {
	return &fault{kind: faultSyntax, text: fmt.Sprintf(format, args...)}
}

func meaningFault(format string, args ...any) *fault {
	return &fault{kind: faultMeaning, text: fmt.Sprintf(format, args...)}
}
