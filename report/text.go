package report

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sonde/result"
)

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }

// appendClean adds text that may come from the network to a line for a
// terminal: printable characters as they are, a dot for every other byte.
func appendClean(b []byte, text string) []byte {
	for len(text) > 0 {
		if c := text[0]; c < utf8.RuneSelf {
			if c < 0x20 || c == 0x7f {
				c = '.'
			}
			b, text = append(b, c), text[1:]
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && n == 1 || !unicode.IsPrint(r) {
			b = append(b, '.')
		} else {
			b = append(b, text[:n]...)
		}
		text = text[n:]
	}
	return b
}

// appendProse adds our own prose, which may span lines and hold tabs, as
// clean lines that each end in a newline.
func appendProse(b []byte, text string) []byte {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		for i, part := range strings.Split(line, "\t") {
			if i > 0 {
				b = append(b, '\t')
			}
			b = appendClean(b, part)
		}
		b = append(b, '\n')
	}
	return b
}

// appendPlain adds text reduced to printable ASCII, tabs and newlines; other
// bytes become \xHH, as Nmap shows the output of scripts.
func appendPlain(b []byte, text string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(text) {
		if c := text[i]; c >= 0x20 && c <= 0x7e || c == '\t' || c == '\n' {
			b = append(b, c)
		} else {
			b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
		}
	}
	return b
}

// commandLine joins arguments as a shell would take them apart again: in
// double quotes where there is white space, quotes and backslashes escaped.
func commandLine(args []string) string {
	var b strings.Builder
	for i, arg := range args {
		if i > 0 {
			b.WriteByte(' ')
		}
		quote := strings.ContainsAny(arg, " \t\n\v\f\r")
		if quote {
			b.WriteByte('"')
		}
		for j := range len(arg) {
			if arg[j] == '"' || arg[j] == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(arg[j])
		}
		if quote {
			b.WriteByte('"')
		}
	}
	return b.String()
}

// appendCtime adds a time in the form of C's ctime: "Sat Nov 21 04:36:22 2026".
func appendCtime(b []byte, t time.Time) []byte { return t.AppendFormat(b, time.ANSIC) }

// appendSeconds adds a duration in seconds with two decimals.
func appendSeconds(b []byte, d time.Duration) []byte {
	return strconv.AppendFloat(b, d.Seconds(), 'f', 2, 64)
}

// appendLatency adds a duration in seconds with two significant digits, never
// with an exponent: 12, 1.3, 0.26, 0.0010, 0.0000060. It rounds in the steps
// that Nmap 7.93 was found to take: 0.000135 prints as 0.00013, for the
// quotient is a little less than 13.5.
func appendLatency(b []byte, d time.Duration) []byte {
	seconds := d.Seconds()
	if seconds <= 0 {
		return append(b, '0')
	}
	second := int(math.Floor(math.Log10(seconds))) - 1 // place of the second digit
	unit := math.Pow10(second)
	return strconv.AppendFloat(b, math.Floor(seconds/unit+0.5)*unit, 'f', max(0, -second), 64)
}

// appendClock adds a duration as hours, minutes and seconds: 0:12:54.
func appendClock(b []byte, d time.Duration) []byte {
	s := int64(d / time.Second)
	b = append(appendInt(b, s/3600), ':')
	b = append(appendTwo(b, s/60%60), ':')
	return appendTwo(b, s%60)
}

func appendTwo(b []byte, n int64) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

// appendBytes adds an amount of data: 123B, 1.512KB, 2.345MB (powers of 1000).
func appendBytes(b []byte, n uint64) []byte {
	switch {
	case n < 1000:
		return append(strconv.AppendUint(b, n, 10), 'B')
	case n < 1000_000:
		return append(strconv.AppendFloat(b, float64(n)/1e3, 'f', 3, 64), "KB"...)
	case n < 1000_000_000:
		return append(strconv.AppendFloat(b, float64(n)/1e6, 'f', 3, 64), "MB"...)
	}
	return append(strconv.AppendFloat(b, float64(n)/1e9, 'f', 3, 64), "GB"...)
}

// appendTotals adds the sentence that ends a report: how many addresses, how
// many hosts up, how long it took.
func appendTotals(b []byte, ev result.ScanDone) []byte {
	b = appendInt(b, int64(ev.Hosts.Total))
	b = append(b, plural(ev.Hosts.Total, " IP address (", " IP addresses (")...)
	b = appendInt(b, int64(ev.Hosts.Up))
	b = append(b, plural(ev.Hosts.Up, " host up) scanned in ", " hosts up) scanned in ")...)
	return append(appendSeconds(b, ev.Elapsed), " seconds"...)
}

// plural is one for a count of one, many for all others.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
