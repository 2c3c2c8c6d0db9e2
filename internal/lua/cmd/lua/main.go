// Command lua runs Lua 5.4 scripts with the virtual machine of this project, to compare it with others.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"sonde/internal/lua"
)

const usage = `usage: lua [options] [script [args]]
  -e stat   execute string 'stat'
  -l mod    require library 'mod' into global 'mod'
  -v        show version
  -E        ignored
  -W        turn warnings on
  --        stop handling options
  -         stop handling options and execute stdin
`

func main() { os.Exit(run(os.Args)) }

// run is the program; it returns the exit status.
func run(args []string) int {
	start := time.Now()
	s := lua.New(host(start), lua.Limits{String: 1<<31 - 16})
	defer s.Close()
	s.OpenLibs(lua.LibAll)
	p := program{s: s, args: args}
	status := p.run()
	s.FinalizeAll()
	return status
}

type program struct {
	s    *lua.State
	args []string
}

func (p *program) run() int {
	i := 1
	type action struct{ kind, text string }
	var todo []action
	version := false
options:
	for ; i < len(p.args); i++ {
		a := p.args[i]
		switch {
		case a == "--":
			i++
			break options
		case a == "-" || !strings.HasPrefix(a, "-"):
			break options
		case a == "-v":
			version = true
			fmt.Println("Lua 5.4 (sonde)")
		case a == "-W":
			todo = append(todo, action{"-e", "warn('@on')"})
		case a == "-E":
		case strings.HasPrefix(a, "-e") || strings.HasPrefix(a, "-l"):
			text := a[2:]
			if text == "" {
				if i++; i >= len(p.args) {
					return p.complain(fmt.Errorf("'%s' needs argument", a))
				}
				text = p.args[i]
			}
			todo = append(todo, action{a[:2], text})
		default:
			fmt.Fprintf(os.Stderr, "lua: unrecognized option '%s'\n%s", a, usage)
			return 1
		}
	}
	p.setArg(i)
	for _, a := range todo {
		var err error
		if a.kind == "-e" {
			err = p.execute(a.text, "=(command line)", nil)
		} else {
			err = p.library(a.text)
		}
		if err != nil {
			return p.complain(err)
		}
	}
	if i < len(p.args) {
		return p.script(p.args[i], p.args[i+1:])
	}
	if len(todo) == 0 && !version {
		return p.script("-", nil)
	}
	return 0
}

// setArg makes the table arg, with the script's name at 0.
func (p *program) setArg(script int) {
	t := p.s.NewTable(0, 0)
	for i, a := range p.args {
		t.Set(lua.Int(int64(i-script)), lua.String(a))
	}
	p.s.Globals().SetString("arg", lua.TableValue(t))
}

func (p *program) library(name string) error {
	glob := name
	if g, mod, ok := strings.Cut(name, "="); ok {
		glob, name = g, mod
	}
	r, err := p.s.Call(context.Background(), p.s.Globals().GetString("require"), lua.String(name))
	if err == nil && len(r) > 0 {
		p.s.Globals().SetString(glob, r[0])
	}
	return err
}

func (p *program) script(name string, args []string) int {
	var src []byte
	var err error
	chunk := "@" + name
	if name == "-" {
		chunk = "=stdin"
		src, err = io.ReadAll(os.Stdin)
	} else {
		src, err = os.ReadFile(name)
	}
	if err != nil {
		return p.complain(fmt.Errorf("cannot open %s", name))
	}
	text := string(src)
	if strings.HasPrefix(text, "#") {
		text = "--" + text
	}
	vals := make([]lua.Value, len(args))
	for i, a := range args {
		vals[i] = lua.String(a)
	}
	if err := p.execute(text, chunk, vals); err != nil {
		return p.complain(err)
	}
	return 0
}

func (p *program) execute(src, chunk string, args []lua.Value) error {
	f, err := p.s.Load(src, chunk, nil)
	if err != nil {
		return err
	}
	_, err = p.s.Call(context.Background(), f, args...)
	return err
}

func (p *program) complain(err error) int {
	fmt.Fprintln(os.Stderr, "lua:", err)
	var e *lua.Error
	if errors.As(err, &e) && e.Traceback != "" {
		if _, trace, ok := strings.Cut(e.Traceback, "stack traceback:"); ok {
			fmt.Fprintln(os.Stderr, "stack traceback:"+trace)
		}
	}
	return 1
}

// host gives scripts all that a program has.
func host(start time.Time) lua.Host {
	return lua.Host{
		Now:    time.Now,
		CPU:    func() time.Duration { return time.Since(start) },
		Zone:   time.Local,
		Getenv: os.LookupEnv,
		Stdin:  os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Files: files{},
		Tempname: func() (string, error) {
			f, err := os.CreateTemp("", "lua_")
			if err != nil {
				return "", err
			}
			return f.Name(), f.Close()
		},
		Execute: execute,
		Popen:   popen,
		Exit:    os.Exit,
	}
}

type files struct{}

func (files) OpenFile(name string, flag int, perm fs.FileMode) (lua.File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (files) Remove(name string) error     { return os.Remove(name) }
func (files) Rename(from, to string) error { return os.Rename(from, to) }

func exitOf(err error) (string, int, error) {
	var e *exec.ExitError
	switch {
	case err == nil:
		return "exit", 0, nil
	case !errors.As(err, &e):
		return "", 0, err
	case e.Exited():
		return "exit", e.ExitCode(), nil
	}
	return "signal", 1, nil
}

func execute(command string) (string, int, error) {
	c := exec.Command("/bin/sh", "-c", command)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	return exitOf(c.Run())
}

// A pipe is a program that a script reads from or writes to.
type pipe struct {
	io.Reader
	io.Writer
	end io.Closer
	cmd *exec.Cmd
}

func popen(command, mode string) (io.ReadWriteCloser, error) {
	c := exec.Command("/bin/sh", "-c", command)
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	p := &pipe{cmd: c}
	var err error
	if mode == "r" {
		c.Stdout = nil
		var r io.ReadCloser
		r, err = c.StdoutPipe()
		p.Reader, p.end = r, r
	} else {
		c.Stdin = nil
		var w io.WriteCloser
		w, err = c.StdinPipe()
		p.Writer, p.end = w, w
	}
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (p *pipe) Close() error {
	p.end.Close()
	kind, code, err := exitOf(p.cmd.Wait())
	if err == nil && (kind != "exit" || code != 0) {
		return &lua.ExitError{Kind: kind, Code: code}
	}
	return err
}
