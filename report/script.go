package report

import (
	"strings"

	"sonde/result"
)

// appendScripts adds the results of scripts as people see them: each line
// behind a bar, the last one of a result behind "|_".
func appendScripts(b []byte, scripts []result.ScriptOutput) []byte {
	for i := range scripts {
		text := strings.TrimRight(scripts[i].Text, "\n")
		if text == "" {
			continue
		}
		lead := scripts[i].ID + ": "
		for last := false; !last; lead = "" {
			line, rest, more := strings.Cut(text, "\n")
			last = !more
			if last {
				b = append(b, "|_"...)
			} else {
				b = append(b, "| "...)
			}
			b = appendPlain(appendPlain(b, lead), line)
			b = append(b, '\n')
			text = rest
		}
	}
	return b
}

// appendItems adds the text of a structured result: every member on a line of
// its own, indented by its depth; those of a table follow its key.
func appendItems(b []byte, items []result.ScriptItem, depth int) []byte {
	for i := range items {
		it := &items[i]
		b = appendBlanks(append(b, '\n'), 2*depth)
		if it.Key != "" {
			b = append(append(b, it.Key...), ": "...)
		}
		if it.Table {
			b = appendItems(b, it.Items, depth+1)
		} else {
			b = append(b, it.Text...)
		}
	}
	return b
}
