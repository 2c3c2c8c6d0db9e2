package report

import (
	"encoding/json"
	"io"

	"sonde/result"
)

// jsonl writes every event as one line of JSON, whatever the verbosity: the
// stream is whole lines at any moment, so a killed scan leaves a valid file.
type jsonl struct {
	sink
	tally
	opts  Options
	begun bool
}

// NewJSONL returns the writer of JSON Lines (-oL).
func NewJSONL(out io.Writer, o Options) Writer { return &jsonl{sink: sink{out: out}, opts: o} }

// Write reports one event.
func (j *jsonl) Write(ev result.Event) error {
	j.see(ev)
	j.begun = true
	if line := j.line(ev); line != nil {
		if err := j.add(line); err != nil {
			return err
		}
		j.text("\n")
	}
	return j.flush()
}

// Close adds a line for the end of a cancelled scan.
func (j *jsonl) Close() error {
	if j.begun && !j.ended {
		return j.Write(j.cancelled(j.opts.StartTime))
	}
	return j.flush()
}

// line is the JSON form of an event; nil for one that says nothing.
func (j *jsonl) line(ev result.Event) any {
	switch ev := ev.(type) {
	case result.ScanStarted:
		return struct {
			Event string   `json:"event"`
			Time  jsonTime `json:"time"`
			jsonTool
			Scans []jsonScan `json:"scans"`
		}{"scan_started", instant(ev.Time), toolOf(&j.opts), scansOf(ev.Scans)}
	case result.TaskStarted:
		return struct {
			Event string   `json:"event"`
			Time  jsonTime `json:"time"`
			Task  string   `json:"task"`
			What  string   `json:"what,omitempty"`
		}{"task_started", instant(ev.Time), ev.Task, ev.What}
	case result.TaskProgress:
		return struct {
			Event     string      `json:"event"`
			Time      jsonTime    `json:"time"`
			Task      string      `json:"task"`
			Percent   json.Number `json:"percent"`
			Remaining jsonSeconds `json:"remaining,omitempty"`
			Done      jsonCounts  `json:"done"`
			Running   int         `json:"running"`
		}{"task_progress", instant(ev.Time), ev.Task, json.Number(appendPercent(nil, ev.Percent)), jsonSeconds(ev.Remaining), countsOf(ev.Done), ev.Running}
	case result.TaskEnded:
		return struct {
			Event string      `json:"event"`
			Time  jsonTime    `json:"time"`
			Task  string      `json:"task"`
			Took  jsonSeconds `json:"took"`
			Extra string      `json:"extra,omitempty"`
		}{"task_ended", instant(ev.Time), ev.Task, jsonSeconds(ev.Took), ev.Extra}
	case result.TargetSkipped:
		return struct {
			Event string `json:"event"`
			jsonSkipped
		}{"target_skipped", skippedOf(ev)}
	case result.Notice:
		return struct {
			Event string `json:"event"`
			jsonNotice
		}{"notice", noticeOf(ev)}
	case result.ScanDone:
		return struct {
			Event string   `json:"event"`
			Time  jsonTime `json:"time"`
			jsonEnd
		}{"scan_done", instant(ev.Time), endOf(ev)}
	}
	return j.finding(ev)
}

// finding is the JSON form of an event about a host.
func (j *jsonl) finding(ev result.Event) any {
	switch ev := ev.(type) {
	case result.HostFound:
		return struct {
			Event string   `json:"event"`
			Time  jsonTime `json:"time"`
			Host  jsonHost `json:"host"`
		}{"host_found", instant(ev.Time), hostOf(&ev.Host)}
	case result.PortFound:
		return struct {
			Event   string   `json:"event"`
			Time    jsonTime `json:"time"`
			Address string   `json:"address"`
			Port    jsonPort `json:"port"`
		}{"port_found", instant(ev.Time), ev.Addr.String(), portOf(&ev.Port)}
	case result.ServiceFound:
		return struct {
			Event    string      `json:"event"`
			Time     jsonTime    `json:"time"`
			Address  string      `json:"address"`
			Protocol string      `json:"protocol"`
			Port     uint16      `json:"port"`
			Service  jsonService `json:"service"`
		}{"service_found", instant(ev.Time), ev.Addr.String(), ev.Protocol.String(), ev.Number, serviceOf(&ev.Service)}
	case result.HostDone:
		return struct {
			Event string   `json:"event"`
			Time  jsonTime `json:"time"`
			Host  jsonHost `json:"host"`
		}{"host_done", instant(ev.Time), hostOf(&ev.Host)}
	}
	return nil
}

func skippedOf(ev result.TargetSkipped) jsonSkipped {
	return jsonSkipped{instant(ev.Time), ev.Spec, ev.Reason, ev.Invalid}
}
