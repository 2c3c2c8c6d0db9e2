package lua_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sonde/internal/lua"
	"sonde/internal/needtest"
)

type osFiles struct{}

func (osFiles) OpenFile(name string, flag int, perm fs.FileMode) (lua.File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return f, nil
}
func (osFiles) Remove(name string) error     { return os.Remove(name) }
func (osFiles) Rename(from, to string) error { return os.Rename(from, to) }

// newState makes a State with all libraries that writes to out.
func newState(t testing.TB, out *bytes.Buffer, limits lua.Limits) *lua.State {
	start := time.Now()
	s := lua.New(lua.Host{
		Now: time.Now, CPU: func() time.Duration { return time.Since(start) }, Getenv: os.LookupEnv,
		Stdin: strings.NewReader(""), Stdout: out, Stderr: out, Files: osFiles{},
		Tempname: func() (string, error) { return filepath.Join(t.TempDir(), "tmp"), nil },
	}, limits)
	s.OpenLibs(lua.LibAll)
	t.Cleanup(s.Close)
	return s
}

// run runs a script and returns what it printed.
func run(t testing.TB, src, chunk string, limits lua.Limits) (string, error) {
	var out bytes.Buffer
	s := newState(t, &out, limits)
	f, err := s.Load(src, chunk, nil)
	if err != nil {
		return out.String(), err
	}
	_, err = s.Call(context.Background(), f)
	return out.String(), err
}

func TestSuite(t *testing.T) {
	files, err := filepath.Glob("testdata/*.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no suite", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out, err := run(t, string(src), "@"+file, lua.Limits{})
			if err != nil {
				var e *lua.Error
				errors.As(err, &e)
				t.Fatalf("%v\n%s\n%s", err, e.Traceback, out)
			}
			if !strings.HasSuffix(out, "assertions hold\n") {
				t.Fatalf("the file did not end: %s", out)
			}
			t.Log(strings.TrimSpace(out))
		})
	}
}

// The suite must hold for the reference implementation, too.
func TestSuiteHoldsInC(t *testing.T) {
	prog := needtest.Program(t, "lua5.4", "lua5.4")
	files, _ := filepath.Glob("testdata/*.lua")
	for _, file := range files {
		if out, err := exec.Command(prog, file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
}

func TestNmapFilesCompile(t *testing.T) {
	needtest.File(t, "/usr/share/nmap/nselib/stdnse.lua", "nmap-common")
	n, bad := 0, 0
	start := time.Now()
	err := filepath.WalkDir("/usr/share/nmap", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".nse") && !(strings.HasSuffix(path, ".lua") && strings.Contains(path, "nselib")) {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		if _, err := lua.Compile(string(src), "@"+path); err != nil {
			bad++
			t.Error(err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files compiled in %v, %d failed", n, time.Since(start), bad)
	if n < 700 {
		t.Errorf("only %d files found", n)
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name, src string
		limits    lua.Limits
		kind      lua.ErrorKind
	}{
		{"loop", "while true do end", lua.Limits{Instructions: 1e6}, lua.ErrInstructions},
		{"loop in pcall", "while true do pcall(function() while true do end end) end", lua.Limits{Instructions: 1e6}, lua.ErrInstructions},
		{"calls", "local function f() return f() end f()", lua.Limits{Instructions: 1e6}, lua.ErrInstructions},
		{"loop in coroutine", "coroutine.wrap(function() pcall(function() repeat until false end) end)()", lua.Limits{Instructions: 1e6}, lua.ErrInstructions},
		{"iterator", "for k in next, {1,2}, nil do goto x ::x:: end for i = 1, math.huge do end", lua.Limits{Instructions: 1e6}, lua.ErrInstructions},
		{"table", "local t = {} for i = 1, 1e9 do t[i] = {i} end", lua.Limits{Memory: 32 << 20}, lua.ErrMemory},
		{"string", "local s = 'x' while true do s = s .. s end", lua.Limits{Memory: 32 << 20}, lua.ErrMemory},
		{"strings", "local t = {} for i = 1, 1e9 do t[#t+1] = ('x'):rep(1000) .. i end", lua.Limits{Memory: 32 << 20}, lua.ErrMemory},
		{"memory in pcall", "pcall(function() local s = 'x' while true do s = s .. s end end)", lua.Limits{Memory: 32 << 20}, lua.ErrMemory},
		{"closures", "local t for i = 1, 1e9 do local o = t t = function() return o end end", lua.Limits{Memory: 32 << 20}, lua.ErrMemory},
		{"coroutines", "local t = {} for i = 1, 1e9 do t[i] = coroutine.create(print) end", lua.Limits{Memory: 32 << 20}, lua.ErrMemory},
		{"pattern", "pcall(string.find, ('a'):rep(2000), ('.-'):rep(20) .. 'b')", lua.Limits{PatternSteps: 1e6}, lua.ErrSteps},
		{"depth", "local function f() return 1 + f() end f()", lua.Limits{Depth: 1000}, lua.ErrDepth},
		{"native depth", "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k + 1] end local x = t[1]", lua.Limits{}, lua.ErrDepth},
		{"string size", "string.rep('x', 1e6)", lua.Limits{String: 1000}, lua.ErrRuntime},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := run(t, c.src, "=test", c.limits)
			var e *lua.Error
			if !errors.As(err, &e) || e.Kind != c.kind {
				t.Fatalf("got %v, want an error of kind %d", err, c.kind)
			}
		})
	}
}

// Garbage must not count against the limit.
func TestGarbageIsNotCounted(t *testing.T) {
	_, err := run(t, `for i = 1, 300 do local s = ('x'):rep(1e6) .. i; local t = {} for j = 1, 1000 do t[j] = {} end end
		for i = 1, 20000 do local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) end`, "=test", lua.Limits{Memory: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCancel(t *testing.T) {
	var out bytes.Buffer
	s := newState(t, &out, lua.Limits{})
	f, err := s.Load("while true do pcall(error) end", "=test", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.Globals().SetString("cancel", lua.GoFunction("cancel", func(*lua.Thread) (int, error) { cancel(); return 0, nil }))
	g, _ := s.Load("cancel() while true do end", "=test", nil)
	_ = f
	_, err = s.Call(ctx, g)
	var e *lua.Error
	if !errors.As(err, &e) || e.Kind != lua.ErrCanceled || !e.Fatal() {
		t.Fatalf("got %v", err)
	}
}

// A native that parks suspends all coroutines up to the host, wherever it is called.
func TestPark(t *testing.T) {
	var out bytes.Buffer
	s := newState(t, &out, lua.Limits{})
	s.Globals().SetString("wait", lua.GoFunction("wait", func(t *lua.Thread) (int, error) {
		r, err := t.Park(t.CheckString(1))
		if err != nil {
			return 0, err
		}
		vals := append([]lua.Value(nil), r...)
		for _, v := range vals {
			t.Push(v)
		}
		return len(vals), nil
	}))
	f, err := s.Load(`
		local a = wait("a")
		local inner = coroutine.wrap(function()
			local ok, b = pcall(function() return wait("b") end)
			coroutine.yield(b)
			local t = setmetatable({}, {__index = function(_, k) return wait(k) end})
			return t.c
		end)
		local b = inner()
		local c = inner()
		local d = ("x"):gsub("x", function() return wait("d") end)
		local e = {3, 1, 2}
		table.sort(e, function(x, y) return wait("e") and x < y end)
		return a .. b .. c .. d .. table.concat(e)`, "=test", nil)
	if err != nil {
		t.Fatal(err)
	}
	const n = 1000
	type task struct {
		co    *lua.Thread
		token string
	}
	var tasks []task
	ctx := context.Background()
	results := 0
	step := func(co *lua.Thread, args ...lua.Value) {
		o, err := co.Resume(ctx, args...)
		switch {
		case err != nil:
			t.Fatal(err)
		case o.Event == lua.Parked:
			tasks = append(tasks, task{co, o.Token.(string)})
		case o.Event == lua.Done:
			results++
			if got, _ := o.Values[0].AsString(); got != "ABCD123" {
				t.Fatalf("got %q", got)
			}
		}
	}
	for range n {
		step(s.NewThread(f))
	}
	for len(tasks) > 0 {
		w := tasks[0]
		tasks = tasks[1:]
		step(w.co, lua.String(strings.ToUpper(w.token)))
	}
	if results != n {
		t.Errorf("%d of %d ended", results, n)
	}
}

func TestErrorsCarryTraceback(t *testing.T) {
	_, err := run(t, "local function f() local x; x.y = 1 end\nf()", "@file.lua", lua.Limits{})
	var e *lua.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	if got, want := e.Error(), "file.lua:1: attempt to index a nil value (local 'x')"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	want := "stack traceback:\n\tfile.lua:1: in local 'f'\n\tfile.lua:2: in main chunk"
	if !strings.Contains(e.Traceback, want) {
		t.Errorf("got %s\nwant %s", e.Traceback, want)
	}
}

func TestNothingByDefault(t *testing.T) {
	s := lua.New(lua.Host{}, lua.Limits{})
	defer s.Close()
	s.OpenLibs(lua.LibAll)
	f, err := s.Load(`for _, n in ipairs{"io.open", "io.popen", "io.lines", "io.stdout", "os.execute", "os.exit", "os.getenv", "os.remove",
		"os.rename", "os.tmpname", "os.time", "os.clock", "dofile", "loadfile", "debug.sethook", "debug.getregistry", "string.dump", "package.loadlib"} do
		local v = _G for part in n:gmatch("%w+") do v = v[part] end
		assert(v == nil, n) end`, "=test", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Call(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

// A panic of a native ends the call, not the program.
func TestNativePanics(t *testing.T) {
	var out bytes.Buffer
	s := newState(t, &out, lua.Limits{})
	s.Globals().SetString("bad", lua.GoFunction("bad", func(*lua.Thread) (int, error) {
		var p *lua.Table
		return int(p.Len()), nil
	}))
	f, _ := s.Load("pcall(bad)", "=test", nil)
	_, err := s.Call(context.Background(), f)
	var e *lua.Error
	if !errors.As(err, &e) || e.Kind != lua.ErrInternal {
		t.Fatalf("got %v", err)
	}
}
