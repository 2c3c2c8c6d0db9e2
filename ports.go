package sonde

import (
	"errors"
	"fmt"

	"sonde/portspec"
	"sonde/result"
)

// choosePorts resolves the port options for the protocols that are scanned.
func choosePorts(opt Options, scanned []result.Protocol, table *portspec.Table) (portspec.Ports, []string, error) {
	if err := contradictoryPorts(opt, table); err != nil {
		return portspec.Ports{}, nil, err
	}
	var warnings []string
	parse := func(spec string) (portspec.Ports, error) {
		ports, w, err := portspec.Parse(spec, scanned, table)
		warnings = append(warnings, w...)
		return ports, err
	}
	var exclude portspec.Ports
	if opt.ExcludePorts != "" {
		var err error
		if exclude, err = parse(opt.ExcludePorts); err != nil {
			return portspec.Ports{}, nil, fmt.Errorf("excluded ports: %w", err)
		}
	}
	var named portspec.Ports
	if opt.Ports != "" {
		var err error
		if named, err = parse(opt.Ports); err != nil {
			return portspec.Ports{}, nil, err
		}
	}
	var ports portspec.Ports
	for _, p := range scanned {
		within := portspec.All(p)
		if opt.Ports != "" {
			within = named.Of(p)
		}
		within = within.Minus(exclude.Of(p))
		ports = ports.With(p, chooseOf(opt, p, within, exclude.Of(p), table))
	}
	for _, p := range ports.Without(scanned) {
		warnings = append(warnings, fmt.Sprintf("no ports are left to scan by %s", p))
	}
	return ports, warnings, nil
}

// chooseOf picks the ports of one protocol: by rank, by frequency, as named, or the default set.
func chooseOf(opt Options, p result.Protocol, within, exclude portspec.Set, table *portspec.Table) portspec.Set {
	switch {
	case opt.TopPorts > 0:
		return table.Top(p, opt.TopPorts, within)
	case opt.PortRatio > 0:
		return table.AtLeast(p, opt.PortRatio, within)
	case opt.Ports != "":
		return within
	case opt.Fast || opt.ServicesFile != "":
		return portspec.Fast(p, table, exclude)
	}
	return portspec.Default(p, table, exclude)
}

func contradictoryPorts(opt Options, table *portspec.Table) error {
	switch {
	case opt.Ports != "" && opt.Fast:
		return errors.New("a port list and the fast set exclude each other (-p and -F)")
	case opt.TopPorts < 0 || opt.TopPorts > 65536:
		return fmt.Errorf("number of top ports %d: must be 1 to 65536", opt.TopPorts)
	case opt.PortRatio < 0 || opt.PortRatio >= 1:
		return fmt.Errorf("port ratio %g: must be above 0 and below 1", opt.PortRatio)
	case (opt.TopPorts > 0 || opt.PortRatio > 0) && !table.HasRatios():
		return errors.New("the table of port names tells no frequencies, so the top ports are not known")
	}
	return nil
}
