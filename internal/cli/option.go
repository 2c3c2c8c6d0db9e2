package cli

import "strings"

// An option is one thing the command line can say. The table of options is
// the only place that knows them: parsing, help, manual and completions are
// all made from it.
type option struct {
	// names are the spellings with their dashes, the one that documents use
	// first. A single letter is a short option ("-p"); everything longer is
	// a long one ("--open", "-oX") unless family says otherwise.
	names []string
	// family is 's' or 'P' for what is a letter of -s or -P and clusters
	// with others, as in -sSU.
	family byte
	// arg names the argument; empty if there is none, in brackets if it is
	// optional and then attached, as in -PS22.
	arg   string
	group group
	help  string // one line without a stop
	more  string // what the manual says besides
	// hidden keeps spellings that only old habits need out of the help.
	hidden bool
	// once tells that saying it twice is a mistake.
	once bool
	// complete says what shells can offer for the argument.
	complete completion

	// Exactly one of these four is given.
	set     setter
	missing string // why it is not built yet
	omitted string // why it is left out on purpose
	inert   string // why accepting it is all there is to do
}

// A setter writes into low what was said. Its error is a fault of the value.
type setter func(l *low, arg string) error

// group is a heading of the help.
type group uint8

const (
	groupTargets group = iota
	groupDiscovery
	groupTechniques
	groupPorts
	groupVersion
	groupScripts
	groupOS
	groupTiming
	groupPackets
	groupOutput
	groupMisc
)

var groupTitles = [...]string{
	groupTargets:    "Targets",
	groupDiscovery:  "Host discovery and names",
	groupTechniques: "Port scan techniques",
	groupPorts:      "Ports",
	groupVersion:    "Service and version detection",
	groupScripts:    "Scripts",
	groupOS:         "Operating system detection",
	groupTiming:     "Timing",
	groupPackets:    "Source and packets",
	groupOutput:     "Output",
	groupMisc:       "Miscellaneous",
}

func (g group) String() string { return groupTitles[g] }

// completion is the kind of argument that a shell can offer words for.
type completion uint8

const (
	completeNothing completion = iota
	completeFile
	completeDir
	completeInterface
	completeTemplate
	completeIntensity
)

// arity says whether an option has an argument.
type arity uint8

const (
	argNone arity = iota
	argRequired
	argOptional // only attached to the option
)

func (o *option) arity() arity {
	switch {
	case o.arg == "":
		return argNone
	case strings.HasPrefix(o.arg, "["):
		return argOptional
	}
	return argRequired
}

// name is how documents call the option.
func (o *option) name() string { return o.names[0] }

// long lists the spellings that are words, without dashes.
func (o *option) long() (words []string) {
	if o.family != 0 {
		return nil
	}
	for _, n := range o.names {
		if w := strings.TrimLeft(n, "-"); len(w) > 1 {
			words = append(words, w)
		}
	}
	return words
}

// letters lists the spellings that are a single letter: of a short option,
// or within the family.
func (o *option) letters() (ls []byte) {
	for _, n := range o.names {
		switch {
		case o.family != 0 && len(n) == 3:
			ls = append(ls, n[2])
		case o.family == 0 && len(n) == 2:
			ls = append(ls, n[1])
		}
	}
	return ls
}

// synopsis is the option with its argument, as the help shows it: old
// spellings are left to the manual.
func (o *option) synopsis() string {
	name, arg := o.names[0], strings.TrimSuffix(o.arg, "[]")
	if o.arity() == argOptional {
		name, arg = name+arg, ""
	}
	if len(o.names) > 1 && len(o.names[0]) == 2 && strings.HasPrefix(o.names[1], "--") {
		name += ", " + o.names[1]
	}
	return strings.TrimSpace(name + " " + arg)
}
