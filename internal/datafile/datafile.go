// Package datafile reads the tables that network scanners share (port names, protocols, RPC programs, UDP payloads, MAC vendors), so that a user's own file works in place of the embedded one.
package datafile

import (
	"fmt"
	"io"
	"iter"
	"strings"
)

// readText reads a whole file. The tables are a megabyte at most, and what is
// read from them are slices of this one string.
func readText(name string, r io.Reader) (string, error) {
	var b strings.Builder
	if _, err := io.Copy(&b, r); err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return b.String(), nil
}

// entryLines yields the lines that are neither blank nor comments, with their
// numbers from 1 and without blanks at both ends.
func entryLines(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for n := 1; text != ""; n++ {
			var line string
			line, text, _ = strings.Cut(text, "\n")
			line = strings.TrimSpace(line)
			if line == "" || line[0] == '#' {
				continue
			}
			if !yield(n, line) {
				return
			}
		}
	}
}

// cutWord splits off the first word of a line that has no blanks in front.
func cutWord(line string) (word, rest string) {
	for i := 0; i < len(line); i++ {
		if line[i] == ' ' || line[i] == '\t' {
			return line[:i], strings.TrimLeft(line[i:], " \t")
		}
	}
	return line, ""
}

// cutDigits splits off the decimal digits in front. The number stops growing
// at limit+1.
func cutDigits(s string, limit int) (n int, rest string, ok bool) {
	i := 0
	for ; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
		n = min(n*10+int(s[i]-'0'), limit+1)
	}
	return n, s[i:], i > 0
}
