package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Widths of the help in characters.
const (
	helpWidth  = 80
	helpColumn = 27 // where descriptions begin
)

// writeHelp prints the help of -h: one line for each option that works, the
// names of those that do not.
func writeHelp(w io.Writer, program string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s [options] {target ...}\n", program)
	b.WriteString("A target is an address, a network (10.0.0.0/24), octet ranges (10.0.0-3.1,7),\n" +
		"a name, or one of these with a port (192.0.2.1:8080). TIME is in seconds, or\n" +
		"with a unit: 250ms, 30s, 5m, 2h.\n")
	for g := range group(len(groupTitles)) {
		helpGroup(&b, g)
	}
	b.WriteString("LEFT OUT ON PURPOSE (sonde man says why):\n")
	helpNames(&b, "", func(o *option) bool { return o.omitted != "" })
	if program == "sonde" {
		b.WriteString("COMMANDS:\n")
		for _, c := range commands() {
			helpLine(&b, c.synopsis(), c.help)
		}
	}
	b.WriteString("EXAMPLES:\n")
	for _, e := range examples {
		b.WriteString("  " + program + " " + e.args + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func helpGroup(b *strings.Builder, g group) {
	b.WriteString(strings.ToUpper(g.String()) + ":\n")
	of := func(match func(*option) bool) func(*option) bool {
		return func(o *option) bool { return o.group == g && !o.hidden && match(o) }
	}
	for i := range options {
		if o := &options[i]; of(func(o *option) bool { return o.set != nil })(o) {
			helpLine(b, o.synopsis(), o.help)
		}
	}
	helpNames(b, "Accepted without effect: ", of(func(o *option) bool { return o.inert != "" }))
	helpNames(b, "Not built yet: ", of(func(o *option) bool { return o.missing != "" }))
}

// helpLine prints a synopsis and its description in two columns.
func helpLine(b *strings.Builder, synopsis, help string) {
	line := "  " + synopsis
	if utf8.RuneCountInString(line) > helpColumn-2 {
		b.WriteString(line + "\n")
		line = ""
	}
	line += strings.Repeat(" ", helpColumn-utf8.RuneCountInString(line))
	wrap(b, line, strings.Fields(help), helpColumn)
}

// helpNames prints the names of some options as running text.
func helpNames(b *strings.Builder, title string, match func(*option) bool) {
	var names []string
	for i := range options {
		if o := &options[i]; match(o) {
			names = append(names, o.name())
		}
	}
	if len(names) > 0 {
		wrap(b, "  "+title, names, 4)
	}
}

// wrap prints words after a beginning, further lines indented.
func wrap(b *strings.Builder, line string, words []string, indent int) {
	empty := true // no word in the line yet
	for _, w := range words {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > helpWidth {
			b.WriteString(line + "\n")
			line, empty = strings.Repeat(" ", indent), true
		}
		if !empty {
			line += " "
		}
		line, empty = line+w, false
	}
	b.WriteString(line + "\n")
}

// examples are shown in the help and explained in the manual.
var examples = []struct{ args, what string }{
	{"-sV -F example.org", "Find out what runs on the 100 most common ports of a host."},
	{"-sV -T4 -p- -oA report 10.0.0.0/24", "Scan all ports of a network in a hurry and write three reports."},
	{"-sTU -p U:53,161,T:22,80,443 -oJ - 192.0.2.7", "Scan some ports of TCP and UDP and print JSON."},
	{"-sn -n 192.168.0.0/16", "Find the hosts of a large network."},
}
