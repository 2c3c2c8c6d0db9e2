package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
)

func runCompletion(_ context.Context, s *invocation, args []string) error {
	switch shell := args[0]; shell {
	case "bash":
		return writeBash(s.stdout)
	case "zsh":
		return writeZsh(s.stdout)
	case "fish":
		return writeFish(s.stdout)
	default:
		return meaningFault("completions are made for bash, zsh and fish, not for %s", quoted(shell))
	}
}

// offered lists the spellings that completions offer: of options that work.
func offered() (list []*option) {
	for i := range options {
		if o := &options[i]; o.set != nil && !o.hidden {
			list = append(list, o)
		}
	}
	return list
}

// commandNames lists the words that a first argument may be completed to.
func commandNames() string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return strings.Join(names, " ")
}

// words lists what an argument can be, where that is a closed set.
func (c completion) words() string {
	switch c {
	case completeTemplate:
		return strings.Join(templateNames[:], " ")
	case completeIntensity:
		return "0 1 2 3 4 5 6 7 8 9"
	}
	return ""
}

func writeBash(w io.Writer) error {
	var all []string
	byKind := map[completion][]string{}
	for _, o := range offered() {
		all = append(all, o.names...)
		if o.arity() == argRequired {
			byKind[o.complete] = append(byKind[o.complete], o.names...)
		}
	}
	var b strings.Builder
	b.WriteString("# Completions of sonde for bash: source <(sonde completion bash)\n_sonde() {\n" +
		"    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n" +
		"    COMPREPLY=()\n    case $prev in\n")
	for _, c := range []struct {
		kind    completion
		produce string
	}{
		{completeFile, "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")"},
		{completeDir, "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")"},
		{completeInterface, "mapfile -t COMPREPLY < <(compgen -W \"$(ls /sys/class/net 2>/dev/null)\" -- \"$cur\")"},
		{completeTemplate, "mapfile -t COMPREPLY < <(compgen -W '" + completeTemplate.words() + "' -- \"$cur\")"},
		{completeIntensity, "mapfile -t COMPREPLY < <(compgen -W '" + completeIntensity.words() + "' -- \"$cur\")"},
		{completeNothing, ""},
	} {
		fmt.Fprintf(&b, "    %s)\n", strings.Join(byKind[c.kind], "|"))
		if c.produce != "" {
			b.WriteString("        " + c.produce + "\n")
		}
		b.WriteString("        return ;;\n")
	}
	b.WriteString("    completion)\n        mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- \"$cur\")\n        return ;;\n    esac\n")
	fmt.Fprintf(&b, "    if [[ $cur == -* ]]; then\n        mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")\n", strings.Join(all, " "))
	fmt.Fprintf(&b, "    elif ((COMP_CWORD == 1)); then\n        mapfile -t COMPREPLY < <(compgen -A hostname -W '%s' -- \"$cur\")\n", commandNames())
	b.WriteString("    else\n        mapfile -t COMPREPLY < <(compgen -A hostname -- \"$cur\")\n    fi\n}\ncomplete -F _sonde sonde\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func writeZsh(w io.Writer) error {
	var b strings.Builder
	b.WriteString("#compdef sonde\n# Completions of sonde for zsh: write this to a file _sonde in a directory of $fpath\n" +
		"if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n    compadd -- " + commandNames() + "\nfi\n" +
		"if [[ $words[2] == completion ]]; then\n    compadd -- bash zsh fish\n    return\nfi\n_arguments -s \\\n")
	for _, o := range offered() {
		for _, n := range o.names {
			fmt.Fprintf(&b, "    '%s' \\\n", zshSpec(o, n))
		}
	}
	b.WriteString("    '*:target:_hosts'\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// zshSpec is one spelling in the language of _arguments. A star lets options repeat.
func zshSpec(o *option, name string) string {
	help := strings.NewReplacer("[", "(", "]", ")", ":", `\:`, "'", `'\''`).Replace(o.help)
	spec := "*" + name
	if o.arity() == argRequired {
		if strings.HasPrefix(name, "--") {
			spec += "="
		}
		spec += "[" + help + "]:" + strings.NewReplacer("[", "(", "]", ")", ":", `\:`).Replace(o.arg)
		switch o.complete {
		case completeFile:
			spec += ":_files"
		case completeDir:
			spec += ":_files -/"
		case completeInterface:
			spec += ":_net_interfaces"
		case completeTemplate, completeIntensity:
			spec += ":(" + o.complete.words() + ")"
		default:
			spec += ": "
		}
		return spec
	}
	return spec + "[" + help + "]"
}

func writeFish(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Completions of sonde for fish: sonde completion fish | source\n")
	fmt.Fprintf(&b, "complete -c sonde -f -n __fish_is_first_arg -a '%s'\n", commandNames())
	b.WriteString("complete -c sonde -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n")
	b.WriteString("complete -c sonde -f -a '(__fish_print_hostnames)'\n")
	for _, o := range offered() {
		for _, n := range o.names {
			fmt.Fprintf(&b, "complete -c sonde %s%s -d '%s'\n", fishName(n), fishArgument(o), strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(o.help))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fishName is a spelling as a flag of fish's complete: short, long, or a word after one dash.
func fishName(name string) string {
	switch {
	case strings.HasPrefix(name, "--"):
		return "-l " + name[2:]
	case len(name) == 2:
		return "-s " + name[1:]
	}
	return "-o " + name[1:]
}

func fishArgument(o *option) string {
	if o.arity() != argRequired {
		return ""
	}
	switch o.complete {
	case completeFile:
		return " -r -F"
	case completeDir:
		return " -x -a '(__fish_complete_directories)'"
	case completeInterface:
		return " -x -a '(__fish_print_interfaces)'"
	case completeTemplate, completeIntensity:
		return " -x -a '" + o.complete.words() + "'"
	}
	return " -x"
}
