package cli

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// parse reads the words of a command line as GNU getopt_long_only does, the
// grammar that users of Nmap know: long options take one dash or two and may
// be shortened while they stay unique, short options cluster, options and
// targets mix, and -- ends the options. What was said goes into low.
func parse(args []string) (*low, error) {
	if n := slices.IndexFunc(args, startsWithUnicodeDash); n >= 0 {
		return nil, &fault{kind: faultMeaning, text: "argument " + quoted(args[n]) + " begins with a dash that is not the sign -",
			hint: "it was probably pasted from a formatted text; type it anew"}
	}
	p := &parser{low: &low{given: map[string]int{}}, args: args}
	for len(p.args) > 0 {
		arg := p.args[0]
		p.args = p.args[1:]
		switch {
		case arg == "--":
			p.low.targets = append(p.low.targets, p.args...)
			return p.low, nil
		case len(arg) < 2 || arg[0] != '-':
			p.low.targets = append(p.low.targets, arg)
		default:
			if err := p.option(arg); err != nil {
				return nil, err
			}
		}
		if p.low.showHelp || p.low.showVersion {
			return p.low, nil // whatever follows does not matter
		}
	}
	return p.low, nil
}

type parser struct {
	low  *low
	args []string // what follows the word being read
}

// option reads one word that begins with a dash. A word of two letters or
// more after one dash is a long option if it abbreviates one, and a cluster
// of short options otherwise; "-p" alone is always the short option.
func (p *parser) option(arg string) error {
	if word, ok := strings.CutPrefix(arg, "--"); ok {
		return p.long("--", word)
	}
	short := shortOption(arg[1])
	if len(arg) > 2 || short == nil {
		word, _, _ := strings.Cut(arg[1:], "=")
		if short == nil || len(longOptions(word)) > 0 {
			return p.long("-", arg[1:])
		}
	}
	return p.cluster(arg[1:])
}

// long reads a long option without its dashes, perhaps with =value.
func (p *parser) long(dashes, word string) error {
	name, value, attached := strings.Cut(word, "=")
	found := longOptions(name)
	switch {
	case len(found) == 0:
		return syntaxFault("unrecognized option '%s%s'", dashes, word)
	case len(found) > 1:
		var names []string
		for _, m := range found {
			names = append(names, "'"+dashes+m.word+"'")
		}
		return syntaxFault("option '%s%s' is ambiguous; possibilities: %s", dashes, word, strings.Join(names, " "))
	}
	o, full := found[0].option, dashes+found[0].word
	switch {
	case o.arity() == argNone && attached:
		return syntaxFault("option '%s' doesn't allow an argument", full)
	case o.arity() == argRequired && !attached:
		if len(p.args) == 0 {
			return syntaxFault("option '%s' requires an argument", full)
		}
		value, p.args = p.args[0], p.args[1:]
	}
	return p.apply(o, full, value)
}

// cluster reads short options that share a word, such as -nsV.
func (p *parser) cluster(letters string) error {
	for i := 0; i < len(letters); i++ {
		switch c := letters[i]; c {
		case 's':
			return p.scanLetters(letters[i+1:])
		case 'P':
			return p.pingLetter(letters[i+1:])
		default:
			o := shortOption(c)
			rest := letters[i+1:]
			switch {
			case o == nil:
				return syntaxFault("invalid option -- '%c'", c)
			case o.arity() == argRequired && rest == "":
				if len(p.args) == 0 {
					return syntaxFault("option requires an argument -- '%c'", c)
				}
				rest, p.args = p.args[0], p.args[1:]
			case o.arity() == argNone:
				rest = ""
			}
			if err := p.apply(o, "-"+string(c), rest); err != nil || o.arity() != argNone {
				return err
			}
		}
	}
	return nil
}

// scanLetters reads what follows -s: any number of letters, one scan each.
func (p *parser) scanLetters(letters string) error {
	if letters == "" {
		return syntaxFault("-s needs letters that name scans, as in -sT or -sUV")
	}
	for i := range len(letters) {
		o := familyOption('s', letters[i])
		if o == nil {
			return syntaxFault("there is no scan type -s%s", quotedByte(letters[i]))
		}
		if err := p.apply(o, "-s"+string(letters[i]), ""); err != nil {
			return err
		}
	}
	return nil
}

// pingLetter reads what follows -P: one letter and what belongs to it. The
// bare -P is an old form of -PE.
func (p *parser) pingLetter(rest string) error {
	if rest == "" {
		rest = "E"
	}
	o := familyOption('P', rest[0])
	if o == nil {
		return meaningFault("there is no ping type -P%s; there are -Pn, -PE, -PS, -PA, -PP, -PM, -PU, -PY and -PO", quotedByte(rest[0]))
	}
	return p.apply(o, "-P"+rest[:1], rest[1:])
}

// apply records an option, spelled as the user did in messages.
func (p *parser) apply(o *option, spelled, arg string) error {
	p.low.given[o.name()]++
	switch {
	case o.missing != "":
		return meaningFault("%s is not built yet: %s", spelled, o.missing)
	case o.omitted != "":
		return meaningFault("%s is left out on purpose: %s", spelled, o.omitted)
	case o.once && p.low.given[o.name()] > 1:
		return meaningFault("only one %s is allowed", spelled)
	case o.set == nil:
		return nil
	}
	if err := o.set(p.low, arg); err != nil {
		return meaningFault("%s: %v", spelled, err)
	}
	return nil
}

// longMatch is a long option that a word abbreviates.
type longMatch struct {
	option *option
	word   string
}

// longOptions lists the long options that begin with a word, or the one that is the word.
func longOptions(prefix string) (found []longMatch) {
	for i := range options {
		for _, w := range options[i].long() {
			if w == prefix {
				return []longMatch{{&options[i], w}}
			}
			if strings.HasPrefix(w, prefix) {
				found = append(found, longMatch{&options[i], w})
			}
		}
	}
	return found
}

// shortOption finds the option of a letter; for -s and -P, which are families, any member stands in.
func shortOption(c byte) *option {
	for i := range options {
		o := &options[i]
		if o.family != 0 && o.family == c || o.family == 0 && slices.Contains(o.letters(), c) {
			return o
		}
	}
	return nil
}

func familyOption(family, letter byte) *option {
	for i := range options {
		if o := &options[i]; o.family == family && slices.Contains(o.letters(), letter) {
			return o
		}
	}
	return nil
}

// startsWithUnicodeDash finds what word processors make of a dash: U+2010 to
// U+2015, or the dashes of Windows-1252.
func startsWithUnicodeDash(arg string) bool {
	r, n := utf8.DecodeRuneInString(arg)
	if r == utf8.RuneError && n == 1 {
		return arg[0] == 0x96 || arg[0] == 0x97
	}
	return r >= 0x2010 && r <= 0x2015
}
