package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"sonde"
	"sonde/portspec"
	"sonde/result"
)

// scan carries out a plan: it opens what the scan reads and writes, runs it,
// and hands every event to all documents.
func (v *invocation) scan(ctx context.Context, p *plan) error {
	inputs, err := v.openInputs(p)
	if err != nil {
		return err
	}
	defer closeAll(inputs)
	out, err := openOutputs(p, v.reportOptions(p), v.stdout, inputs, func(text string) { v.complain(&fault{text: text}) })
	if err != nil {
		return err
	}
	for _, w := range p.warnings {
		v.warn(w)
	}
	end, err := v.events(ctx, p, out)
	out.close()
	switch {
	case err != nil:
		return err
	case out.failed:
		return &fault{kind: faultWorld} // said when it happened
	case end.Hosts.Total == 0 && ctx.Err() == nil && out.alive():
		return v.nothingScanned()
	}
	return nil
}

// nothingScanned ends a run all of whose targets were unusable. To Nmap that
// is no failure.
func (v *invocation) nothingScanned() error {
	if v.asNmap() {
		v.warn("No targets were specified, so 0 hosts scanned.")
		return nil
	}
	return &fault{kind: faultWorld, text: "no target was left to scan"}
}

// events runs the scan. It returns the scan's end, or why there was none; the
// documents have been told of either, but the screen has nothing to show of a
// scan that never began.
func (v *invocation) events(ctx context.Context, p *plan, out *outputs) (end result.ScanDone, err error) {
	scan, err := v.newScanner(p.scan)
	if err != nil {
		f := faultOf(err)
		out.writeFiles(v.failure(f.text, result.HostCounts{}))
		return end, f
	}
	var hosts result.HostCounts
	for ev, err := range scan.Scan(ctx) {
		switch {
		case ctx.Err() != nil:
			return end, nil // closing the documents completes them
		case err != nil:
			f := &fault{kind: faultWorld, text: err.Error()}
			out.write(v.failure(f.text, hosts))
			return end, f
		}
		out.write(ev)
		v.react(ev, p, out, &hosts)
		if done, ok := ev.(result.ScanDone); ok {
			end = done
		}
		if !out.alive() {
			return end, nil // nobody is left to tell
		}
	}
	if end.Err != "" {
		return end, &fault{kind: faultWorld, text: end.Err}
	}
	return end, nil
}

// react does what an event means to the command line itself: counting, and
// warnings for those who watch.
func (v *invocation) react(ev result.Event, p *plan, out *outputs, hosts *result.HostCounts) {
	switch ev := ev.(type) {
	case result.ScanStarted:
		for _, w := range p.warnings { // the normal log keeps warnings too
			out.write(result.Notice{Time: ev.Time, Level: result.LevelWarning, Text: w})
		}
	case result.TargetSkipped:
		text := ev.Reason
		if !strings.Contains(text, ev.Spec) {
			text = fmt.Sprintf("target %q: %s", ev.Spec, text)
		}
		v.warn(text)
	case result.Notice:
		if ev.Level == result.LevelWarning {
			v.warn(ev.Text)
		}
	case result.HostDone:
		hosts.Total++
		if ev.Host.State == result.HostUp {
			hosts.Up++
		} else {
			hosts.Down++
		}
	}
}

// failure is the end of a scan that could not go on.
func (v *invocation) failure(text string, hosts result.HostCounts) result.ScanDone {
	now := time.Now()
	return result.ScanDone{Time: now, Elapsed: now.Sub(v.start), Hosts: hosts, Err: text}
}

// faultOf tells a port list that cannot be read, which is the user's, from
// data files that cannot.
func faultOf(err error) *fault {
	f := &fault{kind: faultWorld, text: err.Error()}
	if list := (*portspec.SyntaxError)(nil); errors.As(err, &list) {
		f.kind = faultMeaning
	}
	if rights := (*sonde.RightsError)(nil); errors.As(err, &rights) {
		f.hint = rights.Hint
	}
	return f
}

// openInputs opens the lists of targets and exclusions before any output is
// touched, and puts their readers into the plan.
func (v *invocation) openInputs(p *plan) (files []*os.File, err error) {
	open := func(name, what string) (io.Reader, error) {
		if name == "-" {
			return v.stdin, nil
		}
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", what, err)
		}
		files = append(files, f)
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, fmt.Errorf("open %s: %s is a directory", what, name)
		}
		return f, nil
	}
	for _, name := range p.lists {
		r, err := open(name, "list of targets")
		if err != nil {
			closeAll(files)
			return nil, err
		}
		p.scan.TargetLists = append(p.scan.TargetLists, r)
	}
	for _, name := range p.excludes {
		r, err := open(name, "list of exclusions")
		if err != nil {
			closeAll(files)
			return nil, err
		}
		p.scan.ExcludeLists = append(p.scan.ExcludeLists, r)
	}
	if slices.Contains(p.lists, "-") && slices.Contains(p.excludes, "-") {
		return nil, meaningFault("standard input cannot be both the list of targets and that of exclusions")
	}
	return files, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
