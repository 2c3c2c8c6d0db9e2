package target

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
)

// maxToken is the length at which an entry of a list is too long to be an
// expression: something else was taken for a list.
const maxToken = 1024

// tokens yields the entries of a list as they are read: separated by blanks,
// newlines or NUL, with "#" comments up to the end of the line. After an error
// nothing follows.
func tokens(r io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		in := bufio.NewReader(r)
		var word []byte
		comment := false
		for {
			c, err := in.ReadByte()
			if err != nil && !errors.Is(err, io.EOF) {
				yield("", fmt.Errorf("read list: %w", err))
				return
			}
			end := err != nil || c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0 || c == '#'
			if end && len(word) > 0 {
				if !yield(string(word), nil) {
					return
				}
				word = word[:0]
			}
			switch {
			case err != nil:
				return
			case c == '#':
				comment = true
			case c == '\n':
				comment = false
			case !end && !comment:
				word = append(word, c)
			}
			if len(word) >= maxToken {
				yield("", fmt.Errorf("an entry of the list is longer than %d bytes: %.40q…", maxToken-1, word))
				return
			}
		}
	}
}
