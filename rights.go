package sonde

import (
	"fmt"

	"sonde/internal/link"
)

// RightsError tells that a scan needs raw packets, which this process cannot have.
type RightsError struct {
	Scan   string // such as "syn"
	Reason string // one line; empty if the rights alone are missing
	Hint   string // a command that would give the rights; may be empty
}

// Error is the complaint in one line. Clients of Nmap know the part about root.
func (e *RightsError) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("a %s scan is not possible: %s", e.Scan, e.Reason)
	}
	return fmt.Sprintf("a %s scan requires root privileges.", e.Scan)
}

// rawAllowed tells whether a scan may use raw packets; nil says that it may.
func rawAllowed(raw RawPackets, scan string) error {
	if raw == RawAlways {
		return nil
	}
	if raw == RawNever {
		return &RightsError{Scan: scan}
	}
	r := link.RightsOf()
	switch {
	case r.Raw:
		return nil
	case r.Reason == link.ErrRights.Error():
		return &RightsError{Scan: scan, Hint: r.Hint}
	}
	return &RightsError{Scan: scan, Reason: r.Reason}
}
