package lua_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sonde/internal/lua"
	"sonde/internal/needtest"
)

var benchmarks = []struct{ name, src string }{
	{"fib", "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end fib(32)"},
	{"loop", "local s = 0 for i = 1, 50000000 do s = s + i % 7 end"},
	{"strings", `local t = {} for i = 1, 30000 do t[i] = string.format("%d:%s", i, "item" .. i) end
		local s, n = table.concat(t, ","), 0 for a, b in s:gmatch("(%d+):(%w+)") do n = n + #b end
		for i = 1, 5 do s = s:gsub("item", "x") s = s:gsub("x", "item") end`},
	{"tables", `local t, s = {}, 0 for i = 1, 300000 do t[i] = (i * 7919) % 1000003 end table.sort(t) for i, v in ipairs(t) do s = s + v end
		local h = {} for i = 1, 300000 do h["k" .. i % 5000] = i end for k, v in pairs(h) do s = s + v end
		for i = 1, 100 do local u = {} for j = 1, 1000 do u[j] = j end s = s + #u end table.sort(t, function(a, b) return a > b end)`},
	{"methods", `local C = {} C.__index = C function C:inc(d) self.n = self.n + d end local o = setmetatable({n = 0}, C) for i = 1, 10000000 do o:inc(1) end`},
	{"coroutines", "local co = coroutine.wrap(function() while true do coroutine.yield(1) end end) local s = 0 for i = 1, 1000000 do s = s + co() end"},
}

func Benchmark(b *testing.B) {
	for _, c := range benchmarks {
		b.Run(c.name+"/go", func(b *testing.B) {
			for b.Loop() {
				if _, err := run(b, c.src, "=bench", lua.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/c", func(b *testing.B) {
			prog := needtest.Program(b, "lua5.4", "lua5.4")
			file := filepath.Join(b.TempDir(), "bench.lua")
			if err := os.WriteFile(file, []byte(c.src), 0o600); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := exec.Command(prog, file).Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
