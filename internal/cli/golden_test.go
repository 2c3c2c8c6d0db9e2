package cli

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sonde/internal/needtest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares what was written with a file.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is out of date; go test ./internal/cli -update rewrites it\ngot:\n%s", file, got)
	}
}

// say runs the program with a command line and gives its output and status.
func say(t *testing.T, program string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	v := &invocation{program: program, args: args, env: func(string) string { return "" },
		stdin: strings.NewReader(""), stdout: &out, stderr: &errs, start: time.Unix(1e9, 0)}
	status = v.status(v.run(context.Background()))
	return out.String(), errs.String(), status
}

func TestGenerated(t *testing.T) {
	for _, tt := range []struct {
		file string
		args []string
	}{
		{"testdata/help.txt", []string{"-h"}},
		{"../../docs/man/sonde.1", []string{"man"}},
		{"testdata/completion.bash", []string{"completion", "bash"}},
		{"testdata/completion.zsh", []string{"completion", "zsh"}},
		{"testdata/completion.fish", []string{"completion", "fish"}},
	} {
		stdout, stderr, status := say(t, "sonde", tt.args...)
		if status != 0 || stderr != "" {
			t.Errorf("sonde %v: status %d, %s", tt.args, status, stderr)
		}
		golden(t, filepath.FromSlash(tt.file), []byte(stdout))
	}
}

func TestHelpFitsTheScreen(t *testing.T) {
	help, _, _ := say(t, "sonde", "-h")
	for line := range strings.Lines(help) {
		if utf8.RuneCountInString(line) > helpWidth+1 {
			t.Errorf("wider than %d: %q", helpWidth, line)
		}
	}
}

func TestEveryOptionIsDocumented(t *testing.T) {
	help, _, _ := say(t, "sonde", "-h")
	page, _, _ := say(t, "sonde", "man")
	words := strings.FieldsFunc(help, func(r rune) bool { return r == ' ' || r == '\n' || r == ',' || r == '[' })
	for i := range options {
		o := &options[i]
		if !o.hidden && !slices.Contains(words, o.name()) {
			t.Errorf("the help does not mention %s", o.name())
		}
		for _, n := range o.names {
			if !strings.Contains(page, `\fB`+roff(n)+`\fR`) {
				t.Errorf("the manual does not mention %s", n)
			}
		}
		if why := o.missing + o.omitted + o.inert; !strings.Contains(page, roff(why)) {
			t.Errorf("the manual does not say why %s is not built", o.name())
		}
	}
}

// The completions for bash are tried in bash itself.
func TestBashCompletes(t *testing.T) {
	bash := needtest.Program(t, "bash", "bash")
	script, _, _ := say(t, "sonde", "completion", "bash")
	for _, tt := range []struct {
		words string // of the command line; the last is being completed
		want  string // one of the candidates
	}{
		{"sonde --version-i", "--version-intensity"},
		{"sonde --version-intensity 9 -o", "-oX"},
		{"sonde -T ag", "aggressive"},
		{"sonde de", "demo"},
		{"sonde completion z", "zsh"},
		{"sonde -iL completion.b", "completion.bash"},
	} {
		words := strings.Fields(tt.words)
		program := script + `
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
compopt() { :; }
_sonde
printf '%s\n' "${COMPREPLY[@]}"`
		cmd := exec.Command(bash, append([]string{"-c", program, "bash"}, words...)...)
		cmd.Dir = "testdata"
		out, err := cmd.CombinedOutput()
		if err != nil || !slices.Contains(strings.Fields(string(out)), tt.want) {
			t.Errorf("%q: %v, candidates %q, want %q among them", tt.words, err, out, tt.want)
		}
	}
}
