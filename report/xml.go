package report

import (
	"io"
	"time"

	"sonde/result"
)

// xml writes the document type of nmap.dtd, by hand: its readers rely on the
// order of attributes and on what stands on a line of its own.
type xml struct {
	sink
	tally
	opts  Options
	begun bool

	collapsed notShown // memory to reuse
	scratch   []byte
}

// NewXML returns the writer of Nmap's XML (-oX).
func NewXML(out io.Writer, o Options) Writer { return &xml{sink: sink{out: out}, opts: o} }

// Write reports one event.
func (x *xml) Write(ev result.Event) error {
	x.see(ev)
	switch ev := ev.(type) {
	case result.ScanStarted:
		x.prologue(ev)
	case result.TaskStarted:
		if x.opts.Verbose > 0 {
			x.task("taskbegin", ev.Task, ev.Time, "")
		}
	case result.TaskEnded:
		if x.opts.Verbose > 0 {
			x.task("taskend", ev.Task, ev.Time, ev.Extra)
		}
	case result.TaskProgress:
		if x.opts.Verbose > 0 || ev.Asked {
			x.progress(ev)
		}
	case result.TargetSkipped:
		if ev.Invalid {
			x.text("<target")
			x.attr("specification", ev.Spec)
			x.text(` status="skipped" reason="invalid"/>` + "\n")
		}
	case result.HostFound:
		x.text("<hosthint>")
		x.identity(&ev.Host)
		x.text("</hosthint>\n")
	case result.HostDone:
		if x.opts.shows(&ev.Host) {
			x.host(&ev.Host)
		}
	case result.ScanDone:
		x.end(ev)
	}
	return x.flush()
}

// Close ends the document of a cancelled scan, too.
func (x *xml) Close() error {
	if x.begun && !x.ended {
		return x.Write(x.cancelled(x.opts.StartTime))
	}
	return x.flush()
}

// prologue writes all that describes the run.
func (x *xml) prologue(ev result.ScanStarted) {
	x.begun = true
	name, version, _ := x.opts.tool()
	start, args := x.opts.local(x.opts.StartTime), commandLine(x.opts.Args)
	x.text(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<!DOCTYPE nmaprun>\n")
	if !x.opts.NoStylesheet {
		href := x.opts.Stylesheet
		if href == "" {
			href = DefaultStylesheet
		}
		x.text("<?xml-stylesheet")
		x.attr("href", href)
		x.text(` type="text/xsl"?>` + "\n")
	}
	x.text("<!-- " + name + " ")
	x.escape(version)
	x.text(" scan initiated ")
	x.buf = appendCtime(x.buf, start)
	x.text(" as: ")
	x.escape(args)
	x.text(" -->\n" + `<nmaprun scanner="nmap"`)
	x.attr("args", args)
	x.attrInt("start", start.Unix())
	x.attrCtime("startstr", start)
	x.attr("version", version)
	x.text(` xmloutputversion="1.05">` + "\n")
	for i := range ev.Scans {
		x.scanInfo(&ev.Scans[i])
	}
	x.text("<verbose")
	x.attrInt("level", int64(x.opts.Verbose))
	x.text("/>\n<debugging")
	x.attrInt("level", int64(x.opts.Debug))
	x.text("/>\n")
}

func (x *xml) scanInfo(s *result.ScanInfo) {
	x.text("<scaninfo")
	x.attr("type", s.Type)
	x.attrKnown("scanflags", s.Flags)
	x.attr("protocol", s.Protocol.String())
	x.attrInt("numservices", int64(s.NumPorts))
	x.attr("services", s.Ports)
	x.text("/>\n")
}

func (x *xml) task(element, task string, at time.Time, extra string) {
	x.text("<" + element)
	x.attr("task", task)
	x.attrInt("time", at.Unix())
	x.attrKnown("extrainfo", extra)
	x.text("/>\n")
}

func (x *xml) progress(ev result.TaskProgress) {
	x.text("<taskprogress")
	x.attr("task", ev.Task)
	x.attrInt("time", ev.Time.Unix())
	x.text(` percent="`)
	x.buf = appendPercent(x.buf, ev.Percent)
	x.text(`"`)
	if left, known := estimate(ev); known {
		x.attrInt("remaining", int64(left/time.Second))
		if left <= foreseeable {
			x.attrInt("etc", ev.Time.Add(left).Unix())
		}
	}
	x.text("/>\n")
}

// end writes how the scan ended. If it failed before it began there is
// nothing else in the document.
func (x *xml) end(ev result.ScanDone) {
	if !x.begun {
		x.begun = true
		x.text("<nmaprun>")
	}
	at := x.opts.local(ev.Time)
	x.text("<runstats><finished")
	x.attrInt("time", at.Unix())
	x.attrCtime("timestr", at)
	x.text(` summary="Nmap done at `)
	x.buf = append(appendCtime(x.buf, at), "; "...)
	x.buf = appendTotals(x.buf, ev)
	x.text(`" elapsed="`)
	x.buf = appendSeconds(x.buf, ev.Elapsed)
	if ev.Err == "" {
		x.text(`" exit="success"/>`)
	} else {
		x.text(`" exit="error"`)
		x.attr("errormsg", ev.Err)
		x.text("/>")
	}
	x.text("<hosts")
	x.attrInt("up", int64(ev.Hosts.Up))
	x.attrInt("down", int64(ev.Hosts.Total-ev.Hosts.Up))
	x.attrInt("total", int64(ev.Hosts.Total))
	x.text("/>\n</runstats>\n</nmaprun>\n")
}

func (x *xml) escape(text string) { x.buf = appendXML(x.buf, text) }

// attr writes an attribute, and a blank before it.
func (x *xml) attr(name, value string) {
	x.text(" ")
	x.text(name)
	x.text(`="`)
	x.escape(value)
	x.text(`"`)
}

// attrKnown writes an attribute unless its value is empty: some readers take
// an empty value for a wrong one.
func (x *xml) attrKnown(name, value string) {
	if value != "" {
		x.attr(name, value)
	}
}

func (x *xml) attrInt(name string, value int64) {
	x.text(" ")
	x.text(name)
	x.text(`="`)
	x.number(value)
	x.text(`"`)
}

func (x *xml) attrCtime(name string, t time.Time) {
	x.text(" " + name + `="`)
	x.buf = append(appendCtime(x.buf, t), '"')
}
