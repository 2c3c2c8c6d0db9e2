package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"sonde"
	"sonde/report"
	"sonde/result"
)

// An output is one document that a run writes.
type output struct {
	name   string // as messages call it
	writer report.Writer
	file   *os.File // nil for standard output
	screen bool     // it is for people at a terminal
	dead   bool     // writing failed; nothing more is written
}

// outputs are all documents of a run. One that fails does not stop the others.
type outputs struct {
	list   []*output
	say    func(text string)
	failed bool
}

// formatOf finds the report format of an -o letter.
func formatOf(letter byte) (report.Format, bool) {
	for _, f := range report.Formats() {
		if f.Flag == "-o"+string(letter) {
			return f, true
		}
	}
	return report.Format{}, false
}

// openOutputs opens every file of a plan, and the screen unless a document
// goes to standard output. Inputs are files that no output may replace.
func openOutputs(p *plan, opt report.Options, stdout io.Writer, inputs []*os.File, say func(string)) (*outputs, error) {
	all := &outputs{say: say}
	screen := !p.show.silent
	for _, req := range p.outputs {
		format, ok := formatOf(req.letter)
		if !ok {
			return nil, fmt.Errorf("no report format is called -o%c", req.letter)
		}
		o := &output{name: "standard output"}
		out := stdout
		if req.path == "-" {
			screen = false
		} else {
			name := report.FileName(req.path, opt.StartTime)
			f, err := openOutput(name, p.show.appendOutput, inputs)
			if err != nil {
				all.abandon()
				return nil, fmt.Errorf("open output %s: %w", name, err)
			}
			o.name, o.file, out = name, f, f
		}
		o.writer = format.New(out, opt)
		all.list = append(all.list, o)
	}
	if screen {
		all.list = append(all.list, &output{name: "standard output", screen: true, writer: report.NewInteractive(stdout, opt)})
	}
	return all, nil
}

func openOutput(name string, appending bool, inputs []*os.File) (*os.File, error) {
	if info, err := os.Stat(name); err == nil {
		for _, in := range inputs {
			if other, err := in.Stat(); err == nil && os.SameFile(info, other) {
				return nil, errors.New("targets are read from this file")
			}
		}
	}
	mode := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if appending {
		mode = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	f, err := os.OpenFile(name, mode, 0o666)
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err // the caller names the file
	}
	return f, err
}

// write gives an event to all documents.
func (all *outputs) write(ev result.Event) {
	for _, o := range all.list {
		if !o.dead {
			all.check(o, o.writer.Write(ev))
		}
	}
}

// writeFiles gives an event to all documents but the screen.
func (all *outputs) writeFiles(ev result.Event) {
	for _, o := range all.list {
		if !o.dead && !o.screen {
			all.check(o, o.writer.Write(ev))
		}
	}
}

// alive tells whether anything is still written.
func (all *outputs) alive() bool {
	for _, o := range all.list {
		if !o.dead {
			return true
		}
	}
	return len(all.list) == 0 // a run that was asked to be silent goes on
}

// check takes note of a failed write. A reader of standard output that went
// away has seen enough: that is no failure.
func (all *outputs) check(o *output, err error) {
	if err == nil {
		return
	}
	o.dead = true
	if o.file == nil && errors.Is(err, syscall.EPIPE) {
		return
	}
	all.failed = true
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	all.say(fmt.Sprintf("write output %s: %v; it is incomplete", o.name, err))
}

// close completes all documents and closes their files.
func (all *outputs) close() {
	for _, o := range all.list {
		if !o.dead {
			all.check(o, o.writer.Close())
		}
		if o.file != nil {
			if err := o.file.Close(); !o.dead {
				all.check(o, err)
			}
		}
	}
}

// abandon closes files to which nothing was written.
func (all *outputs) abandon() {
	for _, o := range all.list {
		if o.file != nil {
			o.file.Close()
		}
	}
}

// reportOptions says how the documents of a plan shall look.
func (v *invocation) reportOptions(p *plan) report.Options {
	return report.Options{
		Args: append([]string{v.path}, v.args...), Version: version, AsNmap: v.asNmap(),
		StartTime: v.start, Location: time.Local,
		Verbose: p.show.verbose, Debug: p.show.debug, Reason: p.show.reason, Trace: p.show.trace, Extras: p.show.extras,
		OpenOnly: p.scan.OpenOnly, VersionScan: p.scan.Version.Enabled,
		PingScan: p.scan.PingOnly, ListScan: p.scan.ListOnly,
		SkipDiscovery: p.scan.Discovery.None, AlwaysResolve: p.scan.ReverseDNS == sonde.DNSAlways,
		Stylesheet: v.stylesheet(p), NoStylesheet: p.show.noStylesheet,
		Data: dataDirs(p),
	}
}

// stylesheet is what XML documents refer to; empty leaves it to the report.
func (v *invocation) stylesheet(p *plan) string {
	switch {
	case p.show.stylesheet != "":
		return p.show.stylesheet
	case p.show.webXML && v.asNmap():
		return "https://svn.nmap.org/nmap/docs/nmap.xsl"
	case p.show.webXML:
		return home + "/nmap.xsl"
	}
	return ""
}

// dataDirs lists the files that the user named as sources of knowledge, by directory.
func dataDirs(p *plan) (dirs []report.DataDir) {
	add := func(dir, file string) {
		for i := range dirs {
			if dirs[i].Path == dir {
				dirs[i].Files = append(dirs[i].Files, file)
				return
			}
		}
		dirs = append(dirs, report.DataDir{Path: dir, Files: []string{file}})
	}
	for _, f := range []struct{ named, usual string }{{p.scan.ProbesFile, "nmap-service-probes"}, {p.scan.ServicesFile, "nmap-services"}} {
		switch {
		case f.named != "":
			add(filepath.Dir(f.named), filepath.Base(f.named))
		case p.scan.DataDir != "":
			if _, err := os.Stat(filepath.Join(p.scan.DataDir, f.usual)); err == nil {
				add(p.scan.DataDir, f.usual)
			}
		}
	}
	return dirs
}
