package cli

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sonde"
)

// What a command line says, field by field.
func TestParse(t *testing.T) {
	tests := []struct {
		args string
		want func(l *low) any
		is   any
	}{
		{"-sOV", nil, "-sO is not built yet"},
		{"-sTV", func(l *low) any { return []any{l.scans, l.versionScan} }, []any{[]sonde.ScanType{sonde.ConnectScan}, true}},
		{"-sTU", func(l *low) any { return l.scans }, []sonde.ScanType{sonde.ConnectScan, sonde.UDPScan}},
		{"-sSS -sS", func(l *low) any { return l.scans }, []sonde.ScanType{sonde.SYNScan}},
		{"-sUX", func(l *low) any { return l.scans }, []sonde.ScanType{sonde.UDPScan, sonde.XmasScan}},
		{"-sU -sV", func(l *low) any { return []any{l.scans, l.versionScan} }, []any{[]sonde.ScanType{sonde.UDPScan}, true}},
		{"--scanflags SYNFIN", func(l *low) any { return *l.scanFlags }, uint8(3)},
		{"--scanflags urg,Push/reset", func(l *low) any { return *l.scanFlags }, uint8(4 + 8 + 32)},
		{"--scanflags 0x12", func(l *low) any { return *l.scanFlags }, uint8(18)},
		{"--scanflags 017", func(l *low) any { return *l.scanFlags }, uint8(15)},
		{"--scanflags all", func(l *low) any { return *l.scanFlags }, uint8(255)},
		{"--scanflags none", func(l *low) any { return *l.scanFlags }, uint8(0)},
		{"--scanflags 256", nil, `"256" is no number up to 255, and names no TCP flag`},
		{"-nsV -R", func(l *low) any { return []bool{l.neverResolve, l.versionScan, l.alwaysResolve} }, []bool{true, true, true}},
		{"-p-", func(l *low) any { return l.ports }, "-"},
		{"-p22", func(l *low) any { return l.ports }, "22"},
		{"-p 22,80", func(l *low) any { return l.ports }, "22,80"},
		{"-Fnp22", func(l *low) any { return l.ports }, "22"},
		{"-p -", func(l *low) any { return l.ports }, "-"},
		{"-p -- a", func(l *low) any { return []any{l.ports, l.targets} }, []any{"--", []string{"a"}}},
		{"-oX f.xml", func(l *low) any { return l.outputs }, []outputRequest{{'X', "f.xml"}}},
		{"-oX=f.xml", func(l *low) any { return l.outputs }, []outputRequest{{'X', "f.xml"}}},
		{"--oX=f.xml", func(l *low) any { return l.outputs }, []outputRequest{{'X', "f.xml"}}},
		{"-oX -oN -oG x", nil, `-oX: the file name begins with a dash`},
		{"-oN - -oM g -oJ j -oL l", func(l *low) any { return l.outputs }, []outputRequest{{'N', "-"}, {'G', "g"}, {'J', "j"}, {'L', "l"}}},
		{"-m g", func(l *low) any { return l.outputs }, []outputRequest{{'G', "g"}}},
		{"-oA base", func(l *low) any { return l.basename }, "base"},
		{"-oA -", nil, "-oA: standard output cannot take several formats at once"},
		{"-oA a -oA b", nil, "only one -oA is allowed"},
		{"-oXfile.xml", nil, "-o: did you mean -oX file.xml?"},
		{"-oNfoo", nil, "-o: did you mean -oN foo?"},
		{"-o X", nil, "-o: did you mean -oX"},
		{"-osomething", func(l *low) any { return []any{l.outputs, len(l.warnings)} }, []any{[]outputRequest{{'N', "something"}}, 1}},
		{"-oH x", nil, "-oH is not built yet: HTML"},
		{"-oX", nil, "option '-oX' requires an argument"},
		{"-T4", func(l *low) any { return *l.template }, 4},
		{"-T aggressive", func(l *low) any { return *l.template }, 4},
		{"-Tsneaky", func(l *low) any { return *l.template }, 1},
		{"-TINSANE", func(l *low) any { return *l.template }, 5},
		{"--timing 0", func(l *low) any { return *l.template }, 0},
		{"-T4 -T2", func(l *low) any { return *l.template }, 2},
		{"-T6", nil, `-T: unknown timing template "6"`},
		{"-T=4", nil, `-T: unknown timing template "=4"`},
		{"-Tagg", nil, `-T: unknown timing template "agg"`},
		{"-d2", func(l *low) any { return []int{l.debug, l.verbose} }, []int{2, 2}},
		{"-dd", func(l *low) any { return []int{l.debug, l.verbose} }, []int{2, 2}},
		{"-v3 -d", func(l *low) any { return []int{l.debug, l.verbose} }, []int{1, 4}},
		{"-d --debug", func(l *low) any { return []int{l.debug, l.verbose} }, []int{2, 2}},
		{"-d99", func(l *low) any { return []int{l.debug, l.verbose} }, []int{10, 10}},
		{"-v3", func(l *low) any { return l.verbose }, 3},
		{"-vv", func(l *low) any { return l.verbose }, 2},
		{"--vv", func(l *low) any { return l.verbose }, 2},
		{"-vvv", func(l *low) any { return l.verbose }, 3},
		{"-v -v --verbose", func(l *low) any { return l.verbose }, 3},
		{"-v12", func(l *low) any { return l.verbose }, 10},
		{"-nv", func(l *low) any { return l.verbose }, 1},
		{"-v0", func(l *low) any { return []any{l.verbose, l.silent} }, []any{0, true}},
		{"-v0 -v", func(l *low) any { return []any{l.verbose, l.silent} }, []any{1, false}},
		{"-vx", nil, `-v: "x" is neither`},
		{"-vsV", nil, `-v: "sV" is neither`},
		{"-v-1", nil, `-v: "-1" is neither`},
		{"-d 2", func(l *low) any { return []any{l.debug, l.targets} }, []any{1, []string{"2"}}},
		{"-v=3", nil, "option '-v=3' is ambiguous"},
		{"-Pn", func(l *low) any { return l.noPing }, true},
		{"-P0", func(l *low) any { return l.noPing }, true},
		{"-Pnx", func(l *low) any { return []any{l.noPing, len(l.warnings)} }, []any{true, 1}},
		{"-PS22,80", func(l *low) any { return *l.synPing }, "22,80"},
		{"-PS 22", func(l *low) any { return []any{*l.synPing, l.targets} }, []any{"", []string{"22"}}},
		{"-PA -PS", func(l *low) any { return []string{*l.ackPing, *l.synPing} }, []string{"", ""}},
		{"-PT443", func(l *low) any { return *l.ackPing }, "443"},
		{"-PB443", func(l *low) any { return []any{*l.ackPing, l.icmpPing} }, []any{"443", true}},
		{"-PS22 -PS23", nil, "-PS: only one such option is allowed"},
		{"-PE", func(l *low) any { return l.icmpPing }, true},
		{"-P", func(l *low) any { return l.icmpPing }, true},
		{"-PP", func(l *low) any { return l.icmpV4Ping }, true},
		{"-PU53", nil, "-PU is not built yet: there are no raw packets of this kind yet"},
		{"-PR", func(l *low) any { return l.given["-PR"] }, 1},
		{"-Pq", nil, "there is no ping type -Pq"},
		{"-s", nil, "-s needs letters"},
		{"-s V", nil, "-s needs letters"},
		{"-sQ", nil, "there is no scan type -sQ"},
		{"-sV=", nil, "there is no scan type -s="},
		{"-sI x", nil, "-sI is left out on purpose: it abuses third parties"},
		{"-sc", nil, "option '-sc' is ambiguous; possibilities: '-scanflags' '-script' '-script-args'"},
		{"-D a", nil, "-D is left out on purpose"},
		{"-fff", nil, "-f is left out on purpose: it hides who scans"},
		{"--version-intensity 9", func(l *low) any { return *l.intensity }, 9},
		{"-version-intensity 9", func(l *low) any { return *l.intensity }, 9},
		{"--version-int 9", func(l *low) any { return *l.intensity }, 9},
		{"-version-int=0", func(l *low) any { return *l.intensity }, 0},
		{"--version-all --version-light", func(l *low) any { return *l.intensity }, 2},
		{"--version-light --version-i 5", func(l *low) any { return *l.intensity }, 5},
		{"--version-int 10", nil, `--version-intensity: "10" is not a whole number from 0 to 9`},
		{"--version-int x", nil, `--version-intensity: "x" is not`},
		{"--version-race 1", func(l *low) any { return *l.versionRace }, 1},
		{"--version-race 0", nil, "--version-race:"},
		{"--seed 7", func(l *low) any { return l.seed }, uint64(7)},
		{"--seed 0", nil, "--seed:"},
		{"-ver", nil, "option '-ver' is ambiguous; possibilities: '-version-intensity'"},
		{"-script=default", nil, "-script is not built yet: it needs a script engine"},
		{"--scan_delay 1", nil, "unrecognized option '--scan_delay'"},
		{"--foo=3", nil, "unrecognized option '--foo=3'"},
		{"-Q", nil, "unrecognized option '-Q'"},
		{"-nz", nil, "invalid option -- 'z'"},
		{"--open=1", nil, "option '--open' doesn't allow an argument"},
		{"-n=3", nil, "option '-n=3' is ambiguous"},
		{"-p=22", nil, "option '-p=22' is ambiguous"},
		{"--prox x", nil, "option '--prox' is ambiguous; possibilities: '--proxies' '--proxy'"},
		{"-p", nil, "option requires an argument -- 'p'"},
		{"-p 1 -p 2", nil, "only one -p is allowed"},
		{"a -n b -- -c -- d", func(l *low) any { return l.targets }, []string{"a", "b", "-c", "--", "d"}},
		{"-", func(l *low) any { return l.targets }, []string{"-"}},
		{"–sV", nil, `argument "–sV" begins with a dash that is not`},
		{"-- —x", nil, "begins with a dash"},
		{"\x96sV", nil, "begins with a dash"},
		{"-iL f", func(l *low) any { return l.inputFile }, "f"},
		{"-i f", func(l *low) any { return l.inputFile }, "f"},
		{"-iLf", nil, "-i: did you mean -iL f?"},
		{"-iL f -iL g", nil, "only one -iL"},
		{"-iR 0", func(l *low) any { return *l.random }, 0},
		{"-iR x", nil, "-iR:"},
		{"-iR -1", nil, "-iR:"},
		{"--exclude a,b --exclude c", func(l *low) any { return l.exclude }, []string{"a", "b", "c"}},
		{"--exclude -n", func(l *low) any { return l.exclude }, []string{"-n"}},
		{"--excludef f", func(l *low) any { return l.excludeFiles }, []string{"f"}},
		{"--rH", func(l *low) any { return l.shuffleHosts }, true},
		{"--dns-servers 1.2.3.4,[::1]:5353,::2,5.6.7.8:99", func(l *low) any {
			var s []string
			for _, a := range l.dnsServers {
				s = append(s, a.String())
			}
			return strings.Join(s, " ")
		}, "1.2.3.4:53 [::1]:5353 [::2]:53 5.6.7.8:99"},
		{"--dns-servers x", nil, `--dns-servers: "x" is not the address`},
		{"--top-ports 5", func(l *low) any { return l.topPorts }, 5},
		{"--top-ports 5 --port-ratio .1", func(l *low) any { return []any{l.topPorts, l.portRatio} }, []any{0, .1}},
		{"--top-ports 0", nil, "--top-ports:"},
		{"--port-ratio 1", nil, "--port-ratio:"},
		{"--port-ratio 0", nil, "--port-ratio:"},
		{"--port-ratio NaN", nil, "--port-ratio:"},
		{"--max-retries 0", func(l *low) any { return *l.maxRetries }, 0},
		{"--max-retries -1", nil, "--max-retries:"},
		{"--min-rate 1e3", func(l *low) any { return *l.minRate }, 1000.0},
		{"--min-rate 0", nil, "--min-rate:"},
		{"--max-rate inf", nil, "--max-rate:"},
		{"-M 5", func(l *low) any { return *l.maxParallelism }, 5},
		{"--max-parallelism 901", func(l *low) any { return len(l.warnings) }, 1},
		{"--min-parallelism 0", nil, "--min-parallelism:"},
		{"--min-hostgroup 0 --max-hostgroup 7", func(l *low) any { return []int{*l.minHostGroup, *l.maxHostGroup} }, []int{0, 7}},
		{"--host-timeout 1.5H", func(l *low) any { return *l.hostTimeout }, 90 * time.Minute},
		{"--host-timeout 9999", func(l *low) any { return *l.hostTimeout }, 9999 * time.Second},
		{"--host-timeout 10000", nil, "--host-timeout: times without a unit are seconds"},
		{"--host-timeout 10000s", func(l *low) any { return *l.hostTimeout }, 10000 * time.Second},
		{"--host-timeout 1x", nil, "--host-timeout:"},
		{"--host-timeout -1", nil, "--host-timeout:"},
		{"--host-timeout .", nil, "--host-timeout:"},
		{"--host-timeout 9999999999h", nil, "--host-timeout:"},
		{"--max-rtt-timeout 100ms", func(l *low) any { return []any{*l.maxRTT, len(l.warnings)} }, []any{100 * time.Millisecond, 0}},
		{"--max-rtt-timeout 10MS", func(l *low) any { return []any{*l.maxRTT, len(l.warnings)} }, []any{10 * time.Millisecond, 1}},
		{"--max-rtt-timeout 4ms", nil, "--max-rtt-timeout:"},
		{"--max-rtt-timeout 60", nil, "--max-rtt-timeout: times without a unit are seconds"},
		{"--initial-rtt-timeout 0", nil, "--initial-rtt-timeout:"},
		{"--min-rtt-timeout 0", func(l *low) any { return *l.minRTT }, time.Duration(0)},
		{"--scan-delay 99 --max-scan-delay 2m", func(l *low) any { return []time.Duration{*l.scanDelay, *l.maxScanDelay} }, []time.Duration{99 * time.Second, 2 * time.Minute}},
		{"--scan-delay 100", nil, "--scan-delay: times without a unit"},
		{"--stats-every 5", func(l *low) any { return l.statsEvery }, 5 * time.Second},
		{"--stats-every x", nil, "--stats-every:"},
		{"-S 127.0.0.1 -e lo", func(l *low) any { return []any{l.source.String(), l.device} }, []any{"127.0.0.1", "lo"}},
		{"-S x", nil, "-S:"},
		{"-h -Q", func(l *low) any { return l.showHelp }, true},
		{"-V -Q", func(l *low) any { return l.showVersion }, true},
		{"-Q -h", nil, "unrecognized option"},
		{"-O", nil, "-O is not built yet"},
		{"-O2", nil, "-O is not built yet"},
		{"-w", func(l *low) any { return l.webXML }, true},
		{"-l", func(l *low) any { return l.given["--log-errors"] }, 1},
		{"-open --reas --app", func(l *low) any { return []bool{l.openOnly, l.reason, l.appendOutput} }, []bool{true, true, true}},
	}
	for _, tt := range tests {
		l, err := parse(strings.Fields(tt.args))
		switch {
		case tt.want == nil && err == nil:
			t.Errorf("parse(%q): no error, want %q", tt.args, tt.is)
		case tt.want == nil:
			if !strings.HasPrefix(err.Error(), tt.is.(string)) {
				if !strings.Contains(err.Error(), tt.is.(string)) {
					t.Errorf("parse(%q): error %q, want %q", tt.args, err, tt.is)
				}
			}
		case err != nil:
			t.Errorf("parse(%q): %v", tt.args, err)
		case !reflect.DeepEqual(tt.want(l), tt.is):
			t.Errorf("parse(%q): got %v, want %v", tt.args, tt.want(l), tt.is)
		}
	}
}

// Every long option is found by itself, by either dash, and by every prefix
// that no other option shares.
func TestPrefixes(t *testing.T) {
	var words []string
	for i := range options {
		words = append(words, options[i].long()...)
	}
	for _, w := range words {
		for n := 1; n <= len(w); n++ {
			prefix, sharing := w[:n], 0
			for _, other := range words {
				if strings.HasPrefix(other, prefix) {
					sharing++
				}
			}
			found := longOptions(prefix)
			switch exact := slices.Contains(words, prefix); {
			case exact && (len(found) != 1 || found[0].word != prefix):
				t.Errorf("--%s: found %v", prefix, found)
			case !exact && len(found) != sharing:
				t.Errorf("--%s: found %d options, want %d", prefix, len(found), sharing)
			}
		}
	}
}

// No two options share a spelling.
func TestSpellingsAreUnique(t *testing.T) {
	seen := map[string]string{}
	for i := range options {
		o := &options[i]
		keys := o.long()
		for _, c := range o.letters() {
			keys = append(keys, string(o.family)+"/"+string(c))
		}
		if len(keys) != len(o.names) {
			t.Errorf("%s: %d of %d spellings can be typed", o.name(), len(keys), len(o.names))
		}
		for _, k := range keys {
			if seen[k] != "" {
				t.Errorf("%s and %s are both spelled %s", seen[k], o.name(), k)
			}
			seen[k] = o.name()
		}
	}
	for _, c := range []string{"\x00/s", "\x00/P"} {
		if seen[c] != "" {
			t.Errorf("%s takes the letter of a family", seen[c])
		}
	}
}

// Every option is either built or says why not, with the exit status of a usage error.
func TestEveryOptionWorksOrSaysWhyNot(t *testing.T) {
	for i := range options {
		o := &options[i]
		states := 0
		for _, given := range []bool{o.set != nil, o.missing != "", o.omitted != "", o.inert != ""} {
			if given {
				states++
			}
		}
		if states != 1 {
			t.Errorf("%s is in %d of the four states", o.name(), states)
		}
		if o.help == "" || strings.HasSuffix(o.help, ".") {
			t.Errorf("%s: help %q", o.name(), o.help)
		}
		why := o.missing + o.omitted
		if why == "" {
			continue
		}
		for _, name := range o.names {
			args := []string{name}
			if o.arity() == argRequired {
				args = append(args, "1")
			}
			_, err := parse(args)
			var f *fault
			if !errors.As(err, &f) || f.kind == faultWorld || !strings.Contains(f.text, name) || !strings.Contains(f.text, why) {
				t.Errorf("parse(%q): %v; want the name and %q", args, err, why)
			}
		}
	}
}

func FuzzParseArgs(f *testing.F) {
	for _, seed := range []string{"-sTUV\n-p-\n127.0.0.1", "-oX=f\n--\n-x", "-T4\n-vv\n--version-int\n9", "–sV", "-d2\n-PS22,80", "--=\n-s\n-P\n-\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		args := strings.Split(text, "\n")
		l, err := parse(args)
		if err == nil && len(l.targets) > len(args) {
			t.Errorf("%d targets of %d words", len(l.targets), len(args))
		}
		if err != nil && err.Error() == "" {
			t.Error("an error without text")
		}
		if err == nil {
			if _, err := interpret(l); err != nil && err.Error() == "" {
				t.Error("an error without text")
			}
		}
	})
}
