package report

import (
	"io"
	"strings"

	"sonde/result"
)

// normal writes what people read: to the terminal, or to the normal log. The
// log leaves out the chatter about tasks, but keeps warnings, which the
// terminal gets by another way.
type normal struct {
	sink
	tally
	opts        Options
	interactive bool
	begun       bool
}

// NewNormal returns the writer of the normal log (-oN).
func NewNormal(out io.Writer, o Options) Writer { return &normal{sink: sink{out: out}, opts: o} }

// NewInteractive returns the writer for the terminal: normal output with a
// start line, tasks and progress as far as -v asks, ports when they are found
// open, and a summary. Warnings are left to the caller, for standard error.
func NewInteractive(out io.Writer, o Options) Writer {
	return &normal{sink: sink{out: out}, opts: o, interactive: true}
}

// Write reports one event.
func (n *normal) Write(ev result.Event) error {
	n.see(ev)
	n.begin(ev)
	switch ev := ev.(type) {
	case result.TaskStarted, result.TaskProgress, result.TaskEnded, result.PortFound:
		if n.interactive {
			n.buf = appendChatter(n.buf, ev, &n.opts)
		}
	case result.TargetSkipped:
		if !n.interactive {
			n.buf = appendProse(n.buf, ev.Reason)
		}
	case result.Notice:
		if n.wants(ev) {
			if ev.Level == result.LevelWarning {
				n.text("Warning: ")
			}
			n.buf = appendProse(n.buf, ev.Text)
		}
	case result.HostDone:
		n.host(&ev.Host)
	case result.ScanDone:
		n.end(ev)
	}
	return n.flush()
}

// Close ends the log of a cancelled scan, too.
func (n *normal) Close() error {
	if n.begun && !n.ended {
		return n.Write(n.cancelled(n.opts.StartTime))
	}
	return n.flush()
}

// begin prints what stands before all else. A scan that fails before it
// begins leaves nothing but the fault in the log.
func (n *normal) begin(ev result.Event) {
	_, over := ev.(result.ScanDone)
	if n.begun || over && !n.interactive {
		return
	}
	n.begun = true
	name, version, home := n.opts.tool()
	if n.interactive {
		n.text("Starting " + name + " " + version + " ( " + home + " ) at ")
		n.buf = n.opts.local(n.opts.StartTime).AppendFormat(n.buf, "2006-01-02 15:04 MST")
	} else {
		n.text("# " + name + " " + version + " scan initiated ")
		n.buf = appendCtime(n.buf, n.opts.local(n.opts.StartTime))
		n.text(" as: ")
		n.buf = appendClean(n.buf, commandLine(n.opts.Args))
	}
	n.text("\n")
}

// wants tells whether a notice belongs into this document.
func (n *normal) wants(ev result.Notice) bool {
	switch ev.Level {
	case result.LevelWarning:
		return !n.interactive
	case result.LevelInfo:
		return n.interactive && n.opts.Verbose > 0
	case result.LevelDebug:
		return n.opts.Debug > 0
	case result.LevelTrace:
		return n.opts.traces(ev.Topic)
	}
	return false
}

// end prints the last lines: where data came from, notes, and the summary.
func (n *normal) end(ev result.ScanDone) {
	if ev.Err != "" {
		if !n.interactive {
			n.buf = appendProse(n.buf, ev.Err)
			n.text("QUITTING!\n")
		}
		return
	}
	n.dataFiles()
	if n.interactive && ev.Hosts.Total == 1 && ev.Hosts.Up == 0 && !n.opts.ListScan && !n.opts.SkipDiscovery {
		n.text("Note: Host seems down. If it is really up, but blocking our ping probes, try -Pn\n")
	}
	if n.opts.VersionScan && ev.Hosts.Up > 0 {
		n.text("Service detection performed. Please report mistakes at " + Home + " .\n")
	}
	if n.interactive {
		n.text("Nmap done: ")
	} else {
		n.text("# Nmap done at ")
		n.buf = appendCtime(n.buf, n.opts.local(ev.Time))
		n.text(" -- ")
	}
	n.buf = append(appendTotals(n.buf, ev), '\n')
	if n.interactive && n.opts.Verbose > 0 && ev.Raw != nil {
		n.traffic(ev.Raw)
	}
}

// dataFiles tells with -v which directories data was read from, with -d or if
// they are several also which files.
func (n *normal) dataFiles() {
	dirs := n.opts.Data
	switch {
	case n.opts.Verbose == 0 && n.opts.Debug == 0:
	case len(dirs) == 0 && n.opts.Debug > 0:
		n.text("No data files read.\n")
	case len(dirs) == 1 && n.opts.Debug == 0:
		n.text("Read data files from: ")
		n.buf = append(appendClean(n.buf, dirs[0].Path), '\n')
	default:
		for _, d := range dirs {
			n.text("Read from ")
			n.buf = appendClean(n.buf, d.Path+": "+strings.Join(d.Files, " "))
			n.text(".\n")
		}
	}
}

func (n *normal) traffic(t *result.Traffic) {
	n.text("           Raw packets sent: ")
	n.number(int64(t.Sent))
	n.buf = appendBytes(append(n.buf, " ("...), t.SentBytes)
	n.text(") | Rcvd: ")
	n.number(int64(t.Received))
	n.buf = appendBytes(append(n.buf, " ("...), t.ReceivedBytes)
	n.text(")\n")
}
