package cli

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sonde"
	"sonde/report"
	"sonde/result"
)

// script is a scan that gives events written down beforehand.
type script struct {
	events []result.Event
	err    error
	before func(i int) // runs before event i is given
	given  int
}

func (s *script) Scan(context.Context) iter.Seq2[result.Event, error] {
	return func(yield func(result.Event, error) bool) {
		for i, ev := range s.events {
			if s.before != nil {
				s.before(i)
			}
			s.given++
			if !yield(ev, nil) {
				return
			}
		}
		if s.err != nil {
			yield(nil, s.err)
		}
	}
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// twoHosts is a scan of two hosts of which one is up.
func twoHosts() []result.Event {
	host := func(addr string, state result.HostState) result.HostDone {
		return result.HostDone{Time: noon, Host: result.Host{Addr: netip.MustParseAddr(addr), State: state, Reason: result.ReasonConnRefused,
			Scanned: state == result.HostUp, Start: noon, End: noon,
			Ports: []result.Port{{Number: 22, State: result.Open, Reason: result.ReasonSynAck}}}}
	}
	return []result.Event{
		result.ScanStarted{Time: noon, Scans: []result.ScanInfo{{Type: "connect", NumPorts: 1, Ports: "22"}}},
		result.Notice{Time: noon, Level: result.LevelWarning, Text: "mind the\x1b[31m gap"},
		result.TargetSkipped{Time: noon, Spec: "bad", Reason: `Failed to resolve "bad".`},
		host("192.0.2.1", result.HostUp),
		result.Notice{Time: noon, Level: result.LevelWarning, Text: "WARNING: said already"},
		host("192.0.2.2", result.HostDown),
		result.ScanDone{Time: noon, Elapsed: time.Second, Hosts: result.HostCounts{Up: 1, Down: 1, Total: 2}},
	}
}

// play runs the program with a scan that is played from a script.
type play struct {
	program string
	script  script
	newErr  error
	stdout  bytes.Buffer
	stderr  bytes.Buffer
	seen    sonde.Options
}

func (p *play) run(ctx context.Context, args ...string) int {
	v := p.invocation(args)
	return v.status(v.run(ctx))
}

func (p *play) invocation(args []string) *invocation {
	if p.program == "" {
		p.program = "sonde"
	}
	return &invocation{program: p.program, path: p.program, args: args, env: func(string) string { return "" },
		stdin: strings.NewReader("192.0.2.1\n"), stdout: &p.stdout, stderr: &p.stderr, start: noon,
		newScanner: func(o sonde.Options) (scanner, error) { p.seen = o; return &p.script, p.newErr }}
}

func TestScanFeedsTheScreenAndStderr(t *testing.T) {
	p := &play{script: script{events: twoHosts()}}
	if status := p.run(t.Context(), "-sV", "-A", "192.0.2.1-2"); status != 0 {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{"Starting sonde", "scan report for 192.0.2.1", "22/tcp open", "2 IP addresses (1 host up)"} {
		if !strings.Contains(p.stdout.String(), want) {
			t.Errorf("stdout lacks %q:\n%s", want, p.stdout.String())
		}
	}
	want := "Warning: -A is version detection only: scripts, operating system detection and traceroute are not built yet\n" +
		"Warning: mind the.[31m gap\nWarning: Failed to resolve \"bad\".\nWarning: said already\n"
	if p.stderr.String() != want {
		t.Errorf("stderr:\n%swant:\n%s", p.stderr.String(), want)
	}
}

func TestAllFormatsAtOnce(t *testing.T) {
	dir := t.TempDir()
	base := filepath.Join(dir, "scan-%Y")
	p := &play{script: script{events: twoHosts()}}
	if status := p.run(t.Context(), "-v", "-oA", base, "-oJ", filepath.Join(dir, "j"), "-oL", filepath.Join(dir, "l"), "192.0.2.1-2"); status != 0 {
		t.Errorf("status %d: %s", status, p.stderr.String())
	}
	for _, name := range []string{"scan-2026.nmap", "scan-2026.xml", "scan-2026.gnmap", "j", "l"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Contains(b, []byte("192.0.2.1")) {
			t.Errorf("%s: %v, %q", name, err, b)
		}
	}
	if !strings.Contains(p.stdout.String(), "Starting sonde") {
		t.Error("files silenced the screen")
	}
}

func TestAppendAndReplace(t *testing.T) {
	name := filepath.Join(t.TempDir(), "n")
	for _, tt := range []struct {
		args []string
		want int // how many reports the file holds then
	}{{nil, 1}, {[]string{"--append-output"}, 2}, {nil, 1}} {
		p := &play{script: script{events: twoHosts()}}
		p.run(t.Context(), append(tt.args, "-oN", name, "x")...)
		b, _ := os.ReadFile(name)
		if n := strings.Count(string(b), "scan initiated"); n != tt.want {
			t.Errorf("with %v the file holds %d reports, want %d", tt.args, n, tt.want)
		}
	}
}

func TestDashSilencesTheScreen(t *testing.T) {
	p := &play{script: script{events: twoHosts()}}
	p.run(t.Context(), "-oX", "-", "x")
	if !strings.HasPrefix(p.stdout.String(), "<?xml") || strings.Contains(p.stdout.String(), "Starting") {
		t.Errorf("stdout:\n%s", p.stdout.String())
	}
	p = &play{script: script{events: twoHosts()}}
	if status := p.run(t.Context(), "-v0", "x"); status != 0 || p.stdout.Len() > 0 || p.script.given != len(p.script.events) {
		t.Errorf("-v0: status %d, %d events, stdout %q", status, p.script.given, p.stdout.String())
	}
}

// brokenWriter fails from some write on.
type brokenWriter struct {
	after int
	err   error
}

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.after--; b.after < 0 {
		return 0, b.err
	}
	return len(p), nil
}

func TestClosedPipeIsSuccess(t *testing.T) {
	p := &play{script: script{events: twoHosts()}}
	v := p.invocation([]string{"x"})
	v.stdout = &brokenWriter{after: 1, err: &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}}
	if status := v.status(v.run(t.Context())); status != 0 || strings.Contains(p.stderr.String(), "pipe") {
		t.Errorf("status %d, stderr %q", status, p.stderr.String())
	}
	if p.script.given == len(p.script.events) {
		t.Error("the scan went on with nobody to tell")
	}
}

func TestClosedPipeLeavesFilesAlone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "g")
	p := &play{script: script{events: twoHosts()}}
	v := p.invocation([]string{"-oG", name, "x"})
	v.stdout = &brokenWriter{err: syscall.EPIPE}
	status := v.status(v.run(t.Context()))
	b, _ := os.ReadFile(name)
	if status != 0 || !bytes.Contains(b, []byte("Nmap done")) {
		t.Errorf("status %d, file %q", status, b)
	}
}

func TestFailingOutputIsNamedAndOthersGoOn(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("needs /dev/full")
	}
	p := &play{script: script{events: twoHosts()}}
	status := p.run(t.Context(), "-oX", "/dev/full", "x")
	want := "sonde: write output /dev/full: no space left on device; it is incomplete\n" +
		"Warning: mind the.[31m gap\nWarning: Failed to resolve \"bad\".\nWarning: said already\n"
	if status != 1 || p.stderr.String() != want {
		t.Errorf("status %d, stderr %q, want %q", status, p.stderr.String(), want)
	}
	if !strings.Contains(p.stdout.String(), "(1 host up)") {
		t.Errorf("the screen was given up too:\n%s", p.stdout.String())
	}
	p = &play{script: script{events: twoHosts()}}
	if status := p.run(t.Context(), "-v0", "-oX", "/dev/full", "x"); status != 1 || p.script.given == len(p.script.events) {
		t.Errorf("status %d after %d events, though nothing was left to write to", status, p.script.given)
	}
}

func TestScanThatFails(t *testing.T) {
	for _, p := range []*play{
		{script: script{events: twoHosts()[:4], err: errors.New("the network is gone")}},
		{newErr: errors.New("the network is gone")},
	} {
		status := p.run(t.Context(), "-oX", "-", "x")
		if status == 0 || !strings.HasSuffix(p.stderr.String(), "sonde: the network is gone\n") {
			t.Errorf("status %d, stderr %q", status, p.stderr.String())
		}
		if out := p.stdout.String(); !strings.Contains(out, `exit="error" errormsg="the network is gone"`) || !strings.HasSuffix(strings.TrimSpace(out), "</nmaprun>") {
			t.Errorf("XML does not tell:\n%s", out)
		}
	}
}

func TestInterruptCompletesDocuments(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	p := &play{script: script{events: twoHosts(), before: func(i int) {
		if i == 5 {
			cancel(signalError{syscall.SIGINT})
		}
	}}}
	v := p.invocation([]string{"-oX", "-", "x"})
	status := v.exit(ctx, v.run(ctx))
	if status != 130 || !strings.HasSuffix(p.stderr.String(), "\nsonde: interrupted; reports end with what was known by then\n") {
		t.Errorf("status %d, stderr %q", status, p.stderr.String())
	}
	if out := p.stdout.String(); !strings.Contains(out, "192.0.2.1") || !strings.HasSuffix(strings.TrimSpace(out), "</nmaprun>") {
		t.Errorf("XML is not complete:\n%s", out)
	}
}

func TestNothingUsable(t *testing.T) {
	events := append(twoHosts()[:3:3], result.ScanDone{Time: noon})
	p := &play{script: script{events: events}}
	if status := p.run(t.Context(), "bad"); status != 1 || !strings.Contains(p.stderr.String(), "sonde: no target was left to scan\n") {
		t.Errorf("status %d, stderr %q", status, p.stderr.String())
	}
	p = &play{program: "nmap", script: script{events: events}}
	if status := p.run(t.Context(), "bad"); status != 0 || !strings.Contains(p.stderr.String(), "Warning: No targets were specified") {
		t.Errorf("as nmap: status %d, stderr %q", status, p.stderr.String())
	}
}

func TestExitStatuses(t *testing.T) {
	for _, tt := range []struct {
		args        string
		sonde, nmap int
		stderr      string // of sonde
	}{
		{"", 2, 255, ""},
		{"-h", 0, 0, ""},
		{"-V", 0, 0, ""},
		{"--no-such", 2, 255, "sonde: unrecognized option '--no-such'\nsonde: hint: sonde -h lists the options\n"},
		{"-sO x", 2, 1, "sonde: -sO is not built yet: there are no raw packets of this kind yet\n"},
		{"-sS -sF x", 2, 1, "sonde: only one technique can scan the TCP ports; -sU may stand beside it\n"},
		{"-sT --scanflags FIN x", 2, 1, "sonde: --scanflags needs segments of our own making, and -sT lets the system make them\n"},
		{"-sn -sA x", 2, 1, "sonde: -sL and -sn scan no ports, so no scan type can stand with them\n"},
		{"--unprivileged --privileged x", 2, 1, "sonde: --privileged and --unprivileged exclude each other\n"},
		{"-sT -sn x", 2, 1, "sonde: -sL and -sn scan no ports, so no scan type can stand with them\n"},
		{"-oX a -oX b x", 2, 1, "sonde: only one output of a kind is allowed, and -oX was asked for twice\n"},
		{"-oA a -oN b x", 2, 1, "sonde: only one output of a kind is allowed, and -oN was asked for twice\n"},
		{"-oX - -oN - x", 2, 1, "sonde: standard output cannot take several formats at once\n"},
		{"-oX a -oN ./a x", 2, 1, "sonde: two outputs cannot share the file ./a\n"},
		{"-iL no/such", 1, 1, "sonde: open list of targets: open no/such: no such file or directory\n"},
		{"-iL .", 1, 1, "sonde: open list of targets: . is a directory\n"},
		{"-oN no/such x", 1, 1, "sonde: open output no/such: no such file or directory\n"},
		{"-iL - --excludefile -", 2, 1, "sonde: standard input cannot be both the list of targets and that of exclusions\n"},
		{"-n", 2, 0, "sonde: no targets were named\nsonde: hint: sonde -h shows how\n"},
		{"-4 -6 x", 2, 1, "sonde: -4 and -6 exclude each other; without either both families are scanned\n"},
		{"-p 1 -F x", 2, 1, "sonde: -F cannot stand with -p; --top-ports and --port-ratio choose among the ports of -p\n"},
		{"-sn -p 1 x", 2, 1, "sonde: -sL and -sn scan no ports, so -p and -F cannot stand with them\n"},
		{"-iR 3 -6", 2, 1, "sonde: -iR knows IPv4 only and cannot stand with -6\n"},
		{"-PP -6 x", 2, 1, "sonde: -PP and -PM are for IPv4 only and cannot stand with -6\n"},
		{"--min-rate 5 --max-rate 3 x", 2, 1, "sonde: --min-rate 5 is above --max-rate 3\n"},
		{"--min-parallelism 5 --max-parallelism 3 x", 2, 1, "sonde: --min-parallelism 5 is above --max-parallelism 3\n"},
		{"--min-hostgroup 5 --max-hostgroup 3 x", 2, 1, "sonde: --min-hostgroup 5 is above --max-hostgroup 3\n"},
	} {
		s, n := &play{}, &play{program: "nmap"}
		if status := s.run(t.Context(), strings.Fields(tt.args)...); status != tt.sonde || s.stderr.String() != tt.stderr {
			t.Errorf("sonde %s: status %d, want %d; stderr %q, want %q", tt.args, status, tt.sonde, s.stderr.String(), tt.stderr)
		}
		if status := n.run(t.Context(), strings.Fields(tt.args)...); status != tt.nmap {
			t.Errorf("nmap %s: status %d, want %d; stderr %q", tt.args, status, tt.nmap, n.stderr.String())
		}
	}
}

func TestVoiceOfNmap(t *testing.T) {
	p := &play{program: "nmap"}
	p.run(t.Context(), "--no-such")
	if want := "nmap: unrecognized option '--no-such'\nSee the output of nmap -h for a summary of options.\n"; p.stderr.String() != want {
		t.Errorf("stderr %q, want %q", p.stderr.String(), want)
	}
	p = &play{program: "nmap"}
	p.run(t.Context(), "-T9", "x")
	if !strings.HasSuffix(p.stderr.String(), "\nQUITTING!\n") {
		t.Errorf("stderr %q", p.stderr.String())
	}
	p = &play{program: "nmap"}
	p.run(t.Context(), "-V")
	if first, _, _ := strings.Cut(p.stdout.String(), "\n"); first != "Nmap version "+report.NmapVersion+" ( https://nmap.org )" {
		t.Errorf("-V: %q", first)
	}
	p = &play{program: "nmap", script: script{events: twoHosts()}}
	p.run(t.Context(), "-oX", "-", "demo")
	if !strings.Contains(p.stdout.String(), `args="nmap -oX - demo"`) {
		t.Errorf("called as nmap there are no commands:\n%s", p.stdout.String())
	}
}

func TestCommands(t *testing.T) {
	p := &play{script: script{events: twoHosts()}}
	if status := p.run(t.Context(), "--", "demo"); status != 0 || len(p.seen.Targets) != 1 || p.seen.Targets[0] != "demo" {
		t.Errorf("sonde -- demo: status %d, targets %q", status, p.seen.Targets)
	}
	p = &play{}
	status := p.run(t.Context(), "demo", "-sV")
	want := "sonde: the command is: sonde demo\nsonde: hint: to scan a host called demo, write -- before its name\n"
	if status != 2 || p.stderr.String() != want {
		t.Errorf("sonde demo -sV: status %d, stderr %q", status, p.stderr.String())
	}
	p = &play{}
	if status := p.run(t.Context(), "completion", "tcsh"); status != 2 || p.stdout.Len() > 0 {
		t.Errorf("sonde completion tcsh: status %d", status)
	}
	p = &play{script: script{events: twoHosts()}}
	if status := p.run(t.Context(), "demo"); status != 0 || !strings.HasPrefix(p.stdout.String(), "$ sonde -n -sTUV -T4 -p T:") || !p.seen.Version.Enabled {
		t.Errorf("sonde demo: status %d, stdout %q", status, p.stdout.String())
	}
}

func TestEnvironment(t *testing.T) {
	p := &play{script: script{events: twoHosts()}}
	v := p.invocation([]string{"192.0.2.2"})
	v.env = func(name string) string {
		return map[string]string{"NMAP_ARGS": `-n --exclude "a b" x\ y`, "NMAPDIR": "/usr/share/x"}[name]
	}
	if status := v.status(v.run(t.Context())); status != 0 {
		t.Errorf("status %d: %s", status, p.stderr.String())
	}
	o := p.seen
	if o.ReverseDNS != sonde.DNSNever || strings.Join(o.Exclude, "|") != "a b" || strings.Join(o.Targets, "|") != "x y|192.0.2.2" || o.DataDir != "/usr/share/x" {
		t.Errorf("options %+v", o)
	}
}

func TestOutputMayNotReplaceTheTargets(t *testing.T) {
	name := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(name, []byte("192.0.2.1"), 0o666); err != nil {
		t.Fatal(err)
	}
	p := &play{}
	status := p.run(t.Context(), "-iL", name, "-oN", name)
	if b, _ := os.ReadFile(name); status != 1 || string(b) != "192.0.2.1" {
		t.Errorf("status %d, the list is now %q", status, b)
	}
}
