package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"sonde/match"
	"sonde/probefile"
	"sonde/result"
)

// runExplain detects the service of one port and tells all of it.
func runExplain(ctx context.Context, v *invocation, args []string) error {
	// 1. The scan that the command stands for.
	v.args = append([]string{"-sV", "-Pn", "-n", "--version-trace"}, args...)
	l, err := parse(v.args)
	if err != nil {
		return err
	}
	if l.dataDir == "" {
		l.dataDir = v.env("NMAPDIR")
	}
	p, err := interpret(l)
	if err != nil {
		return err
	}
	if len(p.scan.Targets) != 1 || p.scan.Ports == "" && !hasPort(p.scan.Targets[0]) {
		return syntaxFault("the command is: sonde explain HOST:PORT [options]")
	}
	// 2. Its database, to show what each probe sends.
	db, err := openDB(&dbArgs{versionDB: l.versionDB, dataDir: l.dataDir})
	if err != nil {
		return err
	}
	// 3. The story.
	scan, err := v.newScanner(p.scan)
	if err != nil {
		return faultOf(err)
	}
	s := &storyteller{v: v, db: db, out: v.stdout}
	for ev, err := range scan.Scan(ctx) {
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		s.tell(ev)
	}
	switch {
	case s.err != nil:
		return s.err
	case s.ports == 0:
		return &fault{kind: faultWorld, text: "no port was scanned"}
	}
	return nil
}

// hasPort tells whether a target ends with a port.
func hasPort(target string) bool {
	_, port, err := net.SplitHostPort(target)
	return err == nil && port != ""
}

// storyteller prints the events of a scan as a story.
type storyteller struct {
	v     *invocation
	db    *database
	out   io.Writer
	start time.Time
	ports int
	heard string // the last answer that was shown
	err   error  // of the first print that failed
}

func (s *storyteller) line(at time.Time, format string, args ...any) {
	s.print(fmt.Sprintf("%8.3fs  ", at.Sub(s.start).Seconds()) + printable(fmt.Sprintf(format, args...)))
}

func (s *storyteller) print(text string) {
	if _, err := fmt.Fprintln(s.out, text); err != nil && s.err == nil {
		s.err = err
	}
}

func (s *storyteller) tell(ev result.Event) {
	switch ev := ev.(type) {
	case result.ScanStarted:
		s.start = ev.Time
	case result.PortFound:
		s.line(ev.Time, "port %d/%v is %v (%v)", ev.Port.Number, ev.Port.Protocol, ev.Port.State, ev.Port.Reason)
	case result.TargetSkipped:
		s.v.warn(ev.Reason)
	case result.Notice:
		s.notice(ev)
	case result.HostDone:
		for _, p := range ev.Host.Ports {
			s.ports++
			s.verdict(ev.Time, &p)
		}
	}
}

// notice tells what version detection does. Where it sends a probe, the bytes
// are shown.
func (s *storyteller) notice(n result.Notice) {
	switch {
	case n.Topic != "version" && n.Level != result.LevelWarning:
		return
	case n.Level == result.LevelWarning:
		s.v.warn(n.Text)
		return
	}
	const sending = "Service scan sending probe "
	if rest, ok := strings.CutPrefix(n.Text, sending); ok {
		name, rest, _ := strings.Cut(rest, " ")
		protocol := result.TCP
		if strings.HasSuffix(rest, "(udp)") {
			protocol = result.UDP
		}
		if p := s.db.Probe(protocol, name); p != nil {
			s.line(n.Time, "> %s q|%s|", probeName(p), probefile.Escape(p.Payload))
			return
		}
	}
	if strings.HasPrefix(n.Text, "Service scan heard ") {
		if i := strings.Index(n.Text, ") < "); i >= 0 {
			if answer := n.Text[i+len(") "):]; answer != s.heard { // a reply may be read in more than one way
				s.heard = answer
				s.line(n.Time, "%s", answer)
			}
			return
		}
	}
	s.line(n.Time, "%s", n.Text)
}

// verdict tells how it ended.
func (s *storyteller) verdict(at time.Time, p *result.Port) {
	s.line(at, "verdict")
	field := func(name, value string) {
		if value != "" {
			s.print(fmt.Sprintf("  %-12s  %s", name, printable(value)))
		}
	}
	field("port", fmt.Sprintf("%d/%v", p.Number, p.Protocol))
	field("state", fmt.Sprintf("%v (%v)", p.State, p.Reason))
	service := p.Service
	if service == nil {
		return
	}
	name := service.Name
	switch {
	case service.Method == result.MethodTable && name != "":
		name += ", by the port number only"
	case service.Soft:
		name += ", of which only the protocol is certain"
	}
	field("service", name)
	field("product", service.Product)
	field("version", service.Version)
	field("info", service.Info)
	field("hostname", service.Hostname)
	field("os", service.OSType)
	field("device", service.DeviceType)
	for _, cpe := range service.CPE {
		field("cpe", cpe)
	}
	s.tunnel(service, field)
	if e := service.Evidence; e != nil {
		field("probe", e.Probe)
		field("line", fmt.Sprintf("%s, of probe %s", e.Signature, e.Table))
		field("found after", e.Elapsed.Round(time.Millisecond).String())
	}
	s.unknown(service.Fingerprint)
}

// tunnel tells what a service was reached through.
func (s *storyteller) tunnel(service *result.Service, field func(name, value string)) {
	t := service.TLS
	if t == nil {
		field("tunnel", service.Tunnel.String())
		return
	}
	field("tunnel", strings.TrimSpace(t.Version+" "+t.CipherSuite))
	field("alpn", t.ALPN)
	if c := t.Certificate; c != nil {
		field("certificate", c.Subject)
		field("valid until", c.NotAfter.UTC().Format(time.DateTime))
	}
}

// unknown shows the answers that no line knows, as a transcript from which
// signatures can be drafted.
func (s *storyteller) unknown(fingerprint string) {
	answers, err := match.ParseFingerprint(fingerprint)
	if fingerprint == "" || err != nil {
		return
	}
	s.print("  answers that no line settles:")
	for _, a := range answers {
		s.print("    " + match.FormatAnswer(a))
	}
}
