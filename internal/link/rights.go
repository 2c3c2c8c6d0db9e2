package link

// Rights says whether this process may use raw packets.
type Rights struct {
	Raw bool
	// Reason says why not, in one line; empty if Raw.
	Reason string
	// Hint is a command that would give the rights; empty if there is none.
	Hint string
}

// setcap is the command that gives the program at a path the right to raw
// sockets without root (capabilities(7)).
func setcap(program string) string { return "sudo setcap cap_net_raw+ep " + quoted(program) }

// quoted is a file name as a shell wants it.
func quoted(name string) string {
	plain := name != ""
	for _, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '/', c == '.', c == '-', c == '_', c == '+':
		default:
			plain = false
		}
	}
	if plain {
		return name
	}
	q := "'"
	for _, c := range name {
		if c == '\'' {
			q += `'\''`
			continue
		}
		q += string(c)
	}
	return q + "'"
}
