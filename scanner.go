package sonde

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"

	"sonde/internal/flow"
	"sonde/internal/pace"
	"sonde/match"
	"sonde/portspec"
	"sonde/result"
	"sonde/target"
)

// Version is the version of this program and library.
const Version = "0.1.0"

// Scanner is a scan that was checked and is ready to run.
type Scanner struct {
	opt           Options
	timing        pace.Timing
	names         *portspec.Table
	scans         []flow.Scan
	db            *match.DB // nil if nothing needs it
	payloads      func(port uint16) [][]byte
	ping          []uint16       // ports of host discovery
	programs      []flow.Program // ONC RPC programs to look for
	programRanges []flow.ProgramRange
	seed          uint64
	warnings      []string
}

// New checks the options and loads what the scan knows things from. An error
// names what is at fault; nothing was sent then.
func New(opt Options) (*Scanner, error) {
	s := &Scanner{opt: opt, seed: opt.Seed}
	if s.seed == 0 {
		s.seed = rand.Uint64()
	}
	if err := s.setTiming(); err != nil {
		return nil, err
	}
	if in := opt.Version.Intensity; in != nil && (*in < 0 || *in > 9) {
		return nil, fmt.Errorf("version intensity %d: must be 0 to 9", *in)
	}
	if opt.Version.Race < 0 {
		return nil, fmt.Errorf("version race %d: must not be negative", opt.Version.Race)
	}
	var err error
	if s.names, err = loadServices(opt); err != nil {
		return nil, err
	}
	s.warnings = append(s.warnings, missingFiles(opt)...)
	if err := s.setPing(); err != nil {
		return nil, err
	}
	if opt.PingOnly || opt.ListOnly {
		return s, nil
	}
	if err := s.setScans(); err != nil {
		return nil, err
	}
	if err := s.setPrograms(); err != nil {
		return nil, err
	}
	return s, s.setProbes()
}

// Scan runs the scan and gives its events in order; the last one is a
// result.ScanDone. An error ends the sequence instead: the context's, or what
// made the scan impossible. Whoever leaves the loop early ends the scan. When
// the sequence is over, so is everything that the scan had started.
//
// A Scanner may scan again and again, and many times at once, but
// Options.TargetLists and Options.ExcludeLists can be read only once.
func (s *Scanner) Scan(ctx context.Context) iter.Seq2[result.Event, error] {
	return func(yield func(result.Event, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		events := make(chan result.Event)
		var err error
		go func() { // ends when the plan has ended; the loop below waits for it
			defer close(events)
			err = s.run(ctx, func(e result.Event) {
				select {
				case events <- e:
				case <-ctx.Done():
				}
			})
		}()
		for e := range events {
			if !yield(e, nil) {
				cancel()
				for range events {
				}
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// run makes the plan of one scan and carries it out.
func (s *Scanner) run(ctx context.Context, emit func(result.Event)) error {
	opt := &s.opt
	plan := flow.Plan{
		Targets: target.Options{
			Specs: opt.Targets, Lists: opt.TargetLists, Exclude: opt.Exclude, ExcludeLists: opt.ExcludeLists,
			IPv4Only: opt.IPv4Only, IPv6Only: opt.IPv6Only, ResolveAll: opt.ResolveAll, Unique: opt.Unique,
			Random: opt.RandomTargets, Shuffle: opt.ShuffleHosts, Seed: s.seed,
		},
		Depth: s.depth(), AssumeUp: opt.Discovery.None, Ping: s.ping, IgnoreReset: opt.Discovery.IgnoreReset,
		Alone: opt.Timing.Alone, DefeatICMPRateLimit: opt.DefeatICMPRateLimit, TraceConnections: opt.TraceConnections,
		Scans: s.scans, Ascending: opt.Sequential, Seed: s.seed, Payloads: s.payloads,
		Names: s.names, DB: s.db, Timing: s.timing, Warnings: s.warnings,
		DNS: dnsModes[opt.ReverseDNS], DNSServers: opt.DNSServers, SystemDNS: opt.SystemDNS,
		Source: opt.Source, Device: opt.Interface,
		StatsEvery: opt.StatsEvery, Verbose: opt.Verbose > 0,
	}
	if opt.Version.Enabled {
		plan.Services = s.services()
		if !s.embedded() {
			plan.Verify = s.db.Check
		}
	}
	return flow.Run(ctx, plan, emit)
}

func (s *Scanner) depth() flow.Depth {
	switch {
	case s.opt.ListOnly:
		return flow.ListHosts
	case s.opt.PingOnly:
		return flow.FindHosts
	}
	return flow.ScanPorts
}

var dnsModes = [...]flow.DNSMode{DNSUp: flow.DNSUp, DNSNever: flow.DNSNever, DNSAlways: flow.DNSAlways}

// services says how services are detected.
func (s *Scanner) services() *flow.Services {
	intensity := DefaultIntensity
	if s.opt.Version.Intensity != nil {
		intensity = *s.opt.Version.Intensity
	}
	return &flow.Services{
		Intensity: intensity, AllPorts: s.opt.Version.AllPorts, EarlyReplies: s.embedded(),
		Race: s.opt.Version.Race, Conform: s.opt.Version.Race == 1, Programs: s.programs, ProgramRanges: s.programRanges,
		Trace: s.opt.Version.Trace, Debug: s.opt.Debug, Version: Version, Platform: platform(),
	}
}

// platform names the machine as fingerprints do.
func platform() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x86_64"
	}
	if runtime.GOOS == "linux" {
		return arch + "-pc-linux-gnu"
	}
	return arch + "-unknown-" + runtime.GOOS
}
