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
	help string
	more string
	run  func(ctx context.Context, s *invocation, arg string) error
}

// commands lists them in the order of the help.
func commands() []command {
	return []command{
		{name: "demo", help: "start servers on this machine and scan them",
			more: "The servers live inside the process, on free ports of 127.0.0.1, and end with it.",
			run:  runDemo},
		{name: "man", help: "print the manual page in roff",
			run: func(_ context.Context, s *invocation, _ string) error { return writeManual(s.stdout) }},
		{name: "completion", arg: "SHELL", help: "print completions for bash, zsh or fish",
			more: "To load them: source <(sonde completion bash); or write them where the shell looks for completions.",
			run:  runCompletion},
	}
}

func (c *command) synopsis() string { return strings.TrimSpace(c.name + " " + c.arg) }

// commandOf finds the command that a command line begins with, and its argument.
func commandOf(args []string) (*command, string, error) {
	if len(args) == 0 {
		return nil, "", nil
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		switch rest := args[1:]; {
		case c.arg == "" && len(rest) == 0:
			return &c, "", nil
		case c.arg != "" && len(rest) == 1:
			return &c, rest[0], nil
		}
		f := syntaxFault("the command is: sonde %s", c.synopsis())
		f.hint = "to scan a host called " + c.name + ", write -- before its name"
		return nil, "", f
	}
	return nil, "", nil
}
