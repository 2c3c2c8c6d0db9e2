package probefile

import (
	"errors"
	"fmt"
	"iter"
	"strings"
)

// Template says how one field is made of a reply.
type Template struct {
	Field Field
	// Text is literal but for "$", which begins a part taken from the reply;
	// see [Template.Parts]. Text of a CPE lacks the leading "cpe:/".
	Text string
}

// PartKind says what a part of a template is.
type PartKind uint8

// The kinds of parts.
const (
	Literal   PartKind = iota // text that stands for itself
	Group                     // $1: the bytes of a group
	Printable                 // $P(1): its printable ASCII bytes only
	Replace                   // $SUBST(1,"from","to")
	Number                    // $I(1,">"): its bytes as an unsigned integer, in decimal
)

// Part is a piece of a template.
type Part struct {
	Kind         PartKind
	Text         string // of a Literal
	Group        int    // 1 to 9, of the other kinds
	From, To     string // of Replace; From is not empty
	LittleEndian bool   // of Number
}

// Parts yields the pieces of the template from left to right. It ends with an
// error where the text breaks the grammar; the whole field is lost then.
func (t Template) Parts() iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) {
		for rest := t.Text; rest != ""; {
			var part Part
			var err error
			part, rest, err = nextPart(rest)
			if !yield(part, err) || err != nil {
				return
			}
		}
	}
}

func nextPart(text string) (part Part, rest string, err error) {
	switch i := strings.IndexByte(text, '$'); {
	case i < 0:
		return Part{Text: text}, "", nil
	case i > 0:
		return Part{Text: text[:i]}, text[i:], nil
	}
	if len(text) > 1 && isDigit(text[1]) {
		if text[1] == '0' {
			return Part{}, "", errors.New("$0 is no group")
		}
		return Part{Kind: Group, Group: int(text[1] - '0')}, text[2:], nil
	}
	name, args, ok := strings.Cut(text[1:], "(")
	if !ok {
		return Part{}, "", errors.New("neither a digit nor a function after $")
	}
	list, rest, err := arguments(args)
	if err != nil {
		return Part{}, "", fmt.Errorf("$%s: %w", name, err)
	}
	part, err = call(name, list)
	return part, rest, err
}

func call(name string, args []argument) (Part, error) {
	part := Part{}
	var shape string // what the arguments must be: i for an integer, s for a string
	switch name {
	case "P":
		part.Kind, shape = Printable, "i"
	case "SUBST":
		part.Kind, shape = Replace, "iss"
	case "I":
		part.Kind, shape = Number, "is"
	default:
		return part, fmt.Errorf("unknown function $%.15s", name)
	}
	if len(args) != len(shape) {
		return part, fmt.Errorf("$%s takes %d arguments, not %d", name, len(shape), len(args))
	}
	for i, a := range args {
		if a.quoted != (shape[i] == 's') {
			return part, fmt.Errorf("argument %d of $%s has the wrong type", i+1, name)
		}
	}
	if part.Group = args[0].number; part.Group < 1 || part.Group > 9 {
		return part, fmt.Errorf("$%s of group %d, which is not one of 1 to 9", name, part.Group)
	}
	switch part.Kind {
	case Replace:
		if part.From, part.To = args[1].text, args[2].text; part.From == "" {
			return part, errors.New("$SUBST of an empty text")
		}
	case Number:
		if args[1].text != "<" && args[1].text != ">" {
			return part, fmt.Errorf(`$I takes ">" or "<", not %q`, args[1].text)
		}
		part.LittleEndian = args[1].text == "<"
	}
	return part, nil
}

type argument struct {
	quoted bool
	text   string
	number int
}

const (
	maxArguments    = 5
	maxQuotedLength = 127 // before unescaping
)

// arguments reads up to and over the closing parenthesis. What stands between
// an argument and the next comma or parenthesis does not count.
func arguments(text string) (args []argument, rest string, err error) {
	for {
		for text != "" && isSpace(text[0]) {
			text = text[1:]
		}
		var arg argument
		if strings.HasPrefix(text, `"`) {
			arg, text, err = quotedArgument(text[1:])
		} else {
			arg, text, err = numberArgument(text)
		}
		if err != nil {
			return nil, "", err
		}
		if args = append(args, arg); len(args) > maxArguments {
			return nil, "", fmt.Errorf("more than %d arguments", maxArguments)
		}
		i := strings.IndexAny(text, ",)")
		if i < 0 {
			return nil, "", errors.New("no closing parenthesis")
		}
		if text[i] == ')' {
			return args, text[i+1:], nil
		}
		text = text[i+1:]
	}
}

func quotedArgument(text string) (argument, string, error) {
	i := 0
	for ; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++ // the escaped byte does not end the text
		}
	}
	if i >= len(text) {
		return argument{}, "", errors.New("no closing quote")
	}
	if i > maxQuotedLength {
		return argument{}, "", fmt.Errorf("text of more than %d bytes", maxQuotedLength)
	}
	raw, err := Unescape(text[:i])
	if err != nil {
		return argument{}, "", err
	}
	return argument{quoted: true, text: string(raw)}, text[i+1:], nil
}

// numberArgument reads an integer in C notation: 10, 0xa or 012.
func numberArgument(text string) (argument, string, error) {
	i, sign := 0, 1
	if text != "" && (text[0] == '+' || text[0] == '-') {
		if text[0] == '-' {
			sign = -1
		}
		i++
	}
	base := 10
	switch {
	case len(text) > i+2 && text[i] == '0' && text[i+1]|0x20 == 'x' && isHex(text[i+2]):
		base, i = 16, i+2
	case len(text) > i && text[i] == '0':
		base = 8
	}
	start, n := i, 0
	for ; i < len(text) && isHex(text[i]) && int(unhex(text[i])) < base; i++ {
		n = min(n*base+int(unhex(text[i])), 1<<20) // far beyond any group, far below an overflow
	}
	if i == start {
		return argument{}, "", errors.New("an argument is neither a number nor a quoted text")
	}
	return argument{number: sign * n}, text[i:], nil
}
