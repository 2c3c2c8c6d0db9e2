package datafile

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sonde/portspec"
	"sonde/result"
)

// maxPayloads is how many payloads one port may have.
const maxPayloads = 255

// ReadPayloads reads UDP payloads in the format of nmap-payloads: the word
// "udp", a list of ports without blanks, and one or more strings in quotes as
// in C, which may stand on several lines and are joined. Words after these,
// such as "source 500", are passed over, and so are entries of "tcp". The
// payloads of a port are in the order of the file. Errors name file and line.
func ReadPayloads(name string, r io.Reader) (map[uint16][][]byte, error) {
	text, err := readText(name, r)
	if err != nil {
		return nil, err
	}
	payloads := map[uint16][][]byte{}
	s := scanner{rest: text, line: 1}
	for {
		t, err := s.next()
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s:%d: %w", name, s.line, err)
		case t.kind == tokenEnd:
			return payloads, nil
		case t.kind != tokenWord || t.text != "udp" && t.text != "tcp":
			continue
		}
		line := s.line
		ports, data, err := s.entry()
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		if t.text == "tcp" {
			continue
		}
		for port := range ports.All() {
			if len(payloads[port]) == maxPayloads {
				return nil, fmt.Errorf("%s:%d: more than %d payloads for port %d", name, line, maxPayloads, port)
			}
			payloads[port] = append(payloads[port], data)
		}
	}
}

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenString
)

type token struct {
	kind tokenKind
	text string // of a string: what it means
}

// scanner splits the text into words and strings.
type scanner struct {
	rest string
	line int // of the token that was read last
}

// entry reads what follows the protocol: the ports and the strings.
func (s *scanner) entry() (portspec.Set, []byte, error) {
	t, err := s.next()
	if err != nil {
		return portspec.Set{}, nil, err
	}
	if t.kind != tokenWord {
		return portspec.Set{}, nil, errors.New("no ports in front of the payload")
	}
	ports, _, err := portspec.Parse(t.text, []result.Protocol{result.UDP}, nil)
	if err != nil {
		return portspec.Set{}, nil, err
	}
	data := []byte{}
	for found := false; ; found = true {
		before := *s
		t, err := s.next()
		if err != nil {
			return portspec.Set{}, nil, err
		}
		if t.kind != tokenString {
			*s = before // it may begin the next entry
			if !found {
				return portspec.Set{}, nil, errors.New("no payload in quotes behind the ports")
			}
			return ports.UDP, data, nil
		}
		data = append(data, t.text...)
	}
}

func (s *scanner) next() (token, error) {
	for s.rest != "" {
		switch c := s.rest[0]; {
		case c == '\n':
			s.line++
			s.rest = s.rest[1:]
		case c == ' ' || c == '\t' || c == '\r':
			s.rest = s.rest[1:]
		case c == '#':
			s.rest = s.rest[len(untilAny(s.rest, "\n")):]
		case c == '"':
			text, err := s.quoted()
			return token{tokenString, text}, err
		default:
			word := untilAny(s.rest, " \t\r\n\"#")
			s.rest = s.rest[len(word):]
			return token{tokenWord, word}, nil
		}
	}
	return token{kind: tokenEnd}, nil
}

func untilAny(s, chars string) string {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i]
	}
	return s
}

// quoted reads a string with its quotes. It may not run over the line's end,
// so a missing quote is found where it is.
func (s *scanner) quoted() (string, error) {
	var b strings.Builder
	rest := s.rest[1:]
	for rest != "" && rest[0] != '\n' {
		c := rest[0]
		rest = rest[1:]
		if c == '"' {
			s.rest = rest
			return b.String(), nil
		}
		if c == '\\' {
			var err error
			if c, rest, err = unescape(rest); err != nil {
				return "", err
			}
		}
		b.WriteByte(c)
	}
	return "", errors.New("the quote is not closed on its line")
}

// escapes are the letters behind a backslash, each before what it means.
const escapes = "a\ab\bf\fn\nr\rt\tv\v0\x00\\\\\"\"''??"

// unescape reads what follows a backslash.
func unescape(s string) (byte, string, error) {
	if len(s) >= 3 && s[0] == 'x' {
		n, err := strconv.ParseUint(s[1:3], 16, 8)
		if err != nil {
			return 0, "", fmt.Errorf(`\x without two hexadecimal digits`)
		}
		return byte(n), s[3:], nil
	}
	for i := 0; i < len(escapes); i += 2 {
		if s != "" && s[0] == escapes[i] {
			return escapes[i+1], s[1:], nil
		}
	}
	return 0, "", fmt.Errorf("unknown escape: backslash and %.1q", s)
}
