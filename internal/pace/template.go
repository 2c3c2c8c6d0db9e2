package pace

import (
	"strconv"
	"strings"
	"time"
)

// Template is a timing template: T0, paranoid, to T5, insane.
type Template uint8

// The templates by their names.
const (
	Paranoid Template = iota
	Sneaky
	Polite
	Normal
	Aggressive
	Insane
)

var templateNames = [...]string{"paranoid", "sneaky", "polite", "normal", "aggressive", "insane"}

// String is the name of the template, such as "normal".
func (t Template) String() string {
	if int(t) < len(templateNames) {
		return templateNames[t]
	}
	return "T" + strconv.Itoa(int(t))
}

// TemplateOf finds a template by its number or its name, in any case.
func TemplateOf(s string) (Template, bool) {
	for i, name := range templateNames {
		if strings.EqualFold(s, name) || s == strconv.Itoa(i) {
			return Template(i), true
		}
	}
	return 0, false
}

// common holds what the templates share.
func common(level int) Timing {
	return Timing{
		Level:      level,
		MinRTT:     100 * time.Millisecond,
		MaxRTT:     10 * time.Second,
		InitialRTT: time.Second,
		MaxRetries: 10,

		MaxScanDelayTCP:  time.Second,
		MaxScanDelayUDP:  time.Second,
		MaxScanDelaySCTP: time.Second,

		MinHostgroup: 1,
		MaxHostgroup: 100_000,

		Increment:      1,
		DropDivisor:    3.0 / 2,
		DelayDropRatio: 0.3,
		DelayTry:       3,
	}
}

// Timing is the template without any override. Numbers beyond T5 count as T5.
func (t Template) Timing() Timing {
	tm := common(int(min(t, Insane)))
	switch t {
	case Paranoid:
		tm.MaxRTT, tm.InitialRTT = 5*time.Minute, 5*time.Minute
		tm.ScanDelay = 5 * time.Minute
		tm.MaxParallelism = 1
	case Sneaky:
		tm.MaxRTT, tm.InitialRTT = 15*time.Second, 15*time.Second
		tm.ScanDelay = 15 * time.Second
		tm.MaxParallelism = 1
	case Polite:
		tm.ScanDelay = 400 * time.Millisecond
		tm.MaxParallelism = 1
	case Normal:
	case Aggressive:
		tm.MaxRTT, tm.InitialRTT = 1250*time.Millisecond, 500*time.Millisecond
		tm.MaxRetries = 6
		tm.MaxScanDelayTCP, tm.MaxScanDelaySCTP = 10*time.Millisecond, 10*time.Millisecond
		tm.Increment, tm.DropDivisor, tm.DelayDropRatio, tm.DelayTry = 2, 4.0/3, 0.4, 4
	default:
		tm.MinRTT, tm.MaxRTT, tm.InitialRTT = 50*time.Millisecond, 300*time.Millisecond, 250*time.Millisecond
		tm.MaxRetries = 2
		tm.MaxScanDelayTCP, tm.MaxScanDelaySCTP = 5*time.Millisecond, 5*time.Millisecond
		tm.HostTimeout, tm.ScriptTimeout = 15*time.Minute, 10*time.Minute
		tm.Increment, tm.DropDivisor, tm.DelayDropRatio, tm.DelayTry = 2, 5.0/4, 0.4, 4
	}
	return tm
}
