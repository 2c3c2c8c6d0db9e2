package sonde_test

import "testing"

// A guard that never fires guards nothing: each rule is shown a violation here.
func TestGuardsSeePlantedViolations(t *testing.T) {
	for _, c := range []struct {
		name  string
		rule  func([]*room) []string
		files map[string]string
		want  int
	}{
		{"import against the table", forbiddenImports, map[string]string{"result/a.go": "package result\nimport _ \"sonde/report\"\n"}, 1},
		{"import by the table", forbiddenImports, map[string]string{"report/a.go": "package report\nimport _ \"sonde/result\"\n"}, 0},
		{"room outside the table", forbiddenImports, map[string]string{"util/a.go": "package util\n"}, 1},
		{"import upward in a test", forbiddenImports, map[string]string{"result/a.go": "package result\n", "result/a_test.go": "package result\nimport _ \"sonde/report\"\n"}, 0},
		{"no doc sentence", undocumented, map[string]string{"cpe/a.go": "package cpe\n"}, 1},
		{"doc sentence", undocumented, map[string]string{"cpe/a.go": "// Package cpe reads and writes CPE names.\npackage cpe\n"}, 0},
		{"socket", strayCalls, map[string]string{"match/a.go": "package match\nimport \"net\"\nvar _, _ = net.Dial(\"tcp\", \"\")\n"}, 1},
		{"socket by a dialer under another name", strayCalls, map[string]string{"match/a.go": "package match\nimport n \"net\"\nvar _ = n.Dialer{}\n"}, 1},
		{"socket in its room", strayCalls, map[string]string{"internal/dial/a.go": "package dial\nimport \"net\"\nvar _ = net.Dialer{}\n"}, 0},
		{"sleep", strayCalls, map[string]string{"report/a.go": "package report\nimport \"time\"\nfunc f() { time.Sleep(1) }\n"}, 1},
		{"timeout", strayCalls, map[string]string{"report/a.go": "package report\nimport \"context\"\nvar f = context.WithTimeout\n"}, 1},
		{"print", strayCalls, map[string]string{"flow/a.go": "package flow\nimport \"fmt\"\nfunc f() { fmt.Println() }\n"}, 1},
		{"print to a writer", strayCalls, map[string]string{"flow/a.go": "package flow\nimport \"fmt\"\nfunc f() { fmt.Fprintln(nil) }\n"}, 0},
		{"environment", strayCalls, map[string]string{"flow/a.go": "package flow\nimport \"os\"\nvar _ = os.Getenv(\"X\")\n"}, 1},
		{"exit", strayCalls, map[string]string{"flow/a.go": "package flow\nimport \"os\"\nfunc f() { os.Exit(1) }\n"}, 1},
		{"own deadline", strayDeadlines, map[string]string{"flow/a.go": "package flow\nimport \"time\"\nfunc f(c c) { c.SetReadDeadline(time.Now().Add(1)) }\n"}, 1},
		{"deadline of pace", strayDeadlines, map[string]string{"flow/a.go": "package flow\nfunc f(c c) { c.SetReadDeadline(pace.Deadline(1)) }\n"}, 0},
		{"deadline taken off", strayDeadlines, map[string]string{"flow/a.go": "package flow\nimport \"time\"\nfunc f(c c) { c.SetDeadline(time.Time{}) }\n"}, 0},
		{"init", packageState, map[string]string{"cpe/a.go": "package cpe\nfunc init() {}\n"}, 1},
		{"variable without value", packageState, map[string]string{"cpe/a.go": "package cpe\nvar n int\n"}, 1},
		{"variable written", packageState, map[string]string{"cpe/a.go": "package cpe\nvar n = 1\nfunc f() { n++; n = 2 }\n"}, 2},
		{"entry of a table written", packageState, map[string]string{"cpe/a.go": "package cpe\nvar m = map[int]int{}\nfunc f() { m[1] = 2 }\n"}, 1},
		{"read-only table", packageState, map[string]string{"cpe/a.go": "package cpe\nvar m = map[int]int{1: 2}\nfunc f() int { n := 0; n = m[1]; return n }\n"}, 0},
		{"decoder without fuzz target", unfuzzed, map[string]string{"cpe/a.go": "package cpe\nfunc Parse(s string) {}\n", "cpe/a_test.go": "package cpe\nfunc FuzzOther() { Other() }\n"}, 1},
		{"decoder behind one with fuzz target", unfuzzed, map[string]string{"cpe/a.go": "package cpe\nfunc Parse(s string) { ParseURI(s) }\nfunc ParseURI(s string) {}\n", "cpe/a_test.go": "package cpe\nfunc FuzzParse() { Parse(``) }\n"}, 0},
		{"decoder with fuzz target", unfuzzed, map[string]string{"cpe/a.go": "package cpe\nfunc Parse(s string) {}\n", "cpe/a_test.go": "package cpe\nfunc FuzzParse() { Parse(``) }\n"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.rule(roomsOf(t, c.files)); len(got) != c.want {
				t.Errorf("got %d faults, want %d: %q", len(got), c.want, got)
			}
		})
	}
}
