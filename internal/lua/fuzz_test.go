package lua_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"sonde/internal/lua"
)

func FuzzCompile(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.lua")
	for _, file := range files {
		if src, err := os.ReadFile(file); err == nil {
			f.Add(string(src))
		}
	}
	f.Add("goto a; ::a:: local x <close> = nil; for k, v in pairs{} do break end")
	f.Fuzz(func(t *testing.T, src string) {
		if _, err := lua.Compile(src, "=fuzz"); err != nil && err.Error() == "" {
			t.Error("error without a message")
		}
	})
}

// tight limits let any program end soon.
func tight() lua.Limits {
	return lua.Limits{Instructions: 50_000, Memory: 4 << 20, String: 1 << 20, Depth: 500, PatternSteps: 50_000}
}

// ends runs a program with arguments; it may fail, but not panic or hang.
func ends(t *testing.T, src string, args ...string) {
	var out bytes.Buffer
	s := lua.New(lua.Host{Stdout: &out}, tight())
	defer s.Close()
	s.OpenLibs(lua.LibSafe | lua.LibDebug)
	fn, err := s.Load(src, "=fuzz", nil)
	if err != nil {
		return
	}
	vals := make([]lua.Value, len(args))
	for i, a := range args {
		vals[i] = lua.String(a)
	}
	if _, err := s.Call(context.Background(), fn, vals...); err != nil {
		if e := err.(*lua.Error); e.Kind == lua.ErrInternal {
			t.Fatalf("%v\n%s", e, e.Traceback)
		}
	}
}

func FuzzRun(f *testing.F) {
	f.Add("local t = setmetatable({}, {__index = function(t, k) return k end, __gc = print}) for i = 1, 10 do t[i] = t[i - 1] end return #t")
	f.Add("local co = coroutine.wrap(function(...) local a <close> = nil; coroutine.yield(...) error('x') end) co(1, 2) pcall(co)")
	f.Add("return table.concat({('x'):rep(3), 1, 2.5}, ','), select('#', table.unpack({}, 1, 100))")
	f.Add("goto a do local x = 1 ::a:: end return (function(...) return ... end)(1 // 0.0, 7 % -3, 1 << 62)")
	f.Fuzz(func(t *testing.T, src string) { ends(t, src) })
}

func FuzzPattern(f *testing.F) {
	f.Add("hello world", "(%w+) (%w+)", "%2 %1")
	f.Add("x", "[^%]a-z]*%f[%a]%b()$", "%0")
	f.Fuzz(func(t *testing.T, s, p, r string) {
		ends(t, "local s, p, r = ... pcall(string.find, s, p) pcall(string.match, s, p) pcall(string.gsub, s, p, r) pcall(function() for a in s:gmatch(p) do end end)", s, p, r)
	})
}

func FuzzPack(f *testing.F) {
	f.Add("<i4 z s1 !8 d Xi8 c3", "\x01\x02\x03\x04abc\x00\x02xy")
	f.Fuzz(func(t *testing.T, format, data string) {
		ends(t, "local f, d = ... pcall(string.unpack, f, d) pcall(string.packsize, f) pcall(string.pack, f, 1, d, 2.5, d) pcall(string.format, f, 1, 2, d)", format, data)
	})
}
