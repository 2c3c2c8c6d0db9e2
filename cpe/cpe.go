// Package cpe reads and prints CPE names, which identify products in vulnerability databases: as CPE 2.2 URI and as CPE 2.3 formatted string (NISTIR 7695).
package cpe

import (
	"errors"
	"fmt"
	"strings"
)

// Attribute is one of the eleven parts of a name.
type Attribute uint8

// The attributes, in the order of the formatted string.
const (
	Part Attribute = iota // "a" application, "h" hardware, "o" operating system
	Vendor
	Product
	Version
	Update
	Edition
	Language
	SWEdition
	TargetSW
	TargetHW
	Other

	attributes = 11
)

var attributeNames = [attributes]string{"part", "vendor", "product", "version", "update", "edition",
	"language", "sw_edition", "target_sw", "target_hw", "other"}

// String is the attribute's name in NISTIR 7695, such as "sw_edition".
func (a Attribute) String() string {
	if a < attributes {
		return attributeNames[a]
	}
	return "invalid"
}

// Name is a well-formed CPE name. The zero value matches every product. Names
// are compared with ==.
type Name [attributes]Value

// Value is the value of an attribute in the notation of well-formed names:
// letters, digits and "_" stand for themselves, other characters stand behind
// a backslash, and "?" and "*" without one are wildcards.
type Value string

// The two values that are no text.
const (
	Any           Value = ""  // no restriction
	NotApplicable Value = "-" // the attribute makes no sense for the product
)

// Literal is the value that stands for exactly this text, in lower case. The
// text must be printable ASCII without spaces; other bytes become "_".
func Literal(text string) Value {
	var b strings.Builder
	for i := range len(text) {
		c := lower(text[i])
		if c <= ' ' || c > '~' {
			c = '_'
		}
		quote(&b, c)
	}
	return Value(b.String())
}

// Text is the value as people read it, without backslashes.
func (v Value) Text() string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] == '\\' && i+1 < len(v) {
			i++
		}
		b.WriteByte(v[i])
	}
	return b.String()
}

// Parse reads a name in either form. Letters become lower case, as the
// standard wants it. The error names the attribute that is wrong.
func Parse(s string) (Name, error) {
	switch {
	case hasPrefixFold(s, uriPrefix):
		return ParseURI(s)
	case hasPrefixFold(s, formattedPrefix):
		return ParseFormatted(s)
	}
	return Name{}, fmt.Errorf("parse CPE %q: begins neither with %s nor with %s", s, uriPrefix, formattedPrefix)
}

// String is the formatted string.
func (n Name) String() string { return n.Formatted() }

// check refuses values that no well-formed name has.
func (n Name) check() error {
	switch n[Part] {
	case "a", "h", "o", Any, NotApplicable:
	default:
		return fmt.Errorf("part is %q, not one of a, h and o", n[Part].Text())
	}
	for a, v := range n {
		if err := v.check(); err != nil {
			return fmt.Errorf("%v: %w", Attribute(a), err)
		}
	}
	return nil
}

// check tells whether wildcards stand where they may: at the ends, and there
// either one "*" or any number of "?".
func (v Value) check() error {
	first, last := -1, 0 // bounds of what is no wildcard
	for i := 0; i < len(v); i++ {
		if v[i] == '*' || v[i] == '?' {
			continue
		}
		if first < 0 {
			first = i
		}
		if v[i] == '\\' {
			i++
		}
		last = i + 1
	}
	if first < 0 {
		first, last = len(v), len(v)
	}
	if !isWildcard(v[:first]) || !isWildcard(v[last:]) {
		return errors.New("mixed wildcards")
	}
	for i := first; i < last; i++ {
		switch v[i] {
		case '\\':
			i++
		case '*', '?':
			return errors.New("wildcard in the middle")
		}
	}
	return nil
}

func isWildcard(v Value) bool { return v == "*" || strings.Trim(string(v), "?") == "" }

// quote appends a character that stands for itself.
func quote(b *strings.Builder, c byte) {
	if !isWord(c) {
		b.WriteByte('\\')
	}
	b.WriteByte(c)
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
