package sonde

import (
	"context"
	"errors"
	"iter"

	"sonde/result"
)

// Scanner is a scan that was checked and is ready to run.
type Scanner struct {
	opt Options
}

// New checks the options and loads what the scan knows things from. An error
// names the option at fault; nothing was sent then.
func New(opt Options) (*Scanner, error) {
	return &Scanner{opt: opt}, nil
}

// Scan runs the scan and gives its events in order; the last one is a
// result.ScanDone. An error ends the sequence: the context's, or what made
// the scan impossible. A scanner scans as often as it is asked to, but reads
// Options.TargetLists only once.
func (s *Scanner) Scan(ctx context.Context) iter.Seq2[result.Event, error] {
	return func(yield func(result.Event, error) bool) { yield(nil, errors.New("the pipeline is not laid yet")) }
}
