package datafile

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The lengths of MAC prefixes in hexadecimal digits: IEEE registers blocks of
// 24, 28 and 36 bits. The longest that is listed decides.
var prefixLengths = [...]int{9, 7, 6}

// Vendors tells the registrant of a MAC address. It is immutable and safe for
// concurrent use; a nil *Vendors knows none.
type Vendors struct {
	names map[prefix]string
}

type prefix struct {
	digits int
	value  uint64
}

// ReadVendors reads a table of MAC prefixes in the format of
// nmap-mac-prefixes: 6, 7 or 9 hexadecimal digits, then the vendor's name. A
// line that is none of this is an error. Of equal prefixes the first counts.
func ReadVendors(name string, r io.Reader) (*Vendors, error) {
	text, err := readText(name, r)
	if err != nil {
		return nil, err
	}
	v := &Vendors{names: make(map[prefix]string, strings.Count(text, "\n"))}
	for n, line := range entryLines(text) {
		digits, vendor := cutWord(line)
		value, err := strconv.ParseUint(digits, 16, 64)
		if err != nil || vendor == "" || len(digits) != 6 && len(digits) != 7 && len(digits) != 9 {
			return nil, fmt.Errorf("%s:%d: not 6, 7 or 9 hexadecimal digits and a name", name, n)
		}
		p := prefix{len(digits), value}
		if _, ok := v.names[p]; !ok {
			v.names[p] = vendor
		}
	}
	return v, nil
}

// Len is the number of prefixes.
func (v *Vendors) Len() int {
	if v == nil {
		return 0
	}
	return len(v.names)
}

// Name returns the registrant of a MAC address, or nothing if it is unknown.
func (v *Vendors) Name(mac [6]byte) string {
	if v == nil {
		return ""
	}
	var value uint64
	for _, b := range mac {
		value = value<<8 | uint64(b)
	}
	for _, digits := range prefixLengths {
		if name, ok := v.names[prefix{digits, value >> (4 * (12 - digits))}]; ok {
			return name
		}
	}
	return ""
}
