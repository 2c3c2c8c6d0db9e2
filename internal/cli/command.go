package cli

import (
	"context"
	"strings"
)

// A command is a word that may stand in place of a scan's command line. It
// counts as one only as the very first word; a host of that name is reached
// by "sonde -- demo".
type command struct {
	name string
	arg  string // its argument; empty if it takes none
	many bool   // it reads its arguments by itself
	help string
	more string
	run  func(ctx context.Context, s *invocation, args []string) error
}

// commands lists them in the order of the help.
func commands() []command {
	return []command{
		{name: "demo", help: "start servers on this machine and scan them",
			more: "The servers live inside the process, on free ports of 127.0.0.1, and end with it.",
			run:  runDemo},
		{name: "explain", arg: "HOST:PORT", many: true, help: "find out what runs on one port and tell the whole story",
			more: "Each question and answer is shown with its bytes and times, then the line of the database that decided. Any option of a scan may be added, such as -sU or --versiondb.",
			run:  runExplain},
		{name: "db", arg: "TOOL", many: true, help: "lint, test, match, explain, stats, export, draft: work with probe databases",
			more: "sonde db -h lists what each tool does; see also the section on databases.",
			run:  runDB},
		{name: "man", help: "print the manual page in roff",
			run: func(_ context.Context, s *invocation, _ []string) error { return writeManual(s.stdout) }},
		{name: "completion", arg: "SHELL", help: "print completions for bash, zsh or fish",
			more: "To load them: source <(sonde completion bash); or write them where the shell looks for completions.",
			run:  runCompletion},
	}
}

func (c *command) synopsis() string { return strings.TrimSpace(c.name + " " + c.arg) }

// commandOf finds the command that a command line begins with, and its arguments.
func commandOf(args []string) (*command, []string, error) {
	if len(args) == 0 {
		return nil, nil, nil
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		rest := args[1:]
		if c.many || c.arg == "" && len(rest) == 0 || c.arg != "" && len(rest) == 1 {
			return &c, rest, nil
		}
		f := syntaxFault("the command is: sonde %s", c.synopsis())
		f.hint = "to scan a host called " + c.name + ", write -- before its name"
		return nil, nil, f
	}
	return nil, nil, nil
}
