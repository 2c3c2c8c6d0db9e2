// Package sonde finds what is really running on the ports of a host: targets, host discovery, port scan and version detection as a library.
//
// A scan is a stream of events:
//
//	scanner, err := sonde.New(sonde.Options{
//		Targets: []string{"127.0.0.1"},
//		Ports:   "22,80",
//		Version: sonde.VersionOptions{Enabled: true},
//	})
//	…
//	for event, err := range scanner.Scan(ctx) {
//		…
//	}
//
// Nothing is kept in package state: any number of scans may run in one
// process, at once or one after another.
package sonde
