package report

import (
	"time"

	"sonde/result"
)

// tally is what a writer remembers in order to end the document of a scan
// that was cancelled, for which there is no ScanDone.
type tally struct {
	last  time.Time // of the latest event that carried a time
	hosts result.HostCounts
	ended bool
}

// see takes note of an event.
func (t *tally) see(ev result.Event) {
	if at := timeOf(ev); !at.IsZero() {
		t.last = at
	}
	switch ev := ev.(type) {
	case result.HostDone:
		t.hosts.Total++
		if ev.Host.State == result.HostUp {
			t.hosts.Up++
		} else {
			t.hosts.Down++
		}
	case result.ScanDone:
		t.ended = true
	}
}

// cancelled is the end of a scan of which only its beginning is known.
func (t *tally) cancelled(start time.Time) result.ScanDone {
	end := t.last
	if end.IsZero() {
		end = start
	}
	return result.ScanDone{Time: end, Elapsed: end.Sub(start), Hosts: t.hosts, Err: "scan was cancelled"}
}

// timeOf is when an event happened.
func timeOf(ev result.Event) time.Time {
	switch ev := ev.(type) {
	case result.ScanStarted:
		return ev.Time
	case result.TaskStarted:
		return ev.Time
	case result.TaskProgress:
		return ev.Time
	case result.TaskEnded:
		return ev.Time
	case result.TargetSkipped:
		return ev.Time
	case result.HostFound:
		return ev.Time
	case result.PortFound:
		return ev.Time
	case result.ServiceFound:
		return ev.Time
	case result.HostDone:
		return ev.Time
	case result.Notice:
		return ev.Time
	case result.ScanDone:
		return ev.Time
	}
	return time.Time{}
}
