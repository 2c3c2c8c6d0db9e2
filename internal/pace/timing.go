package pace

import (
	"errors"
	"fmt"
	"time"
)

// Timing is the resolved timing of a run: a template with the user's overrides.
type Timing struct {
	Level int // 0 to 5, the template it came from

	MinRTT, MaxRTT, InitialRTT time.Duration // bounds and start of probe timeouts
	MaxRetries                 int           // retransmissions of a probe

	// ScanDelay is the least time between two probes to one host at the start;
	// the maxima limit how far it is raised when a host drops probes.
	ScanDelay                                          time.Duration
	MaxScanDelayTCP, MaxScanDelayUDP, MaxScanDelaySCTP time.Duration

	MinParallelism, MaxParallelism int           // probes outstanding; 0 is unset
	MinRate, MaxRate               float64       // probes per second; 0 is unset
	HostTimeout                    time.Duration // 0 is none
	ScriptTimeout                  time.Duration // 0 is none
	MinHostgroup, MaxHostgroup     int           // hosts scanned at a time

	// Increment is by how much a congestion window grows per window full of
	// answers, DropDivisor what divides the probes in flight after a drop.
	Increment, DropDivisor float64
	// DelayDropRatio is the share of dropped probes above which the scan delay
	// is raised; an answer to a try beyond DelayTry raises it too.
	DelayDropRatio float64
	DelayTry       int
}

// Overrides are the timing options that the user gave; nil means not given.
type Overrides struct {
	MinRTT, MaxRTT, InitialRTT     *time.Duration
	MaxRetries                     *int
	ScanDelay, MaxScanDelay        *time.Duration
	MinParallelism, MaxParallelism *int
	MinRate, MaxRate               *float64
	HostTimeout, ScriptTimeout     *time.Duration
	MinHostgroup, MaxHostgroup     *int
}

// Resolve applies the overrides to the template, whatever their order on the
// command line was. The warnings are for the user; the error names a
// contradiction or a value out of range.
func (t Template) Resolve(o Overrides) (tm Timing, warnings []string, err error) {
	if err := o.check(); err != nil {
		return Timing{}, nil, err
	}
	tm = t.Timing()
	set(&tm.MaxRetries, o.MaxRetries)
	set(&tm.MinParallelism, o.MinParallelism)
	set(&tm.MaxParallelism, o.MaxParallelism)
	set(&tm.MinRate, o.MinRate)
	set(&tm.MaxRate, o.MaxRate)
	set(&tm.HostTimeout, o.HostTimeout)
	set(&tm.ScriptTimeout, o.ScriptTimeout)
	set(&tm.MinHostgroup, o.MinHostgroup)
	set(&tm.MaxHostgroup, o.MaxHostgroup)
	tm.setDelays(o)
	tm.setRTTs(o)

	if o.ScanDelay != nil && *o.ScanDelay > 0 && (o.MinParallelism != nil || o.MaxParallelism != nil) {
		warnings = append(warnings, "--min-parallelism and --max-parallelism are ignored with --scan-delay.")
	}
	if tm.MinParallelism > 100 {
		warnings = append(warnings, "Your --min-parallelism option is pretty high!  This can hurt reliability.")
	}
	if o.MaxRTT != nil && *o.MaxRTT < 20*time.Millisecond {
		warnings = append(warnings, fmt.Sprintf("a round-trip timeout of %d ms is extremely short; accuracy may suffer", o.MaxRTT.Milliseconds()))
	}
	return tm, warnings, tm.contradiction()
}

// check refuses values that make no sense by themselves.
func (o Overrides) check() error {
	switch {
	case o.MaxRTT != nil && *o.MaxRTT < 5*time.Millisecond:
		return errors.New("--max-rtt-timeout must be at least 5ms")
	case o.InitialRTT != nil && *o.InitialRTT <= 0:
		return errors.New("--initial-rtt-timeout must be greater than 0")
	case negative(o.MinRTT):
		return errors.New("--min-rtt-timeout must not be negative")
	case negative(o.ScanDelay):
		return errors.New("--scan-delay must not be negative")
	case negative(o.MaxScanDelay):
		return errors.New("--max-scan-delay must not be negative")
	case negative(o.HostTimeout):
		return errors.New("--host-timeout must not be negative")
	case negative(o.ScriptTimeout):
		return errors.New("--script-timeout must not be negative")
	case negative(o.MaxRetries):
		return errors.New("--max-retries must not be negative")
	case o.MinParallelism != nil && *o.MinParallelism < 1:
		return errors.New("--min-parallelism must be at least 1")
	case o.MaxParallelism != nil && *o.MaxParallelism < 1:
		return errors.New("--max-parallelism must be at least 1")
	case o.MinRate != nil && !(*o.MinRate > 0):
		return errors.New("--min-rate must be a positive number")
	case o.MaxRate != nil && !(*o.MaxRate > 0):
		return errors.New("--max-rate must be a positive number")
	case negative(o.MinHostgroup):
		return errors.New("--min-hostgroup must not be negative")
	case o.MaxHostgroup != nil && *o.MaxHostgroup < 1:
		return errors.New("--max-hostgroup must be at least 1")
	}
	return nil
}

// contradiction names two settings that cannot both hold.
func (tm Timing) contradiction() error {
	switch {
	case tm.MinHostgroup > tm.MaxHostgroup:
		return fmt.Errorf("--min-hostgroup=%d must be less than or equal to --max-hostgroup=%d", tm.MinHostgroup, tm.MaxHostgroup)
	case tm.MaxParallelism > 0 && tm.MinParallelism > tm.MaxParallelism:
		return fmt.Errorf("--min-parallelism=%d must be less than or equal to --max-parallelism=%d", tm.MinParallelism, tm.MaxParallelism)
	case tm.MaxRate > 0 && tm.MinRate > tm.MaxRate:
		return fmt.Errorf("--min-rate=%g must be less than or equal to --max-rate=%g", tm.MinRate, tm.MaxRate)
	}
	return nil
}

// setDelays applies --scan-delay, which raises the maxima, then --max-scan-delay, which sets them.
func (tm *Timing) setDelays(o Overrides) {
	maxima := []*time.Duration{&tm.MaxScanDelayTCP, &tm.MaxScanDelayUDP, &tm.MaxScanDelaySCTP}
	if o.ScanDelay != nil {
		tm.ScanDelay = *o.ScanDelay
		for _, m := range maxima {
			*m = max(*m, *o.ScanDelay)
		}
	}
	for _, m := range maxima {
		set(m, o.MaxScanDelay)
	}
}

// setRTTs applies the three round-trip options in the order initial, minimum,
// maximum; each drags the others along, so the last one given in this order
// wins where they contradict each other (as Nmap 7.93 shows in its timing report).
func (tm *Timing) setRTTs(o Overrides) {
	if v := o.InitialRTT; v != nil {
		tm.InitialRTT, tm.MinRTT, tm.MaxRTT = *v, min(tm.MinRTT, *v), max(tm.MaxRTT, *v)
	}
	if v := o.MinRTT; v != nil {
		tm.MinRTT, tm.InitialRTT, tm.MaxRTT = *v, max(tm.InitialRTT, *v), max(tm.MaxRTT, *v)
	}
	if v := o.MaxRTT; v != nil {
		tm.MaxRTT, tm.InitialRTT, tm.MinRTT = *v, min(tm.InitialRTT, *v), min(tm.MinRTT, *v)
	}
}

func set[T any](dst *T, v *T) {
	if v != nil {
		*dst = *v
	}
}

func negative[T int | time.Duration](v *T) bool { return v != nil && *v < 0 }
