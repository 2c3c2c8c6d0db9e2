package sonde

import (
	"context"
	"iter"
	"runtime"

	"sonde/internal/dial"
	"sonde/internal/flow"
	"sonde/internal/pace"
	"sonde/internal/portscan"
	"sonde/internal/resolve"
	"sonde/internal/service"
	"sonde/match"
	"sonde/portspec"
	"sonde/result"
	"sonde/target"
)

// Version is the version of this program and library.
const Version = "0.1.0"

// Scanner is a scan that was checked and is ready to run.
type Scanner struct {
	opt      Options
	timing   pace.Timing
	names    *portspec.Table
	scans    []flow.Scan
	db       *match.DB // nil if nothing needs it
	payloads func(port uint16) [][]byte
	warnings []string
}

// New checks the options and loads what the scan knows things from. An error
// names what is at fault; nothing was sent then.
func New(opt Options) (*Scanner, error) {
	s := &Scanner{opt: opt}
	if err := s.setTiming(); err != nil {
		return nil, err
	}
	var err error
	if s.names, err = loadServices(opt); err != nil {
		return nil, err
	}
	if opt.PingOnly || opt.ListOnly {
		return s, nil
	}
	if err := s.setScans(); err != nil {
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
	dialer := dial.New(dial.Config{Source: s.opt.Source, Device: s.opt.Interface})
	resolver := resolve.New(resolve.Config{Servers: s.opt.DNSServers, System: s.opt.SystemDNS})
	targets, err := target.New(ctx, target.Options{
		Specs: s.opt.Targets, Lists: s.opt.TargetLists, Exclude: s.opt.Exclude, ExcludeLists: s.opt.ExcludeLists,
		IPv4Only: s.opt.IPv4Only, IPv6Only: s.opt.IPv6Only, ResolveAll: s.opt.ResolveAll, Unique: s.opt.Unique,
		Random: s.opt.RandomTargets, Shuffle: s.opt.ShuffleHosts, Seed: s.opt.Seed, Resolver: resolver,
	})
	if err != nil {
		return err
	}
	plan := flow.Plan{
		Targets: targets, Depth: s.depth(), AssumeUp: s.opt.Discovery.None,
		Scans: s.scans, Names: s.names, Timing: s.timing, Warnings: s.warnings,
		PortScan: portscan.Config{Dialer: dialer, Timing: s.timing, Ascending: s.opt.Sequential, Seed: s.opt.Seed, Payloads: s.payloads},
		Resolver: resolver, DNS: dnsModes[s.opt.ReverseDNS],
		StatsEvery: s.opt.StatsEvery, Verbose: s.opt.Verbose > 0,
	}
	if s.opt.Version.Enabled {
		plan.Service = s.serviceConfig(dialer)
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

func (s *Scanner) serviceConfig(dialer *dial.Dialer) *service.Config {
	intensity := service.DefaultIntensity
	if s.opt.Version.Intensity != nil {
		intensity = *s.opt.Version.Intensity
	}
	return &service.Config{
		DB: s.db, Intensity: intensity, AllPorts: s.opt.Version.AllPorts, EarlyReplies: s.embedded(),
		Timing: s.timing, Dialer: dialer,
		Version: Version, Platform: platform(), Debug: s.opt.Debug, Trace: s.opt.Version.Trace,
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
