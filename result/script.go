package result

// ScriptOutput is the result of one script on one port, host or run.
type ScriptOutput struct {
	ID   string
	Text string // may span lines
	// Data is the structured form of the result; nil if the script gives none.
	Data []ScriptItem
}

// ScriptItem is one member of a structured script result: a text, or a table
// of further members. Members without a key come before those with one.
type ScriptItem struct {
	Key   string // empty for the members of a list
	Text  string // of a text
	Table bool   // tells a table, even an empty one, from a text
	Items []ScriptItem
}
