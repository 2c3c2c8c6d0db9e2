package report

import (
	"math"
	"strconv"
	"time"

	"sonde/result"
)

// appendChatter adds the lines that tell a watching user what goes on: tasks
// and open ports with -v, progress with -v or when asked for.
func appendChatter(b []byte, ev result.Event, o *Options) []byte {
	if p, ok := ev.(result.TaskProgress); ok && (p.Asked || o.Verbose > 0) {
		return appendProgress(b, p, o)
	}
	if o.Verbose == 0 {
		return b
	}
	switch ev := ev.(type) {
	case result.TaskStarted:
		b = append(append(b, "Initiating "...), ev.Task...)
		b = append(o.local(ev.Time).AppendFormat(append(b, " at "...), "15:04"), '\n')
		if ev.What != "" {
			b = appendClean(append(b, "Scanning "...), ev.What)
			b = append(b, '\n')
		}
	case result.TaskEnded:
		b = append(append(b, "Completed "...), ev.Task...)
		b = o.local(ev.Time).AppendFormat(append(b, " at "...), "15:04")
		b = append(appendSeconds(append(b, ", "...), ev.Took), "s elapsed"...)
		if ev.Extra != "" {
			b = append(appendClean(append(b, " ("...), ev.Extra), ')')
		}
		b = append(b, '\n')
	case result.PortFound:
		b = appendInt(append(b, "Discovered "+ev.Port.State.String()+" port "...), int64(ev.Port.Number))
		b = append(append(b, '/'), ev.Port.Protocol.String()...)
		b = append(ev.Addr.AppendTo(append(b, " on "...)), '\n')
	}
	return b
}

// appendProgress adds how far a task is; if the user asked, also how far the
// whole run is.
func appendProgress(b []byte, ev result.TaskProgress, o *Options) []byte {
	if ev.Asked {
		b = appendClock(append(b, "Stats: "...), ev.Time.Sub(o.StartTime))
		b = appendInt(append(b, " elapsed; "...), int64(ev.Done.Total))
		b = appendInt(append(b, " hosts completed ("...), int64(ev.Done.Up))
		b = appendInt(append(b, " up), "...), int64(ev.Running))
		b = append(b, " undergoing "+statusName(ev.Task)+"\n"...)
	}
	b = append(b, ev.Task+" Timing: About "...)
	b = append(appendPercent(b, ev.Percent), "% done"...)
	switch left, known := estimate(ev); {
	case !known:
	case left > foreseeable:
		b = append(b, "; ETC: Unknown (>10 days remaining)"...)
	default:
		b = o.local(ev.Time.Add(left)).AppendFormat(append(b, "; ETC: "...), "15:04")
		b = append(appendClock(append(b, " ("...), left), " remaining)"...)
	}
	return append(b, '\n')
}

// foreseeable is the longest remaining time that is worth a date.
const foreseeable = 10 * 24 * time.Hour

// estimate is how long a task still takes. Below one per cent, no one knows.
func estimate(ev result.TaskProgress) (left time.Duration, known bool) {
	return ev.Remaining, ev.Remaining > 0 && ev.Percent >= 1
}

// appendPercent adds a share of a task that is not over yet.
func appendPercent(b []byte, percent float64) []byte {
	if math.IsNaN(percent) {
		percent = 0
	}
	return strconv.AppendFloat(b, min(max(percent, 0), 99.99), 'f', 2, 64)
}

// statusName is what the status line calls a task.
func statusName(task string) string {
	if task == "Service scan" {
		return "Service Scan"
	}
	return task
}
