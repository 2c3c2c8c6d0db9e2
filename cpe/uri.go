package cpe

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	uriPrefix     = "cpe:/"
	uriComponents = 7 // part to language; the edition may hold the other four
)

// ParseURI reads a CPE 2.2 URI such as "cpe:/a:openbsd:openssh:9.2p1"
// (NISTIR 7695, 6.1.3). Punctuation that should have been percent-encoded is
// taken as it stands, because scanners print it so.
func ParseURI(s string) (Name, error) {
	n, err := parseURI(s)
	if err != nil {
		return Name{}, fmt.Errorf("parse CPE %q: %w", s, err)
	}
	return n, nil
}

func parseURI(s string) (Name, error) {
	if !hasPrefixFold(s, uriPrefix) {
		return Name{}, fmt.Errorf("%q is not at its beginning", uriPrefix)
	}
	components := strings.Split(s[len(uriPrefix):], ":")
	if len(components) > uriComponents {
		return Name{}, fmt.Errorf("more than %d components", uriComponents)
	}
	var n Name
	for i, text := range components {
		a := Attribute(i)
		if a == Edition && strings.HasPrefix(text, "~") {
			if err := n.unpack(text[1:]); err != nil {
				return Name{}, err
			}
			continue
		}
		v, err := decode(text)
		if err != nil {
			return Name{}, fmt.Errorf("%v: %w", a, err)
		}
		n[a] = v
	}
	return n, n.check()
}

// packed is the attributes that share the component of the edition, divided by "~".
var packed = [...]Attribute{Edition, SWEdition, TargetSW, TargetHW, Other}

func (n *Name) unpack(text string) error {
	values := strings.Split(text, "~")
	if len(values) != len(packed) {
		return fmt.Errorf("edition: %d packed values instead of %d", len(values), len(packed))
	}
	for i, text := range values {
		v, err := decode(text)
		if err != nil {
			return fmt.Errorf("%v: %w", packed[i], err)
		}
		n[packed[i]] = v
	}
	return nil
}

// The wildcards as URIs spell them.
const (
	codeOne  = 0x01 // "?"
	codeMany = 0x02 // "*"
)

func decode(text string) (Value, error) {
	if text == "" || text == "-" {
		return Value(text), nil
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' {
			if i+2 >= len(text) {
				return "", errors.New("incomplete percent code")
			}
			code, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
			if err != nil {
				return "", fmt.Errorf("%q is no percent code", text[i:i+3])
			}
			i += 2
			switch c = byte(code); c {
			case codeOne:
				b.WriteByte('?')
				continue
			case codeMany:
				b.WriteByte('*')
				continue
			}
		}
		if c <= ' ' || c > '~' {
			return "", fmt.Errorf("character %q", c)
		}
		quote(&b, lower(c))
	}
	if b.String() == "*" {
		return Any, nil
	}
	return Value(b.String()), nil
}

// URI is the name as CPE 2.2 URI. Attributes that only CPE 2.3 has are packed
// into the component of the edition.
func (n Name) URI() string {
	var parts [uriComponents]string
	for a := Part; a <= Language; a++ {
		parts[a] = encode(n[a])
	}
	if n[SWEdition] != Any || n[TargetSW] != Any || n[TargetHW] != Any || n[Other] != Any {
		parts[Edition] = ""
		for _, a := range packed {
			parts[Edition] += "~" + encode(n[a])
		}
	}
	return uriPrefix + strings.TrimRight(strings.Join(parts[:], ":"), ":")
}

func encode(v Value) string {
	if v == NotApplicable {
		return string(v)
	}
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '?':
			fmt.Fprintf(&b, "%%%02x", codeOne)
		case c == '*':
			fmt.Fprintf(&b, "%%%02x", codeMany)
		case c != '\\' || i+1 == len(v):
			b.WriteByte(c)
		default:
			i++
			// A lone "-" would read as "not applicable".
			if c = v[i]; c == '.' || c == '-' && len(v) > 2 || isWord(c) {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "%%%02x", c)
			}
		}
	}
	return b.String()
}
