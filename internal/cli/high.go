package cli

import (
	"cmp"
	"os"
	"path/filepath"
	"time"

	"sonde"
	"sonde/report"
)

// plan is what a command line means: what low said, with bundles opened,
// defaults and consequences filled in, and contradictions refused.
type plan struct {
	scan     sonde.Options // without the readers of target lists
	lists    []string      // files of targets; "-" is standard input
	excludes []string      // files of exclusions
	show     showOptions
	outputs  []outputRequest // in the order of the command line, -oA spelled out
	warnings []string
}

// showOptions is the part of a plan that is about what people see.
type showOptions struct {
	verbose, debug int
	silent         bool // nothing on the screen at all
	reason         bool
	extras         bool
	trace          []string // topics of notices
	appendOutput   bool
	stylesheet     string
	webXML         bool
	noStylesheet   bool
}

// interpret turns what was said into what is meant.
func interpret(l *low) (*plan, error) {
	if err := contradiction(l); err != nil {
		return nil, err
	}
	p := &plan{warnings: l.warnings}
	p.scan = sonde.Options{
		Targets: l.targets, Exclude: l.exclude,
		IPv4Only: l.ipv4, IPv6Only: l.ipv6, ResolveAll: l.resolveAll, Unique: l.unique, ShuffleHosts: l.shuffleHosts, Seed: l.seed,
		Ports: l.ports, ExcludePorts: l.excludePorts, Fast: l.fast || l.servicesDB != "",
		TopPorts: l.topPorts, PortRatio: l.portRatio, Sequential: l.sequential,
		PingOnly: l.pingScan && !l.listScan, ListOnly: l.listScan,
		ReverseDNS: dnsMode(l), DNSServers: l.dnsServers, SystemDNS: l.systemDNS,
		Source: l.source, Interface: l.device,
		ServicesFile: l.servicesDB, ProbesFile: l.versionDB, DataDir: l.dataDir,
		OpenOnly: l.openOnly, DefeatICMPRateLimit: l.defeatICMPLimit, StatsEvery: l.statsEvery,
	}
	if l.random != nil {
		p.scan.RandomTargets = cmp.Or(*l.random, -1)
	}
	if l.ports != "" {
		p.scan.Fast = false // a table of names implies -F only where -p does not choose
	}
	if l.inputFile != "" {
		p.lists = []string{l.inputFile}
	}
	p.excludes = l.excludeFiles
	p.techniques(l)
	p.discovery(l)
	p.version(l)
	p.timing(l)
	p.visible(l)
	return p, p.files(l)
}

func dnsMode(l *low) sonde.DNSMode {
	switch {
	case l.neverResolve:
		return sonde.DNSNever
	case l.alwaysResolve:
		return sonde.DNSAlways
	}
	return sonde.DNSUp
}

func (p *plan) techniques(l *low) {
	p.scan.Scans, p.scan.TCPFlags = l.scans, l.scanFlags
	if l.scanFlags != nil && l.tcpScans() == 0 {
		p.scan.Scans = append(p.scan.Scans, sonde.SYNScan)
	}
	switch {
	case l.privileged:
		p.scan.Raw = sonde.RawAlways
	case l.unprivileged:
		p.scan.Raw = sonde.RawNever
	}
}

// discovery chooses the pings. Without raw packets all of them are TCP
// connections; those that stand for ICMP go to port 80, whatever other ports
// were asked for.
func (p *plan) discovery(l *low) {
	d := &p.scan.Discovery
	d.None, d.IgnoreReset = l.noPing, l.ignoreReset
	if l.synPing != nil {
		d.SYN, d.SYNPorts = true, *l.synPing
	}
	if l.ackPing != nil {
		d.ACK, d.ACKPorts = true, *l.ackPing
	}
	if !l.icmpPing || l.noPing {
		return
	}
	if !l.listScan {
		p.warn("ICMP pings need raw packets; TCP connections to port 80 take their place")
	}
	switch {
	case !d.SYN:
		d.SYN = true
	case !d.ACK:
		d.ACK = true
	}
}

func (p *plan) version(l *low) {
	v := &p.scan.Version
	v.Enabled = (l.versionScan || l.aggressive) && !l.pingScan && !l.listScan
	v.Intensity, v.AllPorts = l.intensity, l.allPorts
	if l.versionRace != nil {
		v.Race = *l.versionRace
	}
	v.Trace = l.versionTrace || l.packetTrace || debugLevel(l) >= 2
	if l.aggressive {
		p.warn("-A is version detection only: scripts, operating system detection and traceroute are not built yet")
	}
}

// debugLevel is that of -d, which a trace of version detection raises by one.
func debugLevel(l *low) int {
	if l.versionTrace {
		return min(l.debug+1, maxVerbosity)
	}
	return l.debug
}

func (p *plan) timing(l *low) {
	p.scan.Timing = sonde.Timing{
		Template: template(l), Alone: l.alone,
		MinRTTTimeout: l.minRTT, MaxRTTTimeout: l.maxRTT, InitialRTTTimeout: l.initialRTT,
		HostTimeout: l.hostTimeout, ScanDelay: l.scanDelay, MaxScanDelay: l.maxScanDelay,
		MaxRetries: l.maxRetries, MinRate: l.minRate, MaxRate: l.maxRate,
		MinParallelism: l.minParallelism, MaxParallelism: l.maxParallelism,
		MinHostGroup: l.minHostGroup, MaxHostGroup: l.maxHostGroup,
	}
	if l.scanDelay != nil && *l.scanDelay > time.Duration(0) && (l.minParallelism != nil || l.maxParallelism != nil) {
		p.warn("--scan-delay lets one probe out at a time, so --min-parallelism and --max-parallelism mean nothing")
	}
}

func template(l *low) sonde.Template {
	if l.template == nil {
		return sonde.Normal
	}
	return [...]sonde.Template{sonde.Paranoid, sonde.Sneaky, sonde.Polite, sonde.Normal, sonde.Aggressive, sonde.Insane}[*l.template]
}

func (p *plan) visible(l *low) {
	p.show = showOptions{
		verbose: l.verbose, debug: debugLevel(l), silent: l.silent, reason: l.reason, extras: l.extras,
		appendOutput: l.appendOutput, stylesheet: l.stylesheet, webXML: l.webXML, noStylesheet: l.noStylesheet,
	}
	p.scan.Verbose, p.scan.Debug = p.show.verbose, p.show.debug
	switch {
	case l.packetTrace || l.debug >= 3:
		p.scan.TraceConnections = true
		p.show.trace = []string{"packet", "connect", "version"}
	case p.scan.Version.Trace:
		p.show.trace = []string{"version"}
	}
}

func (p *plan) warn(text string) { p.warnings = append(p.warnings, text) }

// files lists the outputs, -oA spelled out, and refuses what cannot be.
func (p *plan) files(l *low) error {
	p.outputs = l.outputs
	if l.basename != "" {
		for _, f := range report.Formats() {
			if f.Extension != "" {
				p.outputs = append(p.outputs, outputRequest{f.Flag[len("-o")], l.basename + f.Extension})
			}
		}
	}
	kinds, files := map[byte]bool{}, map[string]bool{}
	for _, o := range p.outputs {
		file := filepath.Clean(o.path)
		switch {
		case kinds[o.letter]:
			return meaningFault("only one output of a kind is allowed, and -o%c was asked for twice", o.letter)
		case o.path == "-" && files[file]:
			return meaningFault("standard output cannot take several formats at once")
		case files[file] && file != os.DevNull:
			return meaningFault("two outputs cannot share the file %s", o.path)
		}
		kinds[o.letter], files[file] = true, true
	}
	return nil
}
