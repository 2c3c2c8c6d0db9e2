package report

import "io"

// Format is one way to write a scan to a file.
type Format struct {
	Name      string // in one word
	Flag      string // of the command line
	Extension string // of the file that -oA makes; empty if -oA makes none
	Help      string // one line, lower case
	New       func(io.Writer, Options) Writer
}

// Formats returns all formats, in the order in which help lists them. What
// goes to a terminal is not among them: see NewInteractive.
func Formats() []Format {
	return []Format{
		{"normal", "-oN", ".nmap", "what the terminal shows, without the chatter", NewNormal},
		{"xml", "-oX", ".xml", "Nmap's XML (nmap.dtd)", NewXML},
		{"grepable", "-oG", ".gnmap", "one line per host, for grep", NewGrepable},
		{"json", "-oJ", "", "one JSON document", NewJSON},
		{"jsonl", "-oL", "", "JSON Lines: one event per line, as it happens", NewJSONL},
	}
}
