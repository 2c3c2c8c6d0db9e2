package sonde

import (
	"cmp"
	"fmt"
	"slices"

	"sonde/internal/flow"
	"sonde/internal/pace"
	"sonde/portspec"
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

// techniques are the port scans in the order in which their passes run.
var techniques = [...]struct {
	scan     ScanType
	name     string // as nmap.dtd has it
	protocol result.Protocol
}{
	{SYNScan, "syn", result.TCP},
	{ACKScan, "ack", result.TCP},
	{WindowScan, "window", result.TCP},
	{FINScan, "fin", result.TCP},
	{XmasScan, "xmas", result.TCP},
	{NULLScan, "null", result.TCP},
	{MaimonScan, "maimon", result.TCP},
	{UDPScan, "udp", result.UDP},
	{ConnectScan, "connect", result.TCP},
}

// setScans chooses the techniques and their ports.
func (s *Scanner) setScans() error {
	chosen := s.opt.Scans
	if len(chosen) == 0 {
		chosen = []ScanType{ConnectScan}
	}
	var scanned []result.Protocol
	for _, t := range techniques {
		if !slices.Contains(chosen, t.scan) {
			continue
		}
		scan := flow.Scan{Type: t.name}
		if t.scan >= SYNScan {
			if err := rawAllowed(s.opt.Raw, t.name); err != nil {
				return err
			}
			scan.Flags = s.opt.TCPFlags
		}
		if slices.Contains(scanned, t.protocol) {
			return fmt.Errorf("%s scan: only one technique can scan the ports of %s", t.name, t.protocol)
		}
		s.scans = append(s.scans, scan)
		scanned = append(scanned, t.protocol)
	}
	if len(scanned) == 0 {
		return fmt.Errorf("scan type %d: not known", chosen[0])
	}
	ports, warnings, err := choosePorts(s.opt, scanned, s.names)
	if err != nil {
		return err
	}
	s.warnings = append(s.warnings, warnings...)
	for i, p := range scanned {
		s.scans[i].Ports = ports.Of(p)
	}
	return nil
}

// setPing chooses the ports that host discovery connects to.
func (s *Scanner) setPing() error {
	d := s.opt.Discovery
	var ping portspec.Set
	for _, p := range []struct {
		asked bool
		ports string
	}{{d.SYN, d.SYNPorts}, {d.ACK, d.ACKPorts}} {
		if !p.asked && p.ports == "" {
			continue
		}
		ports, warnings, err := portspec.Parse(cmp.Or(p.ports, defaultPing), []result.Protocol{result.TCP}, s.names)
		if err != nil {
			return fmt.Errorf("ports of the TCP ping: %w", err)
		}
		s.warnings = append(s.warnings, warnings...)
		ping = ping.Union(ports.TCP)
	}
	s.ping = slices.Collect(ping.All())
	return nil
}

// defaultPing is the port of a TCP ping for which none was named.
const defaultPing = "80"

// setProbes loads the probe database if version detection or a UDP scan needs it.
func (s *Scanner) setProbes() error {
	if !slices.Contains(s.opt.Scans, UDPScan) && !s.opt.Version.Enabled {
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
