package report

import (
	"io"

	"sonde/result"
)

// jsonDocument writes one JSON object for the whole scan. Hosts go out as
// they are done; what is short and said once waits for the end.
type jsonDocument struct {
	sink
	tally
	opts  Options
	begun bool

	hostsWritten int
	skipped      []jsonSkipped
	warnings     []jsonNotice
}

// NewJSON returns the writer of a JSON document (-oJ).
func NewJSON(out io.Writer, o Options) Writer { return &jsonDocument{sink: sink{out: out}, opts: o} }

// Write reports one event.
func (j *jsonDocument) Write(ev result.Event) error {
	j.see(ev)
	var err error
	switch ev := ev.(type) {
	case result.ScanStarted:
		err = j.begin(ev.Scans)
	case result.TargetSkipped:
		j.skipped = append(j.skipped, skippedOf(ev))
	case result.Notice:
		if ev.Level == result.LevelWarning {
			j.warnings = append(j.warnings, noticeOf(ev))
		}
	case result.HostDone:
		err = j.host(&ev.Host)
	case result.ScanDone:
		err = j.end(ev)
	}
	if err != nil {
		return err
	}
	return j.flush()
}

// Close ends the document of a cancelled scan, too.
func (j *jsonDocument) Close() error {
	if j.begun && !j.ended {
		return j.Write(j.cancelled(j.opts.StartTime))
	}
	return j.flush()
}

// begin writes what is known before the first host, and leaves the list of
// hosts open.
func (j *jsonDocument) begin(scans []result.ScanInfo) error {
	if j.begun {
		return nil
	}
	j.begun = true
	err := j.open(struct {
		jsonTool
		Scans []jsonScan `json:"scans"`
	}{toolOf(&j.opts), scansOf(scans)})
	j.text(`,` + "\n" + `"hosts":[`)
	return err
}

func (j *jsonDocument) host(h *result.Host) error {
	if err := j.begin(nil); err != nil {
		return err
	}
	if j.hostsWritten > 0 {
		j.text(",")
	}
	j.hostsWritten++
	j.text("\n")
	return j.add(hostOf(h))
}

// end closes the list of hosts and the document.
func (j *jsonDocument) end(ev result.ScanDone) error {
	if err := j.begin(nil); err != nil {
		return err
	}
	j.text("\n],\n")
	start := len(j.buf)
	err := j.add(struct {
		Skipped  []jsonSkipped `json:"skipped_targets,omitempty"`
		Warnings []jsonNotice  `json:"warnings,omitempty"`
		End      jsonTime      `json:"end"`
		jsonEnd
	}{j.skipped, j.warnings, instant(ev.Time), endOf(ev)})
	j.buf = append(j.buf[:start], j.buf[start+len("{"):]...)
	j.text("\n")
	return err
}

// open adds an object without its closing brace.
func (j *jsonDocument) open(object any) error {
	err := j.add(object)
	if n := len(j.buf); n > 0 && j.buf[n-1] == '}' {
		j.buf = j.buf[:n-1]
	}
	return err
}
