// Package cli is the command line of sonde: the only room that prints, reads the environment and decides how the process ends.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sonde"
	"sonde/result"
)

// Exit statuses. Those of a program called nmap are what clients of Nmap expect.
const (
	statusDone    = 0
	statusFailed  = 1
	statusUsage   = 2
	nmapFatal     = 1
	nmapUsage     = 255
	statusSignals = 128 // to which the number of the signal is added
)

// An invocation is one run of the program with what surrounds it.
type invocation struct {
	program string   // "sonde", or "nmap" to answer as Nmap would
	path    string   // what the program was called as
	args    []string // what followed
	env     func(string) string
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	start   time.Time
	// newScanner makes the scan; tests put a scan without network in its place.
	newScanner func(sonde.Options) (scanner, error)
}

// A scanner gives the events of a scan.
type scanner interface {
	Scan(context.Context) iter.Seq2[result.Event, error]
}

// Main runs the program with its arguments, the program's name first, and
// returns its exit status.
func Main(args []string) int {
	// A reader that goes away shall show as an error of the write to it, not
	// kill the program: other outputs may still be wanted.
	signal.Ignore(syscall.SIGPIPE)
	v := &invocation{program: "sonde", env: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, start: time.Now(),
		newScanner: func(o sonde.Options) (scanner, error) { return sonde.New(o) }}
	if len(args) > 0 {
		v.path, v.args = args[0], args[1:]
		if name := strings.ToLower(filepath.Base(args[0])); strings.TrimSuffix(name, ".exe") == "nmap" {
			v.program = "nmap"
		}
	}
	return v.main()
}

// aimless tells whether a plan has nothing to scan.
func (p *plan) aimless() bool {
	return len(p.scan.Targets) == 0 && len(p.lists) == 0 && p.scan.RandomTargets == 0
}

func (v *invocation) asNmap() bool { return v.program == "nmap" }

// main runs the program until a signal ends it.
func (v *invocation) main() int {
	ctx, stop := untilSignal(context.Background())
	defer stop()
	return v.exit(ctx, v.run(ctx))
}

// exit is the status after a run that a signal may have cut short.
func (v *invocation) exit(ctx context.Context, err error) int {
	if sig, ok := context.Cause(ctx).(signalError); ok {
		v.complain(&fault{text: sig.Error() + "; reports end with what was known by then"})
		return statusSignals + int(sig.signal)
	}
	return v.status(err)
}

// run finds out what is asked for and does it.
func (v *invocation) run(ctx context.Context) error {
	args := append(splitWords(v.env("NMAP_ARGS")), v.args...)
	if len(args) == 0 {
		if err := v.help(); err != nil {
			return err
		}
		return &fault{kind: faultSyntax} // said all there is to say
	}
	if !v.asNmap() {
		if c, args, err := commandOf(v.args); err != nil {
			return err
		} else if c != nil {
			return c.run(ctx, v, args)
		}
	}
	v.args = args
	l, err := parse(args)
	switch {
	case err != nil:
		return err
	case l.showHelp:
		return v.help()
	case l.showVersion:
		return writeVersion(v.stdout, v.asNmap())
	}
	if l.dataDir == "" {
		l.dataDir = v.env("NMAPDIR")
	}
	if !l.privileged && !l.unprivileged {
		l.privileged = v.env("NMAP_PRIVILEGED") != ""
		l.unprivileged = !l.privileged && v.env("NMAP_UNPRIVILEGED") != ""
	}
	if l.iflist {
		return v.writeInterfaces()
	}
	p, err := interpret(l)
	if err != nil {
		return err
	}
	if !v.asNmap() && p.aimless() {
		return &fault{kind: faultMeaning, text: "no targets were named", hint: "sonde -h shows how"}
	}
	return v.scan(ctx, p)
}

func (v *invocation) help() error {
	if v.asNmap() {
		if _, err := fmt.Fprintf(v.stdout, "Nmap %s ( %s )\n", nmapVersion, nmapHome); err != nil {
			return err
		}
	} else if _, err := fmt.Fprintf(v.stdout, "sonde %s ( %s )\n", version, home); err != nil {
		return err
	}
	return writeHelp(v.stdout, v.program)
}

// status says what went wrong and how the process ends therefore.
func (v *invocation) status(err error) int {
	if err == nil || errors.Is(err, syscall.EPIPE) {
		return statusDone
	}
	f := &fault{kind: faultWorld, text: err.Error()}
	errors.As(err, &f)
	v.complain(f)
	switch {
	case f.kind == faultSyntax && v.asNmap():
		return nmapUsage
	case f.kind == faultWorld:
		return statusFailed
	case v.asNmap():
		return nmapFatal
	}
	return statusUsage
}

// complain prints why the program ends, in the voice of the program it was
// called as.
func (v *invocation) complain(f *fault) {
	if f.text == "" {
		return
	}
	text := printable(f.text)
	switch {
	case !v.asNmap():
		fmt.Fprintf(v.stderr, "sonde: %s\n", text)
		hint := f.hint
		if hint == "" && f.kind == faultSyntax {
			hint = "sonde -h lists the options"
		}
		if hint != "" {
			fmt.Fprintf(v.stderr, "sonde: hint: %s\n", printable(hint))
		}
	case f.kind == faultSyntax:
		fmt.Fprintf(v.stderr, "nmap: %s\nSee the output of nmap -h for a summary of options.\n", text)
	default:
		fmt.Fprintf(v.stderr, "%s\nQUITTING!\n", text)
	}
}

// warn prints what the user should know while things go on. The word at its
// beginning is what clients of Nmap tell warnings from errors by; some texts
// bring one along.
func (v *invocation) warn(text string) {
	const word = "Warning: "
	if len(text) > len(word) && strings.EqualFold(text[:len(word)], word) {
		text = text[len(word):]
	}
	fmt.Fprintf(v.stderr, "%s%s\n", word, printable(text))
}

// signalError is the cause of a context that a signal ended.
type signalError struct{ signal syscall.Signal }

func (e signalError) Error() string {
	if e.signal == syscall.SIGINT {
		return "interrupted"
	}
	return "terminated"
}

// untilSignal derives a context that ends when the user or the system asks
// the program to end. A second signal kills the program at once.
func untilSignal(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case s := <-signals:
			signal.Stop(signals)
			number, _ := s.(syscall.Signal)
			cancel(signalError{number})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
		<-ended
	}
}
