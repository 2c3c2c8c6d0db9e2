package cli

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"sonde"
)

// yes makes a setter of an option without argument.
func yes(fields ...func(*low) *bool) setter {
	return func(l *low, _ string) error {
		for _, f := range fields {
			*f(l) = true
		}
		return nil
	}
}

// text makes a setter that keeps the argument as it is.
func text(field func(*low) *string) setter {
	return func(l *low, arg string) error {
		if arg == "" {
			return errors.New("the argument is empty")
		}
		*field(l) = arg
		return nil
	}
}

// list makes a setter that keeps a list of ports where even an empty list
// says something.
func list(field func(*low) **string) setter {
	return func(l *low, arg string) error {
		if *field(l) != nil {
			return errors.New("only one such option is allowed; separate several ports with commas")
		}
		*field(l) = &arg
		return nil
	}
}

// whole reads a whole number within bounds.
func whole(arg string, lo, hi int) (int, error) {
	n, err := strconv.Atoi(arg)
	if err != nil || n < lo || n > hi {
		return 0, fmt.Errorf("%q is not a whole number from %d to %d", arg, lo, hi)
	}
	return n, nil
}

// optional makes a setter of a number that is nil while nobody has set it.
func optional(field func(*low) **int, lo, hi int) setter {
	return func(l *low, arg string) error {
		n, err := whole(arg, lo, hi)
		if err == nil {
			*field(l) = &n
		}
		return err
	}
}

// rate makes a setter of packets a second.
func rate(field func(*low) **float64) setter {
	return func(l *low, arg string) error {
		f, err := strconv.ParseFloat(arg, 64)
		if err != nil || !(f > 0) || f > 1e9 {
			return fmt.Errorf("%q is not a positive number", arg)
		}
		*field(l) = &f
		return nil
	}
}

// duration makes a setter of a time. Values without a unit were milliseconds
// in scanners of old; one that would be at least guard seconds is therefore
// not believed.
func duration(field func(*low) **time.Duration, least, guard time.Duration) setter {
	return func(l *low, arg string) error {
		d, unit, err := parseTime(arg)
		switch {
		case err != nil:
			return err
		case !unit && d >= guard:
			return fmt.Errorf("times without a unit are seconds, so %q is %v; write %sms for milliseconds or %ss if seconds are meant", arg, d, arg, arg)
		case d < least:
			return fmt.Errorf("%q is too short; at least %v is needed", arg, least)
		}
		*field(l) = &d
		return nil
	}
}

// parseTime reads a number with an optional unit ms, s, m or h. Without one it is seconds.
func parseTime(arg string) (d time.Duration, unit bool, err error) {
	num, scale := strings.ToLower(arg), time.Second
	for _, u := range []struct {
		suffix string
		scale  time.Duration
	}{{"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}} {
		if n, ok := strings.CutSuffix(num, u.suffix); ok {
			num, scale, unit = n, u.scale, true
			break
		}
	}
	if strings.Trim(num, "0123456789.") != "" {
		return 0, false, fmt.Errorf("%q is not a time; write a number with ms, s, m or h", arg)
	}
	f, err := strconv.ParseFloat(num, 64)
	const longest = float64(10 * 365 * 24 * time.Hour)
	if err != nil || f*float64(scale) > longest {
		return 0, false, fmt.Errorf("%q is not a time; write a number with ms, s, m or h", arg)
	}
	return time.Duration(f * float64(scale)), unit, nil
}

// templateNames are the names of -T0 to -T5.
var templateNames = [...]string{"paranoid", "sneaky", "polite", "normal", "aggressive", "insane"}

func setTemplate(l *low, arg string) error {
	for n, name := range templateNames {
		if strings.EqualFold(arg, name) || arg == strconv.Itoa(n) {
			l.template = &n
			return nil
		}
	}
	return fmt.Errorf("unknown timing template %q; there are %s, or 0 to 5", arg, strings.Join(templateNames[:], ", "))
}

// maxVerbosity bounds -v and -d.
const maxVerbosity = 10

func setVerbose(l *low, arg string) error {
	n, err := level(l.verbose, arg, 'v')
	if err == nil {
		l.verbose, l.silent = n, arg == "0"
	}
	return err
}

// setDebug sets or raises verbosity with debugging, as who looks closely also looks.
func setDebug(l *low, arg string) error {
	n, err := level(l.debug, arg, 'd')
	if err != nil {
		return err
	}
	if strings.Trim(arg, "d") == "" {
		l.verbose = min(l.verbose+1+len(arg), maxVerbosity)
	} else {
		l.verbose = n
	}
	l.debug, l.silent = n, false
	return nil
}

// level reads what follows -v or -d: nothing, more of the same letter, or a number.
func level(now int, arg string, letter byte) (int, error) {
	if strings.Trim(arg, string(letter)) == "" {
		return min(now+1+len(arg), maxVerbosity), nil
	}
	n, err := strconv.ParseUint(arg, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%q is neither a level nor more of the letter %c", arg, letter)
	}
	return int(min(n, maxVerbosity)), nil
}

// outputIn makes the setter of one report format.
func outputIn(letter byte) setter {
	return func(l *low, arg string) error {
		if err := checkFileName(letter, arg); err != nil {
			return err
		}
		l.outputs = append(l.outputs, outputRequest{letter, arg})
		return nil
	}
}

func checkFileName(letter byte, name string) error {
	switch {
	case name == "":
		return errors.New("the file name is empty")
	case len(name) > 1 && name[0] == '-':
		return fmt.Errorf("the file name begins with a dash; write -o%c ./%s if that is what it should be called", letter, name)
	}
	return nil
}

func setBasename(l *low, arg string) error {
	if arg == "-" {
		return errors.New("standard output cannot take several formats at once")
	}
	l.basename = arg
	return checkFileName('A', arg)
}

// setBareOutput is -o without a letter, an ancient form of -oN. With a letter
// stuck to the file name a user meant something else.
func setBareOutput(l *low, arg string) error {
	if arg != "" && strings.IndexByte("NAXGSMJLH", arg[0]) >= 0 {
		return fmt.Errorf("did you mean -o%c %s?", arg[0], arg[1:])
	}
	l.warnings = append(l.warnings, "-o is an old form of -oN; please write -oN "+arg)
	return outputIn('N')(l, arg)
}

func setBareInput(l *low, arg string) error {
	if arg != "" && (arg[0] == 'L' || arg[0] == 'R') {
		return fmt.Errorf("did you mean -i%c %s?", arg[0], arg[1:])
	}
	l.inputFile = arg
	return nil
}

func setExclude(l *low, arg string) error {
	for spec := range strings.SplitSeq(arg, ",") {
		if spec != "" {
			l.exclude = append(l.exclude, spec)
		}
	}
	return nil
}

func setDNSServers(l *low, arg string) error {
	for s := range strings.SplitSeq(arg, ",") {
		ap, err := netip.ParseAddrPort(s)
		if err != nil {
			addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
			if err != nil {
				return fmt.Errorf("%q is not the address of a server", s)
			}
			ap = netip.AddrPortFrom(addr, 53)
		}
		l.dnsServers = append(l.dnsServers, ap)
	}
	return nil
}

func setSource(l *low, arg string) error {
	addr, err := netip.ParseAddr(arg)
	if err != nil {
		return fmt.Errorf("%q is not an address", arg)
	}
	l.source = addr
	return nil
}

func setSeed(l *low, arg string) error {
	n, err := strconv.ParseUint(arg, 0, 64)
	if err != nil || n == 0 {
		return fmt.Errorf("%q is not a whole number from 1 to 2^64-1", arg)
	}
	l.seed = n
	return nil
}

func setPortRatio(l *low, arg string) error {
	f, err := strconv.ParseFloat(arg, 64)
	if err != nil || !(f > 0 && f < 1) {
		return fmt.Errorf("%q is not a number between 0 and 1", arg)
	}
	l.portRatio, l.topPorts = f, 0
	return nil
}

func setTopPorts(l *low, arg string) error {
	n, err := whole(arg, 1, 65536)
	if err == nil {
		l.topPorts, l.portRatio = n, 0
	}
	return err
}

// fixedIntensity is --version-light and --version-all; the last word counts.
func fixedIntensity(n int) setter {
	return func(l *low, _ string) error { l.intensity = &n; return nil }
}

func setMaxRTT(l *low, arg string) error {
	if err := duration(func(l *low) **time.Duration { return &l.maxRTT }, 5*time.Millisecond, 50*time.Second)(l, arg); err != nil {
		return err
	}
	if *l.maxRTT < 20*time.Millisecond {
		l.warnings = append(l.warnings, fmt.Sprintf("a round-trip limit of %v is very short; answers may be missed", *l.maxRTT))
	}
	return nil
}

func setStatsEvery(l *low, arg string) error {
	d, _, err := parseTime(arg)
	if err == nil {
		l.statsEvery = d
	}
	return err
}

func setMaxParallelism(l *low, arg string) error {
	n, err := whole(arg, 1, 1_000_000)
	if err != nil {
		return err
	}
	l.maxParallelism = &n
	if n > 900 {
		l.warnings = append(l.warnings, "so many probes at once can make answers get lost")
	}
	return nil
}

// bare ignores, with a warning, text after a letter that takes none; other
// scanners ignore it without one.
func bare(set setter, name string) setter {
	return func(l *low, arg string) error {
		if arg != "" {
			l.warnings = append(l.warnings, fmt.Sprintf("%s takes nothing after it; %q is ignored", name, arg))
		}
		return set(l, "")
	}
}

// technique makes a setter of a port scan.
func technique(t sonde.ScanType) setter {
	return func(l *low, _ string) error {
		if !l.wants(t) {
			l.scans = append(l.scans, t)
		}
		return nil
	}
}

// tcpFlags are the names of TCP flags and what they stand for.
var tcpFlags = []struct {
	name string
	bits uint8
}{{"FIN", 1}, {"SYN", 2}, {"RST", 4}, {"RESET", 4}, {"PSH", 8}, {"PUSH", 8}, {"ACK", 16}, {"URG", 32}, {"ECE", 64}, {"CWR", 128},
	{"ALL", 255}, {"NONE", 0}}

// setScanFlags reads a number, or names of flags in a row with anything between them.
func setScanFlags(l *low, arg string) error {
	var flags uint8
	n, err := strconv.ParseUint(arg, 0, 8)
	known := err == nil
	flags = uint8(n)
	if !known {
		flags = 0
		for _, f := range tcpFlags {
			if strings.Contains(strings.ToUpper(arg), f.name) {
				flags |= f.bits
				known = true
			}
		}
	}
	if !known {
		return fmt.Errorf("%q is no number up to 255, and names no TCP flag", arg)
	}
	l.scanFlags = &flags
	return nil
}
