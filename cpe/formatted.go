package cpe

import (
	"errors"
	"fmt"
	"strings"
)

const formattedPrefix = "cpe:2.3:"

// ParseFormatted reads a CPE 2.3 formatted string such as
// "cpe:2.3:a:openbsd:openssh:9.2:p1:*:*:*:*:*:*" (NISTIR 7695, 6.2.3).
func ParseFormatted(s string) (Name, error) {
	n, err := parseFormatted(s)
	if err != nil {
		return Name{}, fmt.Errorf("parse CPE %q: %w", s, err)
	}
	return n, nil
}

func parseFormatted(s string) (Name, error) {
	if !hasPrefixFold(s, formattedPrefix) {
		return Name{}, fmt.Errorf("%q is not at its beginning", formattedPrefix)
	}
	fields := splitUnescaped(s[len(formattedPrefix):])
	if len(fields) != attributes {
		return Name{}, fmt.Errorf("%d values instead of %d", len(fields), attributes)
	}
	var n Name
	for i, text := range fields {
		v, err := unbind(text)
		if err != nil {
			return Name{}, fmt.Errorf("%v: %w", Attribute(i), err)
		}
		n[i] = v
	}
	return n, n.check()
}

// splitUnescaped cuts at colons that stand behind no backslash.
func splitUnescaped(s string) []string {
	var fields []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ':':
			fields = append(fields, s[start:i])
			start = i + 1
		}
	}
	return append(fields, s[start:])
}

func unbind(text string) (Value, error) {
	switch text {
	case "":
		return "", errors.New("empty value")
	case "*":
		return Any, nil
	case "-":
		return NotApplicable, nil
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		wildcard := c == '*' || c == '?'
		if c == '\\' {
			if i++; i == len(text) {
				return "", errors.New("nothing follows the backslash")
			}
			c, wildcard = text[i], false
		}
		switch {
		case c <= ' ' || c > '~':
			return "", fmt.Errorf("character %q", c)
		case wildcard:
			b.WriteByte(c)
		default:
			quote(&b, lower(c))
		}
	}
	return Value(b.String()), nil
}

// Formatted is the name as CPE 2.3 formatted string.
func (n Name) Formatted() string {
	fields := make([]string, attributes)
	for i, v := range n {
		fields[i] = bind(v)
	}
	return formattedPrefix + strings.Join(fields, ":")
}

func bind(v Value) string {
	switch v {
	case Any:
		return "*"
	case NotApplicable:
		return "-"
	}
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] == '\\' && i+1 < len(v) {
			i++
			// These need no backslash in this form; a lone "-" would read as "not applicable".
			if c := v[i]; c != '.' && c != '_' && (c != '-' || len(v) == 2) {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(v[i])
	}
	return b.String()
}
