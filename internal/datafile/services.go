package datafile

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"sonde/portspec"
	"sonde/result"
)

// ReadServices reads a table of port names in the format of nmap-services,
// which is that of /etc/services with a column more: "name port/proto ratio".
// The ratio is "0.xxxx" or "a/b", between 0 and 1; anything else in its place
// means none. Lines that are none of this, and other protocols than tcp, udp
// and sctp, are passed over, as scanners always did. The table is an error if
// a ratio is impossible or no line is usable.
func ReadServices(name string, r io.Reader) (*portspec.Table, error) {
	text, err := readText(name, r)
	if err != nil {
		return nil, err
	}
	entries := make([]portspec.Entry, 0, len(text)/24)
	for n, line := range entryLines(text) {
		e, rest, ok := service(line)
		if !ok {
			continue
		}
		if e.Ratio, err = ratio(rest); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		entries = append(entries, e)
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("%s: no port in it", name)
	}
	return portspec.NewTable(entries), nil
}

// service reads "name port/proto" and returns what follows.
func service(line string) (e portspec.Entry, rest string, ok bool) {
	e.Name, line = cutWord(line)
	port, line, ok := cutDigits(line, math.MaxUint16)
	if !ok || port > math.MaxUint16 || line == "" || line[0] != '/' {
		return e, "", false
	}
	e.Port = uint16(port)
	proto, rest := cutWord(line[1:])
	switch {
	case strings.EqualFold(proto, "tcp"):
		e.Protocol = result.TCP
	case strings.EqualFold(proto, "udp"):
		e.Protocol = result.UDP
	case strings.EqualFold(proto, "sctp"):
		e.Protocol = result.SCTP
	default:
		return e, "", false
	}
	return e, rest, true
}

// ratio reads what it can from the front of the text and ignores the rest.
func ratio(s string) (float64, error) {
	if strings.HasPrefix(s, "0.") {
		_, rest, _ := cutDigits(s[2:], 0)
		return strconv.ParseFloat(s[:len(s)-len(rest)], 64)
	}
	negative := strings.HasPrefix(s, "-")
	a, rest, okA := cutDigits(strings.TrimPrefix(s, "-"), math.MaxInt32)
	if !okA || rest == "" || rest[0] != '/' {
		return 0, nil
	}
	b, _, okB := cutDigits(rest[1:], math.MaxInt32)
	switch {
	case negative:
		return 0, fmt.Errorf("the ratio is negative")
	case !okB:
		return 0, nil
	case a > b || b == 0:
		return 0, fmt.Errorf("the ratio is above 1")
	}
	return float64(a) / float64(b), nil
}
