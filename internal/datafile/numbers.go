package datafile

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"sonde/portspec"
	"sonde/result"
)

// ReadProtocols reads a table of IP protocol numbers in the format of
// nmap-protocols and /etc/protocols: "name number". Each line that is none of
// this is passed over with a warning, a line of prose. The entries are of
// result.IP.
func ReadProtocols(name string, r io.Reader) (t *portspec.Table, warnings []string, err error) {
	text, err := readText(name, r)
	if err != nil {
		return nil, nil, err
	}
	var entries []portspec.Entry
	for n, line := range entryLines(text) {
		proto, number, ok := nameNumber(line, math.MaxUint8)
		if !ok {
			warnings = append(warnings, fmt.Sprintf("%s:%d: not a name and a number up to 255", name, n))
			continue
		}
		entries = append(entries, portspec.Entry{Name: proto, Protocol: result.IP, Port: uint16(number)})
	}
	return portspec.NewTable(entries), warnings, nil
}

// Program is an ONC RPC program (RFC 5531).
type Program struct {
	Name   string
	Number uint32
}

// ReadRPC reads a table of RPC programs in the format of nmap-rpc and
// /etc/rpc: "name number aliases…"; the aliases are not kept. The order is
// that of the file, in which the programs are tried. A line that is none of
// this is an error.
func ReadRPC(name string, r io.Reader) ([]Program, error) {
	text, err := readText(name, r)
	if err != nil {
		return nil, err
	}
	var programs []Program
	for n, line := range entryLines(text) {
		program, number, ok := nameNumber(line, math.MaxUint32)
		if !ok {
			return nil, fmt.Errorf("%s:%d: not a name and a program number", name, n)
		}
		programs = append(programs, Program{program, uint32(number)})
	}
	return programs, nil
}

// ProgramRange is a range of ONC RPC program numbers, both ends included.
type ProgramRange struct{ First, Last uint32 }

// ReadRPCRanges reads a table of ranges of RPC program numbers: "first last
// owner…", in the order in which they are searched. A line that is none of
// this is an error.
func ReadRPCRanges(name string, r io.Reader) ([]ProgramRange, error) {
	text, err := readText(name, r)
	if err != nil {
		return nil, err
	}
	var ranges []ProgramRange
	for n, line := range entryLines(text) {
		first, rest := cutWord(line)
		low, err := strconv.ParseUint(first, 10, 32)
		last, _ := cutWord(rest)
		high, err2 := strconv.ParseUint(last, 10, 32)
		if err != nil || err2 != nil || high < low {
			return nil, fmt.Errorf("%s:%d: not the two ends of a range of program numbers", name, n)
		}
		ranges = append(ranges, ProgramRange{uint32(low), uint32(high)})
	}
	return ranges, nil
}

// nameNumber reads a word and a decimal number that ends at a blank, a comment
// or the end.
func nameNumber(line string, limit int) (name string, number int, ok bool) {
	name, line = cutWord(line)
	number, rest, ok := cutDigits(line, limit)
	if !ok || number > limit || rest != "" && rest[0] != ' ' && rest[0] != '\t' && rest[0] != '#' {
		return "", 0, false
	}
	return name, number, true
}
