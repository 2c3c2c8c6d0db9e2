package report

import (
	"fmt"
	"io"
)

// sink collects what an event prints and hands it on in one piece: readers of
// a pipe see whole lines, and a kill cuts no event in two. It remembers the
// first error of the stream, after which nothing is written any more.
type sink struct {
	out io.Writer
	buf []byte
	err error
}

// spill is how much may wait in a sink while one event is being printed.
const spill = 64 << 10

// flush writes what was collected.
func (s *sink) flush() error {
	if s.err == nil && len(s.buf) > 0 {
		if _, err := s.out.Write(s.buf); err != nil {
			s.err = fmt.Errorf("write report: %w", err)
		}
	}
	s.buf = s.buf[:0]
	return s.err
}

// relieve writes what was collected if it has become much.
func (s *sink) relieve() {
	if len(s.buf) >= spill {
		s.flush()
	}
}

// text adds literal text.
func (s *sink) text(text string) { s.buf = append(s.buf, text...) }

// number adds a decimal number.
func (s *sink) number(n int64) { s.buf = appendInt(s.buf, n) }
