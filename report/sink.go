package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
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

// add adds a value as JSON on one line, without the newline. Characters that
// a terminal would not print are written by number.
func (s *sink) add(value any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	for _, r := range string(bytes.TrimSuffix(line.Bytes(), []byte("\n"))) {
		if unicode.IsPrint(r) {
			s.buf = utf8.AppendRune(s.buf, r)
		} else {
			s.buf = appendUTF16(s.buf, r)
		}
	}
	return nil
}

// appendUTF16 adds a character of a JSON string by number (RFC 8259, section 7).
func appendUTF16(b []byte, r rune) []byte {
	if hi, lo := utf16.EncodeRune(r); hi != unicode.ReplacementChar {
		return fmt.Appendf(b, `\u%04x\u%04x`, hi, lo)
	}
	return fmt.Appendf(b, `\u%04x`, r)
}
