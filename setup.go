package sonde

import (
	"fmt"

	"sonde/internal/flow"
	"sonde/internal/pace"
	"sonde/internal/portscan"
	"sonde/result"
)

var templates = [...]pace.Template{Normal: 3, Paranoid: 0, Sneaky: 1, Polite: 2, Aggressive: 4, Insane: 5}

// setTiming resolves the timing options.
func (s *Scanner) setTiming() (err error) {
	t := s.opt.Timing
	if int(t.Template) >= len(templates) {
		return fmt.Errorf("timing template %d: not one of the six", t.Template)
	}
	var warnings []string
	s.timing, warnings, err = templates[t.Template].Resolve(pace.Overrides{
		MinRTT: t.MinRTTTimeout, MaxRTT: t.MaxRTTTimeout, InitialRTT: t.InitialRTTTimeout,
		MaxRetries: t.MaxRetries, ScanDelay: t.ScanDelay, MaxScanDelay: t.MaxScanDelay,
		MinParallelism: t.MinParallelism, MaxParallelism: t.MaxParallelism,
		MinRate: t.MinRate, MaxRate: t.MaxRate, HostTimeout: t.HostTimeout,
		MinHostgroup: t.MinHostGroup, MaxHostgroup: t.MaxHostGroup,
	})
	s.warnings = append(s.warnings, warnings...)
	return err
}

var techniques = [...]portscan.Technique{ConnectScan: portscan.Connect, UDPScan: portscan.UDP}

// setScans chooses the techniques and their ports.
func (s *Scanner) setScans() error {
	types := s.opt.Scans
	if len(types) == 0 {
		types = []ScanType{ConnectScan}
	}
	chosen := map[ScanType]bool{}
	for _, t := range types {
		if int(t) >= len(techniques) {
			return fmt.Errorf("scan type %d: not known", t)
		}
		chosen[t] = true
	}
	var scanned []result.Protocol
	for _, t := range portscan.Techniques {
		for typ, c := range techniques {
			if c.Type == t.Type && chosen[ScanType(typ)] {
				s.scans = append(s.scans, flow.Scan{Technique: t})
				scanned = append(scanned, t.Protocol)
			}
		}
	}
	ports, warnings, err := choosePorts(s.opt, scanned, s.names)
	if err != nil {
		return err
	}
	s.warnings = append(s.warnings, warnings...)
	for i := range s.scans {
		s.scans[i].Ports = ports.Of(s.scans[i].Technique.Protocol)
	}
	return nil
}

// setProbes loads the probe database if version detection or a UDP scan needs it.
func (s *Scanner) setProbes() error {
	var udp bool
	for _, sc := range s.scans {
		udp = udp || sc.Technique.Protocol == result.UDP
	}
	if !udp && !s.opt.Version.Enabled {
		return nil
	}
	var err error
	if s.db, err = loadProbes(s.opt); err != nil {
		return err
	}
	s.payloads = s.db.Payloads
	named, err := loadPayloads(s.opt)
	if named != nil {
		s.payloads = func(port uint16) [][]byte { return named[port] }
	}
	return err
}

// embedded tells whether the probe database is our own.
func (s *Scanner) embedded() bool {
	name, err := dataFile(s.opt.ProbesFile, s.opt.DataDir, probesFile)
	return err == nil && name == ""
}
